// Follows a job's progress; when it has ended the page is loaded anew.
import "./frame.js";

const job = document.getElementById("job"), words = job.dataset;
const two = n => String(n).padStart(2, "0");

if (["queued", "running"].includes(words.state)) {
  const events = new EventSource(`/jobs/${words.job}/events`);
  events.onmessage = message => {
    const now = JSON.parse(message.data);
    if (now.state !== "queued" && now.state !== "running") { events.close(); location.reload(); return; }
    const heading = document.getElementById("state");
    if (heading.textContent !== words[now.state]) {
      document.title = document.title.replace(heading.textContent, words[now.state]);
      heading.textContent = words[now.state];
    }
    document.getElementById("progress").value = now.share;
    const left = now.left_s === null ? "" : words.left.replace("{time}", `${Math.floor(now.left_s / 60)}:${two(now.left_s % 60)} min`);
    const line = document.getElementById("left");
    if (line.textContent !== left) line.textContent = left;
  };
  events.onerror = () => { if (events.readyState === EventSource.CLOSED) location.reload(); };  // the job was deleted
}
