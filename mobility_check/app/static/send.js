// The phone's half: sends clips in chunks and shows when they are measured.
import {ask, fill} from "./ask.js";
import {copy, progress, reason, whenChosen} from "./copy.js";

const words = document.getElementById("send").dataset, state = document.getElementById("state"), button = document.getElementById("measure");
const clips = [];
const wait = ms => new Promise(done => setTimeout(done, ms));
const say = text => { state.textContent = text; };

whenChosen(document.getElementById("files"), async chosen => {
  const refused = [];
  button.hidden = true;
  for (const file of chosen) {
    const clip = {file, offset: 0, waiting: null};
    const show = () => say(progress(clip, words));
    show();
    try {
      await copy(clip, {show});
      clips.push(clip);
    } catch (error) {
      refused.push(reason(error, clip, words));
      if (error instanceof TypeError) break;  // the computer does not answer
    }
  }
  if (refused.length) say(refused.join(" "));
  button.hidden = !clips.length;
  if (clips.length) button.focus();
});

button.onclick = async () => {
  button.hidden = true;
  try {
    const made = await ask("/measure", {method: "POST", body: new URLSearchParams({uploads: clips.splice(0).map(clip => clip.id).join(" ")})});
    if (!made.ok) { say(made.message); return; }
    for (;;) {
      const now = await ask(`/state/${made.number}`);
      if (now.state === "done" || now.state === "failed" || now.state === "choose") { say(fill(words[now.state], now)); return; }
      say(fill(words.measuring, {percent: Math.floor(100 * now.share)}));
      await wait(1500);
    }
  } catch { say(words.offline); }
};
