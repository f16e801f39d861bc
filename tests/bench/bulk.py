"""What work on many pieces costs, and what readers and editors notice of it.

    python -m tests.bench bulk [--pieces 100000] [--waiting 5000] [--url URL]
        [--only WORDS] [--json FILE]

On a copy of a filled PostgreSQL (``--url``), or on one that is made: 1,000 pieces are
published by the desk's own form, two tags of about 10,000 pieces are merged into a
third, a source is blocked by its form and let back, and all pieces of a source, at most
20,000, are killed. Each deed is done by a process of its own; told of it are seconds,
statements and peak memory. Meanwhile two readers ask a server of two workers (gunicorn,
over loopback) for a tag, the home page and an article, one request after the other, and
an editor wants the lock of one of the pieces; told are the slowest answers, before the
deed and during it.
"""

import argparse
import contextlib
import http.client
import itertools
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg

from .copies import writable
from .desk import server
from .fetching import REPOSITORY, manage
from .reading import FACTS

#: Seconds for which readers are timed before a deed.
QUIET = 5
PUBLISHED, POSTED, KILLED, TAGGED = 1_000, 500, 20_000, 10_000
READERS = 2
#: Seconds between two looks of the editor.
PAUSE = 0.2

Figures = dict[str, Any]


# Deeds, each within a process of its own.


def _publish() -> Callable[[], object]:
    from django.contrib.auth.models import User
    from django.test import Client

    from articles.models import Article

    user, _made = User.objects.get_or_create(
        username="bench", defaults={"is_staff": True, "is_superuser": True}
    )
    client = Client(headers={"X-Requested-With": "desk"})
    client.force_login(user)
    rows = Article.objects.queued().order_by("-waiting_at").values_list("pk", "version")
    pieces = [f"{pk}:{version}" for pk, version in rows[:PUBLISHED]]
    _tell([int(each.partition(":")[0]) for each in pieces])

    def publish() -> None:
        for some in (pieces[n : n + POSTED] for n in range(0, len(pieces), POSTED)):
            answer = client.post("/admin/desk/publish/", {"piece": list(some)})
            assert answer.json()["done"], answer.content[:500]

    return publish


def _merge() -> Callable[[], object]:
    from articles.models import Tag
    from articles.tagging import tags

    near = sorted(
        Tag.objects.filter(listed_count__gt=0),
        key=lambda tag: abs(tag.listed_count - TAGGED),
    )
    into, *merged = near[:3]
    _tell(list(merged[0].tagged_articles.values_list("content_object", flat=True)))
    return lambda: tags.merge(merged, into)


def _source() -> Any:
    from articles.models import Source

    return Source.objects.order_by("pk")[5]


def _set_reuse(reuse: str) -> Callable[[], object]:
    from articles import workflow

    source = _source()
    _tell(list(source.articles.values_list("pk", flat=True)[:KILLED]))
    source.reuse = reuse
    return lambda: workflow.save_source(source, ["reuse"])


def _kill() -> Callable[[], object]:
    from articles import workflow

    pieces = _source().articles.filter(status="published")
    ids = list(pieces.values_list("pk", flat=True)[:KILLED])
    _tell(ids)
    return lambda: workflow.move_many(
        ids, "kill", by=None, actor="bench", reason="The contract has ended."
    )


DEEDS: dict[str, Callable[[], Callable[[], object]]] = {
    "publish 1,000": _publish,
    "merge two tags": _merge,
    "block a source": lambda: _set_reuse("blocked"),
    "let it back": lambda: _set_reuse("excerpt"),
    "kill a source's pieces": _kill,
}


def _tell(told: Any) -> None:
    print(json.dumps(told), flush=True)  # noqa: T201


def _do(name: str) -> None:
    """Prepare a deed, say which pieces it is about, wait for a line, and do it."""
    from django.db import connection

    statements = 0

    def count(execute: Any, *rest: Any) -> Any:
        nonlocal statements
        statements += 1
        return execute(*rest)

    do = DEEDS[name]()
    sys.stdin.readline()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    started, used = time.perf_counter(), time.process_time()
    with connection.execute_wrapper(count):
        do()
    _tell(
        {
            "seconds": round(time.perf_counter() - started, 1),
            "cpu": round(time.process_time() - used, 1),
            "statements": statements,
            "before_mb": round(before / 1024),
            "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
        }
    )


# Those who notice.


class Watch:
    """Readers and an editor, and how long each of their questions took."""

    def __init__(self, address: str, paths: list[str], database: str) -> None:
        self.host, self.paths, self.database = (
            address.rpartition("/")[2],
            paths,
            database,
        )
        self.pieces: list[int] = []
        self.phase = "quiet"
        self.took: dict[str, list[float]] = {"quiet": [], "deed": []}
        self.waits: dict[str, list[float]] = {"quiet": [], "deed": []}
        self.faults = 0
        self.over = threading.Event()

    def read(self) -> None:
        connection = http.client.HTTPConnection(self.host, timeout=120)
        for path in itertools.cycle(self.paths):
            if self.over.is_set():
                return
            phase, started = self.phase, time.perf_counter()
            connection.request("GET", path)
            answer = connection.getresponse()
            answer.read()
            self.faults += answer.status >= 500
            self.took[phase].append(1000 * (time.perf_counter() - started))

    def edit(self) -> None:
        """Want the lock that a save takes, and give it back."""
        with psycopg.connect(self.database, autocommit=True) as connection:
            for number in itertools.count(1):
                if self.over.is_set():
                    return
                piece = self.pieces[number * 7919 % len(self.pieces)]
                phase, started = self.phase, time.perf_counter()
                connection.execute(
                    "SELECT 1 FROM articles_article WHERE id = %s FOR NO KEY UPDATE",
                    [piece],
                )
                self.waits[phase].append(1000 * (time.perf_counter() - started))
                self.over.wait(PAUSE)


@contextlib.contextmanager
def watching(watch: Watch) -> Iterator[None]:
    threads = [threading.Thread(target=watch.read) for _ in range(READERS)]
    threads.append(threading.Thread(target=watch.edit))
    for each in threads:
        each.start()
    try:
        yield
    finally:
        watch.over.set()
        for each in threads:
            each.join()


def measure(database: str, address: str, paths: list[str], name: str) -> Figures:
    """Do a deed, with readers and an editor at it; what it cost them all."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.bench.bulk", name],
        cwd=REPOSITORY,
        env=os.environ | {"DATABASE_URL": database},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin and process.stdout
        watch = Watch(address, paths, database)
        watch.pieces = json.loads(process.stdout.readline())
        with watching(watch):
            time.sleep(QUIET)
            watch.phase = "deed"
            process.stdin.write("\n")
            process.stdin.flush()
            told = process.stdout.readline()
        if not told:
            raise RuntimeError(f"{name} broke off")
    figures: Figures = json.loads(told)
    return figures | {
        "pieces": len(watch.pieces),
        "requests": len(watch.took["deed"]),
        "faults": watch.faults,
        "reader_before_ms": _slowest(watch.took["quiet"]),
        "reader_ms": _slowest(watch.took["deed"]),
        "reader_median_ms": round(statistics.median(watch.took["deed"] or [0]), 1),
        "editor_before_ms": _slowest(watch.waits["quiet"]),
        "editor_ms": _slowest(watch.waits["deed"]),
    }


def _slowest(figures: list[float]) -> float:
    return round(max(figures, default=0.0), 1)


def table(told: dict[str, Figures]) -> list[str]:
    heads = (
        "pieces | seconds | CPU s | statements | MB before → peak | requests | 5xx |"
        " slowest reader before → during, ms | slowest lock before → during, ms"
    )
    lines = [f"| | {heads} |", "|---|" + "---|" * (heads.count("|") + 1)]
    for name, each in told.items():
        lines.append(
            f"| {name} | {each['pieces']:,} | {each['seconds']} | {each['cpu']} "
            f"| {each['statements']:,} | {each['before_mb']} → {each['peak_mb']} "
            f"| {each['requests']:,} | {each['faults']} "
            f"| {each['reader_before_ms']:.0f} → {each['reader_ms']:.0f} "
            f"| {each['editor_before_ms']:.0f} → {each['editor_ms']:.0f} |"
        )
    return lines


def facts_of(database: str) -> dict[str, Any]:
    facts: dict[str, Any] = json.loads(
        manage(database, "shell", "-v", "0", "-c", FACTS)
    )
    return facts


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    parser.add_argument("--pieces", type=int, default=100_000)
    parser.add_argument("--waiting", type=int, default=5_000)
    parser.add_argument("--url", default="", help="a filled database, which is copied")
    parser.add_argument("--only", default="", help="deeds with this in their name")
    parser.add_argument("--json", default="")
    options = parser.parse_args()
    told: dict[str, Figures] = {}
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        settings = {
            "SECRET_KEY": "for a bench, which signs nothing at all, for nobody",
            "ALLOWED_HOSTS": "testserver,127.0.0.1",
            "DJANGO_SETTINGS_MODULE": "newsroom.settings",
            "STATIC_ROOT": f"{folder}/static",
            "MEDIA_ROOT": f"{folder}/media",
            "DEBUG": "0",
        }
        os.environ |= settings
        database = stack.enter_context(
            writable(options.url, options.pieces, options.waiting)
        )
        manage(database, "collectstatic", "--no-input", "-v", "0")
        facts = facts_of(database)
        paths = [f"/tags/{facts['tags'][0]}/", "/", facts["article"]]
        address = stack.enter_context(server(database, folder))
        for name in DEEDS:
            if options.only in name:
                told[name] = measure(database, address, paths, name)
                print(name, json.dumps(told[name]), flush=True)  # noqa: T201
    sys.stdout.write("\n".join([*table(told), ""]))
    if options.json:
        Path(options.json).write_text(json.dumps(told, indent=1), encoding="utf-8")


if __name__ == "__main__":
    import django

    django.setup()
    _do(sys.argv[1])
