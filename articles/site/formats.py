"""How a feed is written: RSS 2.0, Atom 1.0 (RFC 4287), JSON Feed 1.1."""

import json
import mimetypes
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from django.http import HttpResponse
from django.utils import feedgenerator
from django.utils.feedgenerator import (
    Atom1Feed,
    Enclosure,
    Rss201rev2Feed,
    rfc3339_date,
)

from articles.ingest.text import printable

#: Minutes for which a reader may keep a feed.
MINUTES = 15
#: When a feed in which nothing is changed last: it must say something, and the same
#: at every request.
NEVER = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Entry:
    """A piece as feeds tell it: nothing but what may be shown in one."""

    id: str
    url: str
    original: str
    title: str
    text: str
    author: str
    source: str
    source_url: str
    source_page: str
    published: datetime
    updated: datetime
    language: str = ""
    category: str = ""
    tags: list[str] = field(default_factory=list)
    image: str = ""


@dataclass(frozen=True, slots=True)
class Feed:
    """A listing as feeds tell it; ``older`` is the address of what comes behind."""

    title: str
    page: str
    address: str
    language: str
    rights: str
    entries: list[Entry]
    older: str = ""

    @property
    def updated(self) -> datetime:
        return max((each.updated for each in self.entries), default=NEVER)


class XmlFeed(feedgenerator.SyndicationFeed):
    """A feed that is filled from ours, without what XML has no way to write.

    Sources' texts are clean, but editors paste: a word processor's soft line break
    is a control character, and one of it would break every feed the piece is in
    (XML 1.0, 2.2).
    """

    @classmethod
    def of(cls, feed: Feed) -> "XmlFeed":
        made = cls(
            title=printable(feed.title),
            link=feed.page,
            description=printable(feed.title),
            language=feed.language,
            feed_url=feed.address,
            feed_guid=feed.address,
            feed_copyright=printable(feed.rights),
            ttl=MINUTES,
            older=feed.older,
            updated=feed.updated,
        )
        for entry in feed.entries:
            made.add_entry(_printable(entry))
        return made

    def add_entry(self, entry: Entry) -> None:
        self.add_item(
            title=entry.title,
            link=entry.url,
            description=entry.text,
            author_name=entry.author,
            pubdate=entry.published,
            updateddate=entry.updated,
            unique_id=entry.id,
            unique_id_is_permalink=False,
            categories=list(dict.fromkeys([entry.category, *entry.tags])),
            item_copyright=f"© {entry.source}",
            enclosures=[_enclosure(entry)] if entry.image else [],
            entry=entry,
        )

    def latest_post_date(self) -> datetime:
        updated: datetime = self.feed["updated"]
        return updated


def _printable(entry: Entry) -> Entry:
    def clean(value: Any) -> Any:
        if isinstance(value, list):
            return [printable(each) for each in value]
        return printable(value) if isinstance(value, str) else value

    # Not by asdict(), which copies each value: an eighth of what a feed took.
    return Entry(**{name: clean(getattr(entry, name)) for name in Entry.__slots__})


def _enclosure(entry: Entry) -> Enclosure:
    # How long it is would have to be asked for, of another host perhaps, for each of
    # fifty; 0 says that it is not known.
    return Enclosure(entry.image, "0", _type_of(entry.image))


def _type_of(picture: str) -> str:
    return mimetypes.guess_type(picture)[0] or "image/jpeg"


class Rss(XmlFeed, Rss201rev2Feed):
    """RSS 2.0 whose items name their publisher in ``<source>``."""

    def rss_attributes(self) -> dict[str, str]:
        creators = {"xmlns:dc": "http://purl.org/dc/elements/1.1/"}
        return {**super().rss_attributes(), **creators}

    def add_root_elements(self, handler: Any) -> None:
        super().add_root_elements(handler)
        if older := self.feed["older"]:
            handler.addQuickElement("atom:link", "", {"rel": "next", "href": older})

    def add_item_elements(self, handler: Any, item: dict[str, Any]) -> None:
        super().add_item_elements(handler, item)
        entry: Entry = item["entry"]
        handler.addQuickElement("source", entry.source, {"url": entry.source_url})
        handler.addQuickElement("dc:rights", item["item_copyright"])
        # RSS has no date of a change; readers know Atom's within it.
        handler.addQuickElement("atom:updated", rfc3339_date(entry.updated))


class Atom(XmlFeed, Atom1Feed):
    """Atom whose entries lead to their publisher by ``rel="via"``."""

    def add_root_elements(self, handler: Any) -> None:
        super().add_root_elements(handler)
        if older := self.feed["older"]:
            handler.addQuickElement("link", "", {"rel": "next", "href": older})

    def item_attributes(self, item: dict[str, Any]) -> dict[str, str]:
        language = item["entry"].language
        return {"xml:lang": language} if language else {}

    def add_item_elements(self, handler: Any, item: dict[str, Any]) -> None:
        super().add_item_elements(handler, item)
        entry: Entry = item["entry"]
        handler.addQuickElement("link", "", {"rel": "via", "href": entry.original})
        handler.startElement("source", {})
        handler.addQuickElement("id", entry.source_page)
        handler.addQuickElement("title", entry.source)
        handler.addQuickElement("updated", rfc3339_date(entry.published))
        handler.addQuickElement(
            "link", "", {"rel": "alternate", "href": entry.source_url}
        )
        handler.endElement("source")


def _xml(kind: type[XmlFeed]) -> Callable[[Feed], HttpResponse]:
    def write(feed: Feed) -> HttpResponse:
        text = kind.of(feed).writeString("utf-8")
        return HttpResponse(text, content_type=kind.content_type)  # type: ignore[attr-defined]

    return write


def _json(feed: Feed) -> HttpResponse:
    """JSON Feed 1.1 (https://www.jsonfeed.org/version/1.1/)."""
    facts = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": feed.title,
        "home_page_url": feed.page,
        "feed_url": feed.address,
        "language": feed.language,
        "description": feed.rights,
        "next_url": feed.older,
        "items": [_item(_printable(entry)) for entry in feed.entries],
    }
    facts = {name: value for name, value in facts.items() if value or name == "items"}
    text = json.dumps(facts, ensure_ascii=False)
    return HttpResponse(text, content_type="application/feed+json; charset=utf-8")


def _item(entry: Entry) -> dict[str, Any]:
    facts = {
        "id": entry.id,
        "url": entry.url,
        "external_url": entry.original,
        "title": entry.title,
        "content_text": entry.text,
        "image": entry.image,
        "date_published": entry.published.isoformat(),
        "date_modified": entry.updated.isoformat(),
        "authors": [{"name": entry.author}],
        "language": entry.language,
        "tags": list(dict.fromkeys([entry.category, *entry.tags])),
        # The publisher; names of extensions begin with an underscore.
        "_source": {"name": entry.source, "url": entry.source_url},
    }
    return {
        name: value for name, value in facts.items() if value or name == "content_text"
    }


FORMATS: dict[str, Callable[[Feed], HttpResponse]] = {
    "rss": _xml(Rss),
    "atom": _xml(Atom),
    "json": _json,
}
