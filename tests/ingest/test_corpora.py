"""The suites of four feed readers, through the worker: what is kept of each feed.

The suites know of more than is kept here (ratings, clouds, podcasts), and most of
their items are made for one element and have no link, so that they are refused; what
was read of them stands in the refusal and is compared all the same.
"""

import ast
import json
import os
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from articles.ingest import dates, identity, sanitise
from articles.ingest.child import Children, NotAFeed, ParsedFeed
from articles.ingest.entries import Entry
from articles.ingest.text import clean

#: When the suites' dates lie neither too far back nor ahead.
NOW = datetime(2026, 3, 1, tzinfo=UTC)
#: The address feedparser's own tests serve their files from.
SERVED = "http://127.0.0.1:8097/"


@dataclass(frozen=True)
class Read:
    """What came of a file: a feed, or why it is none; seconds it took."""

    path: Path
    feed: ParsedFeed | None
    reason: str
    seconds: float

    def items(self) -> list[dict[str, Any]]:
        """What was read of each item, in the feed's order."""
        if self.feed is None:
            return []
        found = [(entry.line, _values(entry)) for entry in self.feed.entries]
        found += [(each.line, each.data or {}) for each in self.feed.refused]
        return [values for _, values in sorted(found, key=lambda each: each[0])]


@dataclass(frozen=True)
class Suite:
    """The files of a suite, by their names in it."""

    read: dict[str, Read]
    peak_kb: int

    def yielding(self) -> int:
        return sum(bool(each.feed and each.feed.entries) for each in self.read.values())


def _values(entry: Entry) -> dict[str, Any]:
    values = {
        "url": entry.url,
        "title": entry.title,
        "published": entry.published_raw,
        "updated": entry.updated and entry.updated.isoformat(),
        "summary": entry.summary,
        "body": entry.body,
        "author": entry.author,
        "external_id": entry.external_id,
        "tags": list(entry.tags),
    }
    return {name: value for name, value in values.items() if value}


def read_all(folder: Path, headers: dict[str, dict[str, str]] | None = None) -> Suite:
    """Every file of a suite through one worker; ``headers`` are those of its answer
    for each file that a server is to have sent."""
    found = {}
    peak = 0
    with Children() as children:
        for path in files(folder):
            name = path.relative_to(folder).as_posix()
            sent = (headers or {}).get(name)
            found[name] = read_one(children, path, name, sent)
            peak = max(peak, peak_memory())
    return Suite(found, peak)


def files(folder: Path) -> Iterator[Path]:
    """The feeds of a suite, without what is said about them."""
    for path in sorted(folder.rglob("*")):
        if not path.is_file() or path.name in {"MANIFEST.md", "expect.jsonl"}:
            continue
        if path.suffix == ".json" and path.with_suffix(".xml").exists():
            continue
        if path.stem.endswith("_expected"):
            continue
        yield path


def read_one(
    children: Children, path: Path, name: str, sent: dict[str, str] | None
) -> Read:
    feed, reason = None, ""
    began = time.perf_counter()
    try:
        feed = children.parse_feed(
            path.read_bytes(),
            url="" if sent is None else f"{SERVED}{name}",
            content_type=(sent or {}).get("content-type", ""),
            source="The Suite",
            now=NOW,
            zone_name="UTC",
        )
    except NotAFeed as error:
        reason = str(error)
    return Read(path, feed, reason, time.perf_counter() - began)


def peak_memory() -> int:
    """Of the worker that is at hand, in kB."""
    children = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
    peaks = [0]
    for pid in children:
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
        if b"articles.ingest.work" in command:
            status = Path(f"/proc/{pid}/status").read_text()
            peaks += [
                int(line.split()[1])
                for line in status.splitlines()
                if line.startswith("VmHWM")
            ]
    return max(peaks)


@dataclass(frozen=True)
class Claim:
    """What a suite says is to be found: of an item by its number, or of the feed."""

    name: str
    item: int | None
    field: str
    expected: str


def agrees(claim: Claim, read: Read) -> bool:
    """Whether what we kept is what is claimed, in our own terms."""
    if claim.item is None:
        return read.feed is not None and _of_feed(claim, read.feed)
    items = read.items()
    if claim.item >= len(items):
        return False
    found = items[claim.item]
    match claim.field:
        case "title":
            return same_text(claim.expected, found.get("title", ""))
        case "text":
            texts = [found.get("summary", ""), found.get("body", "")]
            return any(same_text(claim.expected, text) for text in texts)
        case "url":
            return found.get("url", "") == address(claim.expected)
        case "published" | "updated":
            # An item that has but one of the two dates was published then.
            written = {found.get("published", ""), found.get("updated", "")} - {""}
            return moment(claim.expected) in {moment(each) for each in written}
        case "author":
            return clean(claim.expected) in str(found.get("author", "")).split(", ")
        case "tags":
            return any(
                same_text(claim.expected, each) for each in found.get("tags", [])
            )
        case field:
            return clean(claim.expected) == found.get(field, "")


def _of_feed(claim: Claim, feed: ParsedFeed) -> bool:
    if claim.field == "title":
        return same_text(claim.expected, feed.title)
    return address(claim.expected) == feed.site_url


def same_text(expected: str, found: str) -> bool:
    """As text on one line; the suites differ on what of it is markup."""
    return clean(expected) == found or sanitise.text(expected) == sanitise.text(found)


def address(text: str) -> str:
    try:
        return identity.http_url(text)
    except ValueError:
        return ""


def moment(text: str) -> datetime | None:
    try:
        return dates.parse(text, date_format=None, zone=UTC, now=NOW)
    except ValueError:
        return None


def counted(claims: Iterable[Claim], suite: Suite) -> tuple[Counter[str], list[Claim]]:
    """How many claims of each field hold, and those that do not."""
    held: Counter[str] = Counter()
    broken = []
    for claim in claims:
        if agrees(claim, suite.read[claim.name]):
            held[claim.field] += 1
        else:
            broken.append(claim)
    return held, broken


#: feedparser's words for what is kept, as paths in its result.
FEEDPARSER = {
    ("title",): "title",
    ("title_detail", "value"): "title",
    ("link",): "url",
    ("id",): "external_id",
    ("guid",): "external_id",
    ("published_parsed",): "published",
    ("updated_parsed",): "updated",
    ("author_detail", "name"): "author",
    ("summary",): "text",
    ("description",): "text",
    ("summary_detail", "value"): "text",
    ("content", 0, "value"): "text",
}


def feedparser_claims(expectations: Iterable[dict[str, Any]]) -> Iterator[Claim]:
    """The comparisons with a constant that are about what is kept."""
    for each in expectations:
        for path, value in comparisons(each["expect"] or ""):
            match path:
                case ["entries", int(item), "tags", int(_), "term"]:
                    field = "tags"
                case ["entries", int(item), *keys]:
                    field = FEEDPARSER.get(tuple(keys), "")
                case ["feed", "title" | "link" as key]:
                    item, field = None, {"title": "title", "link": "url"}[key]
                case _:
                    continue
            if field and (expected := plain(value)):
                yield Claim(each["file"], item, field, expected)


def comparisons(expression: str) -> Iterator[tuple[list[str | int], object]]:
    """``path == constant`` in a conjunction, as a path and the constant."""
    try:
        root = ast.parse(expression.strip(), mode="eval").body
    except SyntaxError:
        return
    terms = root.values if isinstance(root, ast.BoolOp) else [root]
    if isinstance(root, ast.BoolOp) and not isinstance(root.op, ast.And):
        return
    for term in terms:
        if isinstance(term, ast.Compare) and isinstance(term.ops[0], ast.Eq):
            try:
                value = ast.literal_eval(term.comparators[0])
            except ValueError:
                continue
            if path := path_of(term.left):
                yield path, value


def path_of(node: ast.expr) -> list[str | int]:
    """The names and numbers of ``a['b'][0].c``; empty for any other expression."""
    match node:
        case ast.Name(name):
            return [name]
        case ast.Subscript(inner, ast.Constant(key)):
            return [*above, key] if (above := path_of(inner)) else []
        case ast.Attribute(inner, key):
            return [*above, key] if (above := path_of(inner)) else []
    return []


def plain(value: object) -> str:
    """A constant of an expectation as text; struct_time as an ISO date."""
    if isinstance(value, tuple) and len(value) == 9:
        return datetime(*value[:6], tzinfo=UTC).isoformat()
    return value if isinstance(value, str) else ""


#: gofeed's words for what is kept, at the level of its formats and of its own.
GOFEED = {
    "title": "title",
    "link": "url",
    "id": "external_id",
    "guid": "external_id",
    "publishedParsed": "published",
    "pubDateParsed": "published",
    "updatedParsed": "updated",
    "summary": "text",
    "description": "text",
    "content": "text",
}


def gofeed_claims(suite: Suite) -> Iterator[Claim]:
    """What gofeed reads of each of its files, so far as it is kept here."""
    for name, read in suite.read.items():
        partner = read.path.with_suffix(".json")
        if partner == read.path or not partner.exists():
            continue
        try:
            told = json.loads(partner.read_bytes())
        except ValueError:
            continue
        if isinstance(title := told.get("title"), str):
            yield Claim(name, None, "title", title)
        if isinstance(link := told.get("link"), str) and address(link):
            yield Claim(name, None, "url", link)
        for number, item in enumerate(told.get("items") or told.get("entries") or []):
            for field, value in told_of_item(item):
                if value.strip():
                    yield Claim(name, number, field, value)


def told_of_item(item: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for key, field in GOFEED.items():
        value = item.get(key)
        if isinstance(value, dict):
            value = value.get("value")
        if isinstance(value, str):
            yield field, value
    for author in item.get("authors") or []:
        yield "author", author.get("name") or ""
    for category in item.get("categories") or []:
        if isinstance(category, dict):
            labels = [category.get(key) for key in ("label", "term", "value")]
            category = next((label for label in labels if label), "")
        yield "tags", category
    links = item.get("links") or []
    alternate = [
        each["href"]
        for each in links
        if isinstance(each, dict)
        and each.get("rel", "alternate") == "alternate"
        and "href" in each
    ]
    if alternate:
        yield "url", alternate[0]


@pytest.fixture(scope="module")
def expectations(shared: Path) -> list[dict[str, Any]]:
    told = (shared / "feeds/feedparser/expect.jsonl").read_text()
    return [json.loads(line) for line in told.splitlines()]


@pytest.fixture(scope="module")
def feedparsers(shared: Path, expectations: list[dict[str, Any]]) -> Suite:
    # Its tests serve these files, and the others are read without an address.
    served = {
        each["file"]: each["headers"] for each in expectations if "http" in each["file"]
    }
    return read_all(shared / "feeds/feedparser", served)


@pytest.fixture(scope="module")
def gofeeds(shared: Path) -> Suite:
    return read_all(shared / "feeds/gofeed")


def test_no_file_of_feedparsers_suite_crashes_or_holds_up_the_worker(
    feedparsers: Suite,
) -> None:
    assert len(feedparsers.read) >= 2_106
    # Any file may be the first of a worker, and wait for its start.
    assert max(each.seconds for each in feedparsers.read.values()) < 3
    assert 0 < feedparsers.peak_kb < 100_000
    refused = [each for each in feedparsers.read.values() if each.feed is None]
    assert len(refused) <= 12
    assert all(each.reason for each in refused)


def test_feedparsers_items_with_a_link_become_entries(feedparsers: Suite) -> None:
    assert feedparsers.yielding() >= 25
    assert sum(bool(each.items()) for each in feedparsers.read.values()) >= 1_190


def test_what_feedparser_says_of_its_files_is_what_is_kept(
    feedparsers: Suite, expectations: list[dict[str, Any]]
) -> None:
    held, broken = counted(feedparser_claims(expectations), feedparsers)
    # What differs, all of it known and meant: players and what libxml2 takes to be
    # in them are no text; base64 that is not said to be text; categories go by the
    # label that is made for people; one of two texts is kept; CDF is not read, nor
    # are feeds that declare entities; no Content-Location but the feed's address.
    assert held.total() >= 1_140, broken
    assert held["title"] >= 455
    assert held["text"] >= 610
    assert held["url"] >= 30
    assert held["external_id"] >= 16
    assert len(broken) <= 50, broken


def test_no_file_of_gofeeds_suite_crashes_or_holds_up_the_worker(
    gofeeds: Suite,
) -> None:
    assert len(gofeeds.read) >= 541
    assert max(each.seconds for each in gofeeds.read.values()) < 3
    assert gofeeds.yielding() >= 20


def test_what_gofeed_says_of_its_files_is_what_is_kept(gofeeds: Suite) -> None:
    held, broken = counted(gofeed_claims(gofeeds), gofeeds)
    # What differs, all of it known and meant: how often "&amp;lt;" is to be decoded;
    # base64 that is not said to be text; references without a semicolon; a guid that
    # holds an element; a link with an attribute "uri", which feedparser prefers.
    assert held.total() >= 238, broken
    assert held["title"] >= 92
    assert held["author"] >= 19
    assert held["tags"] >= 20
    assert len(broken) <= 28, broken


@pytest.mark.parametrize(
    ("name", "items", "entries"),
    [
        ("full.atom", 5, 1),
        ("full.rss", 5, 1),
        ("full.json", 2, 2),
        ("relative.atom", 1, 1),
        ("relative.rss", 1, 1),
        ("empty.atom", 1, 0),
        ("empty.rss", 1, 0),
        ("empty.json", 1, 0),
        ("10.json", 0, 0),
        ("invalid.json", 8, 1),
    ],
)
def test_lemon24s_feeds_are_read(
    shared: Path, name: str, items: int, entries: int
) -> None:
    (path,) = (shared / "feeds/lemon24-reader").rglob(name)
    with Children() as children:
        read = read_one(children, path, name, {"content-type": "text/plain"})
    assert read.feed is not None
    assert (read.feed.total, len(read.feed.entries)) == (items, entries)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("unknown.json", "not JSON Feed"),
        ("custom", "no feed"),
        ("sqlite_releases.html", "a web page, not a feed"),
    ],
)
def test_what_lemon24_has_that_is_no_feed_is_none(
    shared: Path, name: str, reason: str
) -> None:
    (path,) = (shared / "feeds/lemon24-reader").rglob(name)
    with Children() as children:
        read = read_one(children, path, name, {"content-type": "application/rss+xml"})
    assert read.feed is None
    assert reason in read.reason


def test_commafeeds_feeds_are_read_and_its_lists_of_feeds_are_none(
    shared: Path,
) -> None:
    suite = read_all(shared / "feeds/commafeed")
    assert suite.yielding() == 2
    lists = [each for each in suite.read.values() if each.feed is None]
    assert len(lists) == 4
    assert all("<opml>, not a feed" in each.reason for each in lists)
