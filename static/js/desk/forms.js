/* Forms with data-deed are sent without loading a page. */

import { releaseClaim } from "./claims.js";
import { run } from "./commands.js";
import { act, fieldsOf } from "./deeds.js";
import { pane } from "./page.js";
import { forget, show, showAnswered } from "./pane.js";
import { chosen, current, focusRow, idOf, rowOf } from "./rows.js";

document.addEventListener("submit", (event) => {
  const form = event.target;
  const name = event.submitter?.dataset.deed || form.dataset.deed;
  if (!name) return;
  event.preventDefault();
  const url = event.submitter?.hasAttribute("formaction") ? event.submitter.formAction : form.action;
  if (form.closest("#holding")) holdChosen(form, event.submitter, url);
  else submitted(name, url, form, new FormData(form, event.submitter));
});

async function submitted(name, url, form, data) {
  const id = String(data.get("piece")).split(":")[0];
  const row = rowOf(id);
  const leaves = "leaves" in form.dataset && Boolean(row);
  const andPublish = form.dataset.andPublish === "yes";
  delete form.dataset.andPublish;
  const isCurrent = () => current && idOf(current) === id;
  if (pane.contains(form) && isCurrent()) focusRow(current, { show: false });
  // With the version that the form was drawn in: what its words were written on.
  const answer = await act(url, () => data, row ? [row] : [], { leaves });
  if (answer.pane) {
    showAnswered(answer.pane);
    pane.querySelector("form.words [name=headline]")?.focus();
  }
  if (!answer.done) return;
  document.dispatchEvent(new CustomEvent("newsroom:saved", { detail: form.dataset.draft }));
  forget(id);
  if (name === "edit") {
    releaseClaim();
    if (andPublish && isCurrent()) {
      run("publish");
      return;
    }
  }
  if (!leaves && isCurrent()) await show(current, { anew: true });
}

function holdChosen(form, submitter, url) {
  const targets = chosen();
  const until = Object.fromEntries(new FormData(form, submitter));
  form.closest("dialog").close();
  form.reset();
  act(url, () => fieldsOf(targets, until), targets, { leaves: true });
}
