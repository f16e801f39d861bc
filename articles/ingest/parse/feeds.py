"""A feed that was fetched, of whatever kind its bytes are, as entries."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from articles.ingest.entries import Entry, Refused, Unreadable, kept_raw
from articles.ingest.records import Defaults, Invalid, to_entry
from articles.ingest.text import clean

from . import jsonfeed, syndication
from .answers import MOST_RAW_DATE, entry_values, refused_values
from .charset import decoded
from .items import Feed, Item, to_record
from .markup import NotFeed

__all__ = ["MOST_ITEMS", "Unreadable", "entries", "parse"]

#: Items that are kept, the newest. The largest feeds of news have some hundreds.
MOST_ITEMS = 1_000
#: Characters of a feed's title.
_MOST_TITLE = 200


def parse(data: bytes, *, url: str, content_type: str, source: str = "") -> Feed:
    """The feed that ``data`` is, whatever ``content_type`` and ``url`` say it is.

    Raises Unreadable, which says in plain words why it is no feed.
    """
    text = decoded(data, content_type)
    begin = text[:4_096].lstrip()[:1]
    if not text.strip():
        raise NotFeed("the answer is empty")
    if begin in {"{", "["}:
        return jsonfeed.parse(text, source=source, base=url, most=MOST_ITEMS)
    return syndication.parse(text, source=source, base=url, most=MOST_ITEMS)


def entries(
    data: bytes, *, url: str, content_type: str, source: str, now: str, zone_name: str
) -> dict[str, Any]:
    """The values of a ParsedFeed. Raises Unreadable.

    ``source`` is the publisher of every entry: a feed cannot speak for another.
    """
    feed = parse(data, url=url, content_type=content_type)
    defaults = Defaults(
        source=source,
        date_format=None,
        zone=ZoneInfo(zone_name),
        now=datetime.fromisoformat(now).astimezone(UTC),
    )
    found = list(_each(feed, defaults))
    title = clean(feed.title)
    return {
        "entries": [entry_values(each) for each in found if isinstance(each, Entry)],
        "refused": [
            refused_values(each) for each in found if isinstance(each, Refused)
        ],
        "title": title[:_MOST_TITLE],
        "site_url": feed.site_url,
        "self_url": feed.self_url,
        "ttl_minutes": feed.ttl_minutes,
        "problem": feed.problem,
        "total": feed.total,
        "version": feed.version,
    }


def _each(feed: Feed, defaults: Defaults) -> Iterator[Entry | Refused]:
    for number, item in enumerate(feed.items, start=1):
        # Nobody has the lines of what was fetched before them, but items can be
        # counted; and many feeds are a single line.
        found = item if isinstance(item, Refused) else _entry(item, defaults)
        yield replace(found, line=number)


def _entry(item: Item, defaults: Defaults) -> Entry | Refused:
    item.source = defaults.source
    record = to_record(item, defaults.now)
    if isinstance(record, Refused):
        return record
    if "title" not in record.data:
        reason = "the item is empty: it has neither a title nor a text"
        return Refused(record.line, reason, record.data, record.raw)
    try:
        entry = to_entry(record, defaults)
    except Invalid as error:
        return Refused(record.line, str(error), record.data, record.raw)
    if entry.published is None:
        # A date that cannot be read is none, but what was written is kept.
        return replace(entry, published_raw=_raw_date(item))
    return entry


def _raw_date(item: Item) -> str:
    written = (clean(kept_raw(text)) for text in item.dates)
    return next((text for text in written if text), "")[:MOST_RAW_DATE]
