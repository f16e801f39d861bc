"""How fast ``fetch_feeds`` is on this machine: many feeds, first and unchanged.

    python -m tests.bench fetching [--feeds 2000] [--items 50] [--database URL]

Every pass is the real command in a process of its own (or two at once) against a
server on loopback; printed are seconds, feeds per second, CPU seconds, peak memory
and, where the command reports them, the shares of its steps. DATABASE_URL's
database is used and must be empty; by default a SQLite file that is thrown away.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).resolve().parents[2]
MANAGE = [sys.executable, str(REPOSITORY / "manage.py")]

MAKE_FEEDS = """
from articles.models import Feed, Source
from tests.bench.feed_server import host
sources = Source.objects.bulk_create(
    Source(name=f"Feed {{n}}", slug=f"feed-{{n}}") for n in range({feeds})
)
Feed.objects.bulk_create(
    Feed(source=source, url=f"http://{{host(n)}}:{port}/feed")
    for n, source in enumerate(sources)
)
"""
COUNT = """
from django.db.models import Count
from articles.models import Article, FetchAttempt
print(Article.objects.count(), FetchAttempt.objects.count())
"""


def environment(database: str) -> dict[str, str]:
    """What the commands run with: this database, and loopback allowed."""
    return os.environ | {
        "DATABASE_URL": database,
        "NEWSROOM_FETCH_ALLOW": "127.0.0.0/8",
        "SECRET_KEY": "for a bench, which signs nothing",
        "PYTHONPATH": str(REPOSITORY),
    }


def manage(database: str, *arguments: str) -> str:
    """Run a command to its end; its standard output."""
    done = subprocess.run(
        [*MANAGE, *arguments],
        env=environment(database),
        check=True,
        capture_output=True,
        text=True,
        cwd=REPOSITORY,
    )
    return done.stdout


def timed(database: str, processes: int, due: str) -> dict[str, Any]:
    """Let ``processes`` of ``fetch_feeds`` run at once; what they took together."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.monotonic()
    running = [
        subprocess.Popen(
            [*MANAGE, "fetch_feeds", due, "--format", "json", "-v", "0"],
            env=environment(database),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=REPOSITORY,
        )
        for _ in range(processes)
    ]
    peaks = [0] * processes
    while any(each.poll() is None for each in running):
        peaks = [max(p, tree_rss(r.pid)) for p, r in zip(peaks, running, strict=True)]
        time.sleep(0.2)
    seconds = time.monotonic() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    reports = []
    for each in running:
        out, err = each.communicate()
        if each.returncode not in (0, 1):
            raise SystemExit(f"fetch_feeds ended with {each.returncode}:\n{err}")
        reports.append(json.loads(out))
    return {
        "seconds": round(seconds, 1),
        "cpu_seconds": round(
            after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, 1
        ),
        "peak_mb": [round(peak / 1024) for peak in peaks],
        "reports": reports,
    }


def tree_rss(pid: int) -> int:
    """Kilobytes of resident memory of a process and its children, on Linux."""
    total = 0
    try:
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmRSS"):
                total += int(line.split()[1])
        # A worker is the child of the thread that has started it.
        tasks = Path(f"/proc/{pid}/task").glob("*/children")
        children = [child for task in tasks for child in task.read_text().split()]
    except OSError:
        return total
    return total + sum(map(tree_rss, map(int, children)))


def measure(database: str, feeds: int, items: int) -> dict[str, Any]:
    """A first pass and one in which nothing has changed, by one process and by two."""
    figures: dict[str, Any] = {"feeds": feeds, "items": items}
    for processes in (1, 2):
        with subprocess.Popen(
            [sys.executable, "-m", "tests.bench.feed_server", str(feeds), str(items)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=REPOSITORY,
        ) as server:
            assert server.stdout and server.stdin
            port = int(server.stdout.readline())
            manage(database, "migrate", "-v", "0")
            manage(database, "flush", "--no-input", "-v", "0")
            manage(
                database,
                "shell",
                "-v",
                "0",
                "-c",
                MAKE_FEEDS.format(feeds=feeds, port=port),
            )
            for name, due in (("first", "--due"), ("unchanged", "--all")):
                found = timed(database, processes, due)
                found["feeds_per_second"] = round(feeds / found["seconds"], 1)
                key = f"{name}, {processes} process{'es' * (processes > 1)}"
                figures[key] = found
                rows = manage(database, "shell", "-v", "0", "-c", COUNT).split()
                found["articles"], found["attempts"] = map(int, rows)
                print(key, json.dumps(found), flush=True)  # noqa: T201
            server.stdin.close()
    return figures


def main() -> None:
    """Measure, and print the figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--feeds", type=int, default=2000)
    parser.add_argument("--items", type=int, default=50)
    parser.add_argument("--database", default="")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        database = options.database or f"sqlite:///{folder}/bench.sqlite3"
        measure(database, options.feeds, options.items)
