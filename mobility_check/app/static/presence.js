// Tells the app that this page is open, and the user when the app has ended.
const gone = document.getElementById("gone");

function stay(tries) {
  const line = new WebSocket(`ws://${location.host}/presence`);
  line.onopen = () => { tries = 0; gone.hidden = true; };
  line.onclose = () => {
    gone.hidden = tries < 2;
    gone.textContent = gone.dataset.text;
    if (tries < 5) setTimeout(stay, 1000 * 2 ** tries, tries + 1);
  };
}
stay(0);
