// The report's behaviour: draws the charts in the page's colours, links chart, table, pictures and video, prints.
(function () {
  "use strict";
  const all = (selector) => Array.from(document.querySelectorAll(selector));
  const charts = []; // {view, element}
  let chosen = null, opened = [];
  const PEAK_LABEL_PX = 58;

  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue("--" + name).trim();

  // A model's tags say which property takes which colour of the style sheet, e.g. "line_color:left".
  function paint() {
    for (const { view, element } of charts) {
      const models = Array.from(view.model.references());
      const peaks = models.filter((m) => m.name === "peak-label");
      for (const model of models) {
        for (const tag of model.tags || []) {
          const [property, name] = String(tag).split(":");
          model.setv({ [property]: colour(name) });
        }
      }
      for (const label of peaks) label.visible = element.clientWidth >= PEAK_LABEL_PX * (peaks.length + 2);
    }
  }

  function choose(id) {
    chosen = id;
    for (const button of all("[data-kick]")) {
      const on = button.dataset.kick === id;
      button.setAttribute("aria-pressed", String(on));
      if (on) seek(button);
    }
    for (const shot of all(".rep-shot")) shot.hidden = shot.id !== "kick-" + id;
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

  // Two dates: the slider moves the border between the earlier and the later picture.
  function linkSliders() {
    for (const pair of all(".pair")) {
      const slider = pair.querySelector("input");
      if (slider) slider.addEventListener("input", () => pair.querySelector(".stack").style.setProperty("--at", slider.value + "%"));
    }
  }

  // Choose which exercises stand on the sheet, and change their words before printing.
  function linkExercises() {
    const button = document.querySelector(".edit");
    if (!button) return;
    const cards = all("[data-exercise]");
    const show = (editing) => {
      button.setAttribute("aria-pressed", String(editing));
      document.body.classList.toggle("editing", editing);
      for (const card of cards) {
        const box = card.querySelector("input");
        card.querySelector(".choose").hidden = !editing;
        card.hidden = !editing && !box.checked;
        card.classList.toggle("off", !box.checked);
        for (const text of card.querySelectorAll("h3, p")) {
          if (editing) text.setAttribute("contenteditable", "plaintext-only");
          else text.removeAttribute("contenteditable");
        }
      }
    };
    for (const card of cards) card.querySelector("input").addEventListener("change", () => show(true));
    button.addEventListener("click", () => show(button.getAttribute("aria-pressed") !== "true"));
    window.addEventListener("beforeprint", () => show(false));
  }

  // Paper: light colours, every chart as a picture that fits the paper's width.
  function freeze() {
    document.documentElement.classList.add("paper");
    opened = all("details.on-paper:not([open])");
    for (const part of opened) part.open = true;
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
    for (const part of opened) part.open = false;
    for (const picture of all(".chart-print")) picture.remove();
    paint();
  }

  async function draw() {
    const items = JSON.parse(document.getElementById("chart-data").textContent);
    for (const element of all("[data-chart]")) {
      const item = items[element.dataset.chart];
      if (!item) continue;
      const manager = await Bokeh.embed.embed_item(item, element.id);
      const view = Array.from(manager)[0];
      // Bokeh's SVG writes every text twice, filled and as an outline without colour; once is enough
      Object.getPrototypeOf(view.canvas_view.primary.ctx).strokeText = () => {};
      charts.push({ view, element });
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

  // The paper that the address asks for; without it, the printer's own.
  function choosePaper() {
    const paper = new URLSearchParams(window.location.search).get("paper");
    if (!["A4", "letter"].includes(paper)) return;
    const style = document.createElement("style");
    style.textContent = `@page{size:${paper}}`;
    document.head.append(style);
  }

  choosePaper();
  linkSliders();
  linkExercises();
  draw();
})();
