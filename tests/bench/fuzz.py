"""Whether anything breaks, whatever is asked: many made-up requests of every address.

    python -m tests.bench fuzz [--requests 20000] [--sockets 2000] [--seed N]
                               [--database URL]

Most go to the site in this process, some through raw sockets to a real server
(gunicorn), both on a database that is thrown away: SQLite, or the empty one that
``--database`` names. Prints the seed, the number of
answers by status, and what was wrong with which request; the exit code is 1 if
anything was. The same seed makes the same requests.
"""

import argparse
import itertools
import json
import logging
import os
import random
import socket
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from tests.fuzzing import Request, requests, wrong

from .desk import server

#: Requests with something wrong that are told.
TOLD = 20
#: Seconds that an answer may take.
PATIENCE = 20
#: What gunicorn itself says to what is no HTTP; the site is not asked then.
REFUSED = b"<html>\n  <head>\n    <title>"


def main() -> None:
    parser = argparse.ArgumentParser(description="Ask for what nobody would ask for.")
    parser.add_argument("--requests", type=int, default=20_000)
    parser.add_argument("--sockets", type=int, default=2_000)
    parser.add_argument("--seed", type=int, default=random.randrange(2**32))
    parser.add_argument("--database", default="")
    chosen = parser.parse_args()
    print(f"seed {chosen.seed}", flush=True)  # noqa: T201
    with tempfile.TemporaryDirectory() as folder:
        database = chosen.database or f"sqlite:///{folder}/fuzz.sqlite3"
        addresses, values = _set_up(database, folder)
        made = itertools.islice(
            requests(chosen.seed, addresses, values), chosen.requests
        )
        report = _in_process(made)
        with server(database, folder) as address:
            netloc = urlsplit(address).netloc
            # Another stream than that of this process.
            other = requests(chosen.seed + 1, addresses, values)
            made = itertools.islice(other, chosen.sockets)
            report["sockets"] = _asked((each, _answered(netloc, each)) for each in made)
    report["addresses"] = len(set(addresses))
    print(json.dumps(report, indent=2, ensure_ascii=True))  # noqa: T201
    raise SystemExit(bool(report["wrong"] or report["sockets"]["wrong"]))


def _set_up(database: str, folder: str) -> tuple[list[str], list[str]]:
    """Make the database and a small house; its addresses, and values of parameters."""
    os.environ |= {
        "DATABASE_URL": database,
        "SECRET_KEY": "for a bench, which signs nothing",
        "MEDIA_ROOT": f"{folder}/media",
        "STATIC_ROOT": f"{folder}/static",
        "ALLOWED_HOSTS": "testserver,127.0.0.1",
        "DEBUG": "0",
        "DJANGO_SETTINGS_MODULE": "newsroom.settings",
    }
    import django

    django.setup()
    logging.disable(logging.CRITICAL)
    from django.core.management import call_command

    from articles.models import Article

    call_command("migrate", verbosity=0)
    call_command("seed_demo", verbosity=0, stdout=open(os.devnull, "w"))  # noqa: SIM115
    from tests.site.every_address import in_urlconf

    articles = Article.objects.published().select_related("source", "category")[:3]
    tags = [tag for article in articles for tag in article.tags.all()][:3]
    pictures = [article.image for article in articles if article.image]
    parts = {
        "slug": [
            *(tag.slug for tag in tags),
            "+".join(sorted(tag.slug for tag in tags[:2])),
            articles[0].source.slug,
            articles[0].category.slug,
        ],
        "pk": [article.pk for article in articles],
        "name": [tag.name for tag in tags],
        "path": [name for each in pictures for name in _files(each)],
        "year": [articles[0].listed_at.year],
        "month": [articles[0].listed_at.month],
        "day": [articles[0].listed_at.day],
    }
    own = [article.get_absolute_url() for article in articles]
    found = in_urlconf(parts)
    # Of the admin there are more addresses than of the site; it is asked less.
    public = [address for address in found if not address.startswith("/admin/")]
    addresses = [*found, *(own + public) * 4, "/static/css/site.css", "/no/such/page"]
    values = [
        *(article.pk for article in articles),
        *parts["slug"],
        *(f"{article.listed_at:%Y-%m-%d}" for article in articles),
        *(article.shown_headline.split()[0] for article in articles),
        *(1, 20, 100, "en", "ja"),
    ]
    return addresses, [str(value) for value in values]


def _files(image: Any) -> list[str]:
    """The names of a picture and of what was made of it."""
    made = (image.renditions or {}).items()
    smaller = (image.name_of(width, form) for form, widths in made for width in widths)
    return [image.file.name, *smaller]


def _in_process(made: Iterator[Request]) -> dict[str, Any]:
    from django.contrib.auth.models import User
    from django.test import Client

    from tests.inprocess import answered

    reader = Client(raise_request_exception=False, enforce_csrf_checks=True)
    chief = Client(raise_request_exception=False, enforce_csrf_checks=True)
    chief.force_login(User.objects.create_superuser("fuzz"))
    return _asked(
        (request, answered(chief if at % 4 == 0 else reader, request))
        for at, request in enumerate(made)
    )


def _asked(
    answers: Iterator[tuple[Request, tuple[int, dict[str, str], bytes]]],
) -> dict[str, Any]:
    statuses: Counter[str] = Counter()
    bad: list[str] = []
    slowest, start = 0.0, time.monotonic()
    before = start
    for request, (status, headers, body) in answers:
        now = time.monotonic()
        slowest, before = max(slowest, now - before), now
        if status < 500 and body.startswith(REFUSED) and "allow" not in headers:
            statuses["refused by the server"] += 1
            continue
        statuses[str(status)] += 1
        if found := wrong(status, headers, body):
            end = body[-200:] if status == 599 else b""
            bad.append(f"{found} {request!r}"[:600] + repr(end))
    return {
        "requests": statuses.total(),
        "seconds": round(time.monotonic() - start, 1),
        "slowest_ms": round(slowest * 1000),
        "statuses": dict(sorted(statuses.items())),
        "wrong": len(bad),
        "told": bad[:TOLD],
    }


def _answered(netloc: str, request: Request) -> tuple[int, dict[str, str], bytes]:
    host, _, port = netloc.partition(":")
    headers = {"Host": netloc, "Connection": "close"} | request.headers
    if request.body:
        headers["Content-Length"] = str(len(request.body))
    lines = [f"{request.method} {request.target} HTTP/1.1"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    data = "\r\n".join([*lines, "", ""]).encode("utf-8", "surrogatepass") + request.body
    with socket.create_connection((host, int(port)), PATIENCE) as connection:
        whole = b""
        try:
            connection.sendall(data)
            while part := connection.recv(65536):
                whole += part
        except ConnectionError:
            pass  # what came before it is the answer
    head, _, body = whole.partition(b"\r\n\r\n")
    if head.startswith(b"HTTP/1.1 100"):  # "go on": the answer comes behind it
        head, _, body = body.partition(b"\r\n\r\n")
    first, *rest = head.decode("latin-1").split("\r\n")
    if not first.startswith("HTTP/1."):
        return 599, {}, b"no answer"
    pairs = (line.partition(":") for line in rest)
    answered = {name.lower(): value.strip() for name, _, value in pairs}
    return int(first.split()[1]), answered, body
