/* The desk with keys. Every key presses a button that is on the page, and every
   button is a plain form that works without this script.

   What a key does is seen at once: the row goes, the next one is in focus, and the
   request follows. If it fails, the row comes back and says why.

   Modules lead one way, as the rooms of the house do: collecting the static files
   names each by its content, and could not name two that lead to each other. */

import "./desk/claims.js";
import "./desk/forms.js";
import "./desk/keys.js";
import "./desk/news.js";
import { focusRow, rowOf, rows } from "./desk/rows.js";
import { isTyping } from "./desk/typing.js";

document.documentElement.classList.add("has-keys");
const before = document.activeElement;
// Who comes back from a piece goes on with it.
const left = rowOf(window.location.hash.replace("#row-", ""));
// The browser would take the focus away once more, to where the address points.
if (left) window.history.replaceState(null, "", window.location.href.split("#")[0]);
if (rows().length) focusRow(left || rows()[0]);
if (isTyping(before)) before.focus();
