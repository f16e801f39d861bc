/* The pane: the piece in focus, or two that are compared. */

import { list, pane, pieceUrl, say, wide, words } from "./page.js";
import { get, underWay } from "./requests.js";
import { current, idOf, neighbour, redraw, rowOf } from "./rows.js";
import { expectField, isAwaited, isTyping, shut } from "./typing.js";

const REST = 60; // milliseconds in focus before a piece is fetched
const KEPT = 60; // pieces whose pane is kept
const kept = new Map();
let wanted = 0; // which showing is the last one
let underway = null; // what is being fetched to be shown, and the promise of it
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

/* What the pane shows of a piece in this version or a newer one, or why there is
   nothing to show. */
async function fetched(id, version) {
  const known = kept.get(id);
  if (known && isUpToDate(known.version, version)) return known;
  const answer = await get(pieceUrl(id));
  if (answer.status === 401) return { why: words.signed_out };
  // Led elsewhere it is no piece.
  if (answer.status !== 200 || answer.redirected) return { why: words.unloaded };
  const drawn = taken(await answer.text());
  kept.set(id, drawn);
  if (kept.size > KEPT) kept.delete(kept.keys().next().value);
  return drawn;
}

/* A pane as the server has drawn it, and the row that goes with it. */
function taken(html) {
  const shell = document.createElement("template");
  shell.innerHTML = html;
  const { version } = shell.content.querySelector(".piece").dataset;
  const now = shell.content.querySelector("template[data-row]");
  now?.remove();
  return { version, row: now?.innerHTML, html: shell.innerHTML };
}

function isUpToDate(version, wantedVersion) {
  return Number(version) >= Number(wantedVersion);
}

function fill(html) {
  const before = pane.contains(document.activeElement) ? document.activeElement : null;
  const id = shownInPane();
  pane.innerHTML = html;
  pane.scrollTop = 0;
  document.dispatchEvent(new Event("newsroom:added"));
  const after = before?.id && document.getElementById(before.id);
  if (!after) return;
  after.focus();
  if (isTyping(before) && shownInPane() === id) writeOn(before, after);
}

/* A field that is drawn anew while somebody types in it goes on where it was. */
function writeOn(before, after) {
  if (before.value === before.defaultValue) return;
  after.value = before.value;
  after.setSelectionRange(before.selectionStart, before.selectionEnd);
}

/* Whether the pane shows a row's piece as it is now, and not beside another. */
function isShown(row) {
  const piece = pane.querySelector(".piece[data-version]");
  if (!piece) return false;
  const { piece: id, version } = piece.dataset;
  return id === idOf(row) && isUpToDate(version, row.dataset.version);
}

export function shownInPane() {
  return pane.querySelector(".piece")?.dataset.piece || "";
}

/* Shows a row's piece; returns why it could not, "" if it is there. */
export function show(row, { anew = false } = {}) {
  if (!anew && isShown(row)) return "";
  const what = `${idOf(row)}:${row.dataset.version}`;
  if (underway?.what !== what || underway.number !== wanted) {
    const number = (wanted += 1);
    underway = { what, number, shown: shownAs(row, number) };
  }
  return underway.shown;
}

async function shownAs(row, number) {
  const piece = await fetched(idOf(row), row.dataset.version).catch(() => ({
    why: words.unloaded,
  }));
  if (number !== wanted) return words.unloaded;
  underway = null;
  if (piece.why) {
    unloaded(piece.why);
    return piece.why;
  }
  fill(piece.html);
  catchUp(idOf(row), piece);
  const next = neighbour(row, 1);
  if (next) fetched(idOf(next), next.dataset.version).catch(() => {});
  return "";
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

/* Shows a pane that came with an answer. */
export function showAnswered(html) {
  const piece = taken(html);
  fill(piece.html);
  catchUp(shownInPane(), piece);
}

/* A row is drawn anew with its piece: what one decides on is what one has read. */
function catchUp(id, piece) {
  const row = rowOf(id);
  if (row && piece.row && !isUpToDate(row.dataset.version, piece.version)) redraw(id, piece.row);
}

/* The pane shows no piece rather than one that is not in focus; but a field in which
   somebody types is not taken from them. */
function unloaded(why = words.unloaded) {
  say(why);
  if (pane.contains(document.activeElement) && isTyping(document.activeElement)) return;
  const line = document.createElement("p");
  line.className = "trouble";
  line.textContent = why;
  pane.replaceChildren(line);
}

// ---- its fields -------------------------------------------------------------

export function read() {
  if (!current) return;
  if (wide.matches) show(current);
  else window.location.assign(pieceUrl(idOf(current), window.location.search));
}

/* Puts the person into a field of the piece in focus, with what was typed meanwhile.
   Until the field is there, and if it cannot be had, letters decide nothing. */
export async function inPane(selector, typed = "") {
  const own = expectField(typed);
  if (current && !wide.matches) {
    read();
    return;
  }
  window.clearTimeout(timer);
  let why = words.unloaded;
  if (current && !fieldOf(current, selector)) {
    const id = idOf(current);
    await Promise.allSettled([underWay(id)]);
    if (isAwaited(own) && current) why = (await show(current, { anew: true })) || why;
    if (!isAwaited(own)) return;
  }
  const field = current && fieldOf(current, selector);
  if (field) enter(field, own.typed);
  else shut(own, why, current && ((kept) => inPane(selector, kept)));
}

function fieldOf(row, selector) {
  return isShown(row) ? pane.querySelector(selector) : null;
}

function enter(field, typed) {
  field.focus();
  if (field.select && field.tagName === "INPUT") field.select();
  if (!typed) return;
  field.value = typed;
  field.dispatchEvent(new Event("input", { bubbles: true }));
}

list.addEventListener("desk:focus", ({ detail }) => {
  if (detail.show) showSoon(detail.row);
});
