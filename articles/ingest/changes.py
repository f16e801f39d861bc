"""What a source has changed in a piece that we have.

A piece that nobody has touched follows its source. Of one that an editor has
touched only its identity follows; every other change waits for an editor.
"""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Self

from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import QuerySet

from articles.models import (
    DEFAULT_CATEGORY,
    Article,
    FormerAddress,
    FormerId,
    SourceChange,
)
from articles.names import name_key

from .entries import CONTENT_VERSION, Entry
from .identity import external_key
from .records import derived_excerpt

CONTENT = ("source_headline", "source_excerpt", "source_body")
DATES = {"source_published_at", "source_date_text", "date_is_estimated"}
#: Columns that find the piece again; they follow its source whoever touched it.
IDENTITY = ("canonical_url", "external_id", "external_key")
#: The columns an update may write.
UPDATED = [
    "url",
    *IDENTITY,
    *CONTENT,
    "source_category",
    "source_tags",
    "source_published_at",
    "source_date_text",
    "source_updated_at",
    "source_digest",
    "record_digest",
    "silent_updates",
    "date_is_estimated",
    "author",
    "language",
    "image_url",
    "page_due_at",
    "image_wanted",
    "image_tries",
    "image_retry_at",
    "image_problem",
    "category",
    "needs_suggestions",
    "needs_comparing",
]
#: Changes of one piece that are kept, the newest; former addresses and ids likewise.
KEPT = 20

#: A date further ahead would keep a piece on top of every list; such a piece, and
#: one from before the day after the clocks of computers began, stands at its arrival.
FURTHEST_AHEAD = timedelta(days=1)
EARLIEST = datetime.fromisoformat("1970-01-02T00:00:00+00:00")


@dataclass(frozen=True, slots=True)
class Difference:
    """Columns that differ, before and after.

    ``is_dated`` if the source says when it changed more than the date.
    """

    before: dict[str, Any]
    after: dict[str, Any]
    is_dated: bool

    def only(self, names: Iterable[str]) -> Self:
        """What differs in these columns."""
        kept = self.after.keys() & set(names)
        before, after = (
            {name: columns[name] for name in columns if name in kept}
            for columns in (self.before, self.after)
        )
        return replace(self, before=before, after=after)

    def without(self, names: Iterable[str]) -> Self:
        """What differs in the other columns."""
        return self.only(self.after.keys() - set(names))


def digest_of(entry: Entry) -> str:
    """Of what the piece says: headline, excerpt and text, but no date."""
    content = "\x1f".join((entry.title, entry.summary, entry.body))
    return f"{CONTENT_VERSION}:{hashlib.sha256(content.encode()).hexdigest()}"


def is_of_now(article: Article) -> bool:
    """Whether the digest of what its source said can be compared with a new one.

    One of another version cannot; then the columns tell whether anything is new.
    """
    return article.source_digest.startswith(f"{CONTENT_VERSION}:")


def published_by_feed(entry: Entry, now: datetime) -> datetime | None:
    """The date a feed gives, unless it cannot be one.

    Staff who import a file of announced pieces mean their dates; feeds err.
    """
    if entry.published and EARLIEST <= entry.published <= now + FURTHEST_AHEAD:
        return entry.published
    return None


def values_of(entry: Entry, external_id: str, language: str = "") -> dict[str, Any]:
    """The columns that follow the source, as this entry has them; "" is absent."""
    return {
        "url": entry.url,
        "external_id": external_id,
        "external_key": external_key(external_id),
        "source_date_text": entry.published_raw[:100],
        "author": entry.author,
        "language": entry.language or language,
        "image_url": entry.image_url,
        **content_of(entry),
    }


def content_of(entry: Entry) -> dict[str, str]:
    """Those of them that are what the piece says."""
    excerpt = entry.summary or entry.derived_excerpt
    if excerpt is None:
        excerpt = derived_excerpt(entry.body)
    texts = (entry.title, excerpt, entry.body)
    return dict(zip(CONTENT, texts, strict=True))


def difference(
    article: Article,
    entry: Entry,
    *,
    external_id: str,
    published: datetime | None,
    moves: bool,
) -> Difference:
    """What of the article's columns the entry would change.

    ``external_id`` and ``published`` are the entry's as far as they can be trusted;
    ``moves`` says whether its address takes the place of the article's. A blank
    never erases: a feed that stops sending authors has not unsigned its pieces.
    """
    values = values_of(entry, external_id)
    values = {name: value for name, value in values.items() if value}
    if article.source_digest == digest_of(entry):
        values = {name: values[name] for name in values if name not in CONTENT}
    elif not entry.summary and not _is_derived(article):
        values.pop("source_excerpt", None)
    if not is_of_now(article) and article.source.wants_full_text:
        # The column may hold the text of its page, which tells nothing of the feed's.
        values.pop("source_body", None)
    if published:
        values |= {"source_published_at": published, "date_is_estimated": False}
    if published is None or published == article.source_published_at:
        # The same moment in other words, of another zone for instance, is no news.
        values.pop("source_date_text", None)
    if moves:
        values["canonical_url"] = entry.canonical_url
    elif article.canonical_url != entry.canonical_url:
        values.pop("url")
    values |= _category(article, entry) | _tags(article, entry)
    after = {name: v for name, v in values.items() if column(article, name) != v}
    before = {name: column(article, name) for name in after}
    is_newer = entry.updated is not None and (
        article.source_updated_at is None or entry.updated > article.source_updated_at
    )
    # Many a feed gives every piece the time at which it was fetched.
    return Difference(before, after, is_newer and not after.keys() <= DATES)


def column(article: Article, name: str) -> Any:
    """The article's value of a column as changes name it: a category by its name."""
    return article.category.name if name == "category" else getattr(article, name)


def _is_derived(article: Article) -> bool:
    """Whether the stored excerpt was made from the stored text, by us."""
    return article.source_excerpt in {"", derived_excerpt(article.source_body)}


def _category(article: Article, entry: Entry) -> dict[str, str]:
    """The source's new category, ours with it unless an editor has chosen another."""
    if not entry.category or entry.category == article.source_category:
        return {}
    given = article.source_category or DEFAULT_CATEGORY
    follows = name_key(given) == article.category.key
    moved = {"category": entry.category} if follows else {}
    return {"source_category": entry.category, **moved}


def _tags(article: Article, entry: Entry) -> dict[str, list[str]]:
    """With those the source has not sent before; one an editor took off stays off.

    One that the piece wears already is no news: an editor was there before.
    """
    if new := new_tags(article.source_tags, entry.tags):
        new = new_tags([tag.name for tag in article.tags.all()], new)
    return {"source_tags": [*article.source_tags, *new]} if new else {}


def new_tags(before: list[str], after: list[str] | tuple[str, ...]) -> list[str]:
    """The names of ``after`` that are not in ``before``, by any spelling."""
    known = {name_key(name) for name in before}
    return [name for name in after if name_key(name) not in known]


def is_noted(change: SourceChange, after: dict[str, Any]) -> bool:
    """Whether the change says the same as these columns; as JSON, as it is stored."""
    text = json.dumps(after, cls=DjangoJSONEncoder)
    return bool(change.after == json.loads(text))


def digest_of_columns(after: dict[str, Any]) -> str:
    """Of a change itself: who decides on it has seen this very one."""
    text = "\x1f".join(f"{name}={after[name]}" for name in sorted(after))
    return f"{CONTENT_VERSION}:{hashlib.sha256(text.encode()).hexdigest()}"


def prune(articles: list[int]) -> None:
    """Keep the newest changes of each of these articles (ids)."""
    rows = SourceChange.objects.filter(article__in=articles).newest_first()
    doomed = SourceChange.objects.filter(pk__in=_beyond_kept(rows))
    doomed.exclude(state="pending").delete()


def prune_former(noted: Sequence[FormerAddress | FormerId]) -> None:
    """Keep the newest former addresses, or ids, of the articles that got one more.

    A link that holds the number of a session is another one at every fetch.
    """
    if noted:
        rows = type(noted[0])._default_manager
        of_them = rows.filter(article__in=[each.article_id for each in noted])
        rows.filter(pk__in=_beyond_kept(of_them.order_by("-until", "-pk"))).delete()


def _beyond_kept(rows: QuerySet[Any]) -> list[int]:
    """Of rows in their order, the ids of those beyond the first of each article."""
    counts: dict[int, int] = {}
    doomed = []
    for pk, article in rows.values_list("pk", "article"):
        counts[article] = counts.get(article, 0) + 1
        if counts[article] > KEPT:
            doomed.append(pk)
    return doomed
