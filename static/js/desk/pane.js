/* The pane: the piece in focus, or two that are compared. */

import { list, pane, pieceUrl, say, wide, words } from "./page.js";
import { get, underWay } from "./requests.js";
import { current, idOf, neighbour, rowOf } from "./rows.js";

const REST = 60; // milliseconds in focus before a piece is fetched
const KEPT = 60; // pieces whose pane is kept
const kept = new Map();
let wanted = 0;
let timer = 0;

export function showSoon(row) {
  window.clearTimeout(timer);
  if (!wide.matches) return;
  timer = window.setTimeout(() => show(row), REST);
}

/* Lets a piece be fetched anew when it is shown the next time. */
export function forget(id) {
  kept.delete(id);
}

/* What the pane shows of a piece, or why there is nothing to show. */
async function fetched(id, version) {
  const known = kept.get(id);
  if (known && known.version === version) return { html: known.html };
  const answer = await get(pieceUrl(id));
  if (answer.status === 401) return { why: words.signed_out };
  // Led elsewhere it is no piece.
  if (answer.status !== 200 || answer.redirected) return { why: words.unloaded };
  const html = await answer.text();
  kept.set(id, { version, html });
  if (kept.size > KEPT) kept.delete(kept.keys().next().value);
  return { html };
}

export function fill(html) {
  const hadFocus = pane.contains(document.activeElement) && document.activeElement.id;
  pane.innerHTML = html;
  pane.scrollTop = 0;
  document.dispatchEvent(new Event("newsroom:added"));
  if (hadFocus) document.getElementById(hadFocus)?.focus();
}

/* Whether the pane shows a row's piece as it is now, and not a comparison. */
function isShown(row) {
  const piece = pane.querySelector(".piece");
  if (!piece || pane.querySelector("dl.versions")) return false;
  return piece.dataset.piece === idOf(row) && piece.dataset.version === row.dataset.version;
}

export function shownInPane() {
  return pane.querySelector(".piece")?.dataset.piece || "";
}

export async function show(row, { anew = false } = {}) {
  const id = idOf(row);
  if (!anew && isShown(row)) return true;
  const number = (wanted += 1);
  try {
    const { html, why } = await fetched(id, row.dataset.version);
    if (number !== wanted) return false;
    if (why) {
      unloaded(why);
      return false;
    }
    fill(html);
    const next = neighbour(row, 1);
    if (next) fetched(idOf(next), next.dataset.version).catch(() => {});
    return true;
  } catch {
    if (number === wanted) unloaded();
    return false;
  }
}

export async function compare(url) {
  if (!wide.matches) {
    window.location.assign(url);
    return;
  }
  window.clearTimeout(timer);
  const number = (wanted += 1);
  const answer = await get(url).catch(() => null);
  if (number !== wanted) return;
  if (answer?.ok) fill(await answer.text());
  else unloaded();
}

/* The pane shows no piece rather than one that is not in focus. */
function unloaded(why = words.unloaded) {
  const line = document.createElement("p");
  line.className = "trouble";
  line.textContent = why;
  pane.replaceChildren(line);
  say(why);
}

// ---- its fields -------------------------------------------------------------

/* A field that was asked for and is not there yet takes what is typed meanwhile. */
let expected = null;

export async function inPane(selector) {
  if (!current) return;
  if (!wide.matches) {
    window.location.assign(pieceUrl(idOf(current), window.location.search));
    return;
  }
  window.clearTimeout(timer);
  const row = current;
  if (!isShown(row) || !pane.querySelector(selector)) {
    const own = { typed: "" };
    expected = own;
    await Promise.allSettled([underWay(idOf(row))]);
    await show(rowOf(idOf(row)) || row, { anew: true });
    if (expected !== own) return; // Escape, or another field
    expected = null;
    enter(selector, own.typed);
    return;
  }
  enter(selector, "");
}

function enter(selector, typed) {
  const field = current && isShown(current) ? pane.querySelector(selector) : null;
  if (!field) {
    if (current && !isShown(current)) say(words.unloaded);
    return;
  }
  field.focus();
  if (field.select && field.tagName === "INPUT") field.select();
  if (!typed) return;
  field.value = typed;
  field.dispatchEvent(new Event("input", { bubbles: true }));
}

/* Takes a key for a field that has not opened yet; false if none is awaited. */
export function typeAhead(event) {
  if (!expected) return false;
  event.preventDefault();
  if (event.key === "Escape") expected = null;
  else if (event.key === "Backspace") expected.typed = expected.typed.slice(0, -1);
  else if (event.key.length === 1) expected.typed += event.key;
  return true;
}

list.addEventListener("desk:focus", ({ detail }) => {
  if (detail.show) showSoon(detail.row);
});
