// Fits the report's frame to the height of its page.
const frame = document.querySelector("iframe.report");
if (frame) {
  const fit = () => { frame.style.height = `${frame.contentDocument.documentElement.scrollHeight + 4}px`; };
  const watch = () => { fit(); new ResizeObserver(fit).observe(frame.contentDocument.body); };
  if (frame.contentDocument?.readyState === "complete" && frame.contentDocument.URL !== "about:blank") watch();
  frame.addEventListener("load", watch);
}
