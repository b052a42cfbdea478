// Points on the two stills of a leg: dragged by pointer or moved with the arrow keys; the form sends where they are.
for (const still of document.querySelectorAll(".still")) {
  const handles = [...still.querySelectorAll(".handle")], line = still.querySelector(".still-line");
  const {width, height} = still.viewBox.baseVal;
  const clamp = (value, most) => Math.min(most, Math.max(0, value));
  const draw = () => line.setAttribute("points", handles.map(h => `${h.getAttribute("cx")},${h.getAttribute("cy")}`).join(" "));
  const move = (handle, x, y) => {
    const at = [clamp(x, width).toFixed(1), clamp(y, height).toFixed(1)];
    handle.setAttribute("cx", at[0]); handle.setAttribute("cy", at[1]);
    handle.setAttribute("aria-valuetext", at.map(Math.round).join(", "));
    handle.setAttribute("aria-valuenow", Math.round(at[0]));
    document.getElementsByName(`${still.dataset.moment}-${handle.dataset.point}`)[0].value = at.join(",");
    draw();
  };
  for (const handle of handles) {
    handle.onpointerdown = event => handle.setPointerCapture(event.pointerId);
    handle.onpointermove = event => {
      if (!handle.hasPointerCapture(event.pointerId)) return;
      const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(still.getScreenCTM().inverse());
      move(handle, at.x, at.y);
    };
    handle.onkeydown = event => {
      const step = event.shiftKey ? 10 : 1;
      const by = {ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step]}[event.key];
      if (!by) return;
      event.preventDefault();
      move(handle, Number(handle.getAttribute("cx")) + by[0], Number(handle.getAttribute("cy")) + by[1]);
    };
  }
  draw();
}
