"""RSS, RDF and Atom, however ill-formed, through feedparser."""

import io
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any, BinaryIO
from urllib.parse import urlsplit
from xml.sax import SAXParseException

import feedparser
from feedparser.mixin import _FeedParserMixin

from articles.ingest import sanitise
from articles.ingest.entries import LIMITS, Record, Refused, Unreadable
from articles.ingest.text import clean

from .charset import decoded
from .items import Feed, Item, first_url, paragraphs, plain_text, to_record
from .markup import Document, NotFeed, Span, document, mended, newest
from .streams import whole

#: Characters of an author that are read.
MAX_AUTHOR = 500
#: The widest image that is taken as one for a page, in pixels.
MAX_WIDTH = 4096

_IMAGE_PATH = re.compile(r"\.(?:avif|gif|jpe?g|png|webp)$", re.IGNORECASE)

#: Characters of a parser's complaint that are passed on.
_MOST_REASON = 300
_DAY = timedelta(days=1)
_DIGITS = re.compile("[0-9]{1,4}")
_WORD = re.compile(r"[^\W\d_]{3,}")
_COUNT = re.compile("[0-9]{1,7}")
#: RSS 1.0 module "syndication": minutes of a period.
_MINUTES = {
    "hourly": 60,
    "daily": 24 * 60,
    "weekly": 7 * 24 * 60,
    "monthly": 30 * 24 * 60,
    "yearly": 365 * 24 * 60,
}

_ADDRESS_AND_NAME = re.compile(r"[^\s@]+@[^\s@]+\s*\(([^()@]+)\)")
_NAME_AND_ADDRESS = re.compile(r"([^<>()@]+?)\s*[<(][^\s@]+@[^\s@]+[>)]")

# Whatever feedparser stumbles over, it is the feed that is broken.
_STUMBLES = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    RecursionError,
    TypeError,
    ValueError,
)

_sync_author_detail = _FeedParserMixin._sync_author_detail


def _sync_byline(parser: Any, key: str = "author") -> None:
    """In place of feedparser's own search for a name and an e-mail address.

    That one takes quadratic time (a text of 16 KB a second, of 32 KB six, measured
    with 6.0.14) and cuts addresses whose last part has more than four letters.
    """
    context = parser._get_context()
    detail = context.get(f"{key}s", [{}])[-1]
    if detail:
        _sync_author_detail(parser, key)
    elif isinstance(author := context.get(key), str):
        context[key] = author[:MAX_AUTHOR]
        if name := byline(author):
            detail["name"] = name


_FeedParserMixin._sync_author_detail = _sync_byline


def byline(author: str) -> str:
    """The name in an author as RSS writes it, "" where there is but an address."""
    author = author[:MAX_AUTHOR].strip()
    if match := _ADDRESS_AND_NAME.fullmatch(author) or _NAME_AND_ADDRESS.fullmatch(
        author
    ):
        return match[1].strip("\"' ")
    return "" if "@" in author else author


def read(
    stream: BinaryIO, *, source: str = "", base: str = ""
) -> Iterator[Record | Refused]:
    """The feed's items, in its order, with the lines where they begin.

    An item that the end of the feed cuts off is refused. Raises Unreadable for
    what is no feed, declares XML entities, or has more than 20 MB.
    """
    try:
        found = parse(decoded(whole(stream)), source=source, base=base)
    except NotFeed as error:
        raise NotFeed(
            f"no RSS or Atom feed: {error}; if it is another format, name it with"
            " --input-format"
        ) from error
    for item in found.items:
        yield item if isinstance(item, Refused) else to_record(item)


def parse(text: str, *, source: str = "", base: str = "", most: int = 0) -> Feed:
    """An RSS, RDF or Atom feed; of its items the ``most`` newest, or all for 0.

    An item that the end of the feed cuts off is Refused. Raises NotFeed, and
    Unreadable for a feed that declares XML entities or cannot be read.
    """
    whole_document = document(text)
    total = len(whole_document.spans)
    kept = newest(whole_document, most) if most else whole_document
    parsed = _parsed(mended(kept.text), base)
    entries, feed = parsed["entries"], parsed["feed"]
    version = parsed.get("version", "")
    if not entries and not version:
        raise NotFeed("neither RSS nor Atom is in it")
    spans = kept.spans
    is_cut = bool(parsed["bozo"] and spans and not spans[-1].is_whole)
    shared = _Feed(feed, source, base, version)
    items: list[Item | Refused] = [
        shared.item(line, entry)
        for line, entry in zip(_lines(spans, len(entries)), entries, strict=True)
    ]
    if is_cut and items:
        items[-1] = _cut_off(items[-1])
    return Feed(
        version=version,
        title=shared.title,
        items=items[:most] if most else items,
        total=max(total, len(entries)),
        site_url=first_url([feed.get("link") or "", *_links(feed, "alternate")], base),
        self_url=first_url(_links(feed, "self"), base),
        ttl_minutes=_ttl(feed),
        problem=_problem(parsed, kept, is_cut, is_untouched=kept is whole_document),
    )


def _parsed(text: str, base: str) -> Any:
    headers = {"content-type": "application/xml; charset=utf-8"}
    if base:
        headers["content-location"] = base
    try:
        return feedparser.parse(
            io.BytesIO(text.encode("utf-8", "replace")),
            response_headers=headers,
            resolve_relative_uris=False,
            sanitize_html=False,
        )
    except _STUMBLES as error:
        raise Unreadable(f"this feed is too broken to be read ({error})") from error


def _lines(spans: list[Span], count: int) -> Iterable[int]:
    """The line of each of ``count`` items; their numbers where that is not clear."""
    if len(spans) != count:
        return range(1, count + 1)
    return (span.line for span in spans)


def _cut_off(item: Item | Refused) -> Refused:
    assert isinstance(item, Item)
    record = to_record(item)
    reason = "the feed is cut off inside this item"
    return Refused(record.line, reason, record.data, record.raw)


def _problem(parsed: Any, kept: Document, is_cut: bool, *, is_untouched: bool) -> str:
    """What is wrong with a feed that is no XML, "" for one that is."""
    if not parsed["bozo"]:
        return ""
    if is_cut:
        return "the feed breaks off inside its last item, which was left out"
    error = parsed.get("bozo_exception")
    if not isinstance(error, SAXParseException):
        return f"not well-formed XML ({error})"[:_MOST_REASON]
    where = ""
    if is_untouched and (number := error.getLineNumber()):
        # feedparser has put a declaration before it.
        where = f" in line {kept.line + number - 2}"
    told = error.getMessage().removeprefix("not well-formed (").removesuffix(")")
    return f"not well-formed XML{where}: {told}"[:_MOST_REASON]


def _ttl(feed: Any) -> int | None:
    """Minutes that the feed may be left alone (RSS 2.0 ttl; RSS 1.0 syndication)."""
    ttl = str(feed.get("ttl") or "").strip()
    if _COUNT.fullmatch(ttl):
        return int(ttl) or None
    period = _MINUTES.get(str(feed.get("sy_updateperiod") or "").strip().lower())
    frequency = str(feed.get("sy_updatefrequency") or "1").strip()
    if period and _COUNT.fullmatch(frequency):
        return max(1, period // max(1, int(frequency)))
    return None


class _Feed:
    """What an item takes from its feed."""

    def __init__(self, feed: Any, source: str, base: str, version: str) -> None:
        self._is_atom = version.startswith("atom")
        self.title = self._text(feed)
        self._source = source or self.title
        self._base = base or feed.get("link") or ""
        self._language = feed.get("language") or ""

    def item(self, line: int, entry: Any) -> Item:
        tags = _tags(entry)
        summary, body = self._texts(entry)
        return Item(
            line=line,
            base=self._base,
            links=_unescaped(_addresses(entry)),
            title=self._text(entry),
            source=self._text(entry.get("source") or {}) or self._source,
            dates=_dates(entry, "published", "updated", "created"),
            updated=_dates(entry, "updated"),
            category=tags[0] if len(tags) == 1 else "",
            summary=summary,
            body=body,
            author=_author(entry),
            language=_language(entry) or self._language,
            external_id=_unescaped([entry.get("id") or ""])[0],
            images=_unescaped(_images(entry)),
            tags=tags,
        )

    def _text(self, fields: Any) -> str:
        """A title: RSS and Atom may both have markup in it."""
        value = fields.get("title") or ""
        detail = fields.get("title_detail") or {}
        is_said = self._is_atom or not sanitise.holds_tags(value)
        if detail.get("type") == "text/plain" and is_said:
            return clean(value)
        return plain_text(value)

    def _texts(self, entry: Any) -> tuple[str, str]:
        """Summary and body, as HTML."""
        contents = [
            detail
            for detail in entry.get("content", [])
            # In RSS a plain one is a picture's description, taken for content.
            if self._is_atom or detail.get("type") != "text/plain"
        ]
        body = next((text for each in contents if (text := self._html(each))), "")
        summary = _html(entry.get("summary_detail") or {})
        if not body and len(summary) > LIMITS["summary"]:
            return "", summary
        return summary, body

    def _html(self, detail: Any) -> str:
        """With its links made whole where xml:base says on what they stand."""
        markup, base = _html(detail), detail.get("base") or ""
        if markup and base and base != self._base:
            return sanitise.article_html(markup, base=base)
        return markup


def _html(detail: Any) -> str:
    value = detail.get("value") or ""
    if detail.get("type") == "text/plain":
        return paragraphs(value)
    if detail.get("type") in {"text/html", "application/xhtml+xml"}:
        return str(value)
    return ""


def _unescaped(addresses: list[str]) -> list[str]:
    """As the strict parser gives them; that for ill-formed feeds leaves &amp;."""
    return [address.replace("&amp;", "&") for address in addresses]


def _links(entry: Any, rel: str) -> list[str]:
    return [
        link["href"]
        for link in entry.get("links", [])
        if link.get("rel") == rel and link.get("href")
    ]


def _tags(entry: Any) -> list[str]:
    names = [tag.get("label") or tag.get("term") or "" for tag in entry.get("tags", [])]
    return list(dict.fromkeys(name.strip() for name in names if name.strip()))


def _author(entry: Any) -> str:
    names = [each.get("name") for each in entry.get("authors", [])]
    # An address in place of a name is no byline, and not ours to publish.
    return ", ".join(
        dict.fromkeys(plain_text(name) for name in names if name and "@" not in name)
    )


def _language(entry: Any) -> str:
    details = [*entry.get("content", []), entry.get("title_detail") or {}]
    return next((each["language"] for each in details if each.get("language")), "")


def _addresses(entry: Any) -> list[str]:
    """Of the piece: its link, else its id if that is one, else what it encloses."""
    found = [entry.get("link") or "", *_links(entry, "alternate")]
    if str(entry.get("id") or "").lower().startswith(("http://", "https://")):
        found.append(entry["id"])
    return [*found, *_links(entry, "enclosure")]


def _dates(entry: Any, *names: str) -> list[str]:
    """Each as written first; feedparser reads forms that we do not."""
    candidates = []
    for name in names:
        if name in entry:
            text = entry[name] or ""
            candidates += [text, _iso(text, entry.get(f"{name}_parsed"))]
    return candidates


def _iso(text: str, moment: Any) -> str:
    """What feedparser has read, in UTC; "" where that cannot be what is written."""
    with suppress(OverflowError, TypeError, ValueError):
        year, month, day, hour, minute, second = moment[:6]
        read = datetime(year, month, day, hour, minute, second, tzinfo=UTC)
        if any(map(_is_written(text), (read, read - _DAY, read + _DAY))):
            return read.isoformat()
    return ""


def _is_written(text: str) -> Callable[[datetime], bool]:
    """Whether a day is that of ``text``, by its numbers; feedparser guesses wildly.

    The month may be a word, in any language.
    """
    numbers = {int(digits) for digits in _DIGITS.findall(text)}
    has_words = _WORD.search(text) is not None

    def is_written(day: datetime) -> bool:
        has_year = {day.year, day.year % 100} & numbers
        return bool(has_year and day.day in numbers) and (
            has_words or day.month in numbers
        )

    return is_written


def _images(entry: Any) -> list[str]:
    """Addresses of images, the best first: content, thumbnail, enclosure, channel's."""
    contents = [each for each in entry.get("media_content", []) if _is_image(each)]
    contents.sort(key=_width, reverse=True)
    thumbnails = entry.get("media_thumbnail", [])
    enclosures = [link for link in entry.get("links", []) if _is_enclosed_image(link)]
    found = [each.get("url") or "" for each in [*contents, *thumbnails]]
    found += [link.get("href") or "" for link in enclosures]
    image = entry.get("image")
    if isinstance(image, dict):
        found.append(image.get("href") or "")
    return found


def _is_image(media: Any) -> bool:
    kind = media.get("medium") or media.get("type") or ""
    if kind:
        return kind == "image" or str(kind).startswith("image/")
    return _has_image_path(media.get("url") or "")


def _is_enclosed_image(link: Any) -> bool:
    if link.get("rel") != "enclosure":
        return False
    kind = link.get("type") or ""
    return kind.startswith("image/") or (
        not kind and _has_image_path(link.get("href") or "")
    )


def _has_image_path(url: str) -> bool:
    with suppress(ValueError):
        return _IMAGE_PATH.search(urlsplit(url).path) is not None
    return False


def _width(media: Any) -> int:
    """In pixels; 0 where unknown or too wide to be meant for a page."""
    width = str(media.get("width") or "")
    if not width.isascii() or not width.isdigit() or len(width) > 5:
        return 0
    return int(width) if int(width) <= MAX_WIDTH else 0
