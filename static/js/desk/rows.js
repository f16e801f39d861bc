/* The rows of the queue: which one is in focus, which are ticked, where each stands.

   Whoever has to know that the focus has moved listens to "desk:focus" at the list:
   its detail names the row, the row before, and whether to show the piece. */

import { list, pane, words } from "./page.js";

const empty = document.getElementById("empty");
const counter = document.getElementById("waiting");
const title = document.title;
const places = new Map(); // where a row stood, for those that come back
let orders = 0;
let lastTicked = null;

/* The row in focus. */
export let current = null;

export function rows() {
  return [...list.children];
}

export function idOf(row) {
  return row.dataset.piece;
}

export function rowOf(id) {
  return document.getElementById(`row-${id}`);
}

/* A row as the server is told of it: the piece, and the version that is shown. */
export function named(row) {
  const now = rowOf(idOf(row)) || row;
  return `${idOf(row)}:${now.dataset.version}`;
}

function adopt(row) {
  orders += 1;
  row.dataset.order = String(orders);
}

export function append(row) {
  adopt(row);
  list.append(row);
}

export function neighbour(row, step) {
  const all = rows();
  return all[all.indexOf(row) + step] || null;
}

// ---- the focus --------------------------------------------------------------

function mark(row) {
  const article = row.querySelector("article");
  article.setAttribute("aria-current", "true");
  article.tabIndex = 0;
  return article;
}

export function focusRow(row, { show = true } = {}) {
  if (!row) return;
  const before = current !== row ? current : null;
  if (before) {
    const article = before.querySelector("article");
    article.removeAttribute("aria-current");
    article.tabIndex = -1;
  }
  current = row;
  mark(row).focus({ preventScroll: true });
  row.scrollIntoView({ block: "nearest" });
  list.dispatchEvent(new CustomEvent("desk:focus", { detail: { row, before, show } }));
}

// ---- coming and going -------------------------------------------------------

/* Takes rows away and gives the focus to the one behind them, else before them. */
export function takeAway(gone) {
  const leaves = new Set(gone);
  gone.forEach((row) => row.querySelector("article").removeAttribute("aria-current"));
  if (leaves.has(current)) {
    const all = rows();
    const at = all.indexOf(current);
    const next =
      all.slice(at + 1).find((row) => !leaves.has(row)) ||
      all.slice(0, at).reverse().find((row) => !leaves.has(row)) ||
      null;
    gone.forEach((row) => row.remove());
    current = null;
    if (next) focusRow(next);
    else emptied();
  } else {
    gone.forEach((row) => row.remove());
  }
  gone.forEach((row) => {
    const tick = row.querySelector(".tick");
    if (tick) tick.checked = false;
  });
  countTicks();
  recount(-gone.length);
  empty.hidden = list.children.length > 0;
}

function emptied() {
  pane.replaceChildren();
  empty.hidden = false;
  empty.querySelector("a").focus();
}

/* Puts a row back where it stood. */
export function putBack(row) {
  const order = Number(row.dataset.order);
  const behind = rows().find((each) => Number(each.dataset.order) > order);
  list.insertBefore(row, behind || null);
  recount(1);
  empty.hidden = true;
}

export function drawn(html) {
  const shell = document.createElement("template");
  shell.innerHTML = html.trim();
  return shell.content.firstElementChild;
}

/* Shows a row as the server has drawn it now, in the old one's place if it has one. */
export function redraw(id, html) {
  const fresh = drawn(html);
  const old = rowOf(id);
  if (!old) {
    fresh.dataset.order = places.get(id) || "0";
    return fresh;
  }
  const hadFocus = old.contains(document.activeElement);
  fresh.dataset.order = old.dataset.order;
  keepTicks(old, fresh);
  old.replaceWith(fresh);
  if (old === current) {
    current = fresh;
    const article = mark(fresh);
    if (hadFocus) article.focus({ preventScroll: true });
  }
  return fresh;
}

/* What the person has ticked stays so, and the tags whose tick they took off. */
function keepTicks(old, fresh) {
  for (const box of fresh.querySelectorAll("[type=checkbox]")) {
    const before = [...old.querySelectorAll(`[type=checkbox][name=${box.name}]`)];
    const own = box.matches(".tick") ? before[0] : before.find(({ value }) => value === box.value);
    if (own) box.checked = own.checked;
  }
}

export function trouble(row, text) {
  const line = row.querySelector(".trouble");
  line.textContent = text;
  line.hidden = !text;
}

function recount(change) {
  if (/^\d+$/.test(counter.textContent)) {
    counter.textContent = String(Math.max(0, Number(counter.textContent) + change));
  }
  document.title = `(${counter.textContent}) ${title}`;
}

// ---- ticks ------------------------------------------------------------------

function ticked() {
  return rows().filter((row) => row.querySelector(".tick").checked);
}

/* What a command acts on: the ticked rows, else the one in focus. */
export function chosen() {
  const many = ticked();
  return many.length ? many : current ? [current] : [];
}

function countTicks() {
  const number = ticked().length;
  const text = number ? `${number} ${words.ticked}` : "";
  document.getElementById("ticked").textContent = text;
}

export function tick() {
  if (!current) return;
  const box = current.querySelector(".tick");
  box.checked = !box.checked;
  lastTicked = current;
  countTicks();
}

export function tickToHere() {
  const all = rows();
  const from = all.indexOf(lastTicked);
  const to = all.indexOf(current);
  if (to < 0) return;
  const [low, high] = from < 0 ? [to, to] : [Math.min(from, to), Math.max(from, to)];
  all.slice(low, high + 1).forEach((row) => {
    row.querySelector(".tick").checked = true;
  });
  lastTicked = current;
  countTicks();
}

// ---- by hand ----------------------------------------------------------------

list.addEventListener("focusin", (event) => {
  const row = event.target.closest("li.row");
  if (row && row !== current && event.target.tagName !== "ARTICLE") {
    const target = event.target;
    focusRow(row);
    target.focus({ preventScroll: true });
  }
});

list.addEventListener("pointerdown", (event) => {
  const row = event.target.closest("li.row");
  if (row && row !== current && !event.target.closest("a, button, input, label")) focusRow(row);
});

list.addEventListener("change", (event) => {
  if (!event.target.matches(".tick")) return;
  lastTicked = event.target.closest("li.row");
  countTicks();
});

rows().forEach(adopt);
recount(0);
new MutationObserver((changes) => {
  for (const change of changes) {
    change.removedNodes.forEach((row) => {
      if (row.dataset?.piece) places.set(row.dataset.piece, row.dataset.order);
    });
  }
}).observe(list, { childList: true });
