/* Claims: who writes in the pane is at work on the piece until they leave it. Who
   has claimed it by the key means to keep it from others while they look elsewhere:
   that claim stands its time wherever they go, or until they give it up. */

import { config, list, pane, say } from "./page.js";
import { shownInPane } from "./pane.js";
import { post } from "./requests.js";

const EVERY = 60_000; // milliseconds; a claim stands five minutes
let claimed = null;
const byKey = new Set(); // pieces (ids) claimed by the key

async function holdClaim(id) {
  if (!config.claim || claimed?.id === id) return;
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
  const { id } = claimed;
  claimed = null;
  if (byKey.has(id)) return;
  const data = new FormData();
  data.set("piece", id);
  data.set("release", "1");
  post(config.claim, data);
}

/* Notes that a piece was claimed by the key, or given up by it. */
export function claimedByKey(id, stands) {
  if (stands) {
    byKey.add(id);
  } else {
    byKey.delete(id);
    if (claimed?.id === id) window.clearInterval(claimed.timer);
    if (claimed?.id === id) claimed = null;
  }
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
