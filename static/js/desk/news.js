/* What has come in meanwhile: a number in a button, and in those of the filters. */

import { config, list } from "./page.js";
import { get } from "./requests.js";

const EVERY = 60_000; // milliseconds
const link = document.getElementById("arrived");

async function hearNews() {
  if (document.hidden) return;
  const url = new URL(config.news, window.location.href);
  url.search = new URL(list.dataset.more, window.location.href).search;
  url.searchParams.set("newest", link.dataset.newest);
  const answer = await get(url).catch(() => null);
  if (!answer?.ok) return;
  const news = await answer.json();
  link.hidden = !news.new;
  link.textContent = `${news.new} ${link.dataset.label}`;
  for (const [pk, number] of Object.entries(news.filters)) {
    const count = document.querySelector(`[data-filter="${pk}"] .number`);
    if (count) count.textContent = String(number);
  }
}

window.setInterval(hearNews, EVERY);
document.addEventListener("visibilitychange", hearNews);
