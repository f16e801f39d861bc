"""Records that were read before, word for word, and whose pieces are as they left them.

Most of a file that is imported again is of this kind, and need not be checked and
sanitised to find out that it changes nothing.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass

from articles.models import Article, ArticleStatus
from articles.names import name_key

from .changes import CONTENT_VERSION
from .entries import Record
from .records import Defaults, Identity, identity_of


@dataclass(frozen=True, slots=True)
class Known:
    """Such a record, and its article (id)."""

    line: int
    canonical_url: str
    external_id: str
    article: int


def digest_of(record: Record, defaults: Defaults) -> str:
    """Of all that the record says, and of how it is read."""
    how = [
        CONTENT_VERSION,
        defaults.source,
        defaults.date_format,
        str(defaults.zone),
    ]
    text = json.dumps([how, record.data], sort_keys=True, default=str)
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def look_up(
    records: Sequence[Record], digests: Sequence[str], defaults: Defaults
) -> list[Known | None]:
    """Which of these records, with their digests, change nothing; one question.

    A piece that a person has touched is none of them, nor one that was killed, nor
    one whose source is called otherwise by now: there it is looked at closely.
    """
    found = [identity_of(record, defaults) for record in records]
    addresses = [each.canonical_url for each in found if each]
    rows = Article.objects.filter(canonical_url__in=addresses, edited_at=None)
    rows = rows.exclude(status=ArticleStatus.KILLED).exclude(record_digest="")
    there = {
        address: rest
        for address, *rest in rows.values_list(
            "canonical_url", "record_digest", "source__key", "pk"
        )
    }
    return [
        _known(record, digest, each, there.get(each.canonical_url) if each else None)
        for record, digest, each in zip(records, digests, found, strict=True)
    ]


def _known(
    record: Record, digest: str, found: Identity | None, row: list | None
) -> Known | None:
    if found is None or row is None:
        return None
    if row[:2] != [digest, name_key(found.source)]:
        return None
    return Known(record.line, found.canonical_url, found.external_id, row[2])
