/* Completes tag names in fields marked data-tag-names (an address to ask).
   A combobox as the ARIA practices describe it: the field keeps the focus, the
   arrow keys move through the choices, Enter or Tab takes one, Escape closes.
   The field holds names with commas between them, those that hold a comma in
   quotation marks; the one at the cursor is completed. Without this script it is a plain text field. */
(() => {
  "use strict";

  const PAUSE = 120; // milliseconds of rest before a key press becomes a question
  // As the server reads them: in quotation marks, or up to the next comma.
  const NAMES = /\s*[#＃]*"(?:[^"]|"")*"\s*(?:,|$)|[^,]*(?:,|$)/g;
  let fields = 0;

  function enhance(field) {
    if (field.dataset.enhanced) return;
    field.dataset.enhanced = "yes";
    const box = document.createElement("div");
    box.className = "tag-choices";
    box.hidden = true;
    const list = document.createElement("ul");
    list.id = `tag-choices-${(fields += 1)}`;
    list.setAttribute("role", "listbox");
    list.setAttribute("aria-label", field.labels?.[0]?.textContent.trim() || "Tags");
    const frame = document.createElement("span");
    frame.className = "tag-field";
    field.before(frame);
    const hint = document.createElement("span");
    hint.className = "tag-new";
    hint.setAttribute("role", "status");
    box.append(list, hint);
    frame.append(field, box);
    field.setAttribute("role", "combobox");
    field.setAttribute("aria-autocomplete", "list");
    field.setAttribute("aria-expanded", "false");
    field.setAttribute("aria-controls", list.id);

    let chosen = -1;
    let timer = 0;
    let asked = 0;

    function word() {
      const at = field.selectionStart ?? field.value.length;
      let start = 0;
      for (const part of field.value.match(NAMES)) {
        const name = part.replace(/,$/, "");
        const end = start + name.length;
        if (at <= end) {
          const text = name.trim().replace(/^"|"$/g, "").replaceAll('""', '"');
          return { start, end, text };
        }
        start += part.length;
      }
      return { start, end: start, text: "" };
    }

    function written(name) {
      const isPlain = !name.includes(",") && !name.startsWith('"');
      return isPlain ? name : `"${name.replaceAll('"', '""')}"`;
    }

    function close() {
      hint.textContent = "";
      box.hidden = true;
      list.replaceChildren();
      chosen = -1;
      field.setAttribute("aria-expanded", "false");
      field.removeAttribute("aria-activedescendant");
    }

    function mark(index) {
      const items = [...list.children];
      chosen = (index + items.length) % items.length;
      items.forEach((item, i) => item.setAttribute("aria-selected", String(i === chosen)));
      field.setAttribute("aria-activedescendant", items[chosen].id);
      items[chosen].scrollIntoView({ block: "nearest" });
    }

    function take(name) {
      const { start, end } = word();
      const before = field.value.slice(0, start).trimEnd();
      const head = before ? `${before} ` : "";
      const tail = field.value.slice(end).replace(/^,?\s*/, "");
      const taken = written(name);
      field.value = `${head}${taken}, ${tail}`;
      const cursor = head.length + taken.length + 2;
      field.setSelectionRange(cursor, cursor);
      close();
      field.dispatchEvent(new Event("change", { bubbles: true }));
    }

    /* The choices, and below them what is said of the name as it was typed. */
    function show(tags, said) {
      close();
      tags.forEach((tag, i) => {
        const item = document.createElement("li");
        item.id = `${list.id}-${i}`;
        item.setAttribute("role", "option");
        item.setAttribute("aria-selected", "false");
        item.textContent = `#${tag.name}${tag.alias ? ` (${tag.alias})` : ""} · ${tag.pieces}`;
        item.addEventListener("pointerdown", (event) => {
          event.preventDefault();
          take(tag.name);
        });
        item.dataset.name = tag.name;
        list.append(item);
      });
      box.hidden = !tags.length && !said;
      if (box.hidden) return;
      hint.textContent = said;
      field.setAttribute("aria-expanded", String(tags.length > 0));
      place();
    }

    /* Where they are seen whole: below the field, if need be above it. */
    function place() {
      box.classList.remove("above");
      box.scrollIntoView({ block: "nearest" });
      if (!isSeen(box)) box.classList.add("above");
      if (!isSeen(field)) field.scrollIntoView({ block: "nearest" });
    }

    function isSeen(element) {
      const { left, top, bottom } = element.getBoundingClientRect();
      return [top + 4, bottom - 4].every((y) => {
        const there = document.elementFromPoint(left + 8, y);
        return element.contains(there);
      });
    }

    async function ask() {
      const { text } = word();
      const number = (asked += 1);
      if (!text) return close();
      const url = new URL(field.dataset.tagNames, window.location.href);
      url.searchParams.set("q", text);
      try {
        const answer = await fetch(url, { headers: { Accept: "application/json" } });
        if (!answer.ok) return close();
        const { tags, new: said } = await answer.json();
        if (number !== asked || document.activeElement !== field) return;
        show(tags, said);
      } catch {
        close();
      }
    }

    field.addEventListener("input", (event) => {
      if (event.isComposing) return;
      window.clearTimeout(timer);
      timer = window.setTimeout(ask, PAUSE);
    });
    field.addEventListener("compositionend", () => {
      timer = window.setTimeout(ask, PAUSE);
    });
    field.addEventListener("blur", close);
    field.addEventListener("keydown", (event) => {
      if (event.isComposing || !list.children.length) return;
      if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        event.preventDefault();
        mark(event.key === "ArrowDown" ? chosen + 1 : chosen < 0 ? -1 : chosen - 1);
      } else if ((event.key === "Enter" || event.key === "Tab") && chosen >= 0) {
        event.preventDefault();
        take(list.children[chosen].dataset.name);
      } else if (event.key === "Escape") {
        event.stopPropagation();
        close();
      }
    });
  }

  function enhanceAll() {
    document.querySelectorAll("input[data-tag-names]").forEach(enhance);
  }

  // A page that puts such a field in later says so.
  document.addEventListener("newsroom:added", enhanceAll);

  if (document.readyState === "loading") {
    document.addEventListener("DOMContentLoaded", enhanceAll);
  } else {
    enhanceAll();
  }
})();
