/* Keys: which command each means, and when it means none. */

import { run } from "./commands.js";
import { config, pane } from "./page.js";
import { current, focusRow } from "./rows.js";
import { isTyping, stop, swallowed } from "./typing.js";

const SEQUENCE = 1500; // milliseconds between the two keys of "g a"
const byKey = new Map(Object.entries(config.keys).map(([name, key]) => [key, name]));
let begun = "";
let begunAt = 0;

function second(key) {
  const first = begun;
  begun = "";
  if (first === "go" && config.go[key]) window.location.assign(config.go[key]);
  if (first === "filter" && /^[1-9]$/.test(key)) {
    document.querySelectorAll("[data-filter]")[Number(key) - 1]?.click();
  }
}

function inDialog(event, dialog) {
  if (event.key === "Escape") stop();
  if (dialog.id !== "holding" || !config.on || !/^[123]$/.test(event.key) || isTyping(event.target)) return;
  event.preventDefault();
  dialog.querySelectorAll("[name=until]")[Number(event.key) - 1].click();
}

function inField(event) {
  const form = event.target.closest("form");
  const enter = event.key === "Enter" && (event.ctrlKey || event.metaKey);
  const save = event.key.toLowerCase() === "s" && (event.ctrlKey || event.metaKey);
  if ((enter || save) && form?.dataset.deed) {
    event.preventDefault();
    if (enter && form.dataset.deed === "edit") form.dataset.andPublish = "yes";
    form.requestSubmit();
  } else if (event.key === "Escape") {
    stop();
    const isFilter = form?.matches(".filters");
    if (current && (isFilter || pane.contains(event.target))) focusRow(current, { show: false });
  } else if (event.key === "Tab") {
    stop();
  }
}

function onPage(event) {
  if (begun && Date.now() - begunAt < SEQUENCE) {
    event.preventDefault();
    second(keyOf(event));
    return;
  }
  const command = commandOf(event);
  if (!command) return;
  event.preventDefault();
  // A key that is held down moves on, but decides once.
  if (event.repeat && !["next", "previous"].includes(command)) return;
  if (command === "go" || command === "filter") {
    begun = command;
    begunAt = Date.now();
  } else {
    run(command);
  }
}

document.addEventListener("keydown", (event) => {
  if (event.isComposing || event.keyCode === 229) return;
  const dialog = document.querySelector("dialog[open]");
  if (dialog) inDialog(event, dialog);
  else if (isTyping(event.target)) inField(event);
  else if (event.ctrlKey || event.metaKey || event.altKey || !config.on) return;
  else if (!swallowed(event)) onPage(event);
});

function commandOf(event) {
  const onRow = event.target.tagName === "ARTICLE" || event.target === document.body;
  if (/^[1-9]$/.test(event.key)) {
    const boxes = current?.querySelectorAll("[name=accepted]") || [];
    const box = boxes[Number(event.key) - 1];
    if (box) box.checked = !box.checked;
    return "";
  }
  if (onRow && event.key === "ArrowDown") return "next";
  if (onRow && event.key === "ArrowUp") return "previous";
  if (onRow && event.key === "Enter") return "open";
  return byKey.get(keyOf(event)) || "";
}

/* The key as the map names it: also with Caps Lock on, and on a keyboard whose
   letters are not Latin. */
function keyOf(event) {
  if (/^[\x21-\x7e]$/.test(event.key)) {
    return event.shiftKey ? event.key : event.key.toLowerCase();
  }
  const letter = /^Key([A-Z])$/.exec(event.code)?.[1] || "";
  return event.shiftKey ? letter : letter.toLowerCase();
}

// ---- keys on buttons and in the help ----------------------------------------

document.documentElement.classList.toggle("keys-off", !config.on);
for (const button of document.querySelectorAll("[data-command]")) {
  const key = config.keys[button.dataset.command];
  const label = button.querySelector("kbd");
  if (!key || !label) continue;
  label.setAttribute("aria-hidden", "true");
  label.textContent = config.on ? key : "";
  label.hidden = !config.on;
  if (config.on) button.setAttribute("aria-keyshortcuts", key === "Z" ? "Shift+z" : key);
}
for (const key of document.querySelectorAll("[data-key-of]")) {
  key.textContent = config.keys[key.dataset.keyOf];
}
