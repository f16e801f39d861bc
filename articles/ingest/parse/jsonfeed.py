"""JSON Feed 1.0 and 1.1 (jsonfeed.org/version/1.1)."""

import html
import json
import re
from collections.abc import Iterator
from typing import BinaryIO

from articles.ingest.entries import Record, Refused, Unreadable, kept_raw

from .items import Feed, Item, first_url, paragraphs, plain_text, to_record
from .json_records import MAX_DIGITS, plain
from .markup import NotFeed
from .streams import refuse_utf16, whole

# The address that names the version, or but the version.
_VERSION = re.compile(
    r"(?:https?://(?:www\.)?jsonfeed\.org/version/)?(1(?:\.[01])?)/?", re.IGNORECASE
)


def read(
    stream: BinaryIO, *, source: str = "", base: str = ""
) -> Iterator[Record | Refused]:
    """The feed's items; the line of each is its 1-based number.

    Raises Unreadable for what is no JSON, no JSON Feed or more than 20 MB.
    """
    found = _feed(_object(_decoded(whole(stream))), source, base)
    for item in found.items:
        yield item if isinstance(item, Refused) else to_record(item)


def parse(text: str, *, source: str = "", base: str = "", most: int = 0) -> Feed:
    """A JSON Feed; of its items the ``most`` newest, or all for 0.

    Raises Unreadable for what is no JSON, and NotFeed for what is no JSON Feed: its
    version is one of those that the specification names.
    """
    fields = _object(text)
    version = _VERSION.fullmatch(_Fields(fields).text("version").strip())
    if version is None:
        raise NotFeed("this is JSON, but not JSON Feed: it names no version of it")
    return _feed(fields, source, base, most, version[1])


def _feed(
    fields: dict[str, object], source: str, base: str, most: int = 0, version: str = ""
) -> Feed:
    feed = _Fields(fields)
    values = fields.get("items")
    if not isinstance(values, list):
        raise Unreadable("this is no JSON Feed: it has no list “items”")
    address = base or feed.text("feed_url") or feed.text("home_page_url")
    title = plain_text(feed.text("title"))
    items: list[Item | Refused] = []
    for number, value in _newest(list(enumerate(values, start=1)), most):
        if isinstance(value, dict):
            item = _item(number, _Fields(value), feed, source or title, address)
            items.append(item)
        else:
            reason = f"item {number} is not an object in braces"
            raw = kept_raw(value if isinstance(value, str) else "")
            items.append(Refused(number, reason, None, raw))
    return Feed(
        version=f"json{version.replace('.', '')}",
        title=title,
        items=items,
        total=len(values),
        site_url=first_url([feed.text("home_page_url")], address),
        self_url=first_url([feed.text("feed_url")], address),
    )


def _newest(items: list[tuple[int, object]], most: int) -> list[tuple[int, object]]:
    if not most or len(items) <= most:
        return items
    # Dates of RFC 3339 sort as text to within the hours of their zones, which is
    # near enough to choose a thousand.
    ranked = sorted(items, key=lambda each: _date_text(each[1]), reverse=True)
    return sorted(ranked[:most], key=lambda each: each[0])


def _date_text(item: object) -> str:
    fields = _Fields(item) if isinstance(item, dict) else _Fields({})
    return fields.text("date_published") or fields.text("date_modified")


class _Fields:
    """An object's values by type; those of another type are absent."""

    def __init__(self, fields: dict[str, object]) -> None:
        self.fields = fields

    def text(self, name: str) -> str:
        value = self.fields.get(name)
        if isinstance(value, int | float) and not isinstance(value, bool):
            return str(value)
        return value if isinstance(value, str) else ""

    def objects(self, name: str) -> list["_Fields"]:
        value = self.fields.get(name)
        values = value if isinstance(value, list) else [value]
        return [_Fields(each) for each in values if isinstance(each, dict)]

    def texts(self, name: str) -> list[str]:
        value = self.fields.get(name)
        values = value if isinstance(value, list) else []
        return [each for each in values if isinstance(each, str)]


def _decoded(data: bytes) -> str:
    refuse_utf16(data[:4])
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise Unreadable(
            f"not UTF-8: byte 0x{data[error.start]:02x} on line {line}", line
        ) from None


def _object(text: str) -> dict[str, object]:
    try:
        # A number of many digits is quadratic to read, and nothing here counts.
        feed = json.loads(
            text, parse_int=lambda n: int(n) if len(n) <= MAX_DIGITS else n
        )
    except json.JSONDecodeError as error:
        raise Unreadable(
            f"not JSON at line {error.lineno}, column {error.colno}: {plain(error)}",
            error.lineno,
        ) from None
    except RecursionError:
        raise Unreadable("this feed is nested too deep to be one") from None
    if not isinstance(feed, dict):
        raise NotFeed("this is no JSON Feed: a feed is an object in braces")
    return feed


def _item(number: int, item: _Fields, feed: _Fields, source: str, base: str) -> Item:
    tags = item.texts("tags")
    content = item.text("content_text")
    return Item(
        line=number,
        base=base,
        links=[item.text("url"), item.text("external_url"), *_id_as_link(item)],
        title=plain_text(item.text("title")),
        source=source,
        dates=[item.text("date_published"), item.text("date_modified")],
        updated=[item.text("date_modified")],
        category=tags[0] if len(tags) == 1 else "",
        summary=html.escape(item.text("summary")),
        body=item.text("content_html") or paragraphs(content),
        author=_authors(item) or _authors(feed),
        language=item.text("language") or feed.text("language"),
        external_id=item.text("id"),
        images=[item.text("image"), item.text("banner_image"), *_attached(item)],
        tags=tags,
    )


def _id_as_link(item: _Fields) -> list[str]:
    """The id, which should be an address (1.1, "Items"), else what is attached."""
    address = item.text("id")
    is_one = address.lower().startswith(("http://", "https://"))
    attached = [each.text("url") for each in item.objects("attachments")]
    return [address, *attached] if is_one else attached


def _authors(fields: _Fields) -> str:
    """Version 1.1 has ``authors``, 1.0 one ``author``."""
    authors = fields.objects("authors") or fields.objects("author")
    return ", ".join(name for each in authors if (name := each.text("name")))


def _attached(item: _Fields) -> list[str]:
    return [
        each.text("url")
        for each in item.objects("attachments")
        if each.text("mime_type").startswith("image/")
    ]
