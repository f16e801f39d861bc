"""Where the CPU of one uncached tag page goes, in parts that add up.

    DATABASE_URL=… python -m tests.bench where [--rounds 300]

In one process, without a server around it: what Django and our middlewares take for a
page with nothing in it (``/healthz``), what the driver takes for the page's queries,
its templates without these, its cards, if any are drawn, and the rest, which is views
and the building of querysets. Medians of many requests, in microseconds of CPU.
"""

import argparse
import io
import os
import statistics
import sys
import time
from collections import defaultdict
from collections.abc import Callable
from typing import Any

PARTS = ("middleware", "queries", "cards", "template", "views and querysets")


class Clock:
    """The CPU of the innermost part that is running."""

    def __init__(self) -> None:
        self.took: dict[str, float] = defaultdict(float)
        self.running: list[str] = []
        self.since = time.process_time()

    def part(self, name: str, work: Callable[..., Any]) -> Callable[..., Any]:
        def timed(*args: Any, **kwargs: Any) -> Any:
            self._switch()
            self.running.append(name)
            try:
                return work(*args, **kwargs)
            finally:
                self._switch()
                self.running.pop()

        return timed

    def _switch(self) -> None:
        now = time.process_time()
        if self.running:
            self.took[self.running[-1]] += now - self.since
        self.since = now


def application() -> Callable[[str], int]:
    """A function that asks for a path and returns the bytes of its answer."""
    from django.core.handlers.wsgi import WSGIHandler

    handler = WSGIHandler()

    def ask(path: str) -> int:
        environ = {
            "REQUEST_METHOD": "GET",
            "PATH_INFO": path.encode().decode("latin-1"),
            "QUERY_STRING": "",
            "SERVER_NAME": "127.0.0.1",
            "SERVER_PORT": "8000",
            "HTTP_HOST": "127.0.0.1:8000",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "wsgi.input": io.BytesIO(),
            "wsgi.errors": sys.stderr,
            "wsgi.url_scheme": "http",
        }
        answer = handler(environ, lambda status, headers: None)
        size = sum(map(len, answer))
        answer.close()
        return size

    return ask


def measure(rounds: int) -> list[str]:
    """The lines of the table."""
    from django.db.backends.utils import CursorWrapper
    from django.template.backends.django import Template

    from articles.models import Tag
    from articles.site import cards

    clock = Clock()
    Template.render = clock.part("template", Template.render)
    for name in ("execute", "fetchall", "fetchmany"):
        of_cursor = getattr(CursorWrapper, name, None)
        if of_cursor:
            setattr(CursorWrapper, name, clock.part("queries", of_cursor))
    cards._draw = clock.part("cards", cards._draw)
    ask = application()
    timed = clock.part("views and querysets", ask)
    path = Tag.objects.order_by("-listed_count").first().get_absolute_url()
    for _ in range(10):
        size = ask(path)
        ask("/healthz")
    found = defaultdict(list)
    for _ in range(rounds):
        clock.took.clear()
        timed("/healthz")
        found["middleware"].append(sum(clock.took.values()))
        clock.took.clear()
        timed(path)
        for name in PARTS[1:]:
            found[name].append(clock.took[name])
    medians = {name: 1e6 * statistics.median(found[name]) for name in PARTS}
    # The page has gone through the middlewares as well.
    medians["views and querysets"] -= medians["middleware"]
    lines = [f"{path}, {size} bytes", "", "| part | CPU, µs |", "|-|-:|"]
    lines += [f"| {name} | {medians[name]:.0f} |" for name in PARTS]
    return [*lines, f"| the whole page | {sum(medians.values()):.0f} |"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    parser.add_argument("--rounds", type=int, default=300)
    options = parser.parse_args()
    os.environ |= {
        "DEBUG": "0",
        "SECRET_KEY": "for a bench, which signs nothing at all, for nobody",
        "NEWSROOM_PAGE_CACHE": "0",
        "DJANGO_SETTINGS_MODULE": "newsroom.settings",
    }
    import django

    django.setup()
    sys.stdout.write("\n".join([*measure(options.rounds), ""]))
