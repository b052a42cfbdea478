// The phone's half: sends clips in chunks and shows when they are measured.
import {ask, fill} from "./ask.js";
import {copy} from "./copy.js";

const words = document.getElementById("send").dataset, state = document.getElementById("state"), button = document.getElementById("measure");
const clips = [];
const wait = ms => new Promise(done => setTimeout(done, ms));
const say = (text, values = {}) => { state.textContent = fill(text, values); };

document.getElementById("files").onchange = async event => {
  button.hidden = true;
  try {
    for (const file of event.target.files) {
      const clip = {file, offset: 0};
      const show = () => say(clip.resumed ? words.resumed : words.sending, {name: file.name, percent: Math.floor(100 * clip.offset / file.size)});
      show();
      await copy(clip, {show});
      clips.push(clip);
    }
    button.hidden = !clips.length;
    if (clips.length) button.focus();
  } catch (error) { say(error instanceof TypeError ? words.offline : error.message); }
};

button.onclick = async () => {
  button.hidden = true;
  try {
    const made = await ask("/measure", {method: "POST", body: new URLSearchParams({uploads: clips.splice(0).map(clip => clip.id).join(" ")})});
    if (!made.ok) { say(made.message); return; }
    for (;;) {
      const now = await ask(`/state/${made.number}`);
      if (now.state === "done" || now.state === "failed" || now.state === "choose") { say(words[now.state], now); return; }
      say(words.measuring, {percent: Math.floor(100 * now.share)});
      await wait(1500);
    }
  } catch { say(words.offline); }
};
