// The browser's half of the live check: pictures of the camera go out one at a time, views come back and are drawn.
const $ = id => document.getElementById(id);
const stage = $("stage"), video = $("video"), overlay = $("overlay"), words = stage.dataset;
const grab = document.createElement("canvas"), limbs = [[0, 1], [2, 3], [0, 2], [1, 3], [2, 4], [4, 6], [6, 8], [8, 10], [6, 10], [3, 5], [5, 7], [7, 9], [9, 11], [7, 11]];
const QUALITY = 0.9, MOST_LINES = 720, EMPTY = new ArrayBuffer(0);
let socket, stream, choices, sound, ended = true, busy = false, newest = null, sent = null, first = 0;
export const stats = {drawn: [], lag: []};
window.liveStats = stats;

function tell(sentence) { $("trouble").textContent = sentence; }

async function camera() {
  const wanted = {video: {width: {ideal: 1280}, height: {ideal: 720}, frameRate: {ideal: 30}, resizeMode: "none"}, audio: false};
  try { return await navigator.mediaDevices.getUserMedia(wanted); } catch (error) {
    tell({NotAllowedError: words.refused, NotReadableError: words.inuse}[error.name] || words.missing);
    return null;
  }
}

async function start(event) {
  event?.preventDefault();
  tell("");
  const form = new FormData($("choices"));
  choices = {subject: form.get("subject").trim(), reps: Number(form.get("reps")), pictures: form.has("pictures")};
  sound = form.has("voice");
  stage.classList.toggle("mirrored", form.has("mirror"));
  document.documentElement.requestFullscreen?.().catch(() => {});
  stream = await camera();
  if (!stream) { leaveFullScreen(); return; }
  $("before").hidden = true; stage.hidden = false; $("card").hidden = true; $("end").hidden = false;
  for (const id of ["dots", "ticks", "lines"]) $(id).replaceChildren();
  $("angle").textContent = ""; $("title").textContent = ""; $("prompt").textContent = words.loading;
  stream.getVideoTracks()[0].onended = () => { if (!ended) { $("prompt").textContent = words.lost; end(); } };
  video.srcObject = stream;
  await video.play();
  connect();
}

function connect() {
  ended = false; busy = true; newest = null; stats.drawn = []; stats.lag = [];
  socket = new WebSocket(`ws://${location.host}/live/socket`);
  socket.binaryType = "arraybuffer";
  socket.onopen = () => { socket.send(JSON.stringify(choices)); };
  socket.onmessage = message => take(JSON.parse(message.data));
  socket.onclose = () => { if (!ended) { ended = true; stop(); show(); tell(words.gone); } };
  video.requestVideoFrameCallback(picture);
}

function picture(now, facts) {
  if (ended) return;
  newest = {at: facts.captureTime ?? now, number: facts.presentedFrames, seen: now};
  stats.drawn.push(now);
  if (!busy) send();
  video.requestVideoFrameCallback(picture);
}

function send() {
  if (!newest || ended) return;
  busy = true;
  const mine = sent = newest;
  newest = null;
  const scale = Math.min(1, MOST_LINES / Math.min(video.videoWidth, video.videoHeight));
  grab.width = Math.round(video.videoWidth * scale); grab.height = Math.round(video.videoHeight * scale);
  grab.getContext("2d", {alpha: false}).drawImage(video, 0, 0, grab.width, grab.height);
  grab.toBlob(async blob => {
    const jpeg = await blob.arrayBuffer(), out = new Uint8Array(12 + jpeg.byteLength), head = new DataView(out.buffer);
    head.setFloat64(0, mine.at / 1000, true); head.setUint32(8, mine.number, true);
    out.set(new Uint8Array(jpeg), 12);
    if (socket.readyState === WebSocket.OPEN) socket.send(out);
  }, "image/jpeg", QUALITY);
}

function take(said) {
  if (said.view) draw(said.view);
  if (said.seen !== undefined || said.unreadable || busy && !sent && said.view) {
    if (sent && said.size) { skeleton(said.seen, said.size); stats.lag.push(performance.now() - sent.at); }
    busy = false;
    send();
  }
  if (said.share !== undefined) { $("progress").hidden = false; $("progress").value = said.share; }
  if (said.state) finished(said);
}

function draw(view) {
  $("title").textContent = view.title;
  if ($("prompt").textContent !== view.prompt.show) $("prompt").textContent = view.prompt.show;
  $("ring").toggleAttribute("hidden", view.ring === null);
  if (view.ring !== null) $("ring-done").setAttribute("stroke-dasharray", `${view.ring} 1`);
  $("angle").textContent = view.angle_deg === null ? "" : `${Math.floor(Math.round(10 * view.angle_deg) / 10 + 0.5)}°`;
  if (view.state === "scoring") { halt(); $("prompt").textContent = words.measuring; }
  rows($("ticks"), view.state === "setup" ? view.ticks : [], tick => [`tick-${tick.ok}`, `${{true: "✓", false: "✗", null: "…"}[tick.ok]} ${tick.label} ${tick.value}${tick.ok === false ? " – " + tick.advice : ""}`]);
  rows($("dots"), ["left", "right"].filter(side => view.dots[side].length), side => [`dots key-${side}`, `${words[side]}: ` + view.dots[side].map(dot => dot.accepted ? "●" : "○").join(" ")]);
  if (sound) { if (view.say) speak(view.say.say || view.say.show); if (view.tone) beep(view.tone); }
}

function rows(list, items, made) {
  const wanted = items.map(made), key = JSON.stringify(wanted);
  if (list.dataset.key === key) return;
  list.dataset.key = key;
  list.replaceChildren(...wanted.map(([name, text]) => {
    const row = document.createElement(list.tagName === "UL" ? "li" : "p");
    row.className = name; row.textContent = text;
    return row;
  }));
}

function skeleton(seen, [width, height]) {
  overlay.width = width; overlay.height = height;
  if (!seen) return;
  const pen = overlay.getContext("2d");
  pen.lineWidth = height / 150; pen.lineCap = "round"; pen.strokeStyle = "#ffffff";
  pen.beginPath();
  for (const [a, b] of limbs) { pen.moveTo(...seen[a]); pen.lineTo(...seen[b]); }
  pen.stroke();
  pen.fillStyle = "#71b5ff";
  for (const [x, y] of seen) { pen.beginPath(); pen.arc(x, y, height / 100, 0, 7); pen.fill(); }
}

function speak(text) {
  if (!window.speechSynthesis) return;
  speechSynthesis.cancel();
  const said = new SpeechSynthesisUtterance(text);
  said.lang = document.documentElement.lang;
  speechSynthesis.speak(said);
}

let speaker;
function beep(tone) {
  speaker ??= new AudioContext();
  const note = speaker.createOscillator(), gain = speaker.createGain();
  note.frequency.value = {accepted: 880, rejected: 220, ready: 660, finished: 990}[tone] || 440;
  gain.gain.setValueAtTime(0.2, speaker.currentTime);
  gain.gain.exponentialRampToValueAtTime(0.001, speaker.currentTime + 0.35);
  note.connect(gain).connect(speaker.destination);
  note.start(); note.stop(speaker.currentTime + 0.35);
}

function halt() { ended = true; newest = null; overlay.width = overlay.width; }

function end() {
  if (ended) return;
  halt();
  $("end").hidden = true; $("prompt").textContent = words.measuring;
  if (socket.readyState === WebSocket.OPEN) socket.send(EMPTY);
}

function stop() {
  for (const track of stream?.getTracks() ?? []) track.stop();
  video.srcObject = null;
}

function leaveFullScreen() { if (document.fullscreenElement) document.exitFullscreen(); }

function show() { stage.hidden = true; $("before").hidden = false; leaveFullScreen(); }

function finished(said) {
  halt(); stop();
  if (said.state === "failed") { show(); tell(said.message); return; }
  $("progress").hidden = true; $("ring").toggleAttribute("hidden", true); $("end").hidden = true; $("angle").textContent = "";
  $("title").textContent = words.done; $("prompt").textContent = said.headline;
  rows($("ticks"), [], () => []);
  rows($("lines"), said.card.lines, line => ["", line]);
  $("report").href = $("save").href = `/jobs/${said.job}`;
  $("save").hidden = said.session !== null || !said.card.scored;
  $("delete").action = `/jobs/${said.job}/delete`;
  $("card").hidden = false;
  $("again").focus();
  if (sound) speak(said.card.say);
}

$("choices").onsubmit = start;
$("end").onclick = end;
$("again").onclick = () => start();
document.addEventListener("fullscreenchange", () => { if (!document.fullscreenElement) end(); });
document.addEventListener("keydown", event => { if (event.key === "Escape") end(); });
document.addEventListener("visibilitychange", () => { if (!ended && document.visibilityState === "visible") $("prompt").textContent = words.hidden; });
