"""JSON Feed 1.0 and 1.1 (jsonfeed.org/version/1.1)."""

import html
import json
from collections.abc import Iterator
from typing import BinaryIO

from articles.ingest.entries import Record, Refused, Unreadable, kept_raw

from .items import Item, paragraphs, plain_text, to_record
from .json_records import MAX_DIGITS, plain
from .streams import refuse_utf16, whole


def read(
    stream: BinaryIO, *, source: str = "", base: str = ""
) -> Iterator[Record | Refused]:
    """The feed's items; the line of each is its 1-based number.

    Raises Unreadable for what is no JSON, no JSON Feed or more than 20 MB.
    """
    feed = _Fields(_decoded(whole(stream)))
    items = feed.fields.get("items")
    if not isinstance(items, list):
        raise Unreadable("this is no JSON Feed: it has no list “items”")
    base = base or feed.text("feed_url") or feed.text("home_page_url")
    source = source or plain_text(feed.text("title"))
    for number, value in enumerate(items, start=1):
        if isinstance(value, dict):
            yield to_record(_item(number, _Fields(value), feed, source, base))
        else:
            reason = f"item {number} is not an object in braces"
            yield Refused(
                number, reason, None, kept_raw(value if isinstance(value, str) else "")
            )


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


def _decoded(data: bytes) -> dict[str, object]:
    refuse_utf16(data[:4])
    try:
        text = data.decode("utf-8-sig")
        # A number of many digits is quadratic to read, and nothing here counts.
        feed = json.loads(
            text, parse_int=lambda n: int(n) if len(n) <= MAX_DIGITS else n
        )
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise Unreadable(
            f"not UTF-8: byte 0x{data[error.start]:02x} on line {line}", line
        ) from None
    except json.JSONDecodeError as error:
        raise Unreadable(
            f"not JSON at line {error.lineno}, column {error.colno}: {plain(error)}",
            error.lineno,
        ) from None
    except RecursionError:
        raise Unreadable("this feed is nested too deep to be one") from None
    if not isinstance(feed, dict):
        raise Unreadable("this is no JSON Feed: a feed is an object in braces")
    return feed


def _item(number: int, item: _Fields, feed: _Fields, source: str, base: str) -> Item:
    tags = item.texts("tags")
    content = item.text("content_text")
    return Item(
        line=number,
        base=base,
        links=[item.text("url"), item.text("external_url")],
        title=plain_text(item.text("title")),
        source=source,
        dates=[item.text("date_published"), item.text("date_modified")],
        category=tags[0] if len(tags) == 1 else "",
        summary=html.escape(item.text("summary")),
        body=item.text("content_html") or paragraphs(content),
        author=_authors(item) or _authors(feed),
        language=item.text("language") or feed.text("language"),
        external_id=item.text("id"),
        images=[item.text("image"), item.text("banner_image"), *_attached(item)],
        tags=tags,
    )


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
