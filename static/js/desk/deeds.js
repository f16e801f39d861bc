/* Deeds: what is done with rows, what becomes of them, and the way back. */

import { say, words } from "./page.js";
import { forget, showSoon } from "./pane.js";
import { post, postInTurn } from "./requests.js";
import {
  chosen,
  current,
  drawn,
  focusRow,
  idOf,
  named,
  putBack,
  redraw,
  rowOf,
  takeAway,
  trouble,
} from "./rows.js";
import { isTyping } from "./typing.js";

const taking = document.getElementById("taking-back");
const undoButton = taking.querySelector("[data-command=undo]");
const deeds = []; // where what was done here is undone, newest last
const undone = []; // where what was taken back here is done again, newest last
let tried = ""; // the act that could not be taken back: the next look is behind it
let inTurn = Promise.resolve(); // the book-keeping of all that was pressed so far
let toTakeBack = 0; // presses of undo and redo whose turn has not come
let presses = 0; // keys and clicks: whether the person has moved on meanwhile

for (const way of ["keydown", "pointerdown"]) {
  document.addEventListener(way, () => (presses += 1), true);
}

/* Does one thing with these rows; those that leave the queue go at once.

   Two deeds on one piece reach the server one after the other, the second with
   the version that the first has made: fields() is read when it is its turn. */
export async function act(url, fields, targets, { leaves = false } = {}) {
  const gone = leaves ? targets : [];
  const since = presses;
  if (gone.length) takeAway(gone);
  const asked = postInTurn(url, fields, targets.map(idOf));
  const noted = inOrder(async () => note(await asked));
  const answer = await asked;
  const back = settle(answer, targets, gone);
  if (back && (presses === since || !current)) focusRow(back);
  await noted;
  undoButton.hidden = !(answer.undo || deeds.length || !undoButton.hidden);
  say(answer.said, answer.done && !answer.undo ? sayUndoes() : "");
  if (!leaves && answer.done && current && targets.some((row) => idOf(row) === idOf(current))) {
    showSoon(current);
  }
  if (answer.claimed?.length && (await confirmed(answer.said))) {
    const again = answer.claimed.map((id) => rowOf(String(id))).filter(Boolean);
    return act(url, () => takingOver(fields(), again), again, { leaves });
  }
  return answer;
}

/* Keys are faster than answers: what each press means for undo and redo is settled
   in the order of the presses. */
function inOrder(step) {
  inTurn = inTurn.then(step, step);
  return inTurn;
}

function note(answer) {
  if (answer.undo) {
    undone.length = 0;
    tried = "";
    deeds.push(answer.undo);
  } else if (!answer.done && toTakeBack) {
    // Undo was pressed for this: it does not take back what is older instead.
    deeds.push(null);
  }
}

/* The same deed on pieces of colleagues, which this person means to take over. */
function takingOver(data, targets) {
  data.delete("piece");
  targets.forEach((row) => data.append("piece", named(row)));
  data.set("take_over", "1");
  return data;
}

/* Makes the rows show what the server has answered; returns the first that came back. */
function settle(answer, targets, gone) {
  let back = null;
  const why = new Map((answer.refused || []).map((each) => [String(each.piece), each.why]));
  for (const row of targets) {
    const id = idOf(row);
    const html = answer.rows ? answer.rows[id] : undefined;
    const failed = why.has(id) || !answer.done;
    const comesBack = failed && gone.includes(row) && html !== null;
    if (comesBack) putBack(row);
    let shown = row;
    if (html && row.isConnected) shown = drawAnew(id, html);
    else if (html) row.dataset.version = drawn(html).dataset.version;
    else if (html === null && row.isConnected && !gone.includes(row)) takeAway([row]);
    if (failed && shown.isConnected) trouble(shown, why.get(id) || answer.said);
    if (comesBack) back ||= shown;
  }
  return back;
}

function drawAnew(id, html) {
  forget(id);
  return redraw(id, html);
}

/* What the button takes back, where that is not what was just said. */
function sayUndoes() {
  if (undoButton.hidden) return "";
  return deeds.length ? words.undoes : "";
}

function confirmed(text) {
  const dialog = document.getElementById("claimed");
  document.getElementById("claimed-said").textContent = text;
  dialog.returnValue = "";
  const before = document.activeElement;
  dialog.showModal();
  // Whoever types on must not answer it with a space.
  if (isTyping(before)) dialog.focus();
  return new Promise((resolve) => {
    dialog.addEventListener(
      "close",
      () => {
        if (isTyping(before)) before.focus();
        else if (current) focusRow(current);
        resolve(dialog.returnValue === "over");
      },
      { once: true },
    );
  });
}

/* What is told of these rows; of a single one, which tags are ticked too. */
export function fieldsOf(targets, more = {}) {
  const alone = targets.length === 1 ? targets[0].querySelector("form.decide") : undefined;
  const data = new FormData(alone);
  data.delete("piece");
  targets.forEach((row) => data.append("piece", named(row)));
  Object.entries(more).forEach(([name, value]) => data.set(name, value));
  return data;
}

export function decide(button) {
  const targets = chosen();
  if (!targets.length) return;
  const leaves = "leaves" in button.dataset;
  act(button.formAction, () => fieldsOf(targets), targets, { leaves });
}

/* Takes the last deed back, or does again what was taken back last. Each of the two
   is an act that the other one takes back. */
export function takeBack(again) {
  toTakeBack += 1;
  return inOrder(async () => {
    await takeBackNow(again).finally(() => (toTakeBack -= 1));
    if (!toTakeBack) [deeds, undone].forEach(dropNothings);
  });
}

function dropNothings(stack) {
  stack.splice(0, stack.length, ...stack.filter(Boolean));
}

async function takeBackNow(again) {
  const [mine, others] = again ? [undone, deeds] : [deeds, undone];
  const known = mine.pop();
  if (known === null) {
    others.push(null);
    return;
  }
  const data = new FormData();
  if (again) data.set("again", "1");
  if (tried && !known) data.set("before", tried);
  const answer = await post(known || taking.action, data);
  if (answer.undo) others.push(answer.undo);
  else if (answer.lost && known) mine.push(known);
  // What cannot be taken back any more does not keep what is older from it.
  tried = answer.done || !answer.act ? "" : String(answer.act);
  let first = null;
  for (const [id, html] of Object.entries(answer.rows || {})) {
    const there = rowOf(id);
    if (html === null) {
      if (there) takeAway([there]);
      continue;
    }
    const row = drawAnew(id, html);
    if (!there) putBack(row);
    first = first || row;
  }
  if (first && !isTyping(document.activeElement)) focusRow(first);
  say(answer.said);
  undoButton.hidden = false;
}
