/* Keeps what is typed into a form marked data-draft (a name) until it is saved, for
   as long as the browser's tab lives: a key that leads to another piece, a link, a
   reload lose nothing. What comes back says that it is not saved yet.

   The version that the words were typed on is kept with them, in the form's field
   "piece": if a colleague has saved others since, both are shown when it is sent. A
   form marked data-compared has shown them both, and counts as it stands. */
(() => {
  "use strict";

  const PREFIX = "newsroom-draft:";

  function fieldsOf(form) {
    return [...form.elements].filter((each) => each.matches("input[type=text], textarea"));
  }

  function keyOf(form) {
    return PREFIX + form.dataset.draft;
  }

  function plain(text) {
    return text.replaceAll("\r\n", "\n");
  }

  /* What stands there without this person's words. */
  function savedIn(field) {
    return plain(field.form.elements[`initial-${field.name}`]?.value ?? field.defaultValue);
  }

  function keep(form) {
    const typed = fieldsOf(form).filter((each) => plain(each.value) !== savedIn(each));
    if (!typed.length) return forget(form);
    const words = Object.fromEntries(typed.map((each) => [each.name, each.value]));
    const draft = { on: form.elements.piece.value, words };
    sessionStorage.setItem(keyOf(form), JSON.stringify(draft));
  }

  function forget(form) {
    sessionStorage.removeItem(keyOf(form));
    say(form, false);
  }

  function say(form, unsaved) {
    const hint = form.querySelector("[data-unsaved]");
    if (hint) hint.hidden = !unsaved;
  }

  function bringBack(form) {
    if (form.dataset.broughtBack) return;
    form.dataset.broughtBack = form.elements.piece.value;
    if ("compared" in form.dataset) return keep(form);
    const kept = sessionStorage.getItem(keyOf(form));
    if (!kept) return;
    const { on, words = {} } = JSON.parse(kept);
    let differs = false;
    for (const field of fieldsOf(form)) {
      if (!(field.name in words) || plain(field.value) === plain(words[field.name])) continue;
      field.value = words[field.name];
      differs = true;
    }
    if (!differs) return forget(form);
    form.elements.piece.value = on;
    say(form, true);
  }

  function bringAllBack() {
    document.querySelectorAll("form[data-draft]").forEach(bringBack);
  }

  function discard(form) {
    for (const field of fieldsOf(form)) field.value = savedIn(field);
    form.elements.piece.value = form.dataset.broughtBack;
    forget(form);
  }

  document.addEventListener("input", (event) => {
    const form = event.target.closest("form[data-draft]");
    if (form) keep(form);
  });
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-discard]");
    if (!button) return;
    // A link that leads to what a colleague has saved names the form it gives up.
    const form = document.getElementById(button.dataset.discard) || button.form;
    if (form) discard(form);
  });
  // A script that sends the form itself says when it has been saved.
  document.addEventListener("newsroom:saved", (event) => {
    if (event.detail) sessionStorage.removeItem(PREFIX + event.detail);
  });
  document.addEventListener("submit", (event) => {
    const form = event.target.closest("form[data-draft]");
    if (form && !event.defaultPrevented) forget(form);
  });
  document.addEventListener("newsroom:added", bringAllBack);
  bringAllBack();
})();
