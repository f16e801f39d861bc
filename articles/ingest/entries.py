"""The frozen values that pass between the steps of an import."""

from dataclasses import dataclass
from datetime import datetime

#: Of what our reading makes of sources, and so of the digests of it. A new one means
#: that our reading has changed, not the sources.
CONTENT_VERSION = "v1"
#: Characters of an item's own text that are kept with it, for reports.
RAW_KEPT = 2_000

#: The most characters a field may have; the length of a tag is that of one tag.
LIMITS = {
    "url": 2_000,
    "title": 500,
    "source": 200,
    "category": 100,
    "summary": 20_000,
    "body": 1_000_000,
    "author": 200,
    "language": 35,
    "external_id": 500,
    "image_url": 2_000,
    "image_caption": 1_000,
    "image_credit": 200,
    "tags": 100,
}
#: The most tags a record may have.
MAX_TAGS = 50


class Unreadable(Exception):
    """A whole file that cannot be read, or not beyond ``line`` (1-based)."""

    def __init__(self, message: str, line: int = 1) -> None:
        super().__init__(message)
        self.line = line


@dataclass(frozen=True, slots=True)
class Record:
    """One item as it was found, its fields not yet checked.

    ``line`` is the 1-based line where it begins; where a feed has no known lines
    it is the item's 1-based number. ``raw`` is the beginning of its own text.
    """

    line: int
    data: dict[str, object]
    raw: str


@dataclass(frozen=True, slots=True)
class Refused:
    """One item that cannot become an entry, and why, in plain words.

    ``data`` is there when the item could be parsed, so that it can be written
    out, corrected and fed back. It may hold what made it refused, a lone
    surrogate for instance: write it as JSON in ASCII.
    """

    line: int
    reason: str
    data: dict[str, object] | None
    raw: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One valid item of a source, before it is an article.

    An absent text is "", an absent date None. ``published`` is aware, in UTC;
    ``published_raw`` is the date as the source wrote it. ``summary`` is plain
    text, ``body`` sanitised HTML, and every address absolute http or https.
    ``updated`` is when the source says it last changed the piece.
    ``derived_excerpt`` is the beginning of the body, where that was worked out
    already, ``record_digest`` that of the record it was made of, if it was one.
    """

    line: int
    url: str
    canonical_url: str
    title: str
    source: str
    published: datetime | None
    published_raw: str
    category: str
    summary: str
    body: str
    author: str
    language: str
    external_id: str
    image_url: str
    image_caption: str
    image_credit: str
    tags: tuple[str, ...]
    updated: datetime | None = None
    derived_excerpt: str | None = None
    record_digest: str = ""

    @property
    def text_bytes(self) -> int:
        """What its texts take in UTF-8."""
        return sum(len(text.encode()) for text in (self.title, self.summary, self.body))


def kept_raw(text: str) -> str:
    """The beginning of an item's text, fit for any database.

    What no database takes is written out: a lone surrogate as ``\\udc80``, a NUL
    as its visible picture.
    """
    beginning = text[:RAW_KEPT].replace("\0", "\N{SYMBOL FOR NULL}")
    return beginning.encode("utf-8", "backslashreplace").decode()[:RAW_KEPT]
