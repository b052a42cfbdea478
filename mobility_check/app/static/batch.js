// Follows a batch.
import {fill} from "./ask.js";

const words = document.getElementById("run").dataset, bar = document.getElementById("progress"), counts = document.getElementById("counts");
const events = new EventSource("/batch/events");
events.onmessage = message => {
  const now = JSON.parse(message.data), facts = now.facts;
  if (now.ended) { events.close(); location.reload(); return; }
  if (facts.clips) {
    bar.value = (facts.kept + facts.done) / facts.clips;
    const left = facts.left_s === null ? "" : " " + fill(words.left, {minutes: Math.ceil(facts.left_s / 60)});
    counts.textContent = fill(words.progress, {done: facts.kept + facts.done, total: facts.clips, failed: facts.failed}) + left;
  }
  document.getElementById("failures").hidden = !now.failed.length;
  document.getElementById("failed").replaceChildren(...now.failed.map(text => {
    const row = document.createElement("li");
    row.textContent = text;
    return row;
  }));
};
