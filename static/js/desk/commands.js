/* Commands: what each key and each button of the page does. */

import { claimedByKey } from "./claims.js";
import { act, decide, fieldsOf, takeBack } from "./deeds.js";
import { more, move } from "./more.js";
import { config, pieceUrl, wide } from "./page.js";
import { compare, inPane, read, show } from "./pane.js";
import { chosen, current, focusRow, idOf, tick, tickToHere } from "./rows.js";

const commands = {
  next: () => move(1),
  previous: () => move(-1),
  open: read,
  source: () => current && window.open(current.dataset.source, "_blank", "noopener,noreferrer"),
  preview: () => current && window.open(pieceUrl(idOf(current), "preview/"), "_blank", "noopener"),
  compare: () => current && compare(pieceUrl(idOf(current), "compare/")),
  search() {
    const form = document.querySelector("form.filters");
    form.closest("details").open = true;
    form.querySelector("[name=q]").focus();
  },
  publish: decide,
  spike: decide,
  shortlist: decide,
  hold: () => chosen().length && document.getElementById("holding").showModal(),
  fold(button) {
    const row = current;
    if (row) act(button.formAction, () => fieldsOf([row]), [row], { leaves: true });
  },
  undo: () => takeBack(false),
  redo: () => takeBack(true),
  edit: () => inPane("form.words [name=headline]"),
  tags: () => inPane("#tag-box"),
  note: () => inPane("#note-box"),
  async claim(button) {
    if (!current) return;
    const row = current;
    const mark = row.querySelector("[data-claimed-by]");
    const mine = mark && Number(mark.dataset.claimedBy) === config.user;
    const fields = () => fieldsOf([row], mine ? { release: "1" } : {});
    const answer = await act(button.formAction, fields, [row]);
    if (answer.done) claimedByKey(idOf(row), !mine);
  },
  select: tick,
  "select-range": tickToHere,
  help: () => document.getElementById("help").showModal(),
};
/* Without the right there is no button, and then the key does nothing. */
const NEED_A_BUTTON = new Set([
  ...["publish", "spike", "shortlist", "hold", "fold"],
  ...["claim", "edit", "note", "tags"],
]);

export function run(command) {
  const button = document.querySelector(`[data-command="${command}"]`);
  if (!button && NEED_A_BUTTON.has(command)) return;
  commands[command]?.(button);
}

/* Links of the queue that lead on within the page. */
function follow(event) {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.shiftKey) return;
  const link = event.target.closest("a");
  if (!link || !wide.matches) return;
  const row = link.closest("li.row");
  if (link.matches("[data-compare], .row a.badge")) {
    event.preventDefault();
    if (row) focusRow(row, { show: false });
    compare(link.href);
  } else if (link.matches(".headline a") && row) {
    event.preventDefault();
    focusRow(row);
  } else if (link.matches("[data-open]") && current) {
    event.preventDefault();
    show(current, { anew: true });
  } else if (link.closest(".more")) {
    event.preventDefault();
    more();
  }
}

document.addEventListener("click", (event) => {
  // The second click of a double one would meet what came in the first one's place.
  if (event.detail > 1 && event.target.closest(".row button, #bulk button")) {
    event.preventDefault();
    return;
  }
  const button = event.target.closest("[data-command]");
  if (button) {
    event.preventDefault();
    run(button.dataset.command);
    return;
  }
  if (event.target.closest("[data-close]")) event.target.closest("dialog").close();
  follow(event);
});
