"""What the desk and the admin cost as the tables grow.

    python -m tests.bench admin [--pieces 10000 100000] [--waiting 2000 10000]
        [--urls URL URL] [--rounds 5] [--only WORDS] [--plans] [--json FILE]

Every list of the admin with its filters and searches, its completions and forms, and
the desk with all of its filters are asked for by a superuser, by Django's test client
in one process for each database. Told of each: its queries, the slowest of them, the
milliseconds of CPU that Python took and those until the answer was there (the least of
the rounds: others work on the machine as well), and how they compare with the first
database.
``--urls`` names databases that are filled already, in place of ``--pieces``; nothing
but a user and a session is written there. ``--plans`` runs each statement once more
within EXPLAIN, counts the pages of the database that it looks at, which no load of the
machine changes, and names the large tables that are read from end to end.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .copies import filled
from .fetching import REPOSITORY, manage

#: Rows from which on a table that is read whole is worth a word.
LARGE = 5_000

Figures = dict[str, Any]


def scenarios() -> Iterator[tuple[str, str]]:
    """What is asked for, on the pieces that are there: a name and an address."""
    from articles.models import Act, Article, Category, Feed, Source, Tag

    source = Source.objects.order_by("pk")[3]
    category = Category.objects.order_by("pk").first()
    tag = Tag.objects.order_by("-listed_count").first()
    waiting = Article.objects.queued().order_by("-waiting_at")[20]
    article = Article.objects.published().order_by("-listed_at")[20]
    word, rare = article.source_headline.split()[0], article.source_headline.split()[-1]
    pieces = "/admin/articles/article/"
    yield "index", "/admin/"
    yield "articles", pieces
    for name, query in (
        ("status", "status__exact=published"),
        ("status ingested", "status__exact=ingested"),
        ("status killed", "status__exact=killed"),
        ("untagged", "tagging=none"),
        ("suggested", "tagging=suggested"),
        ("changed at source", "changed=yes"),
        ("source", f"source={source.slug}"),
        ("category", f"category__id__exact={category.pk}"),
        ("language", "language=ja"),
        ("language of none", "language=xx"),
        ("source, language", f"source={source.slug}&language=ja"),
        ("arrived today", "created_at__gte=2020-01-01+00%3A00%3A00%2B00%3A00"),
        ("search, common", f"q={word}"),
        ("search, rare", f"q={rare}"),
        ("search, tag", f"q={tag.name}"),
        ("search, number", f"q={article.pk}"),
        ("search, address", f"q={article.url}"),
        ("search, nothing", "q=xyzzyplugh"),
        ("page 2", "p=2"),
        ("page 200", "p=200"),
        ("by headline", "o=1"),
        ("by source", "o=2"),
        ("by category", "o=3"),
        ("by status", "o=4"),
        ("by date, oldest", "o=5"),
    ):
        yield f"articles: {name}", f"{pieces}?{query}"
    yield "article form, waiting", f"{pieces}{waiting.pk}/change/"
    yield "article form, published", f"{pieces}{article.pk}/change/"
    yield "article history", f"{pieces}{article.pk}/history/"
    yield "article delete", f"{pieces}{article.pk}/delete/"
    yield "new article", f"{pieces}add/"
    lists = {
        "source": ["", "?q=bench", "?reuse__exact=excerpt", f"{source.pk}/change/"],
        "tag": ["", "?q=ba", "?p=3", "?is_internal__exact=1", "?o=2"],
        "category": ["", f"{category.pk}/change/"],
        "feed": ["", "?q=feed/1", "?health=failing", f"?source={source.slug}"],
        "act": ["", "?by=editor3", "?kind=spike", f"?number={article.pk}"],
        "importrun": ["", "?state__exact=finished", "?p=2"],
        "refusedrecord": ["", "?outcome__exact=failed", "?q=xyzzy", "?p=2"],
        "fetchattempt": ["", "?outcome__exact=failed", "?kind=timeout", "?q=xyzzy"],
        "tombstone": ["", "?q=Gone", "?q=xyzzy", f"?source={source.slug}"],
    }
    lists["tag"] += [f"{tag.pk}/change/", f"{tag.pk}/delete/"]
    lists["tag"] += ["names/?q=b", "names/?q=bab", "names/?q=zzzzz"]
    if feed := Feed.objects.order_by("pk").first():
        lists["feed"].append(f"{feed.pk}/change/")
    if act := Act.objects.order_by("-pk").first():
        lists["act"].append(f"{act.pk}/change/")
    for model, tails in lists.items():
        for tail in tails:
            yield f"{model} {tail}", f"/admin/articles/{model}/{tail}"
    yield "users", "/admin/auth/user/"
    yield "groups", "/admin/auth/group/"
    desk = "/admin/desk/"
    for query in (
        "all=1",
        f"source={source.slug}",
        f"category={category.slug}",
        "language=ja",
        "language=xx",
        "age=hour",
        "age=week",
        "only=untagged",
        "only=duplicates",
        "only=shortlisted",
        "only=changed",
        "only=mine",
        "only=held",
        f"q={word}",
        f"q={rare}",
        f"q={tag.name}",
        "order=oldest",
        f"after={waiting.pk}",
        f"source={source.slug}&order=oldest",
        f"category={category.slug}&language=ja&only=untagged",
    ):
        yield f"desk: {query.partition('&after')[0]}", f"{desk}?{query}"
    yield "desk: more", f"{desk}more/?after={waiting.pk}"
    yield "desk: news", f"{desk}news/?newest={waiting.pk}"
    yield "desk: pane", f"{desk}pieces/{waiting.pk}/"
    yield "desk: compare", f"{desk}pieces/{waiting.pk}/compare/?other={article.pk}"
    yield "desk: preview", f"{desk}pieces/{waiting.pk}/preview/"


#: What else is asked, of the rooms themselves: nothing in the admin shows it.
def questions() -> Iterator[tuple[str, Any]]:
    from articles.models import Tag
    from articles.tagging import tags

    first, second = Tag.objects.order_by("-listed_count")[:2]
    rare = Tag.objects.filter(listed_count__gt=0).order_by("listed_count", "pk")[:2]
    yield "merge preview, commonest", lambda: tags.preview_merge([second], first)
    yield "merge preview, rarest", lambda: tags.preview_merge([rare[0]], rare[1])


def measure(rounds: int, only: str, plans: bool) -> dict[str, Figures]:
    """Ask for everything in this process, by its own settings."""
    from django.contrib.auth.models import User
    from django.test import Client

    user, _made = User.objects.get_or_create(
        username="bench", defaults={"is_staff": True, "is_superuser": True}
    )
    client = Client()
    client.force_login(user)
    found: dict[str, Figures] = {}

    def asking(path: str) -> Any:
        return lambda: client.get(path).status_code

    asked = [(name, asking(path)) for name, path in scenarios()]
    for name, ask in [*asked, *questions()]:
        if only in name:
            found[name] = _measured(ask, rounds, plans)
    return found


def _measured(ask: Any, rounds: int, plans: bool) -> Figures:
    from django.db import connection

    statements: list[tuple[float, str, Any]] = []

    def note(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        started = time.perf_counter()
        try:
            return execute(sql, params, many, context)
        finally:
            took = 1000 * (time.perf_counter() - started)
            statements.append((took, sql, params))

    status = ask()
    with connection.execute_wrapper(note):
        ask()
    took, used = [], []
    for _ in range(rounds):
        started, before = time.perf_counter(), time.process_time()
        ask()
        took.append(1000 * (time.perf_counter() - started))
        used.append(1000 * (time.process_time() - before))
    pages, whole = _looked_at(statements) if plans else (0, set())
    slowest = max(statements, default=(0.0, "", None), key=lambda each: each[0])
    return {
        "status": status if isinstance(status, int) else "",
        "queries": len(statements),
        "slowest": round(slowest[0], 1),
        "sql": slowest[1],
        "ms": round(min(took), 1),
        "cpu": round(min(used), 1),
        "pages": pages,
        "whole": sorted(whole),
    }


def _looked_at(statements: list[tuple[float, str, Any]]) -> tuple[int, set[str]]:
    """Pages that these statements look at, and large tables that are read whole."""
    from django.db import connection

    pages, found = 0, set[str]()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relkind = 'r' AND reltuples > %s",
            [LARGE],
        )
        large = {row[0] for row in cursor.fetchall()}
        for _took, sql, params in statements:
            if not sql.startswith(("SELECT", "(SELECT", "WITH")):
                continue
            cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {sql}", params)
            plan = cursor.fetchone()[0][0]["Plan"]
            pages += plan["Shared Hit Blocks"] + plan["Shared Read Blocks"]
            found |= set(_read_whole(plan))
    return pages, found & large


def _read_whole(plan: dict[str, Any]) -> Iterator[str]:
    if plan["Node Type"] == "Seq Scan":
        yield plan["Relation Name"]
    for part in plan.get("Plans", []):
        yield from _read_whole(part)


def table(told: dict[str, dict[str, Figures]]) -> list[str]:
    """One row for each scenario: the first database beside the last."""
    first, last = list(told)[0], list(told)[-1]
    heads = ["", "statements", "slowest, ms", "pages", "×", "CPU, ms", "×", "ms", "×"]
    lines = [f"{first} → {last}", "", f"| {' | '.join([*heads, 'read whole'])} |"]
    lines.append(f"|{'---|' * (len(heads) + 1)}")
    for name, before in told[first].items():
        after = told[last].get(name, before)
        cells = [name, f"{before['queries']} → {after['queries']}"]
        cells.append(f"{before['slowest']:.0f} → {after['slowest']:.0f}")
        for key in ("pages", "cpu", "ms"):
            cells.append(f"{before[key]:.0f} → {after[key]:.0f}")
            cells.append(f"{after[key] / max(before[key], 1):.2f}")
        cells.append(", ".join(after["whole"]).replace("articles_", ""))
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    parser.add_argument("--pieces", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--waiting", type=int, nargs="+", default=[2_000, 10_000])
    parser.add_argument("--urls", nargs="+", default=[])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", default="", help="scenarios with this in their name")
    parser.add_argument("--plans", action="store_true")
    parser.add_argument("--json", default="")
    options = parser.parse_args()
    told: dict[str, dict[str, Figures]] = {}
    if options.urls:
        for url in options.urls:
            told[url.rpartition("/")[2]] = _apart(url, options)
    else:
        for pieces, waiting in zip(options.pieces, options.waiting, strict=True):
            with filled(pieces, waiting) as url:
                told[f"{pieces:,}"] = _apart(url, options)
    sys.stdout.write("\n".join([*table(told), ""]))
    if options.json:
        Path(options.json).write_text(json.dumps(told, indent=1), encoding="utf-8")


def _apart(url: str, options: argparse.Namespace) -> dict[str, Figures]:
    """What a process of its own has measured on that database."""
    settings = {
        "DATABASE_URL": url,
        "SECRET_KEY": "for a bench, which signs nothing at all, for nobody",
        "ALLOWED_HOSTS": "testserver",
        "DEBUG": "0",
        "DJANGO_SETTINGS_MODULE": "newsroom.settings",
    }
    with tempfile.TemporaryDirectory() as folder:
        settings |= {"STATIC_ROOT": f"{folder}/static", "MEDIA_ROOT": f"{folder}/media"}
        os.environ["STATIC_ROOT"] = settings["STATIC_ROOT"]
        manage(url, "collectstatic", "--no-input", "-v", "0")
        told = Path(folder) / "told.json"
        wanted = [str(options.rounds), options.only, "plans" * options.plans, str(told)]
        subprocess.run(
            [sys.executable, "-m", "tests.bench.admin", *wanted],
            cwd=REPOSITORY,
            env=os.environ | settings,
            check=True,
        )
        measured: dict[str, Figures] = json.loads(told.read_text(encoding="utf-8"))
        return measured


if __name__ == "__main__":
    import django

    django.setup()
    rounds, only, plans, to = sys.argv[1:]
    figures = measure(int(rounds), only, bool(plans))
    Path(to).write_text(json.dumps(figures), encoding="utf-8")
