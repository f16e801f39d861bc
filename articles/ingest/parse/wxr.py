"""WXR, the export of a WordPress site: its published posts."""

import re
from collections.abc import Iterator
from typing import Any, BinaryIO

from lxml import etree

from articles.ingest.entries import Record, Refused, Unreadable

from .items import Item, plain_text, to_record
from .streams import HEAD, MAX_ITEM, refuse_utf16

# Control characters that XML forbids and WordPress writes all the same.
_CONTROL = bytes(code for code in range(32) if code not in b"\t\n\r")
_EXPORT = "{http://wordpress.org/export/"
_FIELDS = {
    "{http://purl.org/rss/1.0/modules/content/}encoded": "body",
    "{http://purl.org/dc/elements/1.1/}creator": "author",
    "title": "title",
    "link": "link",
    "guid": "guid",
    "pubDate": "pubDate",
}
_BLOCK = re.compile(
    r"<(?:!--|(?:address|blockquote|div|dl|figure|h[1-6]|hr|ol|pre|table|ul)\b)",
    re.IGNORECASE,
)
#: Bytes at the end of a file in which its last tag must stand.
_TAIL = 1024
#: The category of posts that were given none.
_NONE = "Uncategorized"


def read(stream: BinaryIO, *, source: str = "") -> Iterator[Record | Refused]:
    """The published posts of an export, in flat memory; all else is passed over.

    Drafts, pages, attachments and posts behind a password are not articles for
    readers. Raises Unreadable, after what came before, where the XML is broken or
    cut off, declares entities, or one post has more than MAX_ITEM bytes.
    """
    bounded = _Bounded(stream)
    site = _Site(source)
    events = etree.iterparse(
        bounded,
        events=("end",),
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
    )
    try:
        for _, element in events:
            parent = element.getparent()
            if parent is None or parent.tag != "channel":
                continue
            _refuse_entities(element)
            if element.tag == "item":
                bounded.restart()
                if post := site.post(element):
                    yield to_record(post)
            else:
                site.learn(element)
            _forget(element)
    except etree.XMLSyntaxError as error:
        raise _broken(error, bounded) from None
    if not site.is_export:
        raise Unreadable(
            "this is no WordPress export (WXR); if it is a feed, say --input-format rss"
        )


def _broken(error: etree.XMLSyntaxError, stream: "_Bounded") -> Unreadable:
    line = error.lineno or 1
    if stream.is_cut_off:
        return Unreadable(f"the file is cut off at line {line}", line)
    reason = re.sub(r",? line \d+, column \d+$", "", error.msg or "no XML")
    return Unreadable(f"the XML is broken at line {line}: {reason}", line)


class _Bounded:
    """The stream without control characters, and with an end to each post.

    A post counts with its comments.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._began = False
        self._size = 0
        self._tail = b""
        self.is_cut_off = False

    def read(self, size: int = HEAD) -> bytes:
        data = self._stream.read(size)
        if not self._began:
            refuse_utf16(data[:4])
            self._began = True
            if not data:
                raise Unreadable("the file is empty")
        if data:
            self._tail = (self._tail + data)[-_TAIL:]
        else:
            self.is_cut_off = not self._tail.rstrip().endswith(b"</rss>")
        self._size += len(data)
        if self._size > MAX_ITEM:
            raise Unreadable(f"one post is longer than {MAX_ITEM // 2**20} MB")
        return data.translate(None, _CONTROL)

    def restart(self) -> None:
        self._size = 0


class _Site:
    """What a post takes from its site, which stands before the posts."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._title = self._link = self._language = ""
        self._bylines: dict[str, str] = {}
        self.is_export = False

    def learn(self, element: Any) -> None:
        name = etree.QName(element).localname
        if str(element.tag).startswith(_EXPORT):
            self.is_export = True
            if name == "author":
                names = {etree.QName(each).localname: _text(each) for each in element}
                login = names.get("author_login", "")
                self._bylines[login] = names.get("author_display_name") or login
        elif element.tag == "title":
            self._title = plain_text(_text(element))
        elif element.tag == "link":
            self._link = _text(element)
        elif element.tag == "language":
            self._language = _text(element)

    def post(self, element: Any) -> Item | None:
        """A published post; None for every other item."""
        fields = _fields(element)
        self.is_export = self.is_export or "post_type" in fields
        kind = (fields.get("post_type"), fields.get("status"))
        if kind != ("post", "publish") or fields.get("post_password"):
            return None
        categories = _terms(element, "category")
        author = fields.get("author", "")
        return Item(
            line=element.sourceline or 1,
            base=self._link,
            links=[fields.get("link", "")],
            title=plain_text(fields.get("title", "")),
            source=self._source or self._title,
            dates=_dates(fields),
            category=categories[0] if len(categories) == 1 else "",
            summary=fields.get("excerpt", ""),
            body=_with_paragraphs(fields.get("body", "")),
            author=plain_text(self._bylines.get(author, author)),
            language=self._language,
            external_id=fields.get("guid", ""),
            tags=[*categories, *_terms(element, "post_tag")],
        )


def _refuse_entities(element: Any) -> None:
    dtd = element.getroottree().docinfo.internalDTD
    if dtd is not None and next(dtd.iterentities(), None) is not None:
        raise Unreadable(
            "this file declares XML entities (<!ENTITY), which are not read;"
            " replace them by their text"
        )


def _forget(element: Any) -> None:
    """Free an element that has been read, and all before it."""
    element.clear()
    parent = element.getparent()
    while element.getprevious() is not None:
        del parent[0]


def _fields(element: Any) -> dict[str, str]:
    fields: dict[str, str] = {}
    for child in element.iterchildren(etree.Element):
        tag = str(child.tag)
        if tag.startswith(_EXPORT):
            # The excerpt has a namespace of its own below that of the export.
            name = "excerpt" if "/excerpt/}" in tag else etree.QName(tag).localname
        else:
            name = _FIELDS.get(tag, "")
        if name:
            fields.setdefault(name, _text(child))
    return fields


def _terms(element: Any, domain: str) -> list[str]:
    names = [
        _text(child)
        for child in element.iterchildren("category")
        if child.get("domain") == domain
    ]
    return [name for name in dict.fromkeys(names) if name and name != _NONE]


def _dates(fields: dict[str, str]) -> list[str]:
    """WordPress writes 0000-00-00 00:00:00 for "not yet"; that is no date."""
    gmt = fields.get("post_date_gmt", "")
    return [f"{gmt}Z" if gmt else "", fields.get("pubDate", "")]


def _text(element: Any) -> str:
    return "".join(element.itertext()).strip()


def _with_paragraphs(text: str) -> str:
    """The classic editor marks paragraphs by empty lines only, within HTML."""
    if re.search(r"<p\b", text, re.IGNORECASE):
        return text
    blocks = re.split(r"\n\s*\n", text.replace("\r\n", "\n").strip())
    return "\n".join(
        block if _BLOCK.match(block.strip()) else f"<p>{block.strip()}</p>"
        for block in blocks
        if block.strip()
    )
