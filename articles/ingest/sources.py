"""Sources and their feeds, from and to OPML and CSV."""

import codecs
import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import TextIO
from xml.sax.saxutils import quoteattr

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from lxml import etree

from articles.models import Feed, Reuse, Source
from articles.names import name_key

from . import identity
from .addresses import Allow, Refused, check_url
from .parse.csv_rows import DELIMITERS, protect_cell, restore_cell
from .text import clean

#: Lists of feeds stay far below: the largest of 118 in circulation has 3,000 rows.
MOST_BYTES = 20 * 1024 * 1024
MOST_ROWS = 20_000
#: Characters of a header row; those of six columns are short.
_MOST_HEADER = 10_000
COLUMNS = ["name", "site_url", "feed_url", "reuse", "language", "description"]


class Unreadable(Exception):
    """The file is no list of sources; the message says why."""


@dataclass(frozen=True, slots=True)
class Row:
    """One source, or one more feed of it, as a list names it.

    ``fault`` says why nothing can be read at this line, where that is so; a line with
    a ``hint`` is no source, and says something of the list.
    """

    line: int
    name: str
    site_url: str = ""
    feed_url: str = ""
    reuse: str = ""
    language: str = ""
    description: str = ""
    fault: str = ""
    hint: str = ""


@dataclass(slots=True)
class Report:
    """How many sources and feeds are new, were there, or were refused and why.

    ``hints`` tell what is no fault, and yet worth a look: feeds that are there already
    as another source's, sources that keep another policy, columns that nobody reads.
    """

    read: int = 0
    sources_created: int = 0
    feeds_created: int = 0
    unchanged: int = 0
    failed: int = 0
    refused: list[str] = field(default_factory=list)
    hints: list[str] = field(default_factory=list)


def read_opml(data: bytes) -> Iterator[Row]:
    """Rows of an OPML list (1.0, 1.1 or 2.0). Raises Unreadable."""
    if len(data) > MOST_BYTES:
        raise Unreadable(f"the list is larger than {MOST_BYTES // 2**20} MB")
    if not data.strip():
        raise Unreadable("the file is empty")
    if b"<!ENTITY" in data or "<!ENTITY".encode("utf-16-le") in data:
        raise Unreadable("the list declares entities, which no list of feeds needs")
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, recover=True
    )
    try:
        root = etree.fromstring(_with_ampersands(data), parser)
    except etree.XMLSyntaxError as error:
        raise Unreadable(f"not XML: {error.msg}") from error
    if root is None or etree.QName(root).localname.lower() != "opml":
        raise Unreadable("not an OPML file: its first element is not <opml>")
    # Broken XML may have closed the body early; outlines are read wherever they are.
    for element in root.iter(etree.Element):
        if etree.QName(element).localname.lower() == "outline":
            yield from _outline(element)
    yield from _lost(parser.error_log)


#: Faults of XML behind which something is missing: an element that is not well
#: formed, and a file that ends too early. A bare & and the like are read as meant.
_LOSSES = {
    etree.ErrorTypes.ERR_GT_REQUIRED,
    etree.ErrorTypes.ERR_TAG_NOT_FINISHED,
    etree.ErrorTypes.ERR_DOCUMENT_END,
    etree.ErrorTypes.ERR_RESOURCE_LIMIT,
}


def _lost(errors: etree._ListErrorLog) -> Iterator[Row]:
    """A row for each line at which the parser had to leave something out."""
    found = {error.line: error.type for error in errors if error.type in _LOSSES}
    for line, kind in sorted(found.items()):
        yield Row(line, name="", fault=_TOO_DEEP if kind == _DEEP else _BROKEN)


_DEEP = etree.ErrorTypes.ERR_RESOURCE_LIMIT
_TOO_DEEP = "the folders are nested too deep from here on; 250 levels are read"
_BROKEN = (
    "the XML is broken here and something is left out; look for a quotation mark"
    " inside a value (write &quot;) or a missing end"
)


#: What is meant as an ampersand, though XML wants it written &amp;. Of 118 lists in
#: circulation 74 have some, 12 of them in addresses.
_AMPERSAND = re.compile(rb"&(?!(?:amp|lt|gt|quot|apos|#[0-9]+|#x[0-9A-Fa-f]+);)")


def _with_ampersands(data: bytes) -> bytes:
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return data
    return _AMPERSAND.sub(b"&amp;", data)


def _outline(outline: etree._Element) -> Iterator[Row]:
    """Its feed, if it has one: others are folders."""
    facts = {name.lower(): clean(value) for name, value in outline.attrib.items()}
    if address := facts.get("xmlurl"):
        yield Row(
            line=outline.sourceline or 0,
            name=facts.get("title") or facts.get("text") or address,
            site_url=facts.get("htmlurl", ""),
            feed_url=address,
            language=facts.get("language", ""),
            description=facts.get("description", ""),
        )


def read_csv(stream: TextIO) -> Iterator[Row]:
    """Rows of a CSV list with a header row: comma, semicolon or TAB, as it says.

    Raises Unreadable.
    """
    line = 1
    try:
        header = stream.readline(_MOST_HEADER)
        if len(header) == _MOST_HEADER:
            raise Unreadable(f"the header row has {_MOST_HEADER:,} characters or more")
        if "\0" in header:
            raise Unreadable(
                "the header row has a NUL in it; save the file as CSV UTF-8"
            )
        delimiter = max(DELIMITERS, key=header.count)
        lines = chain([header], stream)
        reader = csv.DictReader(lines, delimiter=delimiter, strict=True)
        reader.fieldnames = _columns(header, reader.fieldnames or [])
        yield from _unread(reader.fieldnames)
        for cells in reader:
            line = reader.line_num
            known = {name: restore_cell(cells.get(name) or "") for name in COLUMNS}
            values = {name: clean(value) for name, value in known.items()}
            is_longer = any(map(str.strip, cells.get(None) or []))
            yield Row(line=line, **values, fault=_LONGER if is_longer else "")
    except csv.Error as error:
        raise Unreadable(f"after line {line}: {error}") from error
    except UnicodeDecodeError as error:
        raise Unreadable("not UTF-8; save the file as CSV UTF-8") from error


_LONGER = (
    "the row has more cells than the header row; look for a comma in a value (put"
    " the value in quotation marks)"
)


def _columns(header: str, cells: Sequence[str]) -> list[str]:
    """What the columns are called, in small letters. Raises Unreadable."""
    names = [clean(cell).lower() for cell in cells]
    if "name" not in names:
        raise Unreadable(
            "the header row needs a column “name”; it reads: "
            + (clean(header)[:200] or "nothing")
        )
    if twice := [name for name in COLUMNS if names.count(name) > 1]:
        raise Unreadable(f"the header row has {twice[0]} more than once")
    return names


def _unread(names: Iterable[str]) -> Iterator[Row]:
    """What is to say of columns that are not known, if there are any."""
    unknown = sorted(set(names) - {*COLUMNS, ""})
    said = [f"“{name[:60]}”" for name in unknown[:10]]
    said += [f"{len(unknown) - 10} more"] * (len(unknown) > 10)
    if unknown:
        known = ", ".join(COLUMNS)
        hint = f"not read are the columns {', '.join(said)}; those that are: {known}"
        yield Row(line=1, name="", hint=hint)


def import_rows(rows: Iterator[Row]) -> Report:
    """Make the sources and feeds that are not there yet; change none that are."""
    report = Report()
    for row in rows:
        if row.hint:
            report.hints.append(f"{_where(row)}: {row.hint}")
            continue
        if report.read == MOST_ROWS:
            raise Unreadable(
                f"the list has more than {MOST_ROWS:,} rows;"
                f" split it at line {row.line}"
            )
        report.read += 1
        try:
            with transaction.atomic():
                _import_row(row, report)
        except (ValidationError, ValueError) as error:
            report.failed += 1
            messages = getattr(error, "messages", None) or [str(error)]
            report.refused.append(f"{_where(row)}: {'; '.join(messages)}")
    return report


def _where(row: Row) -> str:
    return f"line {row.line}" + (f", “{row.name[:60]}”" if row.name else "")


def _import_row(row: Row, report: Report) -> None:
    if row.fault:
        raise ValueError(row.fault)
    if not row.name:
        raise ValueError("name: missing")
    if row.reuse and row.reuse not in Reuse.values:
        raise ValueError(f"reuse: {row.reuse!r} is none of {', '.join(Reuse.values)}")
    site_url = _site_address(row.site_url) if row.site_url else ""
    feed_url = _fetchable(row.feed_url) if row.feed_url else ""
    if len(row.name) > 200:
        raise ValueError(f"name: {len(row.name)} characters, at most 200")
    known = Source.objects.named(row.name)
    there = Feed.objects.filter(url=feed_url).exclude(source=known)
    if feed_url and (feed := there.select_related("source").first()):
        report.unchanged += 1
        told = f"{_where(row)}: the feed is here already, as one of “{feed.source}”"
        report.hints.append(told)
        return
    if known and row.reuse and row.reuse != known.reuse:
        report.hints.append(
            f"{_where(row)}: the source is here already and stays {known.reuse!r}, not"
            f" {row.reuse!r}; policies are changed on its page in the admin"
        )
    source = Source.objects.get_or_make(
        [row.name],
        site_url=site_url,
        reuse=row.reuse or Reuse.EXCERPT,
        language=row.language[:35],
        description=row.description,
    )[name_key(row.name)]
    feed_is_new = False
    if feed_url:
        _, feed_is_new = Feed.objects.get_or_create(
            url=feed_url, defaults={"source": source, "title": row.name[:200]}
        )
    report.sources_created += not known
    report.feeds_created += feed_is_new
    report.unchanged += bool(known) and not feed_is_new


def _site_address(url: str) -> str:
    try:
        return identity.http_url(url)
    except ValueError as error:
        raise ValueError(f"site address: {error}") from error


def _fetchable(url: str) -> str:
    """A feed's address, if it may be fetched at all. Raises ValueError."""
    allow = Allow.parse(settings.NEWSROOM_FETCH_ALLOW)
    try:
        return check_url(url, allow).url
    except Refused as error:
        raise ValueError(f"feed address: {error}") from error


def write_opml() -> str:
    """All sources with their feeds as OPML 2.0."""
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        '<opml version="2.0">',
        "<head><title>Sources</title></head>",
        "<body>",
    ]
    feeds = Feed.objects.select_related("source").order_by("source__name", "pk")
    lines += [
        f"<outline type={quoteattr('rss')} text={quoteattr(feed.source.name)}"
        f" title={quoteattr(feed.source.name)} xmlUrl={quoteattr(feed.url)}"
        f" htmlUrl={quoteattr(feed.source.site_url)}"
        f" language={quoteattr(feed.source.language)}/>"
        for feed in feeds
    ]
    return "\n".join([*lines, "</body>", "</opml>", ""])


def write_csv() -> str:
    """All sources as CSV, a row for each feed; one without a feed has a row too."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for source in Source.objects.prefetch_related("feeds").order_by("name"):
        for feed in [feed.url for feed in source.feeds.all()] or [""]:
            cells = [source.name, source.site_url, feed, source.reuse]
            cells += [source.language, source.description]
            writer.writerow([protect_cell(cell) for cell in cells])
    return out.getvalue()
