"""What the readers of feeds share: items made into records, with lenience.

An editor can mend a file, but not somebody else's feed: what is dirty is cleaned,
what is unusable is left out, and only an item without a link is refused.
"""

import html
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import urljoin

from articles.excerpts import words_or_graphemes
from articles.ingest import dates, identity, sanitise
from articles.ingest.entries import LIMITS, MAX_TAGS, Record, Refused, kept_raw
from articles.ingest.records import LANGUAGE
from articles.ingest.text import clean
from articles.names import slug_for

#: Of the text of an item without a title, as sources of short messages have it,
#: what stands for one: headlines have up to a dozen words, in scripts without
#: blanks up to forty characters.
TITLE_WORDS, TITLE_CHARACTERS = 12, 40


@dataclass(slots=True)
class Item:
    """An item of a feed in the feed's own values; "" and [] are absent.

    ``title``, ``source`` and ``author`` are plain text, ``category`` and ``tags``
    may hold entities; ``summary`` and ``body`` are HTML. ``links``, ``images``,
    ``dates`` and ``updated`` are tried in their order until one is usable; links may
    be relative to ``base``.
    """

    line: int
    base: str = ""
    links: list[str] = field(default_factory=list)
    title: str = ""
    source: str = ""
    dates: list[str] = field(default_factory=list)
    updated: list[str] = field(default_factory=list)
    category: str = ""
    summary: str = ""
    body: str = ""
    author: str = ""
    language: str = ""
    external_id: str = ""
    images: list[str] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Feed:
    """What a reader finds: the feed's own values, "" and None where absent.

    ``total`` counts its items before any was left out. ``problem`` says in plain
    words what is wrong with a feed of which whole items could be read.
    """

    version: str
    title: str
    items: list[Item | Refused]
    total: int
    site_url: str = ""
    self_url: str = ""
    ttl_minutes: int | None = None
    problem: str = ""


def to_record(item: Item, now: datetime | None = None) -> Record | Refused:
    """The item as a record, absent fields left out; refused without a link.

    Dates more than a year after ``now``, which is the clock's, are absent.
    """
    now = now or datetime.now(UTC)
    published = _readable_date(item.dates, now)
    values: dict[str, object] = {
        "url": first_url(item.links, item.base),
        "title": _cut(item.title, "title") or _first_words(item),
        "source": _cut(item.source, "source"),
        "published": published,
        "updated": _other_date(item.updated, published, now),
        "category": _cut(html.unescape(item.category), "category"),
        "summary": _summary(item.summary),
        "body": _storable(item.body)[: LIMITS["body"]],
        "author": _cut(item.author, "author"),
        "language": _language(item.language),
        "external_id": _external_id(item.external_id),
        "image_url": first_url(item.images, item.base),
        "tags": list(_tags(item.tags)),
    }
    data = {name: value for name, value in values.items() if value}
    raw = kept_raw(json.dumps(data, ensure_ascii=False))
    if "url" not in data:
        return Refused(item.line, _no_link(item.links), data, raw)
    return Record(item.line, data, raw)


def plain_text(markup: str) -> str:
    """A line of text from a line that may hold tags and entities."""
    return clean(sanitise.text(_storable(markup))) if markup else ""


def paragraphs(text: str) -> str:
    """Plain text as HTML, a paragraph for each block between empty lines."""
    blocks = re.split(r"\n\s*\n", text.replace("\r\n", "\n").strip())
    return "".join(f"<p>{html.escape(block.strip())}</p>" for block in blocks if block)


def _no_link(links: Iterable[str]) -> str:
    shown = next((clean(_storable(link)) for link in links if link.strip()), "")
    if shown:
        return f"the item's link “{shown[:100]}” is no http or https address"
    return "the item has no link"


def first_url(candidates: Iterable[str], base: str) -> str:
    """The first that is an http or https address, absolute, on ``base``; else ""."""
    for candidate in candidates:
        if not candidate.strip():
            continue
        try:
            url = identity.http_url(urljoin(base, _storable(candidate).strip()))
        except ValueError:
            continue
        if len(url) <= LIMITS["url"]:
            return url
    return ""


def _readable_date(candidates: Iterable[str], now: datetime) -> str:
    """The first that is a date, as it is written."""
    for candidate in candidates:
        text = clean(_storable(candidate))
        if _moment(text, now):
            return text
    return ""


def _other_date(candidates: Iterable[str], published: str, now: datetime) -> str:
    """The first that is a date, unless it names the same moment as ``published``."""
    text = _readable_date(candidates, now)
    return text if _moment(text, now) != _moment(published, now) else ""


def _moment(text: str, now: datetime) -> datetime | None:
    try:
        return dates.parse(text, date_format=None, zone=UTC, now=now)
    except ValueError:
        return None


def _first_words(item: Item) -> str:
    text = plain_text(item.summary) or plain_text(item.body)
    return _cut(words_or_graphemes(text, TITLE_WORDS, TITLE_CHARACTERS), "title")


def _cut(text: str, name: str) -> str:
    text, limit = clean(_storable(text)), LIMITS[name]
    if name in {"source", "category"} and not slug_for(text):
        return ""
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def _summary(markup: str) -> str:
    """As it is found, or its text, cut, where that would be too long."""
    markup = _storable(markup)
    if len(markup) <= LIMITS["summary"]:
        return markup
    return html.escape(_cut(plain_text(markup), "summary"), quote=False)


def _language(text: str) -> str:
    tag = clean(text).replace("_", "-")
    return tag if len(tag) <= LIMITS["language"] and LANGUAGE.fullmatch(tag) else ""


def _external_id(text: str) -> str:
    # One that is cut off could be that of several items.
    text = clean(_storable(text))
    return text if len(text) <= LIMITS["external_id"] else ""


def _tags(names: Iterable[str]) -> list[str]:
    tags = dict.fromkeys(
        plain_text(name).lstrip("#\N{FULLWIDTH NUMBER SIGN} ") for name in names
    )
    fit = [tag for tag in tags if slug_for(tag) and len(tag) <= LIMITS["tags"]]
    return fit[:MAX_TAGS]


def _storable(text: str) -> str:
    """Without NULs and lone surrogates, which no database takes."""
    return text.encode("utf-8", "ignore").decode().replace("\0", "")
