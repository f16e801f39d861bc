"""How quick the desk is: from a key to the focus on the next piece, and the server.

    python -m tests.bench desk [--pieces 200] [--waiting 100 100000] [--delay 300]

A real server process (gunicorn) on a database that is thrown away, and a real
Chromium. ``a`` is pressed once for each piece; measured within the page are the
milliseconds from the key's event to the focus on the next row, and until the server
has answered. The same again with a server that is slower by ``--delay``.
"""

import argparse
import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, Route, sync_playwright

from tests.conftest import CHROMIUM_OPTIONS

from .fetching import REPOSITORY, manage

MAKE_EDITOR = """
from django.contrib.auth.models import User
User.objects.create_superuser("bench", password="bench")
"""
#: Pieces that wait, with two suggested tags each, in batches that fit in memory.
MAKE_PIECES = """
import datetime, random
from django.utils import timezone
from articles.models import Article, Category, Source, Tag, TagSuggestion
random.seed({first})
source, _ = Source.objects.get_or_create(name="Bench Times", slug="bench-times")
category, _ = Category.objects.get_or_create(name="General", slug="general")
tags = list(Tag.objects.get_or_make([f"Tag {{n}}" for n in range(50)]).values())
now = timezone.now()
for start in range({first}, {first} + {number}, 2000):
    numbers = range(start, min(start + 2000, {first} + {number}))
    pieces = Article.objects.bulk_create(
        Article(
            source=source, category=category, language="en",
            url=f"https://bench.example/{{n}}",
            canonical_url=f"https://bench.example/{{n}}",
            source_headline=f"Piece number {{n}} of a long day at the desk",
            source_excerpt="A short text of the source about what happened. " * 4,
            source_body="<p>A sentence of the text of the piece.</p>" * 60,
            source_published_at=now - datetime.timedelta(seconds=n),
            needs_suggestions=False, needs_comparing=False,
        )
        for n in numbers
    )
    TagSuggestion.objects.bulk_create(
        TagSuggestion(article=piece, tag=tag, phrase=tag.key, found=tag.name)
        for piece in pieces
        for tag in random.sample(tags, 2)
    )
"""
#: Notes, for each key press, when the next row had the focus.
CLOCK = """
(() => {
  window.benchFocus = [];
  performance.setResourceTimingBufferSize(5000);
  let pressed = 0;
  window.addEventListener("keydown", (event) => {
    if (event.key === "a") pressed = event.timeStamp;
  }, true);
  document.addEventListener("focusin", (event) => {
    if (!pressed || event.target.tagName !== "ARTICLE") return;
    window.benchFocus.push(performance.now() - pressed);
    pressed = 0;
  });
})();
"""
#: How long each answer took, as the browser has noted it.
ANSWERS = """
performance.getEntriesByType("resource")
  .filter((each) => each.name.endsWith("/admin/desk/publish/"))
  .map((each) => each.duration)
"""


@contextmanager
def server(database: str, folder: str) -> Iterator[str]:
    """The site on a free port of loopback; its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    settings = {
        "DATABASE_URL": database,
        "SECRET_KEY": "for a bench, which signs nothing",
        "NEWSROOM_SITE_URL": address,
        "MEDIA_ROOT": f"{folder}/media",
        "STATIC_ROOT": f"{folder}/static",
        "DEBUG": "0",
    }
    command = ["-m", "gunicorn", "newsroom.wsgi", "--workers", "2", "--threads", "4"]
    with subprocess.Popen(
        [sys.executable, *command, "--bind", f"127.0.0.1:{port}"],
        env=os.environ | settings,
        cwd=REPOSITORY,
        stderr=subprocess.DEVNULL,
    ) as process:
        for _ in range(100):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        try:
            yield address
        finally:
            process.terminate()


def sign_in(page: Page) -> None:
    page.goto("/admin/login/?next=/admin/desk/")
    page.get_by_label("Username").fill("bench")
    page.get_by_label("Password").fill("bench")
    page.get_by_role("button", name="Log in").click()


def publish(page: Page, number: int) -> tuple[list[float], list[float]]:
    """Press ``a`` so many times; milliseconds to the focus, and to the answer."""
    page.goto("/admin/desk/?all=1")
    page.wait_for_selector("[aria-current=true]")
    for _ in range(number):
        page.keyboard.press("a")
        page.wait_for_selector("#desk[data-pending='0']")
    focus: list[float] = page.evaluate("window.benchFocus")
    answers: list[float] = page.evaluate(ANSWERS)
    return focus, answers


def p95(figures: list[float]) -> float:
    return round(statistics.quantiles(figures, n=20)[-1], 1)


def summary(focus: list[float], answers: list[float]) -> dict[str, Any]:
    return {
        "pieces": len(focus),
        "focus_ms": {"median": round(statistics.median(focus), 1), "p95": p95(focus)},
        "answer_ms": {
            "median": round(statistics.median(answers), 1),
            "p95": p95(answers),
        },
    }


def measure(
    database: str, folder: str, waiting: int, pieces: int, delay: int
) -> dict[str, Any]:
    """All figures with so many pieces waiting."""
    manage(database, "migrate", "-v", "0")
    manage(database, "flush", "--no-input", "-v", "0")
    manage(database, "shell", "-v", "0", "-c", MAKE_EDITOR)
    manage(database, "collectstatic", "--no-input", "-v", "0")
    make_pieces(database, 0, waiting)
    made = waiting
    found: dict[str, Any] = {"waiting": waiting}
    chromium = os.environ.get("NEWSROOM_CHROMIUM") or shutil.which("chromium")
    with server(database, folder) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium, args=CHROMIUM_OPTIONS
        )
        page = browser.new_context(
            base_url=address, viewport={"width": 1280, "height": 800}
        ).new_page()
        page.add_init_script(CLOCK)
        sign_in(page)
        focus: list[float] = []
        answers: list[float] = []
        # Never more than half of the queue at a time, so that it stays as long.
        while len(focus) < pieces:
            one, other = publish(page, min(pieces - len(focus), waiting // 2))
            focus += one
            answers += other
            make_pieces(database, made, len(one))
            made += len(one)
        found["at once"] = summary(focus, answers)

        def slower(route: Route) -> None:
            time.sleep(delay / 1000)
            route.continue_()

        page.route("**/admin/desk/publish/", slower)
        found[f"{delay} ms slower"] = summary(*publish(page, min(pieces, waiting) // 2))
        started = time.monotonic()
        page.goto("/admin/desk/?all=1")
        found["page_ms"] = round((time.monotonic() - started) * 1000)
        browser.close()
    return found


def make_pieces(database: str, first: int, number: int) -> None:
    code = MAKE_PIECES.format(first=first, number=number)
    manage(database, "shell", "-v", "0", "-c", code)


def main() -> None:
    """Measure, and print the figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pieces", type=int, default=200)
    parser.add_argument("--waiting", type=int, nargs="+", default=[100, 100_000])
    parser.add_argument("--delay", type=int, default=300)
    parser.add_argument("--database", default="")
    options = parser.parse_args()
    medians = []
    for waiting in options.waiting:
        with tempfile.TemporaryDirectory() as folder:
            database = options.database or f"sqlite:///{folder}/bench.sqlite3"
            os.environ |= {
                "STATIC_ROOT": str(Path(folder) / "static"),
                "MEDIA_ROOT": str(Path(folder) / "media"),
            }
            found = measure(database, folder, waiting, options.pieces, options.delay)
            print(json.dumps(found), flush=True)  # noqa: T201
            medians.append(found["at once"]["focus_ms"]["p95"])
    ratio = {"p95 of the last ÷ of the first": round(medians[-1] / medians[0], 2)}
    print(json.dumps(ratio))  # noqa: T201
