// Shows on the computer what the phone has sent.
const words = document.getElementById("phone").dataset, list = document.getElementById("received");
const events = new EventSource("/phone/events");
events.onmessage = message => {
  const now = JSON.parse(message.data);
  if (now.jobs.length) list.replaceChildren(...now.jobs.map(job => {
    const row = document.createElement("li"), link = document.createElement("a");
    link.href = `/jobs/${job}`; link.textContent = words.received;
    row.append(link);
    return row;
  }));
  if (now.closed) {
    events.close();
    if (!now.jobs.length) list.textContent = words.closed;
  }
};
