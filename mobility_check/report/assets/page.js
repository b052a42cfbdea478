// The report's behaviour: draws the charts in the page's colours, links chart, buttons, panels and video, prints.
(function () {
  "use strict";
  const all = (selector) => Array.from(document.querySelectorAll(selector));
  const charts = []; // {view, element}
  let chosen = null;

  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue("--" + name).trim();

  // A model's tags say which property takes which colour of the style sheet, e.g. "line_color:left".
  function paint() {
    for (const { view, element } of charts) {
      for (const model of view.model.references()) {
        for (const tag of model.tags || []) {
          const [property, name] = String(tag).split(":");
          model.setv({ [property]: colour(name) });
        }
        if (model.name === "peak-label") model.visible = element.clientWidth >= 600;
      }
    }
  }

  function choose(id) {
    chosen = id;
    for (const button of all("[data-kick]")) {
      const on = button.dataset.kick === id;
      button.setAttribute("aria-pressed", String(on));
      if (on) seek(button);
    }
    for (const panel of all(".kick-panel")) panel.hidden = panel.id !== "kick-" + id;
    const source = kickSource();
    if (source) {
      const place = Array.from(source.data.kick).indexOf(id);
      if (source.selected.indices[0] !== place) source.selected.indices = [place];
    }
  }

  function seek(button) {
    for (const video of all("video")) {
      if (video.dataset.clip === button.dataset.clip) video.currentTime = Number(button.dataset.seek);
      else video.pause();
    }
  }

  function kickSource() {
    const chart = charts.find(({ view }) => view.model.name === "curves");
    return chart && Array.from(chart.view.model.references()).find((m) => m.name === "kicks");
  }

  function linkKicks() {
    const source = kickSource();
    if (source) {
      source.selected.properties.indices.change.connect(() => {
        const place = source.selected.indices[0];
        if (place !== undefined && source.data.kick[place] !== chosen) choose(source.data.kick[place]);
      });
    }
    const buttons = all("[data-kick]");
    for (const button of buttons) button.addEventListener("click", () => choose(button.dataset.kick));
    if (buttons.length) choose(buttons[0].dataset.kick);
  }

  function linkToggles() {
    for (const toggle of all(".toggle")) {
      toggle.addEventListener("click", () => {
        const on = toggle.getAttribute("aria-pressed") !== "true";
        toggle.setAttribute("aria-pressed", String(on));
        for (const { view } of charts)
          for (const model of view.model.references())
            if (model.name === toggle.dataset.lines) model.visible = on;
      });
    }
  }

  // Paper: light colours, every chart as a picture that fits the paper's width.
  function freeze() {
    document.documentElement.classList.add("paper");
    for (const part of all("details.on-paper")) part.open = true;
    paint();
    for (const { view, element } of charts) {
      const picture = document.createElement("img");
      picture.className = "chart-print";
      picture.alt = "";
      picture.src = view.export("png", true).canvas.toDataURL("image/png");
      element.after(picture);
    }
  }

  function thaw() {
    document.documentElement.classList.remove("paper");
    for (const picture of all(".chart-print")) picture.remove();
    paint();
  }

  async function draw() {
    const items = JSON.parse(document.getElementById("chart-data").textContent);
    for (const element of all("[data-chart]")) {
      const item = items[element.dataset.chart];
      if (!item) continue;
      const manager = await Bokeh.embed.embed_item(item, element.id);
      charts.push({ view: Array.from(manager)[0], element });
    }
    paint();
    linkKicks();
    linkToggles();
    window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", paint);
    window.addEventListener("resize", paint);
    window.addEventListener("beforeprint", freeze);
    window.addEventListener("afterprint", thaw);
    document.documentElement.dataset.ready = "yes";
  }

  // A link to a source opens the list that holds it.
  window.addEventListener("hashchange", () => {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    const list = target && target.closest("details");
    if (list) { list.open = true; target.scrollIntoView(); }
  });

  draw();
})();
