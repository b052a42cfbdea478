// The form of "Measure a clip": clips are copied as soon as they are chosen, then the measurement starts.
import {ask, fill} from "./ask.js";
import {OTHER_SENDER, copy, mark, progress, reason, share, whenChosen} from "./copy.js";

const form = document.getElementById("measure"), list = document.getElementById("clips"), drop = document.getElementById("drop");
const trouble = document.getElementById("trouble"), start = document.getElementById("start"), said = document.getElementById("said"), words = form.dataset;
const clips = [];

function show(clip) {
  const text = progress(clip, words);
  clip.row.querySelector("span").textContent = text;
  clip.row.querySelector("progress").value = share(clip);
  if (share(clip) === 1 || clip.waiting !== null) said.textContent = text;  // the parts are not read out one by one
}

function add(file) {
  if (clips.some(clip => mark(clip.file) === mark(file))) return;
  const row = document.createElement("li"), bar = document.createElement("progress"), button = document.createElement("button");
  button.type = "button"; button.textContent = "×"; button.setAttribute("aria-label", fill(words.remove, {name: file.name}));
  bar.max = 1; bar.setAttribute("aria-label", file.name);
  row.append(document.createElement("span"), bar, button);
  list.append(row);
  const clip = {file, row, offset: 0, waiting: null};
  clips.push(clip);
  button.onclick = () => { remove(clip); document.getElementById("files").focus(); };
  show(clip);
  clip.ready = copy(clip, {show}).then(() => true, error => fail(clip, error));
}

function fail(clip, error) {
  if (clip.gone) return true;
  trouble.append(`${reason(error, clip, words)} `);
  remove(clip, error.status === OTHER_SENDER);
  return false;
}

function remove(clip, isElsewhere = false) {
  clip.gone = true;
  clip.row.remove();
  clips.splice(clips.indexOf(clip), 1);
  if (isElsewhere) return;
  localStorage.removeItem(mark(clip.file));
  if (clip.id) ask(`/uploads/${clip.id}`, {method: "DELETE"}).catch(() => {});
}

function take(files) {
  trouble.textContent = "";
  for (const file of files) add(file);
}

whenChosen(document.getElementById("files"), take);
// The whole page takes what is dropped: beside the frame the browser would open it and leave the page.
document.ondragover = event => { event.preventDefault(); drop.classList.add("over"); };
document.ondragleave = () => drop.classList.remove("over");
document.ondrop = event => { event.preventDefault(); drop.classList.remove("over"); take(event.dataTransfer.files); };

form.onsubmit = async event => {
  event.preventDefault();
  if (!clips.length) { trouble.textContent = words.waiting; return; }
  trouble.textContent = "";
  start.disabled = true;
  try {
    const ready = await Promise.all(clips.map(clip => clip.ready));
    if (!ready.every(Boolean) || !clips.length) return;  // or all were removed meanwhile
    const fields = new URLSearchParams([...new FormData(form)].filter(([, value]) => typeof value === "string"));
    fields.set("uploads", clips.map(clip => clip.id).join(" "));
    const made = await ask("/jobs", {method: "POST", body: fields});
    if (!made.ok) { trouble.textContent = made.message; return; }
    for (const clip of clips) localStorage.removeItem(mark(clip.file));
    location.href = made.address;
  } catch { trouble.textContent = words.offline; } finally { start.disabled = false; }
};
