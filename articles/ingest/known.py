"""Records that were read before, word for word, and whose pieces are as they left them.

Most of a file that is imported again is of this kind, and need not be checked and
sanitised to find out that it changes nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from articles.models import Article, ArticleStatus
from articles.names import name_key

from .entries import Record
from .records import Defaults, Identity, digest_of, identity_of

#: Records of a lot that are looked at first: when none of them is known, hardly any
#: other is, and a question about all of them takes longer than it would save.
FIRST = 25


@dataclass(frozen=True, slots=True)
class Known:
    """Such a record, and its article (id)."""

    line: int
    canonical_url: str
    external_id: str
    article: int


def look_up(records: Sequence[Record], defaults: Defaults) -> list[Known | None]:
    """Which of these records change nothing; None, too, where that is not known.

    A piece that a person has touched is none of them, nor one that was killed, nor
    one whose source is called otherwise by now: there it is looked at closely. So are
    all records behind the first few, if of these none was known.
    """
    found = _look_up(records[:FIRST], defaults)
    if any(found):
        return found + _look_up(records[FIRST:], defaults)
    return found + [None] * len(records[FIRST:])


def _look_up(records: Sequence[Record], defaults: Defaults) -> list[Known | None]:
    found = [identity_of(record, defaults) for record in records]
    addresses = {each.canonical_url for each in found if each}
    rows = Article.objects.filter(canonical_url__among=addresses, edited_at=None)
    rows = rows.exclude(status=ArticleStatus.KILLED).exclude(record_digest="")
    there = {
        address: rest
        for address, *rest in rows.values_list(
            "canonical_url", "record_digest", "source__key", "pk"
        )
    }
    return [
        _known(record, defaults, each, there.get(each.canonical_url) if each else None)
        for record, each in zip(records, found, strict=True)
    ]


def _known(
    record: Record, defaults: Defaults, found: Identity | None, row: list | None
) -> Known | None:
    if found is None or row is None:
        return None
    if row[:2] != [digest_of(record, defaults), name_key(found.source)]:
        return None
    return Known(record.line, found.canonical_url, found.external_id, row[2])
