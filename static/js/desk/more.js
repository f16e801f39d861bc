/* Walking down the queue: more rows come before the last one is reached. */

import { list, say, words } from "./page.js";
import { get } from "./requests.js";
import { append, current, focusRow, neighbour, rowOf, rows } from "./rows.js";

const FEW_LEFT = 10; // rows below the one in focus at which more are asked for
let loading = null; // the promise of more rows

export function move(step) {
  const next = current ? neighbour(current, step) : rows()[0];
  if (next) focusRow(next);
  else if (step > 0 && list.dataset.next) more().then(() => stepOn());
  else if (step > 0) say(words.end);
}

function stepOn() {
  const next = current && neighbour(current, 1);
  if (next) focusRow(next);
}

export function more() {
  loading ||= fetchMore(list.dataset.next).finally(() => {
    loading = null;
  });
  return loading;
}

async function fetchMore(next) {
  if (!next) return;
  try {
    const url = new URL(list.dataset.more, window.location.href);
    url.searchParams.set("after", next);
    const answer = await get(url);
    if (!answer.ok) return;
    const shell = document.createElement("template");
    shell.innerHTML = await answer.text();
    for (const row of [...shell.content.children]) {
      if (!rowOf(row.dataset.piece)) append(row);
    }
    list.dataset.next = answer.headers.get("X-Next") || "";
    const link = document.querySelector(".more");
    if (link) link.hidden = !list.dataset.next;
    if (!current) focusRow(rows()[0]);
  } catch {
    // The link below the rows still leads on.
  }
}

list.addEventListener("desk:focus", () => {
  const all = rows();
  if (list.dataset.next && all.length - all.indexOf(current) <= FEW_LEFT) more();
});
