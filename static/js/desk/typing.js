/* Typing: whether what the person types is text, and never commands.

   It is text from the key that asks for a field, or from the field's focus, until the
   person leaves: by Escape, Tab, an arrow, a click, or by sending the form. If a field
   does not open, or goes while somebody types in it, letters do nothing until then:
   whoever writes "A sea change" must not publish, shortlist and spike. */

import { say, words } from "./page.js";

/* What is written: the letters kept for a field that is awaited, and the way to try
   again (null while it is under way, and if nothing is awaited). */
let writing = null;

export function isTyping(target) {
  if (target.isContentEditable) return true;
  if (target.matches("textarea, select")) return true;
  return target.matches("input") && !target.matches("[type=checkbox], [type=radio]");
}

/* Begins to keep what is typed, after what is kept already, for a field that opens. */
export function expectField(typed = "") {
  writing = { typed, again: null, told: true };
  return writing;
}

/* Whether this is still what is written. */
export function isAwaited(own) {
  return writing === own;
}

/* The field has not opened: letters do nothing, Enter tries again. */
export function shut(own, why, again) {
  if (writing !== own) return;
  own.again = again;
  say(again ? `${why} ${words.shut}` : `${why} ${words.astray}`);
}

export function stop() {
  writing = null;
}

/* Takes a key that would be a command; false if it may be one. */
export function swallowed(event) {
  if (!writing) return false;
  const { key } = event;
  if (/^(Tab|Arrow|Home|End|Page|F\d)/.test(key)) {
    stop();
    return false;
  }
  event.preventDefault();
  if (key === "Escape") {
    stop();
    say(words.keys_again);
  } else if (key === "Enter") {
    writing.again?.(writing.typed);
  } else if (key === "Backspace") {
    writing.typed = writing.typed.slice(0, -1);
  } else if (key.length === 1 && !event.repeat) {
    writing.typed += key;
    if (!writing.told) say(words.astray);
    writing.told = true;
  }
  return true;
}

document.addEventListener("focusin", (event) => {
  if (isTyping(event.target)) writing = { typed: "", again: null, told: false };
});
document.addEventListener("submit", stop, true);
for (const way of ["pointerdown", "click"]) {
  document.addEventListener(way, (event) => event.isTrusted && stop(), true);
}
window.addEventListener("pageshow", (event) => event.persisted && stop());
