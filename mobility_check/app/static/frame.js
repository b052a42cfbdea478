// Fits the report's frame to the height of its page, and prints the report alone: only so its own page breaks hold.
const frame = document.querySelector("iframe.report");
if (frame) {
  const fit = () => { frame.style.height = `${frame.contentDocument.body.offsetHeight + 4}px`; };
  const print = (event) => {
    if (!(event.ctrlKey || event.metaKey) || event.key !== "p") return;
    event.preventDefault();
    frame.contentWindow.print();
  };
  addEventListener("keydown", print);
  const watch = () => { fit(); frame.contentWindow.addEventListener("keydown", print); new ResizeObserver(fit).observe(frame.contentDocument.body); };
  if (frame.contentDocument?.readyState === "complete" && frame.contentDocument.URL !== "about:blank") watch();
  frame.addEventListener("load", watch);
}
