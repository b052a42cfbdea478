// Copies a file in chunks; goes on after a lost connection, a reload, a new start of the app or a full disk.
// `at` is where uploads are announced. While it waits, `clip.waiting` is why: LOST, or the app's own sentence.
import {ask, fill} from "./ask.js";

const CHUNK = 8 * 2 ** 20, MOST_WAIT = 8000, MOST_TRIES = 4, STOPPED = 401, DISK_FULL = 507;
const LOST = "";
export const OTHER_SENDER = 409;
const wait = ms => new Promise(done => setTimeout(done, ms));
export const share = clip => clip.file.size ? clip.offset / clip.file.size : 0;
export const mark = file => `upload:${file.name}:${file.size}:${file.lastModified}`;

async function announce(file, at) {
  const id = localStorage.getItem(mark(file));
  const found = id && await ask(`${at}/${id}`);
  if (found && found.ok && found.size === file.size) return {id, offset: found.offset};
  const made = await ask(at, {method: "POST", body: new URLSearchParams({name: file.name, size: file.size})});
  if (!made.ok) throw new Error(made.message);
  localStorage.setItem(mark(file), made.id);
  return {id: made.id, offset: 0};
}

async function send(clip, at) {
  const part = clip.file.slice(clip.offset, clip.offset + CHUNK);
  const took = await ask(`${at}/${clip.id}?offset=${clip.offset}`, {method: "PUT", body: part}).catch(async () => {
    await part.slice(0, 1).arrayBuffer();  // throws a DOMException when the file has gone; otherwise the connection has
    return {};
  });
  if (took.offset !== undefined) { clip.offset = took.offset; return null; }
  if ([undefined, STOPPED, DISK_FULL].includes(took.status)) return took.message ?? LOST;
  throw Object.assign(new Error(took.message), {status: took.status});
}

// What went wrong, in words for the user.
export function reason(error, clip, words) {
  if (error instanceof DOMException) return words.unreadable.replace("{name}", clip.file.name);
  return error instanceof TypeError ? words.offline : error.message;
}

// How far a copy is; `words` are the page's own.
export function progress(clip, words) {
  if (share(clip) < 1 && clip.waiting) return clip.waiting;
  if (share(clip) < 1 && clip.tries > MOST_TRIES) return words.offline;
  const text = share(clip) === 1 ? words.copied : clip.resumed ? words.resumed : words.copying;
  return fill(text, {name: clip.file.name, percent: Math.floor(100 * share(clip))});
}

export async function copy(clip, {at = "/uploads", show}) {
  Object.assign(clip, await announce(clip.file, at));
  clip.tries = 0;
  while (clip.offset < clip.file.size && !clip.gone) {
    clip.waiting = await send(clip, at);
    clip.tries = clip.waiting === null ? 0 : clip.tries + 1;
    clip.resumed ||= clip.waiting !== null;
    show(clip);
    if (clip.waiting === null) continue;
    await wait(Math.min(MOST_WAIT, 250 * 2 ** clip.tries));
    const found = await ask(`${at}/${clip.id}`).catch(() => null);
    if (found?.ok) clip.offset = found.offset;
  }
  show(clip);
}

// Gives each choice of files to `take`, one that was made before this script was there too.
export function whenChosen(input, take) {
  input.onchange = () => {
    const files = [...input.files];
    input.value = "";  // the same file can be chosen again after a fault
    if (files.length) take(files);
  };
  input.onchange();
}
