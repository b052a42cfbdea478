// Copies a file in chunks and goes on after a lost connection or a reload. `at` is where uploads are announced.
import {ask} from "./ask.js";

const CHUNK = 8 * 2 ** 20;
const wait = ms => new Promise(done => setTimeout(done, ms));
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

export async function copy(clip, {at = "/uploads", show}) {
  Object.assign(clip, await announce(clip.file, at));
  let lost = 0;
  while (clip.offset < clip.file.size && !clip.gone) {
    try {
      const part = clip.file.slice(clip.offset, clip.offset + CHUNK);
      const took = await ask(`${at}/${clip.id}?offset=${clip.offset}`, {method: "PUT", body: part});
      if (took.offset === undefined || (!took.ok && took.status !== 409)) throw new Error(took.message);
      clip.offset = took.offset;
      lost = 0;
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;  // fetch throws a TypeError when there is no connection
      await wait(Math.min(8000, 500 * 2 ** lost++));
      const found = await ask(`${at}/${clip.id}`).catch(() => null);
      if (found && found.ok) clip.offset = found.offset;
      clip.resumed = true;
    }
    show(clip);
  }
}
