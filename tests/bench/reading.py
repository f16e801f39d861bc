"""What readers' pages cost, beside a floor, at every size.

    python -m tests.bench reading [--pieces 10000 100000] [--database postgres|sqlite]
        [--url URL …] [--rounds 7] [--requests 60] [--only WORD …] [--json FILE]

Real server processes (gunicorn, one worker for figures of CPU) over loopback, on
databases of seeded pieces. Rounds are interleaved: each asks every scenario at every
size in turn, the floor first and last. What is compared is the CPU that the worker
took for a request, as ratios within a round; their medians are printed. The floor
beside itself tells how far such a ratio can be trusted.

The site runs three times: with nothing kept at all (``bare``), with cards and other
parts kept and pages drawn for each request (``parts``), and as it is (``kept``). "Of a
new edition" asks after the listing has been renewed, as by a publication on it.
"""

import argparse
import contextlib
import http.client
import json
import os
import re
import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
from django.utils.encoding import iri_to_uri

from tests.run import postgresql

from .fetching import REPOSITORY, manage

#: Seconds that a server may take to answer for the first time.
START = 30


@dataclass(frozen=True)
class Scenario:
    """Something that is asked for: of which server, where, and with which headers.

    ``renews`` is the edition that is renewed before each request.
    """

    name: str
    server: str
    path: str
    headers: dict[str, str] = field(default_factory=dict)
    renews: str = ""


@dataclass
class Figures:
    """One scenario's figures, one of each round."""

    cpu: list[float] = field(default_factory=list)
    ratio: list[float] = field(default_factory=list)
    latency: list[float] = field(default_factory=list)
    status: int = 0
    size: int = 0


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def cpu_of(master: int) -> float:
    """Seconds of CPU that a process's children have taken, in all their threads."""
    children = Path(f"/proc/{master}/task/{master}/children").read_text().split()
    total = 0
    for pid in children:
        for thread in Path(f"/proc/{pid}/task").iterdir():
            total += int((thread / "schedstat").read_text().split()[0])
    return total / 1e9


class Server:
    """A worker of gunicorn on a free port of loopback, as docs/operators.md starts it.

    It takes a connection for each request.
    """

    def __init__(self, module: str, environment: dict[str, str]) -> None:
        self.port = free_port()
        command = [sys.executable, "-m", "gunicorn", module, "--workers", "1"]
        bind = ["--bind", f"127.0.0.1:{self.port}"]
        self.process = subprocess.Popen(
            [*command, *bind],
            cwd=REPOSITORY,
            env=os.environ | environment,
            stderr=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + START
        while time.monotonic() < deadline:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    break
            time.sleep(0.1)

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(timeout=30)

    def cpu(self) -> float:
        """Seconds of CPU that the worker has taken so far."""
        return cpu_of(self.process.pid)

    def get(self, path: str, headers: dict[str, str]) -> tuple[int, bytes, Any]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port)
        with contextlib.closing(connection):
            connection.request("GET", iri_to_uri(path), headers=headers)
            answer = connection.getresponse()
            return answer.status, answer.read(), answer.headers


NO_PARTS = {"NEWSROOM_CARD_CACHE": "0"}


@contextlib.contextmanager
def servers(database: str, folder: str) -> Iterator[dict[str, Server]]:
    """The floor, and the site with its caches in each state."""
    common = {
        "DATABASE_URL": database,
        "SECRET_KEY": "for a bench, which signs nothing at all, for nobody",
        "MEDIA_ROOT": f"{folder}/media",
        "DEBUG": "0",
    }
    made: dict[str, Server] = {}
    with contextlib.ExitStack() as stack:
        for name, module, variables in (
            ("floor", "tests.bench.floor", {}),
            ("bare", "newsroom.wsgi", {"NEWSROOM_PAGE_CACHE": "0"} | NO_PARTS),
            ("parts", "newsroom.wsgi", {"NEWSROOM_PAGE_CACHE": "0"}),
            ("kept", "newsroom.wsgi", {}),
        ):
            made[name] = Server(module, common | variables)
            stack.callback(made[name].stop)
        yield made


def scenarios(facts: dict[str, Any]) -> list[Scenario]:
    """What is asked for on the pieces that were made."""
    hot, middling, cold = facts["tags"]
    tag = f"/tags/{hot}/"
    gzip = {"Accept-Encoding": "gzip"}
    of_tag = f"tags/{hot}"
    return [
        Scenario("floor", "floor", tag),
        Scenario("tag, hot", "parts", tag),
        Scenario("tag, hot, of a new edition", "parts", tag, renews=of_tag),
        Scenario("tag, hot, nothing kept", "bare", tag),
        Scenario("tag, middling", "parts", f"/tags/{middling}/"),
        Scenario("tag, cold", "parts", f"/tags/{cold}/"),
        Scenario("tag, deepest page", "parts", f"{tag}?after={facts['deep']}"),
        Scenario("tag, of a source", "parts", f"{tag}?source={facts['source']}"),
        Scenario("tag, of a category", "parts", f"{tag}?category={facts['category']}"),
        Scenario("tag, of a language", "parts", f"{tag}?language=ja"),
        Scenario("tag, of a time", "parts", f"{tag}?from={facts['day']}"),
        Scenario(
            "tag, of a source and a category",
            "parts",
            f"{tag}?source={facts['source']}&category={facts['category']}",
        ),
        Scenario("two tags", "parts", f"/tags/{'+'.join(sorted([hot, middling]))}/"),
        Scenario("home", "parts", "/"),
        Scenario("source", "parts", f"/sources/{facts['source']}/"),
        Scenario("category", "parts", f"/categories/{facts['category']}/"),
        Scenario("article", "parts", facts["article"]),
        Scenario("search", "parts", f"/search/?q={facts['word']}"),
        Scenario("feed", "parts", f"{tag}feed.rss"),
        Scenario("sitemap", "parts", "/sitemap.xml"),
        Scenario("tag, kept", "kept", tag),
        Scenario("tag, kept, gzip", "kept", tag, gzip),
        Scenario("tag, 304", "kept", tag, {"If-None-Match": ""}),
        Scenario("home, kept, gzip", "kept", "/", gzip),
        Scenario("article, kept, gzip", "kept", facts["article"], gzip),
        Scenario("feed, kept, gzip", "kept", f"{tag}feed.rss", gzip),
        Scenario("the server's own part (healthz)", "kept", "/healthz"),
        Scenario("floor, deepest page", "floor", f"{tag}?page={facts['pages']}"),
        Scenario("floor again", "floor", tag),
    ]


FACTS = """
import json
from articles.models import Article, Category, Source, Tag, TaggedArticle
tags = Tag.objects.order_by("-listed_count", "pk")
tags = list(tags.values_list("pk", "slug", "listed_count"))
shown = [each for each in tags if each[2] >= 25]
hot, middling, cold = shown[0], shown[len(shown) // 10], shown[-1]
rows = TaggedArticle.objects.published().filter(tag=hot[0])
oldest = list(rows.order_by("listed_at", "content_object")[:21])
article = Article.objects.published().order_by("-listed_at").first()
print(json.dumps({
    "tags": [hot[1], middling[1], cold[1]],
    "counts": [hot[2], middling[2], cold[2]],
    "deep": oldest[-1].content_object_id,
    "pages": hot[2] // 20,
    "source": Source.objects.order_by("pk").first().slug,
    "category": Category.objects.order_by("pk").first().slug,
    "day": oldest[len(oldest) // 2].listed_at.date().isoformat(),
    "article": article.get_absolute_url(),
    "word": article.source_headline.split()[0],
}))
"""


def facts_of(database: str) -> dict[str, Any]:
    said: dict[str, Any] = json.loads(
        subprocess.run(
            [sys.executable, "manage.py", "shell", "-v", "0", "-c", FACTS],
            cwd=REPOSITORY,
            env=os.environ | {"DATABASE_URL": database, "DEBUG": "1"},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
    )
    return said


def ask(
    server: Server,
    scenario: Scenario,
    requests: int,
    figures: Figures,
    renew: Callable[[str], None],
) -> float:
    """The CPU of one request, in milliseconds; the rest goes into ``figures``."""
    headers = dict(scenario.headers)
    if "If-None-Match" in headers:
        headers["If-None-Match"] = server.get(scenario.path, {})[2]["ETag"]
    server.get(scenario.path, headers)
    took = []
    before = server.cpu()
    for _ in range(requests):
        if scenario.renews:
            renew(scenario.renews)
        started = time.perf_counter()
        figures.status, body, _headers = server.get(scenario.path, headers)
        took.append(1000 * (time.perf_counter() - started))
        figures.size = len(body)
    cpu = 1000 * (server.cpu() - before) / requests
    figures.cpu.append(cpu)
    figures.latency.append(statistics.median(took))
    return cpu


class Yardstick:
    """The floor's query alone, on a connection of its own; and renewals of editions."""

    def __init__(self, database: str, slug: str) -> None:
        self.is_postgresql = not database.startswith("sqlite")
        parts = urlsplit(database)
        self.connection: Any = (
            psycopg.connect(database, autocommit=True)
            if self.is_postgresql
            else sqlite3.connect(parts.path, isolation_level=None, timeout=30)
        )
        text = Path(__file__).with_name("floor.py").read_text(encoding="utf-8")
        found = re.search(r'QUERY = """\n(.*?)"""', text, re.DOTALL)
        assert found
        self.query = self._own(found[1])
        (self.tag,) = self.connection.execute(
            self._own("SELECT id FROM articles_tag WHERE slug = %s"), (slug,)
        ).fetchone()

    def _own(self, sql: str) -> str:
        return sql if self.is_postgresql else sql.replace("%s", "?")

    def ask(self, requests: int, figures: Figures) -> float:
        started, cpu = time.perf_counter(), time.process_time()
        for _ in range(requests):
            rows = self.connection.execute(self.query, (self.tag, 20, 0)).fetchall()
        cpu = 1000 * (time.process_time() - cpu) / requests
        figures.cpu.append(cpu)
        figures.latency.append(1000 * (time.perf_counter() - started) / requests)
        figures.status, figures.size = len(rows), 0
        return cpu

    def renew(self, name: str) -> None:
        """Give a listing another edition, as a publication on it does."""
        sql = (
            "INSERT INTO articles_edition (name, stamp) VALUES (%s, 1)"
            " ON CONFLICT (name) DO UPDATE SET stamp = articles_edition.stamp + 1"
        )
        self.connection.execute(self._own(sql), (name,))

    def close(self) -> None:
        self.connection.close()


#: The floor's query without a page around it, among the figures.
ALONE = "the floor's query alone"
Found = dict[str, Figures]


class Size:
    """The servers on one database, and what was found there."""

    def __init__(
        self, database: str, only: list[str], stack: contextlib.ExitStack
    ) -> None:
        facts = facts_of(database)
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        self.asked = [
            each
            for each in scenarios(facts)
            if each.server == "floor" or any(word in each.name for word in only)
        ]
        names = [*(each.name for each in self.asked), ALONE]
        self.found: Found = {name: Figures() for name in names}
        self.yardstick = Yardstick(database, facts["tags"][0])
        stack.callback(self.yardstick.close)
        self.servers = stack.enter_context(servers(database, folder))
        for each in self.asked:
            for _ in range(5):
                self.servers[each.server].get(each.path, {})

    def round(self, requests: int) -> None:
        renew = self.yardstick.renew
        of_round = {ALONE: self.yardstick.ask(requests, self.found[ALONE])}
        for each in self.asked:
            server, figures = self.servers[each.server], self.found[each.name]
            of_round[each.name] = ask(server, each, requests, figures, renew)
        floor = (of_round["floor"] + of_round["floor again"]) / 2
        for name, cpu in of_round.items():
            self.found[name].ratio.append(cpu / floor)


def measure(
    databases: list[str], rounds: int, requests: int, only: list[str]
) -> list[Found]:
    """Every scenario on every database, in so many interleaved rounds."""
    with contextlib.ExitStack() as stack:
        sizes = [Size(database, only, stack) for database in databases]
        for _ in range(rounds):
            for size in sizes:
                size.round(requests)
    return [size.found for size in sizes]


@contextlib.contextmanager
def database_of(kind: str, folder: str, pieces: int) -> Iterator[str]:
    """A migrated database with so many pieces."""
    with contextlib.ExitStack() as stack:
        url = f"sqlite:///{folder}/{pieces}.sqlite3"
        if kind == "postgres":
            url = stack.enter_context(postgresql())["DATABASE_URL"]
        manage(url, "migrate", "-v", "0")
        subprocess.run(
            [sys.executable, "-m", "tests.bench.pieces", str(pieces)],
            cwd=REPOSITORY,
            env=os.environ | {"DATABASE_URL": url, "DEBUG": "1"},
            check=True,
        )
        yield url


def table(found: Found) -> list[str]:
    lines = ["| | × floor | CPU ms | median ms | bytes | status |", "|-|-|-|-|-|-|"]
    for name, each in found.items():
        ratio, cpu, latency = map(
            statistics.median, (each.ratio, each.cpu, each.latency)
        )
        lines.append(
            f"| {name} | {ratio:.2f} | {cpu:.2f} | {latency:.2f} | {each.size} "
            f"| {each.status} |"
        )
    floors = [a / b for a, b in zip(*_floors(found), strict=True)]
    low, high = min(floors), max(floors)
    lines.append(f"\nThe floor beside itself, in its rounds: {low:.2f} to {high:.2f}.")
    return lines


def _floors(found: Found) -> tuple[list[float], list[float]]:
    return found["floor"].cpu, found["floor again"].cpu


def growth(first: Found, last: Found) -> list[str]:
    """Each scenario at the last size, beside the same at the first."""
    lines = ["| | latency, last ÷ first size | CPU |", "|-|-|-|"]
    for name in first:
        latency, cpu = (
            statistics.median(b / a for a, b in zip(one, other, strict=True))
            for one, other in (
                (first[name].latency, last[name].latency),
                (first[name].cpu, last[name].cpu),
            )
        )
        lines.append(f"| {name} | {latency:.2f} | {cpu:.2f} |")
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    parser.add_argument("--pieces", type=int, nargs="+", default=[10_000])
    parser.add_argument("--database", choices=("postgres", "sqlite"), default="sqlite")
    parser.add_argument(
        "--url", nargs="+", default=[], help="databases that are filled already"
    )
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--requests", type=int, default=60)
    parser.add_argument(
        "--only",
        nargs="+",
        default=[""],
        help="scenarios with one of these in the name",
    )
    parser.add_argument("--json", default="")
    options = parser.parse_args()
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        databases = options.url or [
            stack.enter_context(database_of(options.database, folder, pieces))
            for pieces in options.pieces
        ]
        os.environ["STATIC_ROOT"] = f"{folder}/static"
        manage(databases[0], "collectstatic", "--no-input", "-v", "0")
        found = measure(databases, options.rounds, options.requests, options.only)
    for url, each in zip(databases, found, strict=True):
        parts = urlsplit(url)
        title = f"\n{parts.scheme}, {parts.path}\n"
        sys.stdout.write("\n".join([title, *table(each), ""]))
    if len(found) > 1:
        sys.stdout.write("\n".join(["", *growth(found[0], found[-1]), ""]))
    if options.json:
        told = {
            url: {name: vars(figures) for name, figures in each.items()}
            for url, each in zip(databases, found, strict=True)
        }
        Path(options.json).write_text(json.dumps(told, indent=1), encoding="utf-8")
