/* Claims: who writes in the pane is at work on the piece until they leave it. */

import { config, list, pane, say } from "./page.js";
import { shownInPane } from "./pane.js";
import { post } from "./requests.js";

const EVERY = 60_000; // milliseconds; a claim stands five minutes
let claimed = null;

async function holdClaim(id) {
  if (claimed?.id === id) return;
  releaseClaim();
  const own = { id, timer: window.setInterval(() => ask(), EVERY) };
  claimed = own;
  async function ask() {
    const data = new FormData();
    data.set("piece", id);
    const answer = await post(config.claim, data);
    if (answer.done || claimed !== own) return;
    window.clearInterval(own.timer);
    say(answer.said);
  }
  await ask();
}

export function releaseClaim() {
  if (!claimed) return;
  window.clearInterval(claimed.timer);
  const data = new FormData();
  data.set("piece", claimed.id);
  data.set("release", "1");
  claimed = null;
  post(config.claim, data);
}

pane.addEventListener("focusin", (event) => {
  if (event.target.closest("form.words, form.noting") && shownInPane()) {
    holdClaim(shownInPane());
  }
});
list.addEventListener("desk:focus", ({ detail }) => {
  if (detail.before) releaseClaim();
});
window.addEventListener("pagehide", releaseClaim);
