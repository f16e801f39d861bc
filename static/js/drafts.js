/* Keeps what is typed into a form marked data-draft (a name) until it is saved, for
   as long as the browser's tab lives: a key that leads to another piece, a link, a
   reload lose nothing. What comes back says that it is not saved yet. */
(() => {
  "use strict";

  const PREFIX = "newsroom-draft:";

  function fieldsOf(form) {
    return [...form.elements].filter((each) => each.matches("input[type=text], textarea"));
  }

  function keyOf(form) {
    return PREFIX + form.dataset.draft;
  }

  function keep(form) {
    const typed = fieldsOf(form).filter((each) => each.value !== each.defaultValue);
    const draft = Object.fromEntries(typed.map((each) => [each.name, each.value]));
    if (typed.length) sessionStorage.setItem(keyOf(form), JSON.stringify(draft));
    else forget(form);
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
    form.dataset.broughtBack = "yes";
    const kept = sessionStorage.getItem(keyOf(form));
    if (!kept) return;
    const draft = JSON.parse(kept);
    let differs = false;
    for (const field of fieldsOf(form)) {
      if (!(field.name in draft) || field.value === draft[field.name]) continue;
      field.value = draft[field.name];
      differs = true;
    }
    if (differs) say(form, true);
    else forget(form);
  }

  function bringAllBack() {
    document.querySelectorAll("form[data-draft]").forEach(bringBack);
  }

  document.addEventListener("input", (event) => {
    const form = event.target.closest("form[data-draft]");
    if (form) keep(form);
  });
  document.addEventListener("click", (event) => {
    const form = event.target.closest("[data-discard]")?.closest("form[data-draft]");
    if (!form) return;
    event.preventDefault();
    form.reset();
    forget(form);
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
