// Shows on the computer what the phone has sent, and for how long it may send.
import {fill} from "./ask.js";

const words = document.getElementById("phone").dataset, list = document.getElementById("received"), open = document.getElementById("open");
const events = new EventSource("/phone/events");
const entry = job => {
  const row = document.createElement("li"), link = document.createElement("a");
  link.href = `/jobs/${job}`; link.textContent = words.received;
  row.append(link);
  return row;
};
let shown = 0;
events.onmessage = message => {
  const now = JSON.parse(message.data);
  if (now.jobs.length && !shown) list.replaceChildren();
  list.append(...now.jobs.slice(shown).map(entry));
  shown = now.jobs.length;
  open.textContent = now.ended ? words.closed : fill(words.open, {minutes: now.minutes});
  if (now.ended) {
    events.close();
    document.getElementById("code").hidden = true;
  }
};
