"""Withdrawing: what is deleted, killed or taken down goes whole, and stays away."""

from collections.abc import Iterable
from typing import Any

from django.contrib.auth.models import User
from django.utils import timezone

from articles.acts import acting
from articles.models import Article, FormerAddress, Tombstone, relisting

#: How many articles are locked and written by one statement.
BATCH = 500


def clean(ids: Iterable[int]) -> None:
    """Take away what outputs and imports hold of articles that are killed now."""


def revive(ids: Iterable[int]) -> None:
    """Let articles whose kill is taken back be imported and shown again."""


def delete(ids: Iterable[int], *, by: User) -> int:
    """Delete articles for good, and keep their sources from bringing them back.

    What stays is a tombstone for every address a piece has had. Returns how many
    articles went.
    """
    ids = sorted(set(ids))
    deleted = 0
    with acting("delete", ids, by=by):
        for start in range(0, len(ids), BATCH):
            batch = ids[start : start + BATCH]
            with relisting(batch):
                _bury(batch, by)
                _, per_model = Article.objects.filter(pk__in=batch).delete()
            deleted += per_model.get(Article._meta.label, 0)
    return deleted


def _bury(ids: list[int], by: User) -> None:
    facts = {"at": timezone.now(), "by": by, "by_name": by.get_username()}
    articles = Article.objects.filter(pk__in=ids)
    tombstones = [
        _tombstone(article, article.canonical_url, **facts) for article in articles
    ]
    former = FormerAddress.objects.filter(article__in=ids).select_related("article")
    tombstones += [
        _tombstone(each.article, each.canonical_url, **facts) for each in former
    ]
    Tombstone.objects.bulk_create(tombstones, ignore_conflicts=True)


def _tombstone(article: Article, canonical_url: str, **facts: Any) -> Tombstone:
    return Tombstone(
        canonical_url=canonical_url,
        source_id=article.source_id,
        external_id=article.external_id,
        headline=article.shown_headline,
        **facts,
    )
