"""Whether the reader's site holds together: a walk over 2,000 pieces.

    python -m tests.bench site [--pieces 2000] [--most 20000] [--serve]

A real server (gunicorn, static files collected) on a database that is thrown away.
Every kind of page is asked for in each language, then every address of ours that an
answer leads to, up to ``--most``. Printed are the answers by kind, the weight of a
page of 20 pieces, and what is wrong; the exit code is 1 if anything is. With
``--serve`` the site stays for other programs until it is interrupted.
"""

import argparse
import gzip
import http.client
import os
import signal
import tempfile
import threading
import time
from collections import Counter, defaultdict, deque
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urldefrag, urljoin, urlsplit

from . import site_rules as rules
from .desk import server
from .fetching import manage
from .site_pieces import SECRET, Kind, seed

LANGUAGES = ("", "/ja")
#: What programs ask for, without a language.
PROGRAMS = (
    "/sitemap.xml",
    "/news-sitemap.xml",
    "/opml.xml",
    "/robots.txt",
    "/manifest.webmanifest",
    "/.well-known/security.txt",
    "/.well-known/tdmrep.json",
)
#: Bytes of a page of 20 pieces with style and scripts, compressed; of its scripts.
HEAVIEST, HEAVIEST_SCRIPTS = 40_000, 8_000
#: Faults that are told of one kind.
TOLD = 5
XML = ("application/xml", "text/x-opml")
FEEDS = ("application/rss+xml", "application/atom+xml", "application/feed+json")


@dataclass(slots=True)
class Answer:
    """What came of one request; ``page`` is the tree of an HTML page."""

    address: str
    status: int
    type: str
    headers: dict[str, str]
    body: bytes
    page: Any = None


@dataclass(slots=True)
class Walk:
    """What was found so far; faults by the kind of page, then by their words."""

    origin: str
    answers: Counter[str] = field(default_factory=Counter)
    statuses: dict[str, int] = field(default_factory=dict)
    faults: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    leading: dict[str, str] = field(default_factory=dict)
    ids: dict[str, set[str]] = field(default_factory=dict)
    anchors: dict[tuple[str, str], str] = field(default_factory=dict)
    alternates: dict[str, frozenset[str]] = field(default_factory=dict)
    listed: set[str] = field(default_factory=set)  # by a sitemap
    hidden: set[str] = field(default_factory=set)  # by themselves
    unasked: int = 0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pieces", type=int, default=2_000)
    parser.add_argument("--most", type=int, default=20_000, help="addresses asked for")
    parser.add_argument("--serve", action="store_true", help="go on serving")
    options = parser.parse_args()
    # Who ends it by a signal ends the server, too.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with tempfile.TemporaryDirectory() as folder:
        database = f"sqlite:///{folder}/site.sqlite3"
        kinds = _set_up(options.pieces, database, Path(folder))
        with server(database, folder) as origin:
            for kind in kinds:
                print(f"{kind.status} {origin}{kind.path}  {kind.name}")  # noqa: T201
            walk = Walk(origin)
            start = time.monotonic()
            visit(walk, kinds, options.most)
            print("\n".join(report(walk, kinds)))  # noqa: T201
            print(f"\n{time.monotonic() - start:.0f} s", flush=True)  # noqa: T201
            if options.serve:
                _wait()
    raise SystemExit(bool(walk.faults))


def _wait() -> None:
    with suppress(KeyboardInterrupt):
        threading.Event().wait()


def _set_up(pieces: int, database: str, folder: Path) -> list[Kind]:
    os.environ |= {
        "DATABASE_URL": database,
        "SECRET_KEY": "for a bench, which signs nothing",
        "MEDIA_ROOT": f"{folder}/media",
        "STATIC_ROOT": f"{folder}/static",
        "ALLOWED_HOSTS": "testserver,127.0.0.1",
        "NEWSROOM_APP_STORE_URL": "https://apps.example/app/id1",
        "NEWSROOM_SECURITY_CONTACT": "mailto:security@news.example",
        "DEBUG": "0",
        "DJANGO_SETTINGS_MODULE": "newsroom.settings",
    }
    import django

    django.setup()
    manage(database, "migrate", "--verbosity", "0")
    manage(database, "collectstatic", "--no-input", "--verbosity", "0")
    started = time.monotonic()
    kinds = seed(pieces, folder)
    print(f"seeded in {time.monotonic() - started:.0f} s", flush=True)  # noqa: T201
    return kinds


def visit(walk: Walk, kinds: Iterable[Kind], most: int) -> None:
    """Ask for every kind of page, and for what they lead to; note all in ``walk``."""
    expected = {
        walk.origin + language + kind.path: kind.status
        for language in LANGUAGES
        for kind in kinds
    }
    expected |= {walk.origin + path: 200 for path in PROGRAMS}
    waiting = deque(expected)
    known = set(waiting)
    ask = partial(_answer, threading.local())
    with ThreadPoolExecutor(4) as pool:
        while waiting and len(walk.statuses) < most:
            room = min(64, most - len(walk.statuses), len(waiting))
            batch = [waiting.popleft() for _ in range(room)]
            for answer in pool.map(ask, batch):
                for link in _note(walk, answer, expected.get(answer.address, 200)):
                    if link not in known:
                        known.add(link)
                        walk.leading[link] = answer.address
                        waiting.append(link)
    walk.unasked = len(waiting)
    _look_across(walk)


def _answer(own: threading.local, address: str) -> Answer:
    """Ask by this thread's connection, which is kept open."""
    parts = urlsplit(address)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    target = target if target.isascii() else _quoted(target)
    for _ in range(2):
        connection = getattr(own, "connection", None)
        if connection is None:
            own.connection = connection = http.client.HTTPConnection(parts.netloc)
        try:
            connection.request("GET", target)
            answer = connection.getresponse()
            body = answer.read()
        except (http.client.HTTPException, OSError):
            own.connection = None
            continue
        headers = {name.lower(): value for name, value in answer.getheaders()}
        type = headers.get("content-type", "").partition(";")[0]
        page = rules.parsed(body) if type == "text/html" and body else None
        return Answer(address, answer.status, type, headers, body, page)
    return Answer(address, 599, "", {}, b"")


def _quoted(target: str) -> str:
    from django.utils.encoding import iri_to_uri

    return iri_to_uri(target) or ""


def kind_of(path: str) -> str:
    """The name of an address in the URLconf, the language left out."""
    from urllib.parse import unquote

    from django.urls import Resolver404, resolve
    from django.utils import translation

    path = unquote(path)
    with translation.override("ja" if path.startswith("/ja/") else "en"):
        try:
            return resolve(path).url_name or "static"
        except Resolver404:
            return "none"


def _note(walk: Walk, answer: Answer, expected: int) -> Iterator[str]:
    """Note one answer; the addresses of ours that it leads to."""
    kind = kind_of(urlsplit(answer.address).path)
    walk.answers[kind] += 1
    walk.statuses[answer.address] = answer.status
    for fault in _faults(walk, answer, expected):
        walk.faults[kind].append(f"{answer.address}: {fault}")
    if answer.status in {301, 302, 308}:
        yield urljoin(answer.address, answer.headers["location"])
    elif answer.page is not None:
        yield from _links(walk, answer)
    elif answer.type in {*XML, *FEEDS}:
        yield from _addresses_in(walk, answer)
    elif answer.type == "text/css":
        yield from rules.fetched_by_style(answer.body.decode(), answer.address)


def _faults(walk: Walk, answer: Answer, expected: int) -> Iterator[str]:
    came_by = walk.leading.get(answer.address, "")
    if answer.status not in {expected, *([301] if expected == 200 else [])}:
        yield f"{answer.status} instead of {expected}, led to by {came_by}"
        return
    if "set-cookie" in answer.headers:
        yield "it sets a cookie"
    if "content-security-policy" not in answer.headers:
        yield "it has no policy"
    if SECRET.encode() in answer.body:
        yield f"it holds {SECRET}, which nobody may see"
    try:
        if answer.page is not None:
            yield from rules.page_faults(answer.page, answer.address, walk.origin)
        elif answer.type in FEEDS:
            yield from rules.feed_faults(answer.address, answer.body)
        elif answer.type == "text/x-opml":
            yield from rules.opml_faults(answer.body)
        elif answer.type == "text/css":
            found = rules.fetched_by_style(answer.body.decode(), answer.address)
            yield from rules.third_parties(found, walk.origin)
    except (ValueError, KeyError, TypeError, SyntaxError) as error:
        yield f"{type(error).__name__}: {error}"


def _links(walk: Walk, answer: Answer) -> Iterator[str]:
    page, address = answer.page, answer.address
    walk.ids[address] = set(page.xpath("//@id"))
    if others := page.xpath("//link[@rel='alternate' and @hreflang]/@href"):
        walk.alternates[address] = frozenset(others)
    if not rules.is_to_be_listed(page, address):
        walk.hidden.add(address)
    # Several tags at once have no end; robots.txt keeps crawlers out of them, too.
    leads = "+" not in urlsplit(address).path
    found = page.xpath("//a/@href | //link[@rel!='canonical']/@href") if leads else []
    for link in {*found, *rules.fetched_by(page, address)}:
        whole, fragment = urldefrag(urljoin(address, link))
        if whole.startswith(f"{walk.origin}/"):
            if fragment:
                walk.anchors.setdefault((whole, fragment), address)
            yield whole


def _addresses_in(walk: Walk, answer: Answer) -> Iterator[str]:
    """Addresses in a sitemap, a list of feeds, or a feed."""
    if answer.type == "application/feed+json":
        return
    for node in rules.etree.fromstring(answer.body).iter():
        values = [node.text or "", *node.attrib.values()]
        for value in (each.strip() for each in values):
            # An entry's id is a name, and leads nowhere.
            is_id = rules.etree.QName(node).localname in {"id", "guid"}
            if value.startswith(f"{walk.origin}/") and not is_id:
                if answer.type == XML[0]:
                    walk.listed.add(value)
                yield value


def _look_across(walk: Walk) -> None:
    """Faults between pages: anchors that are not there, translations that do not name
    one another, sitemaps with addresses that are not to be listed."""
    for address in walk.listed & walk.hidden:
        walk.faults["sitemap-of"].append(f"{address} is in a sitemap and says noindex")
    for (address, fragment), where in walk.anchors.items():
        if address in walk.ids and fragment not in walk.ids[address]:
            walk.faults["anchors"].append(f"{where}: no #{fragment} in {address}")
    for address, others in walk.alternates.items():
        for other in others:
            if other in walk.ids and walk.alternates.get(other) != others:
                walk.faults["hreflang"].append(f"{address}: {other} names others")


def weights(walk: Walk, kind: Kind) -> Iterator[tuple[str, int, int]]:
    """What a browser is sent for a page but pictures: name, bytes as they come to who
    takes gzip, bytes compressed."""
    address = walk.origin + kind.path
    page = _answer(threading.local(), address)
    files = {address}
    for each in rules.fetched_by(page.page, address):
        files |= {each} if each.endswith((".css", ".js")) else set()
    for each in sorted(files):
        parts = urlsplit(each)
        connection = http.client.HTTPConnection(parts.netloc)
        connection.request("GET", parts.path, headers={"Accept-Encoding": "gzip"})
        answer = connection.getresponse()
        sent = answer.read()
        is_packed = answer.headers.get("Content-Encoding") == "gzip"
        yield parts.path, len(sent), len(sent if is_packed else gzip.compress(sent))
        connection.close()


def report(walk: Walk, kinds: list[Kind]) -> Iterator[str]:
    """The tables, as Markdown; notes a page that is too heavy as a fault."""
    heavy = list(
        weights(walk, next(each for each in kinds if each.name == "tag, 20 pieces"))
    )
    whole = sum(packed for _, _, packed in heavy)
    scripts = sum(packed for name, _, packed in heavy if name.endswith(".js"))
    if whole > HEAVIEST or scripts > HEAVIEST_SCRIPTS:
        walk.faults["weight"].append(f"{whole} bytes, {scripts} of them scripts")
    yield "\n| A page of 20 pieces | Sent, bytes | Compressed, bytes |\n|---|---:|---:|"
    yield from (f"| {name} | {sent:,} | {packed:,} |" for name, sent, packed in heavy)
    yield f"| all (at most {HEAVIEST:,}) | | {whole:,} |"
    yield f"| scripts (at most {HEAVIEST_SCRIPTS:,}) | | {scripts:,} |\n"
    yield "| Kind of address | Answers | Faults |\n|---|---:|---:|"
    for kind in sorted({*walk.answers, *walk.faults}):
        yield f"| {kind} | {walk.answers[kind]:,} | {len(walk.faults.get(kind, []))} |"
    statuses = sorted(Counter(walk.statuses.values()).items())
    yield f"\nanswers: {', '.join(f'{number:,} × {each}' for each, number in statuses)}"
    yield f"anchors: {len(walk.anchors):,}; known but not asked for: {walk.unasked:,}"
    for kind, faults in walk.faults.items():
        yield from (f"FAULT {kind}: {each}" for each in faults[:TOLD])
