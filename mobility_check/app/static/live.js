// The browser's half of the live check: frames of the camera go out, landmarks and views come back and are drawn.
// One frame is away at a time. The newest one is made a JPEG meanwhile, so that it can follow at once.
const $ = id => document.getElementById(id);
const stage = $("stage"), video = $("video"), overlay = $("overlay"), words = stage.dataset;
const grab = document.createElement("canvas"), limbs = [[0, 1], [2, 3], [0, 2], [1, 3], [2, 4], [4, 6], [6, 8], [8, 10], [6, 10], [3, 5], [5, 7], [7, 9], [9, 11], [7, 11]];
const QUALITY = 0.9, MOST_LINES = 720, EMPTY = new ArrayBuffer(0);
const STARTING = {};
let socket, stream, choices, sound, ended = true, told = true, newest = null, encoding = false, ready = null, away = null;
const stats = window.liveStats = {drawn: [], lag: []};  // for benchmarks/app.py

async function camera() {
  const wanted = {video: {width: {ideal: 1280}, height: {ideal: 720}, frameRate: {ideal: 30}, resizeMode: "none"}, audio: false};
  try { return await navigator.mediaDevices.getUserMedia(wanted); } catch (error) {
    leave({NotAllowedError: words.refused, NotReadableError: words.inuse}[error.name] || words.missing);
    return null;
  }
}

async function start(event) {
  event?.preventDefault();
  $("trouble").textContent = "";
  const form = new FormData($("choices"));
  choices = {subject: form.get("subject").trim(), reps: Number(form.get("reps")), pictures: form.has("pictures")};
  sound = form.has("voice");
  stage.classList.remove("ended");
  stage.classList.toggle("mirrored", form.has("mirror"));
  document.documentElement.requestFullscreen?.().catch(() => {});
  $("before").hidden = true; stage.hidden = false; $("card").hidden = true; $("end").hidden = false;
  beside(true);
  stage.focus();
  for (const id of ["dots", "ticks", "lines"]) $(id).replaceChildren();
  $("angle").textContent = ""; $("title").textContent = ""; $("prompt").textContent = words.loading;
  connect();
}

function connect() {
  ended = told = false; newest = ready = null; away = STARTING; stats.drawn = []; stats.lag = [];
  socket = new WebSocket(`ws://${location.host}/live/socket`);
  socket.binaryType = "arraybuffer";
  socket.onopen = () => socket.send(JSON.stringify(choices));
  socket.onmessage = message => take(JSON.parse(message.data));
  socket.onclose = () => { if (!told) leave(words.gone); };
}

// The camera is opened when the model is ready: no kick is missed while it loads.
async function watch() {
  stream = await camera();
  if (ended) { stop(); return; }
  stream.getVideoTracks()[0].onended = () => end(words.lost);
  video.srcObject = stream;
  await video.play();
  away = null;
  video.requestVideoFrameCallback(onFrame);
}

function onFrame(now, facts) {
  if (ended) return;
  newest = {at: facts.captureTime ?? now, number: facts.presentedFrames};
  stats.drawn.push(now);
  encode();
  video.requestVideoFrameCallback(onFrame);
}

function encode() {
  if (!newest || encoding || ended) return;
  const {at, number} = newest, scale = Math.min(1, MOST_LINES / Math.min(video.videoWidth, video.videoHeight));
  newest = null; encoding = true;
  grab.width = Math.round(video.videoWidth * scale); grab.height = Math.round(video.videoHeight * scale);
  grab.getContext("2d", {alpha: false}).drawImage(video, 0, 0, grab.width, grab.height);
  grab.toBlob(async blob => {
    const head = new DataView(new ArrayBuffer(12));
    head.setFloat64(0, at / 1000, true); head.setUint32(8, number, true);
    ready = {at, message: await new Blob([head, blob]).arrayBuffer()};
    encoding = false;
    send();
    encode();
  }, "image/jpeg", QUALITY);
}

function send() {
  if (!ready || away || ended || socket.readyState !== WebSocket.OPEN) return;
  away = ready; ready = null;
  socket.send(away.message);
}

function take(said) {
  if (said.view && !ended) draw(said.view);
  if (said.size && !ended) skeleton(said.seen, said.size);
  if (said.size) stats.lag.push(performance.now() - away.at);
  if (said.size || said.unreadable) { away = null; send(); }
  if (away === STARTING && said.view && !stream) watch();
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
  rows($("dots"), ["left", "right"].filter(side => view.dots[side].length), side => {
    const told = signs => `${words[side]}: ` + view.dots[side].map(dot => dot.accepted ? signs[0] : signs[1]).join(" ");
    return [`dots key-${side}`, told("●○"), told([words.counted, words.not])];
  });
  if (sound) { if (view.say) speak(view.say.say || view.say.show); if (view.tone) beep(view.tone); }
}

function rows(list, items, made) {
  const wanted = items.map(made), key = JSON.stringify(wanted);
  if (list.dataset.key === key) return;
  list.dataset.key = key;
  list.replaceChildren(...wanted.map(([name, text, label]) => {
    const row = document.createElement(list.tagName === "UL" ? "li" : "p");
    row.className = name; row.textContent = text;
    if (label) { row.role = "img"; row.ariaLabel = label; }
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

function halt() { ended = true; newest = ready = null; overlay.width = overlay.width; }

function end(sentence = words.measuring) {
  if (ended) return;
  if (away === STARTING) { leave(""); return; }
  halt();
  $("end").hidden = true; $("prompt").textContent = sentence;
  stage.focus();
  if (socket.readyState === WebSocket.OPEN) socket.send(EMPTY);
}

function stop() {
  for (const track of stream?.getTracks() ?? []) track.stop();
  video.srcObject = stream = null;
}

// Back to the form, with what went wrong.
function leave(sentence) {
  told = true;
  halt(); stop(); socket.close();
  stage.hidden = true; $("before").hidden = false;
  beside(false);
  if (document.fullscreenElement) document.exitFullscreen();
  $("trouble").textContent = sentence;
  $("start").focus();
}

// What lies behind the stage cannot be reached with Tab while it is shown; what the app says of itself stays heard.
function beside(away) {
  for (const part of document.querySelectorAll("body > :not(main, #gone, script)")) part.inert = away;
}

function finished(said) {
  told = true;
  if (said.state === "failed") { leave(said.message); return; }
  halt(); stop();
  $("progress").hidden = true; $("ring").toggleAttribute("hidden", true); $("end").hidden = true; $("angle").textContent = "";
  $("title").textContent = words.done; $("prompt").textContent = said.headline;
  rows($("ticks"), [], () => []);
  $("figures").replaceChildren(...said.card.figures.map(([side, score, margin]) => {
    const pair = document.createElement("div"), leg = document.createElement("dt"), number = document.createElement("dd"), about = document.createElement("small");
    pair.className = `key-${side}`; leg.textContent = words[side]; number.textContent = `${score} `; about.textContent = margin;
    number.append(about);
    pair.append(leg, number);
    return pair;
  }));
  rows($("lines"), said.card.lines.filter(line => line !== said.headline), line => ["", line]);
  $("report").href = $("save").href = `/jobs/${said.job}`;
  $("save").hidden = said.session !== null || !said.card.scored;
  $("delete").action = `/jobs/${said.job}/delete`;
  $("card").hidden = false; stage.classList.add("ended");
  $("again").focus();
  if (sound) speak(said.card.say);
}

$("choices").onsubmit = start;
$("end").onclick = () => end();
$("again").onclick = () => start();
document.addEventListener("fullscreenchange", () => { if (!document.fullscreenElement) end(); });
document.addEventListener("keydown", event => { if (event.key === "Escape") end(); });
document.addEventListener("visibilitychange", () => { if (!ended && document.visibilityState === "visible") $("prompt").textContent = words.hidden; });
