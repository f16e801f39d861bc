"""What readers' pages cost, beside a floor, at every size.

    python -m tests.bench reading [--pieces 10000 100000] [--database postgres|sqlite]
        [--rounds 7] [--requests 60] [--json FILE]

Real server processes (gunicorn, one worker for figures of CPU) over loopback, on a
database of seeded pieces. Rounds are interleaved: each asks every scenario in turn,
the floor first and last. What is compared is the CPU that the worker took for a
request, as ratios within a round; their medians are printed. The floor beside itself
tells how far such a ratio can be trusted.
"""

import argparse
import contextlib
import functools
import http.client
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.utils.encoding import iri_to_uri

from tests.run import postgresql

from .fetching import REPOSITORY, manage

#: Seconds that a server may take to answer for the first time.
START = 30
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Scenario:
    """Something that is asked for: of which server, where, and with which headers."""

    name: str
    server: str
    path: str
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Figures:
    """One scenario's figures, one of each round."""

    cpu: list[float] = field(default_factory=list)
    ratio: list[float] = field(default_factory=list)
    latency: list[float] = field(default_factory=list)
    status: int = 0
    size: int = 0


class Server:
    """A worker of gunicorn on a free port of loopback."""

    def __init__(self, module: str, environment: dict[str, str]) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        command = [sys.executable, "-m", "gunicorn", module, "--workers", "1"]
        bind = ["--threads", "2", "--keep-alive", "300"]
        bind += ["--bind", f"127.0.0.1:{self.port}"]
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
        self.connection = http.client.HTTPConnection("127.0.0.1", self.port)

    def stop(self) -> None:
        self.connection.close()
        self.process.terminate()
        self.process.wait(timeout=30)

    def cpu(self) -> float:
        """Seconds of CPU that the worker has taken so far."""
        master = self.process.pid
        children = Path(f"/proc/{master}/task/{master}/children").read_text().split()
        total = 0
        for pid in children:
            stat = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            total += int(stat[11]) + int(stat[12])
        return total / TICKS

    def get(self, path: str, headers: dict[str, str]) -> tuple[int, bytes, Any]:
        self.connection.request("GET", iri_to_uri(path), headers=headers)
        answer = self.connection.getresponse()
        return answer.status, answer.read(), answer.headers


@contextlib.contextmanager
def servers(database: str, folder: str) -> Iterator[dict[str, Server]]:
    """The floor, and the site with its caches in each state."""
    common = {
        "DATABASE_URL": database,
        "SECRET_KEY": "for a bench, which signs nothing at all, for nobody",
        "MEDIA_ROOT": f"{folder}/media",
        "STATIC_ROOT": f"{folder}/static",
        "DEBUG": "0",
    }
    made: dict[str, Server] = {}
    with contextlib.ExitStack() as stack:
        for name, module, variables in (
            ("floor", "tests.bench.floor", {}),
            ("empty", "newsroom.wsgi", {"NEWSROOM_PAGE_CACHE": "0"}),
            ("kept", "newsroom.wsgi", {}),
        ):
            made[name] = Server(module, common | variables)
            stack.callback(made[name].stop)
        yield made


def scenarios(facts: dict[str, Any]) -> list[Scenario]:
    """What is asked for on the pieces that were made."""
    hot, middling, cold = facts["tags"]
    tag = f"/tags/{hot}/"
    found = [
        Scenario("floor", "floor", tag),
        Scenario("tag, hot", "empty", tag),
        Scenario("tag, middling", "empty", f"/tags/{middling}/"),
        Scenario("tag, cold", "empty", f"/tags/{cold}/"),
        Scenario("tag, deepest page", "empty", f"{tag}?after={facts['deep']}"),
        Scenario("tag, of a source", "empty", f"{tag}?source={facts['source']}"),
        Scenario("tag, of a category", "empty", f"{tag}?category={facts['category']}"),
        Scenario("tag, of a language", "empty", f"{tag}?language=ja"),
        Scenario("tag, of a time", "empty", f"{tag}?from={facts['day']}"),
        Scenario("home", "empty", "/"),
        Scenario("source", "empty", f"/sources/{facts['source']}/"),
        Scenario("category", "empty", f"/categories/{facts['category']}/"),
        Scenario("article", "empty", facts["article"]),
        Scenario("search", "empty", f"/search/?q={facts['word']}"),
        Scenario("feed", "empty", f"{tag}feed.rss"),
        Scenario("kept page", "kept", tag),
        Scenario("kept page, gzip", "kept", tag, {"Accept-Encoding": "gzip"}),
        Scenario("304", "kept", tag, {"If-None-Match": ""}),
        Scenario("floor, deepest page", "floor", f"{tag}?page={facts['pages']}"),
        Scenario("floor again", "floor", tag),
    ]
    return found


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


def ask(server: Server, scenario: Scenario, requests: int, figures: Figures) -> float:
    """The CPU of one request, in milliseconds; the rest goes into ``figures``."""
    headers = dict(scenario.headers)
    if "If-None-Match" in headers:
        headers["If-None-Match"] = server.get(scenario.path, {})[2]["ETag"]
    server.get(scenario.path, headers)
    took = []
    before = server.cpu()
    for _ in range(requests):
        started = time.perf_counter()
        figures.status, body, _headers = server.get(scenario.path, headers)
        took.append(1000 * (time.perf_counter() - started))
        figures.size = len(body)
    cpu = 1000 * (server.cpu() - before) / requests
    figures.cpu.append(cpu)
    figures.latency.append(statistics.median(took))
    return cpu


def measure(
    database: str, folder: str, rounds: int, requests: int, only: str
) -> dict[str, Figures]:
    """Every scenario, in so many interleaved rounds."""
    asked = [
        each
        for each in scenarios(facts_of(database))
        if each.server == "floor" or only in each.name
    ]
    found = {each.name: Figures() for each in asked}
    with servers(database, folder) as made:
        for each in asked:
            for _ in range(5):
                made[each.server].get(each.path, {})
        for _ in range(rounds):
            of_round = {
                each.name: ask(made[each.server], each, requests, found[each.name])
                for each in asked
            }
            floor = (of_round["floor"] + of_round["floor again"]) / 2
            for name, cpu in of_round.items():
                found[name].ratio.append(cpu / floor)
    return found


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


def table(found: dict[str, Figures]) -> list[str]:
    lines = ["| | × floor | CPU ms | median ms | bytes | status |", "|-|-|-|-|-|-|"]
    for name, each in found.items():
        ratio, cpu, latency = map(
            statistics.median, (each.ratio, each.cpu, each.latency)
        )
        lines.append(
            f"| {name} | {ratio:.2f} | {cpu:.1f} | {latency:.1f} | {each.size} "
            f"| {each.status} |"
        )
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    parser.add_argument("--pieces", type=int, nargs="+", default=[10_000])
    parser.add_argument("--database", choices=("postgres", "sqlite"), default="sqlite")
    parser.add_argument("--url", default="", help="a database that is filled already")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--requests", type=int, default=60)
    parser.add_argument("--only", default="", help="scenarios with this in their name")
    parser.add_argument("--json", default="")
    options = parser.parse_args()
    told = {}
    for pieces in options.pieces:
        with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
            url = options.url or stack.enter_context(
                database_of(options.database, folder, pieces)
            )
            manage_static = functools.partial(manage, url, "collectstatic")
            os.environ["STATIC_ROOT"] = f"{folder}/static"
            manage_static("--no-input", "-v", "0")
            found = measure(url, folder, options.rounds, options.requests, options.only)
            title = f"\n{pieces} pieces on {urlsplit(url).scheme}\n"
            sys.stdout.write("\n".join([title, *table(found), ""]))
            told[pieces] = {name: vars(each) for name, each in found.items()}
    if options.json:
        Path(options.json).write_text(json.dumps(told, indent=1), encoding="utf-8")
