"""From validated entries to articles: created, updated, unchanged or duplicate.

Idempotent: the same entries a second time change nothing. What editors wrote,
the tags they put on or took off, and killed pieces are never touched.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.utils import timezone

from articles.excerpts import words_or_graphemes
from articles.models import (
    DEFAULT_CATEGORY,
    Article,
    ArticleStatus,
    Category,
    ImportRun,
    Source,
    Tag,
    TaggedArticle,
    TagOrigin,
    relisting,
)
from articles.names import name_key

from . import sanitise
from .entries import Entry

#: A piece without a summary gets the beginning of its text as excerpt: more
#: than any source's policy lets be shown, cut again by ``articles.rights``.
DERIVED_WORDS, DERIVED_CHARACTERS = 100, 400


@dataclass(slots=True)
class Stored:
    """What became of one batch of entries."""

    created: list[int] = field(default_factory=list)
    updated: list[int] = field(default_factory=list)
    unchanged: int = 0
    #: Why, by canonical address.
    duplicates: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Known:
    """The rows that a batch refers to, by key."""

    articles: dict[str, Article]
    sources: dict[str, Source]
    categories: dict[str, Category]
    tags: dict[str, Tag]


def store(entries: list[Entry], run: ImportRun | None) -> Stored:
    """Write a batch of entries, none of them twice, in the caller's transaction.

    Raises IntegrityError when another process has just stored the same piece;
    the caller takes the batch back and tries again.
    """
    known = _look_up(entries, run)
    stored = Stored()
    fresh: list[Article] = []
    changed: list[Article] = []
    tagged: list[tuple[Article, list[str]]] = []
    for entry in entries:
        article = known.articles.get(entry.canonical_url)
        source = known.sources[name_key(entry.source)]
        if article is None:
            article = _new(entry, source, known, run)
            fresh.append(article)
            tagged.append((article, list(entry.tags)))
        elif article.source_id != source.pk:
            stored.duplicates[entry.canonical_url] = _same_address(article)
        elif article.status == ArticleStatus.KILLED:
            stored.unchanged += 1
        else:
            names = _new_names(article, entry)
            if _update(article, entry, known) or names:
                changed.append(article)
                tagged.append((article, names))
            else:
                stored.unchanged += 1
    with relisting(article.pk for article in changed) as relisted:
        _write(fresh, changed)
        relisted.extend(article.pk for article in fresh)
        _tag(tagged, known.tags)
    stored.created = [article.pk for article in fresh]
    stored.updated = [article.pk for article in changed]
    return stored


def _look_up(entries: list[Entry], run: ImportRun | None) -> _Known:
    addresses = [entry.canonical_url for entry in entries]
    rows = Article.objects.filter(canonical_url__in=addresses)
    tags = [name for entry in entries for name in entry.tags]
    return _Known(
        articles={row.canonical_url: row for row in rows.select_related("source")},
        sources=Source.objects.get_or_make(_names(entries, "source"), made_by_run=run),
        categories=Category.objects.get_or_make(
            [*_names(entries, "category"), DEFAULT_CATEGORY], made_by_run=run
        ),
        tags=Tag.objects.get_or_make(tags, made_by_run=run),
    )


def _names(entries: list[Entry], name: str) -> list[str]:
    return [value for entry in entries if (value := getattr(entry, name))]


def _same_address(article: Article) -> str:
    return (
        f"the same address is already here from “{article.source}”,"
        f" as article {article.pk}"
    )


def _new(entry: Entry, source: Source, known: _Known, run: ImportRun | None) -> Article:
    now = timezone.now()
    return Article(
        source=source,
        canonical_url=entry.canonical_url,
        category=known.categories[name_key(entry.category or DEFAULT_CATEGORY)],
        source_category=entry.category,
        source_tags=list(entry.tags),
        source_published_at=entry.published or now,
        date_is_estimated=entry.published is None,
        is_withheld=source.is_blocked,
        image_caption=entry.image_caption,
        image_credit=entry.image_credit,
        made_by_run=run,
        needs_suggestions=True,
        **_values(entry, language=source.language),
    )


def _values(entry: Entry, language: str = "") -> dict[str, Any]:
    """The columns that follow the source, as this entry has them; "" is absent."""
    return {
        "url": entry.url,
        "external_id": entry.external_id,
        "source_headline": entry.title,
        "source_excerpt": entry.summary or _derived_excerpt(entry.body),
        "source_body": entry.body,
        "source_date_text": entry.published_raw[:100],
        "author": entry.author,
        "language": entry.language or language,
        "image_url": entry.image_url,
    }


def _derived_excerpt(body: str) -> str:
    return words_or_graphemes(sanitise.text(body), DERIVED_WORDS, DERIVED_CHARACTERS)


def _update(article: Article, entry: Entry, known: _Known) -> bool:
    """Bring the source's columns up to date; whether anything changed.

    A blank never erases: a feed that stops sending authors has not unsigned
    its pieces.
    """
    values = {name: value for name, value in _values(entry).items() if value}
    if not entry.summary and not _is_derived(article):
        values.pop("source_excerpt", None)
    if entry.published:
        values |= {"source_published_at": entry.published, "date_is_estimated": False}
    if entry.published == article.source_published_at:
        # The same moment in other words, of another zone for instance, is no news.
        values.pop("source_date_text", None)
    if entry.category and entry.category != article.source_category:
        _follow_category(article, entry.category, known)
        values["source_category"] = entry.category
    changes = {
        name: value for name, value in values.items() if getattr(article, name) != value
    }
    for name, value in changes.items():
        setattr(article, name, value)
    if {"source_headline", "source_excerpt", "source_body"} & changes.keys():
        article.needs_suggestions = True
    return bool(changes)


def _is_derived(article: Article) -> bool:
    """Whether the stored excerpt was made from the stored text, by us."""
    return article.source_excerpt in {"", _derived_excerpt(article.source_body)}


def _follow_category(article: Article, category: str, known: _Known) -> None:
    """Move to the source's new category, unless an editor has chosen another."""
    given = article.source_category or DEFAULT_CATEGORY
    if name_key(given) == article.category.key:
        article.category = known.categories[name_key(category)]


def _new_names(article: Article, entry: Entry) -> list[str]:
    """Tags the source has not sent before; one an editor took off stays off."""
    sent = {name_key(name) for name in article.source_tags}
    names = [name for name in entry.tags if name_key(name) not in sent]
    article.source_tags = [*article.source_tags, *names]
    return names


#: The columns an update may write.
UPDATED = [
    "url",
    "external_id",
    "source_headline",
    "source_excerpt",
    "source_body",
    "source_category",
    "source_tags",
    "source_published_at",
    "source_date_text",
    "date_is_estimated",
    "author",
    "language",
    "image_url",
    "category",
    "needs_suggestions",
]


def _write(fresh: list[Article], changed: list[Article]) -> None:
    Article.objects.bulk_create(fresh)
    if changed:
        Article.objects.bulk_update(changed, UPDATED, batch_size=50)


def _tag(tagged: Iterable[tuple[Article, list[str]]], tags: dict[str, Tag]) -> None:
    TaggedArticle.objects.bulk_create(
        [
            TaggedArticle(content_object=article, tag=tag, origin=TagOrigin.IMPORT)
            for article, names in tagged
            for tag in dict.fromkeys(tags[name_key(name)] for name in names)
        ],
        ignore_conflicts=True,  # an editor may have put the same tag on already
    )
