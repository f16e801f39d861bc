"""Articles as the records that ``import_articles`` reads.

This is the newsroom's own copy of its sources' values, for moving house and for
backups, and so the one output that ``rights`` does not trim: what it writes is
for the operator, never for readers.
"""

import csv
import json
from collections.abc import Iterator
from datetime import datetime
from html import escape
from typing import Any, Protocol

from articles.ingest import sanitise
from articles.ingest.parse.csv_rows import TAG_SEPARATOR, protect_cell
from articles.ingest.records import KNOWN_FIELDS
from articles.models import DEFAULT_CATEGORY, Article, ArticleStatus, Source, Tag

#: Articles read from the database at a time.
CHUNK = 200
#: In a cell, what parts tags cannot stand within one. This is the same to
#: ``names.name_key``, so that the tag is found again, and not two others made.
SEPARATOR_IN_A_TAG = "\N{FULLWIDTH VERTICAL LINE}"


class Writable(Protocol):
    """What text can be written to: a file, or a command's stdout."""

    def write(self, text: str, /) -> object: ...


def records(
    *,
    tag: Tag | None = None,
    source: Source | None = None,
    since: datetime | None = None,
) -> Iterator[dict[str, Any]]:
    """One record per article, oldest first, blank fields left out.

    A killed piece is in no output, this one included.
    """
    articles = Article.objects.exclude(status=ArticleStatus.KILLED)
    articles = articles.select_related("source", "category")
    if tag:
        articles = articles.filter(tagged_articles__tag=tag)
    if source:
        articles = articles.filter(source=source)
    if since:
        articles = articles.filter(source_published_at__gte=since)
    ordered = articles.order_by("source_published_at", "pk")
    tagged = ordered.prefetch_related("tags")  # type: ignore[misc]
    for article in tagged.iterator(chunk_size=CHUNK):
        yield _record(article)


def _record(article: Article) -> dict[str, Any]:
    published = article.source_published_at.isoformat()
    record = {
        "url": article.url,
        "title": article.source_headline,
        "source": article.source.name,
        "published": "" if article.date_is_estimated else published,
        "category": article.source_category or _category(article),
        "summary": _markup(article.source_excerpt),
        "body": article.source_body,
        "author": article.author,
        "language": article.language,
        "external_id": article.external_id,
        "image_url": article.image_url,
        "image_caption": article.image_caption,
        "image_credit": article.image_credit,
        "tags": [tag.name for tag in article.tags.all()],
    }
    return {name: value for name, value in record.items() if value}


def _category(article: Article) -> str:
    """The section it stands in, but for the one that stands for none."""
    name = article.category.name
    return "" if name == DEFAULT_CATEGORY else name


def _markup(text: str) -> str:
    """Text for a field that is read as HTML, so that it comes back as it is."""
    return text if sanitise.text(text) == text else escape(text, quote=False)


def _tags_cell(names: list[str]) -> str:
    safe = (name.replace(TAG_SEPARATOR, SEPARATOR_IN_A_TAG) for name in names)
    return TAG_SEPARATOR.join(safe)


def write_ndjson(rows: Iterator[dict[str, Any]], out: Writable) -> int:
    """One JSON object per line; returns how many."""
    written = 0
    for row in rows:
        out.write(json.dumps(row, ensure_ascii=False) + "\n")
        written += 1
    return written


def write_csv(rows: Iterator[dict[str, Any]], out: Writable) -> int:
    """A header row and one row per article; cells no spreadsheet will run."""
    writer = csv.writer(out)
    writer.writerow(KNOWN_FIELDS)
    written = 0
    for row in rows:
        cells = row | {"tags": _tags_cell(row.get("tags", []))}
        texts = [str(cells.get(name, "")) for name in KNOWN_FIELDS]
        writer.writerow([protect_cell(text) for text in texts])
        written += 1
    return written
