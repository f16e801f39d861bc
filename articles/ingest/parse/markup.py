"""The text of an XML feed, cut down to what a parser may see.

Parsers are given the root element and nothing that stands before it: no DOCTYPE, so
no entity and no DTD, and none of the junk that broken servers put first. Everything
here takes linear time.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from articles.ingest import dates
from articles.ingest.entries import Unreadable

#: Characters between two tags that are read.
MOST_RUN = 2**20
#: Characters of junk before the root element.
_MOST_JUNK = 2**16

_FIRST = re.compile(r"<!--|<\?|<(?:[A-Za-z_][\w.-]*:)?([A-Za-z_][\w.-]*)")
_ROOT = re.compile(
    r"<(?:[A-Za-z_][\w.-]*:)?(?:rss|rdf|feed|channel|entry)(?=[\s>/])", re.IGNORECASE
)
_ENTITY = re.compile(r"<!ENTITY", re.IGNORECASE)
_WEB_PAGE = re.compile(r"<!DOCTYPE\s+html", re.IGNORECASE)
_OF_A_PAGE = frozenset(
    {"body", "br", "div", "head", "link", "meta", "p", "script", "style", "title"}
)
_TOKEN = re.compile(
    r"<!--|<!\[CDATA\[|<(/?)(?:[A-Za-z][\w.-]*:)?(?:item|entry)(?=[\s>/])",
    re.IGNORECASE,
)
_DATE = re.compile(
    r"<(?:[a-z]+:)?(?:pubDate|published|issued|date|updated|modified|created)"
    r"(?:\s[^<>]*)?>(?:<!\[CDATA\[)?\s*([^<\]]{6,100})",
    re.IGNORECASE,
)
# What XML forbids and real feeds hold: stray control characters, and references
# to them or to half a surrogate pair. One of them would cost the whole feed its
# strict parser.
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_REFERENCE = re.compile(r"&#(?:([0-9]+)|[xX]([0-9a-fA-F]+));?")
#: A character reference that is cut in two.
_HALF = re.compile(r"&[#\w]{0,32}$")


class NotFeed(Unreadable):
    """What is no feed at all."""


@dataclass(frozen=True, slots=True)
class Span:
    """Where an item stands: offsets of its first character and behind its last one,
    and its 1-based line. ``is_whole`` is whether it ends before the feed does."""

    start: int
    end: int
    line: int
    is_whole: bool


@dataclass(frozen=True, slots=True)
class Document:
    """The root element of a feed, its items, and its line in what was read."""

    text: str
    spans: list[Span]
    line: int


def document(text: str) -> Document:
    """The root element of ``text`` with its items.

    Raises NotFeed, and Unreadable where entities are declared.
    """
    first = _first_element(text)
    if first is None:
        raise NotFeed("it is empty" if not text.strip() else "it is no feed")
    if _ENTITY.search(text, 0, first.start()):
        # What XML bombs are made of; of 2,600 feeds of test suites 4 declare any.
        raise Unreadable(
            "this feed declares XML entities (<!ENTITY), which are not read;"
            " replace them by their text"
        )
    name = first[1].lower()
    root = _ROOT.search(text, first.start(), first.start() + _MOST_JUNK)
    if name == "html" or (root is None and _is_of_a_page(text, first)):
        raise NotFeed("this is a web page, not a feed")
    if root is None:
        raise NotFeed(f"this is XML of another kind, <{first[1][:50]}>, not a feed")
    line = text.count("\n", 0, root.start()) + 1
    text = text[root.start() :]
    return Document(text, list(_spans(text, line)), line)


def _is_of_a_page(text: str, first: re.Match[str]) -> bool:
    doctype = _WEB_PAGE.search(text, 0, first.start())
    return doctype is not None or first[1].lower() in _OF_A_PAGE


def newest(text: Document, most: int) -> Document:
    """The document with its ``most`` newest items only, in their order.

    By their first dates; where there are none, those that stand first.
    """
    spans = text.spans
    if len(spans) <= most:
        return text
    now = datetime.now(UTC)
    oldest = datetime.min.replace(tzinfo=UTC)
    moments = [_moment(text.text, span, now) or oldest for span in spans]
    ranked = sorted(range(len(spans)), key=moments.__getitem__, reverse=True)
    kept = set(ranked[:most])
    pieces, moved, end, shift = [], [], 0, 0
    for number, span in enumerate(spans):
        following = spans[number + 1].start if number + 1 < len(spans) else span.end
        if number in kept:
            moved.append(
                Span(span.start - shift, span.end - shift, span.line, span.is_whole)
            )
        else:
            pieces.append(text.text[end : span.start])
            end = following
            shift += following - span.start
    pieces.append(text.text[end:])
    return Document("".join(pieces), moved, text.line)


def mended(text: str) -> str:
    """``text`` without what is no character, and with bounded runs between tags."""
    return _REFERENCE.sub(_possible, _CONTROL.sub("", _clipped(text)))


def _first_element(text: str) -> re.Match[str] | None:
    """The first element that stands in no comment and no instruction."""
    position = 0
    while match := _FIRST.search(text, position):
        if match[1]:
            return match
        position = _behind(text, "-->" if match[0] == "<!--" else ">", match.end())
    return None


def _behind(text: str, end: str, start: int) -> int:
    found = text.find(end, start)
    return found + len(end) if found >= 0 else len(text)


def _spans(text: str, line: int) -> Iterator[Span]:
    """The items, wherever they stand, but for those in comments and CDATA."""
    start, counted, position = None, 0, 0
    while match := _TOKEN.search(text, position):
        position = match.end()
        if match[0].startswith("<!"):
            end = "-->" if match[0] == "<!--" else "]]>"
            position = _behind(text, end, position)
        elif match[1]:
            position = _behind(text, ">", position)
            if start is not None:
                yield Span(start, position, line, is_whole=text[position - 1] == ">")
            start = None
        else:
            if start is not None:
                # Feeds without end tags are still feeds to a lenient parser.
                yield Span(start, match.start(), line, is_whole=True)
            start = match.start()
            line += text.count("\n", counted, start)
            counted = start
    if start is not None:
        yield Span(start, len(text), line, is_whole=False)


def _moment(text: str, span: Span, now: datetime) -> datetime | None:
    match = _DATE.search(text, span.start, span.end)
    if match is None:
        return None
    try:
        return dates.parse(match[1], date_format=None, zone=UTC, now=now)
    except ValueError:
        return None


def _clipped(text: str) -> str:
    if len(text) <= MOST_RUN:
        return text
    pieces = text.split("<")
    if max(map(len, pieces)) <= MOST_RUN:
        return text
    return "<".join(_short(pieces))


def _short(pieces: Iterable[str]) -> Iterator[str]:
    """Each a tag and the text behind it, which is cut."""
    for piece in pieces:
        if len(piece) <= MOST_RUN:
            yield piece
            continue
        tag = piece.find(">") + 1
        rest = piece[tag + MOST_RUN :]
        # The end of a CDATA section or comment must not be lost with its text.
        end = next((mark for mark in ("]]>", "-->") if mark in rest), "")
        yield _HALF.sub("", piece[: tag + MOST_RUN]) + end


def _possible(match: re.Match[str]) -> str:
    """A character reference as it is, or nothing if it is to no character."""
    decimal, hexadecimal = (match[1] or "").lstrip("0"), match[2]
    if hexadecimal is not None:
        digits = hexadecimal.lstrip("0")
        code = int(digits or "0", 16) if len(digits) <= 6 else 0
    else:
        code = int(decimal or "0") if len(decimal) <= 7 else 0
    is_character = code in {9, 10, 13} or 31 < code < 0xD800 or 0xDFFF < code < 0x110000
    return match[0] if is_character else ""
