// The form of "Measure a clip": clips are copied as soon as they are chosen, then the measurement starts.
import {ask, fill} from "./ask.js";
import {copy, mark} from "./copy.js";

const form = document.getElementById("measure"), list = document.getElementById("clips"), drop = document.getElementById("drop");
const trouble = document.getElementById("trouble"), start = document.getElementById("start"), words = form.dataset;
const clips = [];

function show(clip) {
  const values = {name: clip.file.name, percent: Math.floor(100 * clip.offset / clip.file.size)};
  const text = clip.offset >= clip.file.size ? words.copied : clip.resumed ? words.resumed : words.copying;
  clip.row.querySelector("span").textContent = fill(text, values);
  clip.row.querySelector("progress").value = clip.offset / clip.file.size;
}

function add(file) {
  if (clips.some(clip => mark(clip.file) === mark(file))) return;
  const row = document.createElement("li"), bar = document.createElement("progress"), button = document.createElement("button");
  button.type = "button"; button.textContent = "×"; button.setAttribute("aria-label", fill(words.remove, {name: file.name}));
  bar.max = 1; bar.setAttribute("aria-label", file.name);
  row.append(document.createElement("span"), bar, button);
  list.append(row);
  const clip = {file, row, offset: 0};
  clips.push(clip);
  button.onclick = () => remove(clip);
  show(clip);
  clip.ready = copy(clip, {show}).then(() => true, error => { trouble.textContent = error.message; remove(clip); return false; });
}

function remove(clip) {
  clip.gone = true;
  clip.row.remove();
  clips.splice(clips.indexOf(clip), 1);
  localStorage.removeItem(mark(clip.file));
  if (clip.id) ask(`/uploads/${clip.id}`, {method: "DELETE"}).catch(() => {});
}

function take(files) {
  trouble.textContent = "";
  for (const file of files) add(file);
}

document.getElementById("files").onchange = event => { take(event.target.files); event.target.value = ""; };
for (const name of ["dragenter", "dragover"]) drop.addEventListener(name, event => { event.preventDefault(); drop.classList.add("over"); });
for (const name of ["dragleave", "drop"]) drop.addEventListener(name, () => drop.classList.remove("over"));
drop.addEventListener("drop", event => { event.preventDefault(); take(event.dataTransfer.files); });

form.onsubmit = async event => {
  event.preventDefault();
  if (!clips.length) { trouble.textContent = words.waiting; return; }
  trouble.textContent = "";
  start.disabled = true;
  try {
    const ready = await Promise.all(clips.map(clip => clip.ready));
    if (!ready.every(Boolean)) return;
    const fields = new URLSearchParams([...new FormData(form)].filter(([, value]) => typeof value === "string"));
    fields.set("uploads", clips.map(clip => clip.id).join(" "));
    const made = await ask("/jobs", {method: "POST", body: fields});
    if (!made.ok) { trouble.textContent = made.message; return; }
    for (const clip of clips) localStorage.removeItem(mark(clip.file));
    location.href = made.address;
  } catch { trouble.textContent = words.offline; } finally { start.disabled = false; }
};
