// What makes the reader's pages more comfortable. Each works without it.

const said = document.getElementById("said");

/* The theme */

function offerThemes() {
  const field = document.getElementById("theme");
  const root = document.documentElement;
  field.querySelector(`[value=${root.dataset.theme ?? "system"}]`).checked = true;
  field.addEventListener("change", ({ target }) => {
    if (target.value === "system") delete root.dataset.theme;
    else root.dataset.theme = target.value;
    try {
      if (target.value === "system") localStorage.removeItem("theme");
      else localStorage.setItem("theme", target.value);
    } catch {
      // Nothing may be stored: the choice holds for this page.
    }
  });
  field.hidden = false;
}

/* Times: "3 hours ago" for a week, the date from then on */

const MINUTE = 60_000;
const UNITS = [
  ["day", 24 * 60 * MINUTE],
  ["hour", 60 * MINUTE],
  ["minute", MINUTE],
];
const language = document.documentElement.lang;
const words = new Intl.RelativeTimeFormat(language);
const now = new Intl.RelativeTimeFormat(language, { numeric: "auto" });

function relative(moment) {
  const age = Date.now() - moment;
  if (age >= 7 * UNITS[0][1]) return null;
  const unit = UNITS.find(([, length]) => age >= length);
  return unit
    ? words.format(-Math.floor(age / unit[1]), unit[0])
    : now.format(0, "second");
}

function tellTimes() {
  if (document.hidden) return;
  // Those of a day's heading are days, and stay.
  for (const time of document.querySelectorAll('.facts time[datetime*="T"]')) {
    if (time.closest(".piece")) continue;
    time.title ||= time.textContent;
    time.textContent = relative(Date.parse(time.dateTime)) ?? time.title;
  }
}

/* Older pieces on the same page */

function offerMore() {
  const link = document.querySelector("main .pages a.older");
  if (!link) return;
  const button = document.createElement("button");
  button.type = "button";
  button.className = "older";
  button.textContent = said.dataset.more;
  button.addEventListener("click", () => load(link.href, button));
  link.replaceWith(button);
}

async function load(href, button) {
  if (button.getAttribute("aria-busy")) return;
  button.setAttribute("aria-busy", "true");
  let page;
  try {
    const answer = await fetch(href);
    if (!answer.ok) throw new Error(answer.statusText);
    page = new DOMParser().parseFromString(await answer.text(), "text/html");
  } catch {
    location.assign(href);
    return;
  }
  const cards = append(page);
  history.replaceState(null, "", href);
  const older = page.querySelector("main .pages a.older");
  if (older) {
    button.replaceWith(older);
    offerMore();
  } else {
    button.remove();
  }
  tellTimes();
  cards[0]?.querySelector("a")?.focus();
  said.textContent =
    cards.length === 1
      ? said.dataset.one
      : said.dataset.many.replace("NUMBER", cards.length);
}

// The cards of another page behind those of this one. A day that goes on stays one.
function append(page) {
  const groups = "main .day, main .corrected";
  const cards = [...page.querySelectorAll("main .card")];
  const day = (group) => group.querySelector("h2").textContent.trim();
  let last = [...document.querySelectorAll(groups)].at(-1);
  for (const group of page.querySelectorAll(groups)) {
    if (group.matches(".day") && day(group) === day(last)) {
      last.append(...group.querySelectorAll(":scope > .card"));
    } else {
      last.after(group);
      last = group;
    }
  }
  return cards;
}

/* Passing a piece on */

function offerSharing() {
  const address = document.querySelector(".share")?.dataset.address;
  const ways = {
    copy: navigator.clipboard && (() => navigator.clipboard.writeText(address)),
    system:
      navigator.share &&
      (() => navigator.share({ title: document.title, url: address })),
  };
  for (const button of document.querySelectorAll("[data-share]")) {
    const way = ways[button.dataset.share];
    if (!way) continue;
    button.closest("[hidden]").hidden = false;
    button.addEventListener("click", async () => {
      try {
        await way();
        if (button.dataset.share === "copy") say(button, said.dataset.copied);
      } catch {
        // The reader has thought better of it.
      }
    });
  }
}

function say(button, text) {
  const before = button.textContent;
  said.textContent = text;
  button.textContent = text;
  setTimeout(() => (button.textContent = before), 3000);
}

offerThemes();
tellTimes();
setInterval(tellTimes, MINUTE);
document.addEventListener("visibilitychange", tellTimes);
offerMore();
offerSharing();
