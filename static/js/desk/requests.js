/* Asking the server, and what is said if it does not answer as it should. */

import { words } from "./page.js";

const PATIENCE = 30_000; // milliseconds for an answer; then the row comes back
const desk = document.getElementById("desk");
const token = document.querySelector("#bulk [name=csrfmiddlewaretoken]").value;
const last = new Map(); // by piece, the last request about it that is under way

export function get(url) {
  return fetch(url, { headers: { "X-Requested-With": "desk" } });
}

/* How many requests are under way stands on the page, for whoever waits for them. */
export async function post(url, data) {
  const pending = (change) => {
    desk.dataset.pending = String(Number(desk.dataset.pending || 0) + change);
  };
  pending(1);
  try {
    return await answered(url, data);
  } finally {
    pending(-1);
  }
}

/* Posts what fields() holds once all earlier requests about these pieces (ids) are
   answered: it is read then, with the versions that those have made. */
export function postInTurn(url, fields, ids) {
  const asked = Promise.allSettled(ids.map(underWay)).then(() => post(url, fields()));
  ids.forEach((id) => last.set(id, asked));
  return asked;
}

/* The last request about a piece, if there was one. */
export function underWay(id) {
  return last.get(id);
}

/* Who signs in anew, in another tab perhaps, has another token from then on. */
function tokenNow() {
  return /(?:^|; )csrftoken=([^;]+)/.exec(document.cookie)?.[1] || token;
}

async function answered(url, data) {
  data.set("csrfmiddlewaretoken", tokenNow());
  let answer;
  try {
    answer = await fetch(url, {
      method: "POST",
      body: data,
      // What was decided is not lost with a page that is left at once.
      keepalive: true,
      signal: AbortSignal.timeout(PATIENCE),
      headers: { "X-Requested-With": "desk", Accept: "application/json" },
    });
  } catch {
    return { done: false, said: words.offline, lost: true };
  }
  try {
    return await answer.json();
  } catch {
    const said = answer.status === 403 ? words.signed_out : words.failed;
    return { done: false, said, lost: true };
  }
}
