"""What a file is: by its name's ending first, else by how it begins."""

import re
from pathlib import PurePath

from articles.ingest.entries import Unreadable

from .csv_rows import names_of
from .streams import refuse_utf16

FORMATS = ("ndjson", "json", "csv", "rss", "atom", "jsonfeed", "wxr")

_BY_ENDING = {
    ".ndjson": "ndjson",
    ".jsonl": "ndjson",
    ".csv": "csv",
    ".tsv": "csv",
    ".rss": "rss",
    ".rdf": "rss",
    ".atom": "atom",
    ".wxr": "wxr",
}
#: How a ZIP begins, and so every workbook and document of an office suite.
_ZIP = b"PK\x03\x04"
_PACKED = (b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"\x28\xb5\x2f\xfd")
# https://www.jsonfeed.org/version/1.1/: every feed names its version by this URL.
_JSON_FEED = re.compile(r'"version"\s*:\s*"https?:\\?/\\?/(?:www\.)?jsonfeed\.org')
_WIDE = (
    (b"\xff\xfe\0\0", "utf-32-le"),
    (b"\0\0\xfe\xff", "utf-32-be"),
    (b"\xff\xfe", "utf-16-le"),
    (b"\xfe\xff", "utf-16-be"),
)
# What may stand before the root element of an XML document.
_PROLOG = re.compile(
    r"(?:\s+|<\?.*?\?>|<!--.*?-->|<!(?i:DOCTYPE)[^\[>]*(?:\[.*?\]\s*)?>)+", re.DOTALL
)
_ROOT = re.compile(r"<(?:[\w.-]+:)?([A-Za-z][\w.-]*)")
_WXR = re.compile(r"wordpress\.org/export/|<wp:wxr_version")


def detect(name: str, head: bytes) -> str:
    """The one of FORMATS that a file is, by its name and its first 64 KiB.

    Raises Unreadable if that cannot be told, or if it is no format that is read.
    """
    if head.startswith(_ZIP):
        raise Unreadable(
            "this is a workbook, a document or an archive (ZIP): save a workbook's"
            " sheet as CSV UTF-8, or unpack the archive first"
        )
    if head.startswith(_PACKED):
        raise Unreadable("this file is compressed; unpack it first")
    ending = PurePath(name).suffix.lower()
    if ending in _BY_ENDING:
        return _BY_ENDING[ending]
    text = _text(head)
    if text.startswith("<"):
        return _of_xml(text)
    if text.startswith("["):
        return "json"
    if text.startswith("{"):
        return _of_object(text)
    if names_of(text.splitlines()[0] if text else ""):
        return "csv"
    if not text:
        if ending:
            raise Unreadable("the file is empty")
        # Nothing on standard input is a stream of no records.
        return "ndjson"
    raise _unclear("it begins like none of them")


def _text(head: bytes) -> str:
    """The beginning as text, from its first character that is not blank."""
    # Feeds may be UTF-16 and UTF-32; their reader knows both.
    for mark, encoding in _WIDE:
        text = head.removeprefix(mark).decode(encoding, "replace").lstrip()
        if text.startswith("<"):
            return text
    refuse_utf16(head)
    return head.decode("utf-8-sig", "replace").lstrip()


def _of_xml(text: str) -> str:
    prolog = _PROLOG.match(text)
    root = _ROOT.match(text, prolog.end() if prolog else 0)
    if root is None:
        raise _unclear("it is XML without a root element at its beginning")
    match root[1].lower():
        case "rss" | "rdf" | "channel":
            return "wxr" if _WXR.search(text) else "rss"
        case "feed" | "entry":
            return "atom"
        case "html":
            raise Unreadable("this is a web page, not a feed or a file of articles")
        case other:
            raise _unclear(f"it is XML of another kind, <{other[:50]}>")


def _of_object(text: str) -> str:
    if _JSON_FEED.search(text):
        return "jsonfeed"
    first = text.splitlines()[0].rstrip()
    is_spread = first != text.rstrip() and first.endswith(("{", "[", ","))
    return "json" if is_spread else "ndjson"


def _unclear(why: str) -> Unreadable:
    return Unreadable(
        f"the format of this file is not clear: {why};"
        f" name it with --input-format, one of {', '.join(FORMATS)}"
    )
