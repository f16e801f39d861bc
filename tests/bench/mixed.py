"""How the site keeps up when readers, imports and editors come together, for long.

    python -m tests.bench mixed [--minutes 30] [--pieces 10000] [--waiting 5000]
        [--url URL] [--rate 0] [--json FILE]

On a copy of a filled PostgreSQL (``--url``), or on one that is made, a server of two
workers (gunicorn) is asked for a mixture: 95 of 100 times a reader's page, 4 times a
new record to import, once something that an editor does. First as fast as it answers,
then half as often. What is due comes at its moment, whether the server is busy or not,
and its time counts from that moment. Told are the answers, those with 5xx, the median
and the 99th percentile of the first and of the last five minutes (of shorter runs,
thirds), and how the memory of each process grew after the first of these.
"""

import argparse
import contextlib
import http.client
import itertools
import json
import os
import queue
import random
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from django.utils.encoding import iri_to_uri

from .copies import writable
from .desk import server
from .fetching import REPOSITORY, manage

#: Of 100 things that are due, these are imports and editors' deeds.
IMPORTS, DEEDS = 4, 1
#: Minutes for which the server is asked as fast as it answers.
PROBE = 4
#: Threads that ask; more than the server has, so that what waits, waits there.
CLIENTS = 24
#: Seconds between two imports of what has come meanwhile, and two looks at memory.
COLLECTED, LOOKED = 60, 5
#: Seconds after which an answer counts as none.
PATIENCE = 60

FACTS = """
import json, secrets
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.models import User
from django.contrib.sessions.backends.db import SessionStore
from articles import listing
from articles.models import Article, Tag
user = User.objects.create_superuser(f"mixed{secrets.token_hex(4)}", password="x")
session = SessionStore()
session[SESSION_KEY] = str(user.pk)
session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
session[HASH_SESSION_KEY] = user.get_session_auth_hash()
session.create()
tags = Tag.objects.liveliest().values_list("slug", flat=True)[:400]
listed = Article.objects.published().order_by("-listed_at")
waiting = Article.objects.queued().order_by("-waiting_at").values_list("pk", flat=True)
print(json.dumps({
    "session": session.session_key,
    "tags": list(tags),
    "articles": [each.get_absolute_url() for each in listed[:2000:4]],
    "sources": list(listing.shown_sources().values_list("slug", flat=True)[:40]),
    "categories": list(listing.shown_categories().values_list("slug", flat=True)),
    "words": [each.source_headline.split()[0] for each in listed[:100]],
    "deep": [each.pk for each in listed[1000:5000:100]],
    "waiting": list(waiting[:5000]),
}))
"""


@dataclass(frozen=True)
class Due:
    """Something that is asked of the server at a moment."""

    at: float
    kind: str
    path: str
    form: dict[str, Any] | None = None


@dataclass
class Told:
    """What came of everything that was due."""

    took: list[tuple[float, str, float]] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    #: What was answered with an error of whoever asked, by its status and address.
    refused: Counter[str] = field(default_factory=Counter)
    failed: Counter[str] = field(default_factory=Counter)
    imports: list[tuple[float, int]] = field(default_factory=list)
    memory: dict[int, list[tuple[float, int]]] = field(default_factory=dict)


class Mixture:
    """What readers and editors ask for, drawn by chance."""

    def __init__(self, facts: dict[str, Any], seed: int = 1) -> None:
        self.facts, self.chance = facts, random.Random(seed)
        self.waiting, self.numbers = iter(facts["waiting"]), itertools.count(1)
        self.weights = [1 / (n + 1) for n in range(len(facts["tags"]))]
        self.secret = "".join(self.chance.choices("abcdefghijkmnpqrstuvwxyz", k=32))

    def page(self) -> str:
        """A reader's page."""
        pick, facts = self.chance.choice, self.facts
        kind = self.chance.random()
        tag = self.chance.choices(facts["tags"], self.weights)[0]
        if kind < 0.40:
            return f"/tags/{tag}/"
        if kind < 0.65:
            return str(pick(facts["articles"]))
        if kind < 0.80:
            return "/"
        if kind < 0.88:
            return f"/tags/{tag}/feed.rss"
        if kind < 0.92:
            return f"/sources/{pick(facts['sources'])}/"
        if kind < 0.95:
            return f"/categories/{pick(facts['categories'])}/"
        if kind < 0.97:
            return f"/?after={pick(facts['deep'])}" if facts["deep"] else "/"
        return f"/search/?{urlencode({'q': pick(facts['words'])})}"

    def deed(self, at: float) -> Due:
        """Something an editor does: half of it publishes the next piece."""
        kind = self.chance.random()
        piece = next(self.waiting, None)
        if kind < 0.5 and piece:
            form = {"piece": piece, "csrfmiddlewaretoken": self.secret}
            return Due(at, "publish", "/admin/desk/publish/", form)
        if kind < 0.7:
            return Due(at, "desk", "/admin/desk/?all=1")
        if kind < 0.85:
            return Due(at, "list", "/admin/articles/article/")
        # Of the last one, which no run comes to publish.
        return Due(at, "desk", f"/admin/desk/pieces/{self.facts['waiting'][-1]}/")

    def headers(self, due: Due) -> dict[str, str]:
        """Readers' browsers take gzip; an editor is signed in."""
        headers = {"Accept-Encoding": "gzip"}
        if due.kind != "reader":
            session = self.facts["session"]
            headers["Cookie"] = f"sessionid={session}; csrftoken={self.secret}"
        if due.form is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
            headers["X-Requested-With"] = "desk"
        return headers


class Client(threading.Thread):
    """One who asks for what is due, and notes how long that took."""

    def __init__(self, host: str, mixture: Mixture, due: Any, told: Told) -> None:
        super().__init__(daemon=True)
        self.host, self.mixture, self.due, self.told = host, mixture, due, told
        self.connection = self._connected()

    def _connected(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection(self.host, timeout=PATIENCE)

    def run(self) -> None:
        while (due := self.due.get()) is not None:
            try:
                status = self._ask(due)
            except (OSError, http.client.HTTPException) as error:
                self.told.failed[type(error).__name__] += 1
                self.connection.close()
                self.connection = self._connected()
                continue
            self.told.statuses[status] += 1
            if status >= 400:
                self.told.refused[f"{status} {due.path}"] += 1
            self.told.took.append((due.at, due.kind, time.monotonic() - due.at))

    def _ask(self, due: Due) -> int:
        body = urlencode(due.form) if due.form is not None else None
        headers, path = self.mixture.headers(due), iri_to_uri(due.path)
        if body:
            # What is posted is not sent twice: over a connection that nobody ends.
            self.connection.close()
        for is_last in (False, True):
            try:
                self.connection.request("POST" if body else "GET", path, body, headers)
                answer = self.connection.getresponse()
                answer.read()
                return answer.status
            except ConnectionError:
                # The server may end a connection that was kept open.
                self.connection.close()
                if is_last or body:
                    raise
        raise AssertionError


def capacity(host: str, mixture: Mixture, folder: str) -> float:
    """What the server does in a second, of all that is due, as fast as it can.

    What was kept in the first minute is part of how it is later, and an import begins
    every minute: those behind the first are counted.
    """
    told, began = load(host, mixture, 0, PROBE, folder)
    since, until = began + 60, began + 60 * PROBE
    done = sum(since <= at < until for at, _kind, _took in told.took)
    # Of 100 things that are due, the others are records, which answer nobody.
    return done / (until - since) * 100 / (100 - IMPORTS)


def load(
    host: str, mixture: Mixture, rate: float, minutes: float, folder: str
) -> tuple[Told, float]:
    """Let come what is due, for so long; what came of it, and when it began.

    So many in a second, or with ``rate`` 0 as fast as they are answered.
    """
    told = Told()
    due: queue.Queue[Due | None] = queue.Queue(maxsize=0 if rate else CLIENTS)
    clients = [Client(host, mixture, due, told) for _ in range(CLIENTS)]
    for each in clients:
        each.start()
    over, records = threading.Event(), queue.Queue[int]()
    beside = [
        threading.Thread(target=_look, args=(told, over)),
        threading.Thread(target=_import, args=(records, told, over, folder)),
    ]
    for each in beside:
        each.start()
    began = at = time.monotonic()
    try:
        while at < began + 60 * minutes:
            at = at + mixture.chance.expovariate(rate) if rate else time.monotonic()
            time.sleep(max(0.0, at - time.monotonic()))
            drawn = mixture.chance.randrange(100)
            if drawn < IMPORTS:
                records.put(next(mixture.numbers))
            elif drawn < IMPORTS + DEEDS:
                due.put(mixture.deed(at))
            else:
                due.put(Due(at, "reader", mixture.page()))
        for _ in clients:
            due.put(None)
        for each in clients:
            each.join()
    finally:
        # Also when it is stopped: nothing else ends the two beside.
        over.set()
    for each in beside:
        each.join()
    return told, began


def _look(told: Told, over: threading.Event) -> None:
    """Note the memory of each process of the server, now and then."""
    while not over.wait(LOOKED):
        for pid in _server_processes():
            with contextlib.suppress(OSError):
                text = Path(f"/proc/{pid}/statm").read_text()
                size = int(text.split()[1]) * os.sysconf("SC_PAGE_SIZE")
                told.memory.setdefault(pid, []).append((time.monotonic(), size))


def _server_processes() -> Iterator[int]:
    """gunicorn's own processes, which are children and grandchildren of ours."""
    for child in _children(os.getpid()):
        with contextlib.suppress(OSError):
            if b"gunicorn" in Path(f"/proc/{child}/cmdline").read_bytes():
                yield child
                yield from _children(child)


def _children(pid: int) -> list[int]:
    found = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            found += map(int, task.read_text().split())
    return found


def _import(
    records: "queue.Queue[int]", told: Told, over: threading.Event, folder: str
) -> None:
    """Import what has come meanwhile by the real command, again and again."""
    path = Path(folder) / "records.ndjson"
    while not over.wait(COLLECTED):
        numbers = []
        with contextlib.suppress(queue.Empty):
            while True:
                numbers.append(records.get_nowait())
        if not numbers:
            continue
        lines = (json.dumps(_record(n)) for n in numbers)
        path.write_text("\n".join(lines), encoding="utf-8")
        started = time.monotonic()
        done = subprocess.run(
            [sys.executable, "manage.py", "import_articles", str(path), "-v", "0"],
            cwd=REPOSITORY,
            capture_output=True,
            check=False,
        )
        if done.returncode:
            told.failed["import"] += 1
            sys.stderr.write(done.stderr.decode()[-2000:])
        told.imports.append((time.monotonic() - started, len(numbers)))


def _record(number: int) -> dict[str, Any]:
    moment = time.time_ns()
    words = " ".join(f"word{number * k % 997}" for k in range(1, 60))
    return {
        "url": f"https://mixed.example/{moment}/{number}",
        "title": f"Record {number} of a busy day, {moment}",
        "source": f"Bench Source {number % 60}",
        "summary": words,
        "tags": [f"Mixed {number % 40}", f"Mixed {number % 7}"],
        "language": "en",
    }


def figures(told: Told, began: float, minutes: float, rate: float) -> dict[str, Any]:
    """What is told of a run."""
    part = min(5.0, minutes / 3) * 60
    end = began + 60 * minutes
    spans = {"first": (began, began + part), "last": (end - part, end)}
    found: dict[str, Any] = {
        "per_second": round(rate, 1),
        "minutes": minutes,
        "answers": sum(told.statuses.values()),
        "statuses": {str(k): v for k, v in sorted(told.statuses.items())},
        "5xx": sum(n for status, n in told.statuses.items() if status >= 500),
        "refused": dict(told.refused.most_common(10)),
        "failed": dict(told.failed),
        "imports": len(told.imports),
        "imported": sum(number for _took, number in told.imports),
        "slowest_import_s": round(max((t for t, _n in told.imports), default=0), 1),
        "span_s": round(part),
        "memory": [],
    }
    for name, (since, until) in spans.items():
        for kind, wanted in (("readers", {"reader"}), ("editors", EDITORS)):
            took = [
                1000 * t
                for at, k, t in told.took
                if since <= at < until and k in wanted
            ]
            found[f"{name}_{kind}"] = _spread(took)
    for pid, sizes in told.memory.items():
        late = [size for at, size in sizes if at >= began + part]
        if not late:
            continue
        found["memory"].append(
            {
                "pid": pid,
                "mb": [round(size / 2**20, 1) for _at, size in sizes],
                "growth_percent": round(100 * (late[-1] / late[0] - 1), 1),
            }
        )
    return found


EDITORS = {"publish", "desk", "list"}


def _spread(took: list[float]) -> dict[str, float]:
    if len(took) < 2:
        return {"number": len(took)}
    cuts = statistics.quantiles(took, n=100)
    return {
        "number": len(took),
        "p50": round(cuts[49], 1),
        "p99": round(cuts[98], 1),
        "max": round(max(took), 1),
    }


def table(found: dict[str, Any]) -> list[str]:
    by_status = ", ".join(f"{n:,} × {k}" for k, n in found["statuses"].items())
    lines = [
        f"{found['answers']:,} answers in {found['minutes']:g} minutes"
        f" ({found['per_second']} due in a second), {found['5xx']} of them 5xx"
        f" ({by_status}; refused: {found['refused'] or 'none'});"
        f" failed: {found['failed'] or 'none'};"
        f" {found['imported']:,} records in {found['imports']} imports,"
        f" the slowest {found['slowest_import_s']} s",
        "",
        f"| of {found['span_s']} s | number | p50, ms | p99, ms | slowest, ms |",
        "|---|---|---|---|---|",
    ]
    for who in ("readers", "editors"):
        for when in ("first", "last"):
            each = found[f"{when}_{who}"]
            cells = [str(each.get(k, "–")) for k in ("number", "p50", "p99", "max")]
            lines.append(f"| {who}, {when} | {' | '.join(cells)} |")
    return lines + [
        f"process {each['pid']}: {each['mb'][0]} → {each['mb'][-1]} MB,"
        f" {each['growth_percent']} % since the first span"
        for each in found["memory"]
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--pieces", type=int, default=10_000)
    parser.add_argument("--waiting", type=int, default=5_000)
    parser.add_argument("--url", default="", help="a filled database, which is copied")
    parser.add_argument(
        "--rate",
        type=float,
        default=0,
        help="so many in a second, and not half of what it can do",
    )
    parser.add_argument("--json", default="")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        os.environ |= {
            "SECRET_KEY": "for a bench, which signs nothing",
            "STATIC_ROOT": f"{folder}/static",
            "MEDIA_ROOT": f"{folder}/media",
            "ALLOWED_HOSTS": "127.0.0.1",
            "DEBUG": "0",
        }
        database = stack.enter_context(
            writable(options.url, options.pieces, options.waiting)
        )
        os.environ["DATABASE_URL"] = database
        manage(database, "collectstatic", "--no-input", "-v", "0")
        facts = json.loads(manage(database, "shell", "-v", "0", "-c", FACTS))
        address = stack.enter_context(server(database, folder))
        host, mixture = address.rpartition("/")[2], Mixture(facts)
        able = 0.0 if options.rate else capacity(host, mixture, folder)
        print(f"it does {able:.1f} of the mixture in a second", flush=True)  # noqa: T201
        rate = options.rate or able / 2
        told, began = load(host, mixture, rate, options.minutes, folder)
        found = figures(told, began, options.minutes, rate) | {"able": round(able, 1)}
    sys.stdout.write("\n".join([*table(found), ""]))
    if options.json:
        Path(options.json).write_text(json.dumps(found, indent=1), encoding="utf-8")
    raise SystemExit(bool(found["5xx"] or found["failed"]))
