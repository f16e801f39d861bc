/* The desk with keys. Every key presses a button that is on the page, and every
   button is a plain form that works without this script.

   What a key does is seen at once: the row goes, the next one is in focus, and the
   request follows. If it fails, the row comes back and says why. */
(() => {
  "use strict";

  const config = JSON.parse(document.getElementById("desk-config").textContent);
  const list = document.getElementById("rows");
  const pane = document.getElementById("pane");
  const said = document.getElementById("said");
  const bulk = document.getElementById("bulk");
  const taking = document.getElementById("taking-back");
  const undoButton = taking.querySelector("[data-command=undo]");
  const token = bulk.querySelector("[name=csrfmiddlewaretoken]").value;
  const wide = window.matchMedia("(min-width: 64rem)");

  const FEW_LEFT = 10; // rows below the one in focus at which more are asked for
  const REST = 60; // milliseconds in focus before a piece is fetched
  const KEPT = 60; // pieces whose pane is kept
  const SEQUENCE = 1500; // milliseconds between the two keys of "g a"
  const NEWS_EVERY = 60_000;
  const PATIENCE = 30_000; // for an answer; then the row comes back
  const CLAIM_EVERY = 60_000; // a claim stands five minutes

  const deeds = []; // what was done here, newest last: promises of where it is undone
  const panes = new Map();
  let current = null;
  let orders = 0;
  let lastTicked = null;
  let loading = null; // the promise of more rows
  let claimed = null;
  let tried = ""; // the act that could not be taken back: the next look is behind it
  const undone = []; // what was taken back here, newest last: where it is done again

  document.documentElement.classList.add("has-keys");

  // ---- rows -----------------------------------------------------------------

  function rows() {
    return [...list.children];
  }

  function idOf(row) {
    return row.dataset.piece;
  }

  function rowOf(id) {
    return document.getElementById(`row-${id}`);
  }

  function adopt(row) {
    orders += 1;
    row.dataset.order = String(orders);
  }

  function focusRow(row, { show = true } = {}) {
    if (!row) return;
    if (current && current !== row) {
      const before = current.querySelector("article");
      before.removeAttribute("aria-current");
      before.tabIndex = -1;
      releaseClaim();
    }
    current = row;
    const article = row.querySelector("article");
    article.setAttribute("aria-current", "true");
    article.tabIndex = 0;
    article.focus({ preventScroll: true });
    row.scrollIntoView({ block: "nearest" });
    if (show) showSoon(row);
    fillUp();
  }

  function neighbour(row, step) {
    const all = rows();
    return all[all.indexOf(row) + step] || null;
  }

  function move(step) {
    const next = current ? neighbour(current, step) : rows()[0];
    if (next) focusRow(next);
    else if (step > 0 && list.dataset.next) more().then(() => stepOn());
    else if (step > 0) say(config.words.end);
  }

  function stepOn() {
    const next = current && neighbour(current, 1);
    if (next) focusRow(next);
  }

  /* Takes rows away and gives the focus to the one behind them, else before them. */
  function takeAway(gone) {
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
    document.getElementById("empty").hidden = list.children.length > 0;
  }

  function emptied() {
    pane.replaceChildren();
    const empty = document.getElementById("empty");
    empty.hidden = false;
    empty.querySelector("a").focus();
  }

  /* Puts a row back where it stood. */
  function putBack(row) {
    const order = Number(row.dataset.order);
    const behind = rows().find((each) => Number(each.dataset.order) > order);
    list.insertBefore(row, behind || null);
    recount(1);
    document.getElementById("empty").hidden = true;
  }

  function drawn(html) {
    const shell = document.createElement("template");
    shell.innerHTML = html.trim();
    return shell.content.firstElementChild;
  }

  /* Shows a row as the server has drawn it now, in the old one's place. */
  function redraw(id, html) {
    const fresh = drawn(html);
    const old = rowOf(id);
    panes.delete(id);
    if (!old) return fresh;
    const hadFocus = old.contains(document.activeElement);
    fresh.dataset.order = old.dataset.order;
    fresh.querySelector(".tick").checked = old.querySelector(".tick").checked;
    old.replaceWith(fresh);
    if (old === current) {
      current = fresh;
      const article = fresh.querySelector("article");
      article.setAttribute("aria-current", "true");
      article.tabIndex = 0;
      if (hadFocus) article.focus({ preventScroll: true });
    }
    return fresh;
  }

  function ticked() {
    return rows().filter((row) => row.querySelector(".tick").checked);
  }

  function chosen() {
    const many = ticked();
    return many.length ? many : current ? [current] : [];
  }

  function countTicks() {
    const number = ticked().length;
    const text = number ? `${number} ${config.words.ticked}` : "";
    document.getElementById("ticked").textContent = text;
  }

  const title = document.title;

  function recount(change) {
    const counter = document.getElementById("waiting");
    if (/^\d+$/.test(counter.textContent)) {
      counter.textContent = String(Math.max(0, Number(counter.textContent) + change));
    }
    document.title = `(${counter.textContent}) ${title}`;
  }

  async function fillUp() {
    const next = list.dataset.next;
    const all = rows();
    const left = current ? all.length - all.indexOf(current) : all.length;
    if (next && left <= FEW_LEFT) await more();
  }

  function more() {
    loading ||= fetchMore(list.dataset.next).finally(() => {
      loading = null;
    });
    return loading;
  }

  async function fetchMore(next) {
    if (!next) return;
    try {
      const url = new URL(list.dataset.more, window.location.href);
      url.searchParams.set("after", next);
      const answer = await fetch(url, { headers: { "X-Requested-With": "desk" } });
      if (!answer.ok) return;
      const shell = document.createElement("template");
      shell.innerHTML = await answer.text();
      for (const row of [...shell.content.children]) {
        if (rowOf(row.dataset.piece)) continue;
        adopt(row);
        list.append(row);
      }
      list.dataset.next = answer.headers.get("X-Next") || "";
      const link = document.querySelector(".more");
      if (link) link.hidden = !list.dataset.next;
      if (!current) focusRow(rows()[0]);
    } catch {
      // The link below the rows still leads on.
    }
  }

  // ---- what is said -----------------------------------------------------------

  function say(text, undoes = "") {
    const line = document.getElementById("undoes");
    line.textContent = undoes;
    line.hidden = !undoes;
    said.textContent = "";
    // Twice the same sentence is to be heard twice.
    window.setTimeout(() => {
      said.textContent = text;
    }, 0);
  }

  function trouble(row, text) {
    const line = row.querySelector(".trouble");
    line.textContent = text;
    line.hidden = !text;
  }

  // ---- deeds ------------------------------------------------------------------

  /* How many requests are under way stands on the page, for whoever waits for them. */
  async function post(url, data) {
    const desk = document.getElementById("desk");
    const pending = (change) => {
      desk.dataset.pending = String(Number(desk.dataset.pending || 0) + change);
    };
    pending(1);
    try {
      return await answered(url, data);
    } finally {
      pending(-1);
    }
  }

  /* Who signs in anew, in another tab perhaps, has another token from then on. */
  function tokenNow() {
    return /(?:^|; )csrftoken=([^;]+)/.exec(document.cookie)?.[1] || token;
  }

  async function answered(url, data) {
    data.set("csrfmiddlewaretoken", tokenNow());
    let answer;
    try {
      answer = await fetch(url, {
        method: "POST",
        body: data,
        // What was decided is not lost with a page that is left at once.
        keepalive: true,
        signal: AbortSignal.timeout(PATIENCE),
        headers: { "X-Requested-With": "desk", Accept: "application/json" },
      });
    } catch {
      return { done: false, said: config.words.offline, lost: true };
    }
    try {
      return await answer.json();
    } catch {
      const said = answer.status === 403 ? config.words.signed_out : config.words.failed;
      return { done: false, said, lost: true };
    }
  }

  const busy = new Map(); // by piece, the last request about it that is under way

  /* Does one thing with these rows; those that leave the queue go at once.

     Two deeds on one piece reach the server one after the other, the second with
     the version that the first has made: fields() is read when it is its turn. */
  async function act(url, fields, targets, { leaves = false } = {}) {
    const gone = leaves ? targets : [];
    if (gone.length) takeAway(gone);
    const before = targets.map((row) => busy.get(idOf(row)));
    const asked = Promise.allSettled(before).then(() => post(url, fields()));
    targets.forEach((row) => busy.set(idOf(row), asked));
    const deed = asked.then((answer) => (answer.undo ? answer : null));
    deeds.push(deed);
    const answer = await asked;
    if (answer.undo) {
      undone.length = 0;
      tried = "";
    } else {
      deeds.splice(deeds.indexOf(deed), 1);
    }
    settle(answer, targets, gone);
    if (!leaves && answer.done && current && targets.some((row) => idOf(row) === idOf(current))) {
      showSoon(current);
    }
    if (answer.claimed?.length && (await confirmed(answer.said))) {
      const again = answer.claimed.map((id) => rowOf(String(id))).filter(Boolean);
      const overFields = () => {
        const data = fields();
        data.delete("piece");
        again.forEach((row) => data.append("piece", named(row)));
        data.set("take_over", "1");
        return data;
      };
      return act(url, overFields, again, { leaves });
    }
    return answer;
  }

  /* Makes the page say what the server has answered. */
  function settle(answer, targets, gone) {
    const why = new Map((answer.refused || []).map((each) => [String(each.piece), each.why]));
    for (const row of targets) {
      const id = idOf(row);
      const html = answer.rows ? answer.rows[id] : undefined;
      const failed = why.has(id) || !answer.done;
      if (failed && gone.includes(row) && html !== null) putBack(row);
      let shown = row;
      if (html && row.isConnected) shown = redraw(id, html);
      else if (html) row.dataset.version = drawn(html).dataset.version;
      else if (html === null && row.isConnected && !gone.includes(row)) takeAway([row]);
      if (failed && shown.isConnected) trouble(shown, why.get(id) || answer.said);
    }
    undoButton.hidden = !(answer.undo || deeds.length || !undoButton.hidden);
    say(answer.said, answer.done && !answer.undo ? sayUndoes() : "");
  }

  /* What the button takes back, where that is not what was just said. */
  function sayUndoes() {
    if (undoButton.hidden) return "";
    return deeds.length ? config.words.undoes : "";
  }

  function confirmed(text) {
    const dialog = document.getElementById("claimed");
    document.getElementById("claimed-said").textContent = text;
    dialog.returnValue = "";
    dialog.showModal();
    return new Promise((resolve) => {
      dialog.addEventListener(
        "close",
        () => {
          if (current) focusRow(current);
          resolve(dialog.returnValue === "over");
        },
        { once: true },
      );
    });
  }

  /* A row as the server is told of it: the piece, and the version that is shown. */
  function named(row) {
    const now = rowOf(idOf(row)) || row;
    return `${idOf(row)}:${now.dataset.version}`;
  }

  /* What is told of these rows; of a single one, which tags are ticked too. */
  function fieldsOf(targets, more = {}) {
    const alone = targets.length === 1 ? targets[0].querySelector("form.decide") : undefined;
    const data = new FormData(alone);
    data.delete("piece");
    targets.forEach((row) => data.append("piece", named(row)));
    Object.entries(more).forEach(([name, value]) => data.set(name, value));
    return data;
  }

  function decide(button) {
    const targets = chosen();
    if (!targets.length) return;
    const leaves = "leaves" in button.dataset;
    act(button.formAction, () => fieldsOf(targets), targets, { leaves });
  }

  /* Takes the last deed back, or does again what was taken back last. Each of the two
     is an act that the other one takes back. */
  async function takeBack(again) {
    const deed = again ? undone.pop() : deeds.pop();
    const known = deed ? await deed : null;
    const data = new FormData();
    if (again) data.set("again", "1");
    if (tried && !known) data.set("before", tried);
    const asked = post(known?.undo || taking.action, data);
    (again ? deeds : undone).push(asked.then((answer) => (answer.undo ? answer : null)));
    const answer = await asked;
    if (!answer.undo) (again ? deeds : undone).pop();
    // What cannot be taken back any more does not keep what is older from it.
    tried = answer.done || !answer.act ? "" : String(answer.act);
    let first = null;
    for (const [id, html] of Object.entries(answer.rows || {})) {
      if (html === null) {
        const row = rowOf(id);
        if (row) takeAway([row]);
        continue;
      }
      const there = rowOf(id);
      const row = redraw(id, html);
      if (!there) {
        row.dataset.order = places.get(id) || "0";
        putBack(row);
      }
      first = first || row;
    }
    if (first) focusRow(first);
    say(answer.said);
    undoButton.hidden = false;
  }

  const places = new Map(); // where a row stood, for those that come back

  // ---- the pane ---------------------------------------------------------------

  let wanted = 0;
  let timer = 0;

  function pieceUrl(id, rest = "") {
    return config.piece.replace("/0/", `/${id}/`) + rest;
  }

  function showSoon(row) {
    window.clearTimeout(timer);
    if (!wide.matches) return;
    timer = window.setTimeout(() => show(row), REST);
  }

  /* What the pane shows of a piece, or why there is nothing to show. */
  async function fetched(id, version) {
    const kept = panes.get(id);
    if (kept && kept.version === version) return { html: kept.html };
    const answer = await fetch(pieceUrl(id), { headers: { "X-Requested-With": "desk" } });
    if (answer.status === 401) return { why: config.words.signed_out };
    // Led elsewhere it is no piece.
    if (answer.status !== 200 || answer.redirected) return { why: config.words.unloaded };
    const html = await answer.text();
    panes.set(id, { version, html });
    if (panes.size > KEPT) panes.delete(panes.keys().next().value);
    return { html };
  }

  function fill(html) {
    const hadFocus = pane.contains(document.activeElement) && document.activeElement.id;
    pane.innerHTML = html;
    pane.scrollTop = 0;
    document.dispatchEvent(new Event("newsroom:added"));
    if (hadFocus) document.getElementById(hadFocus)?.focus();
  }

  /* Whether the pane shows a row's piece as it is now, and not a comparison. */
  function isShown(row) {
    const piece = pane.querySelector(".piece");
    if (!piece || pane.querySelector("dl.versions")) return false;
    return piece.dataset.piece === idOf(row) && piece.dataset.version === row.dataset.version;
  }

  function shownInPane() {
    return pane.querySelector(".piece")?.dataset.piece || "";
  }

  async function show(row, { anew = false } = {}) {
    const id = idOf(row);
    if (!anew && isShown(row)) return true;
    const number = (wanted += 1);
    try {
      const { html, why } = await fetched(id, row.dataset.version);
      if (number !== wanted) return false;
      if (why) {
        unloaded(why);
        return false;
      }
      fill(html);
      const next = neighbour(row, 1);
      if (next) fetched(idOf(next), next.dataset.version).catch(() => {});
      return true;
    } catch {
      if (number === wanted) unloaded();
      return false;
    }
  }

  /* A field that was asked for and is not there yet takes what is typed meanwhile. */
  let expected = null;

  async function inPane(selector) {
    if (!current) return;
    if (!wide.matches) {
      window.location.assign(pieceUrl(idOf(current)));
      return;
    }
    window.clearTimeout(timer);
    const row = current;
    if (!isShown(row) || !pane.querySelector(selector)) {
      const own = { typed: "" };
      expected = own;
      await Promise.allSettled([busy.get(idOf(row))]);
      await show(rowOf(idOf(row)) || row, { anew: true });
      if (expected !== own) return; // Escape, or another field
      expected = null;
      enter(selector, own.typed);
      return;
    }
    enter(selector, "");
  }

  function enter(selector, typed) {
    const field = current && isShown(current) ? pane.querySelector(selector) : null;
    if (!field) {
      if (current && !isShown(current)) say(config.words.unloaded);
      return;
    }
    field.focus();
    if (field.select && field.tagName === "INPUT") field.select();
    if (!typed) return;
    field.value = typed;
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }

  function expect(event) {
    event.preventDefault();
    if (event.key === "Escape") expected = null;
    else if (event.key === "Backspace") expected.typed = expected.typed.slice(0, -1);
    else if (event.key.length === 1) expected.typed += event.key;
  }

  async function compare(url) {
    if (!wide.matches) {
      window.location.assign(url);
      return;
    }
    window.clearTimeout(timer);
    const number = (wanted += 1);
    const answer = await fetch(url, { headers: { "X-Requested-With": "desk" } }).catch(() => null);
    if (number !== wanted) return;
    if (answer?.ok) fill(await answer.text());
    else unloaded();
  }

  /* The pane shows no piece rather than one that is not in focus. */
  function unloaded(why = config.words.unloaded) {
    const line = document.createElement("p");
    line.className = "trouble";
    line.textContent = why;
    pane.replaceChildren(line);
    say(why);
  }

  // ---- claims -----------------------------------------------------------------

  async function holdClaim(id) {
    if (claimed?.id === id) return;
    releaseClaim();
    const own = { id, timer: window.setInterval(() => ask(), CLAIM_EVERY) };
    claimed = own;
    async function ask() {
      const data = new FormData();
      data.set("piece", id);
      const answer = await post(config.claim, data);
      if (answer.done || claimed !== own) return;
      window.clearInterval(own.timer);
      say(answer.said);
    }
    await ask();
  }

  function releaseClaim() {
    if (!claimed) return;
    window.clearInterval(claimed.timer);
    const data = new FormData();
    data.set("piece", claimed.id);
    data.set("release", "1");
    claimed = null;
    post(config.claim, data);
  }

  pane.addEventListener("focusin", (event) => {
    if (event.target.closest("form.words, form.noting") && shownInPane()) {
      holdClaim(shownInPane());
    }
  });
  window.addEventListener("pagehide", releaseClaim);

  // ---- commands ---------------------------------------------------------------

  const commands = {
    next: () => move(1),
    previous: () => move(-1),
    open: () => inPane(".piece"),
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
    hold() {
      if (!chosen().length) return;
      document.getElementById("holding").showModal();
    },
    fold(button) {
      const row = current;
      if (row) act(button.formAction, () => fieldsOf([row]), [row], { leaves: true });
    },
    undo: () => takeBack(false),
    redo: () => takeBack(true),
    edit: () => inPane("form.words [name=headline]"),
    tags: () => inPane("#tag-box"),
    note: () => inPane("#note-box"),
    claim(button) {
      if (!current) return;
      const row = current;
      const mark = row.querySelector("[data-claimed-by]");
      const mine = mark && Number(mark.dataset.claimedBy) === config.user;
      act(button.formAction, () => fieldsOf([row], mine ? { release: "1" } : {}), [row]);
    },
    select() {
      if (!current) return;
      const tick = current.querySelector(".tick");
      tick.checked = !tick.checked;
      lastTicked = current;
      countTicks();
    },
    "select-range"() {
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
    },
    help: () => document.getElementById("help").showModal(),
  };

  function buttonOf(command) {
    return document.querySelector(`[data-command="${command}"]`);
  }

  function run(command) {
    const button = buttonOf(command);
    const needsButton = ["publish", "spike", "shortlist", "hold", "fold", "claim", "edit", "note", "tags"];
    // Without the right there is no button, and then the key does nothing.
    if (!button && needsButton.includes(command)) return;
    commands[command]?.(button);
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
  });

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

  document.addEventListener("submit", (event) => {
    const form = event.target;
    const name = event.submitter?.dataset.deed || form.dataset.deed;
    if (!name) return;
    event.preventDefault();
    const url = event.submitter?.hasAttribute("formaction") ? event.submitter.formAction : form.action;
    if (form.closest("#holding")) {
      holdChosen(form, event.submitter, url);
      return;
    }
    const data = new FormData(form, event.submitter);
    const id = String(data.get("piece")).split(":")[0];
    const row = rowOf(id);
    const leaves = "leaves" in form.dataset && Boolean(row);
    submitted(name, url, data, id, row, leaves, form);
  });

  async function submitted(name, url, data, id, row, leaves, form) {
    const andPublish = form.dataset.andPublish === "yes";
    delete form.dataset.andPublish;
    const mine = current && idOf(current) === id;
    const isOfPane = pane.contains(form);
    if (isOfPane && mine) focusRow(current, { show: false });
    // With the version that the form was drawn in: what its words were written on.
    const answer = await act(url, () => data, row ? [row] : [], { leaves });
    if (answer.pane) {
      fill(answer.pane);
      pane.querySelector("form.words [name=headline]")?.focus();
    }
    if (!answer.done) return;
    document.dispatchEvent(new CustomEvent("newsroom:saved", { detail: form.dataset.draft }));
    panes.delete(id);
    if (name === "edit") {
      releaseClaim();
      if (andPublish && current && idOf(current) === id) {
        run("publish");
        return;
      }
    }
    if (!leaves && current && idOf(current) === id) await show(current, { anew: true });
  }

  function holdChosen(form, submitter, url) {
    const targets = chosen();
    const chosenTime = Object.fromEntries(new FormData(form, submitter));
    form.closest("dialog").close();
    form.reset();
    act(url, () => fieldsOf(targets, chosenTime), targets, { leaves: true });
  }

  // ---- keys -------------------------------------------------------------------

  const byKey = new Map(Object.entries(config.keys).map(([name, key]) => [key, name]));
  let begun = "";
  let begunAt = 0;

  function isTyping(target) {
    if (target.isContentEditable) return true;
    if (target.matches("textarea, select")) return true;
    return target.matches("input") && !target.matches("[type=checkbox], [type=radio]");
  }

  function second(key) {
    const first = begun;
    begun = "";
    if (first === "go" && config.go[key]) window.location.assign(config.go[key]);
    if (first === "filter" && /^[1-9]$/.test(key)) {
      document.querySelectorAll("[data-filter]")[Number(key) - 1]?.click();
    }
  }

  function inField(event) {
    const form = event.target.closest("form");
    const enter = event.key === "Enter" && (event.ctrlKey || event.metaKey);
    const save = event.key.toLowerCase() === "s" && (event.ctrlKey || event.metaKey);
    if ((enter || save) && form?.dataset.deed) {
      event.preventDefault();
      if (enter && form.dataset.deed === "edit") form.dataset.andPublish = "yes";
      form.requestSubmit();
    } else if (event.key === "Escape" && current && pane.contains(event.target)) {
      focusRow(current, { show: false });
    }
  }

  document.addEventListener("keydown", (event) => {
    if (event.isComposing || event.keyCode === 229) return;
    const dialog = document.querySelector("dialog[open]");
    if (dialog) {
      if (dialog.id === "holding" && /^[123]$/.test(event.key) && !isTyping(event.target)) {
        event.preventDefault();
        dialog.querySelectorAll("[name=until]")[Number(event.key) - 1].click();
      }
      return;
    }
    if (isTyping(event.target)) {
      inField(event);
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || !config.on) return;
    if (expected) {
      expect(event);
      return;
    }
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

  // ---- beginning --------------------------------------------------------------

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

  rows().forEach(adopt);
  new MutationObserver((changes) => {
    for (const change of changes) {
      change.removedNodes.forEach((row) => {
        if (row.dataset?.piece) places.set(row.dataset.piece, row.dataset.order);
      });
    }
  }).observe(list, { childList: true });

  async function hearNews() {
    if (document.hidden) return;
    const link = document.getElementById("arrived");
    const url = new URL(config.news, window.location.href);
    url.search = new URL(list.dataset.more, window.location.href).search;
    url.searchParams.set("newest", link.dataset.newest);
    const answer = await fetch(url, { headers: { "X-Requested-With": "desk" } }).catch(() => null);
    if (!answer?.ok) return;
    const news = await answer.json();
    link.hidden = !news.new;
    link.textContent = `${news.new} ${link.dataset.label}`;
    for (const [pk, number] of Object.entries(news.filters)) {
      const count = document.querySelector(`[data-filter="${pk}"] .number`);
      if (count) count.textContent = String(number);
    }
  }
  window.setInterval(hearNews, NEWS_EVERY);
  document.addEventListener("visibilitychange", hearNews);

  recount(0);
  if (rows().length) focusRow(rows()[0]);
})();
