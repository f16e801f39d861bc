"""What a task costs an editor: trusted key presses, pointer presses, page loads."""

from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Page

#: Counts in the session's storage, which outlives a page. Repeats of a key that is
#: held down count once; events that scripts make do not count at all.
COUNTER = """
(() => {
  const add = (name) =>
    sessionStorage.setItem(name, String(Number(sessionStorage.getItem(name) || 0) + 1));
  add("effort-loads");
  window.addEventListener("keydown", (event) => {
    if (event.isTrusted && !event.repeat) add("effort-keys");
  }, true);
  window.addEventListener("pointerdown", (event) => {
    if (event.isTrusted) add("effort-clicks");
  }, true);
})();
"""
NAMES = ("keys", "clicks", "loads")


@dataclass(frozen=True, slots=True)
class Effort:
    """Keys, clicks and page loads of one task."""

    keys: int
    clicks: int
    loads: int

    def __str__(self) -> str:
        return f"{self.keys}/{self.clicks}/{self.loads}"


def count_on(page: Page) -> None:
    """Count on every page that this one loads from now on."""
    page.add_init_script(COUNTER)


def begin(page: Page) -> None:
    """Begin at nothing; the page that stands there is no load."""
    page.evaluate(
        "names => names.forEach(n => sessionStorage.setItem(`effort-${n}`, '0'))",
        list(NAMES),
    )


def spent(page: Page) -> Effort:
    """What was spent since ``begin``."""
    read: list[Any] = page.evaluate(
        "names => names.map(n => Number(sessionStorage.getItem(`effort-${n}`)))",
        list(NAMES),
    )
    return Effort(*read)
