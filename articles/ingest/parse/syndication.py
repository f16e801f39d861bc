"""RSS, RDF and Atom, however ill-formed, through feedparser."""

import io
import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, BinaryIO
from urllib.parse import urlsplit

import feedparser
from feedparser.mixin import _FeedParserMixin

from articles.ingest.entries import LIMITS, Record, Refused, Unreadable
from articles.ingest.text import clean

from .items import Item, paragraphs, plain_text, to_record
from .streams import whole

#: Characters of an author that are read.
MAX_AUTHOR = 500
#: The widest image that is taken as one for a page, in pixels.
MAX_WIDTH = 4096

_START = re.compile(rb"<(?:[A-Za-z][\w.-]*:)?(?:item|entry)(?=[\s>/])", re.IGNORECASE)
_END = re.compile(rb"</(?:[A-Za-z][\w.-]*:)?(?:item|entry)\s*>", re.IGNORECASE)
_IMAGE_PATH = re.compile(r"\.(?:avif|gif|jpe?g|png|webp)$", re.IGNORECASE)

_ADDRESS_AND_NAME = re.compile(r"[^\s@]+@[^\s@]+\s*\(([^()@]+)\)")
_NAME_AND_ADDRESS = re.compile(r"([^<>()@]+?)\s*[<(][^\s@]+@[^\s@]+[>)]")

# What XML forbids and real feeds hold: stray control characters and references to
# them or to half a surrogate pair. One of them would cost the whole feed its
# strict parser. ESC, SO and SI stay: ISO-2022-JP is made of them.
_CONTROL = bytes(
    code for code in range(32) if code not in {*b"\t\n\r", 0x0E, 0x0F, 0x1B}
)
_ELEMENT = re.compile(rb"<\w")
_BLANKS = re.compile(rb"\s{2,}")
_REFERENCE = re.compile(rb"&#(?:([0-9]+)|[xX]([0-9a-fA-F]+));?")

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
    data = whole(stream)
    _refuse_entities(data)
    parsed = _parsed(data, base)
    entries = parsed["entries"]
    if not entries and not parsed.get("version"):
        raise Unreadable(
            "this is no RSS or Atom feed; if it is another format, name it with"
            " --input-format"
        )
    starts = [match.start() for match in _START.finditer(data)]
    is_cut = bool(parsed["bozo"]) and _ends_inside_item(data, starts)
    feed = _Feed(parsed["feed"], source, base, parsed.get("version", ""))
    for number, (line, entry) in enumerate(
        zip(_lines(data, starts, len(entries)), entries, strict=True), start=1
    ):
        record = to_record(feed.item(line, entry))
        if is_cut and number == len(entries):
            reason = "the feed is cut off inside this item"
            yield Refused(line, reason, record.data, record.raw)
        else:
            yield record


def _refuse_entities(data: bytes) -> None:
    """Entities are what XML bombs are made of; real feeds have next to none."""
    for encoding in ("ascii", "utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"):
        if "<!ENTITY".encode(encoding) in data:
            raise Unreadable(
                "this feed declares XML entities (<!ENTITY), which are not read;"
                " replace them by their text"
            )


def _parsed(data: bytes, base: str) -> Any:
    try:
        return feedparser.parse(
            io.BytesIO(_mended(data)),
            response_headers={"content-location": base} if base else {},
            resolve_relative_uris=False,
            sanitize_html=False,
        )
    except _STUMBLES as error:
        raise Unreadable(f"this feed is too broken to be read ({error})") from error


def _mended(data: bytes) -> bytes:
    if b"\0" in data[:4] or not _ELEMENT.search(data):
        return data  # not a superset of ASCII: UTF-16, UTF-32, EBCDIC
    data = _REFERENCE.sub(_possible, data.translate(None, _CONTROL))
    # feedparser looks for a DOCTYPE in quadratic time (20,000 empty lines before
    # the root element: 1.3 s).
    root = _ELEMENT.search(data)
    prolog = data[: root.start()] if root else b""
    return _BLANKS.sub(b"\n", prolog) + data[len(prolog) :]


def _possible(match: re.Match[bytes]) -> bytes:
    """A character reference as it is, or nothing if it is to no character."""
    decimal, hexadecimal = (match[1] or b"").lstrip(b"0"), match[2]
    if hexadecimal is not None:
        digits = hexadecimal.lstrip(b"0")
        code = int(digits or b"0", 16) if len(digits) <= 6 else 0
    else:
        code = int(decimal or b"0") if len(decimal) <= 7 else 0
    is_character = code in {9, 10, 13} or 31 < code < 0xD800 or 0xDFFF < code < 0x110000
    return match[0] if is_character else b""


def _lines(data: bytes, starts: list[int], count: int) -> Iterator[int]:
    """The line of each of ``count`` items; their numbers where that is not clear."""
    if len(starts) != count:
        yield from range(1, count + 1)
        return
    line, before = 1, 0
    for start in starts:
        line += data.count(b"\n", before, start)
        before = start
        yield line


def _ends_inside_item(data: bytes, starts: list[int]) -> bool:
    return bool(starts) and _END.search(data, starts[-1]) is None


class _Feed:
    """What an item takes from its feed."""

    def __init__(self, feed: Any, source: str, base: str, version: str) -> None:
        self._source = source or _text(feed, "title")
        self._base = base or feed.get("link") or ""
        self._language = feed.get("language") or ""
        self._is_atom = version.startswith("atom")

    def item(self, line: int, entry: Any) -> Item:
        tags = _tags(entry)
        summary, body = self._texts(entry)
        return Item(
            line=line,
            base=self._base,
            links=_unescaped([entry.get("link") or "", *_links(entry, "alternate")]),
            title=_text(entry, "title"),
            source=_text(entry.get("source") or {}, "title") or self._source,
            dates=_dates(entry),
            category=tags[0] if len(tags) == 1 else "",
            summary=summary,
            body=body,
            author=_author(entry),
            language=_language(entry) or self._language,
            external_id=_unescaped([entry.get("id") or ""])[0],
            images=_unescaped(_images(entry)),
            tags=tags,
        )

    def _texts(self, entry: Any) -> tuple[str, str]:
        """Summary and body, as HTML."""
        contents = [
            detail
            for detail in entry.get("content", [])
            # In RSS a plain one is a picture's description, taken for content.
            if self._is_atom or detail.get("type") != "text/plain"
        ]
        body = next((text for each in contents if (text := _html(each))), "")
        summary = _html(entry.get("summary_detail") or {})
        if not body and len(summary) > LIMITS["summary"]:
            return "", summary
        return summary, body


def _text(fields: Any, name: str) -> str:
    """A title: RSS and Atom may both have markup in it."""
    value = fields.get(name) or ""
    detail = fields.get(f"{name}_detail") or {}
    if detail.get("type") == "text/plain":
        return clean(value)
    return plain_text(value)


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


def _dates(entry: Any) -> list[str]:
    """As written first; feedparser reads forms that we do not."""
    candidates = []
    for name in ("published", "updated", "created"):
        if name in entry:
            candidates += [entry[name] or "", _iso(entry.get(f"{name}_parsed"))]
    return candidates


def _iso(moment: Any) -> str:
    with suppress(TypeError, ValueError):
        year, month, day, hour, minute, second = moment[:6]
        return datetime(year, month, day, hour, minute, second, tzinfo=UTC).isoformat()
    return ""


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
