"""Taking an import run back."""

from dataclasses import dataclass, field

from django.db import models
from django.db.models import Exists, OuterRef, Q, QuerySet

from articles.models import (
    Article,
    ArticleStatus,
    Category,
    Change,
    ImportRun,
    RunState,
    Source,
    Tag,
    TaggedArticle,
    TagOrigin,
    relisting,
    renew_all,
    renewing,
)

#: Articles deleted in one transaction.
BATCH = 500


class CannotUndo(Exception):
    """The run cannot be taken back; the message says why."""


@dataclass(slots=True)
class Undone:
    """What an undo took away, and the pieces (id, headline) it left alone."""

    articles: int = 0
    sources: int = 0
    categories: int = 0
    tags: int = 0
    kept: list[tuple[int, str]] = field(default_factory=list)


def touched(articles: QuerySet) -> QuerySet:
    """Those that a person has worked on: moved, edited, tagged.

    And what was killed, by whomever: deleted, it would come back with the next feed.
    """
    moved = Change.objects.filter(article=OuterRef("pk"), act__by__isnull=False)
    tagged = TaggedArticle.objects.filter(content_object=OuterRef("pk")).exclude(
        origin=TagOrigin.IMPORT
    )
    killed = Q(status=ArticleStatus.KILLED)
    return articles.filter(
        Q(edited_at__isnull=False) | killed | Exists(moved) | Exists(tagged)
    )


def undo(run: ImportRun) -> Undone:
    """Delete what the run created and nobody has touched since.

    Sources, categories and tags that it made go as well where nothing uses
    them. Raises CannotUndo for a run that is undone already. A run that was
    killed counts as running for ever, and can be taken back all the same.
    """
    if run.state == RunState.UNDONE:
        raise CannotUndo(f"run {run.pk} is undone already")
    undone = Undone()
    with renewing():
        kept = touched(run.articles.all())
        undone.kept = [(each.pk, str(each)) for each in kept.order_by("pk")]
        kept_ids = [pk for pk, _ in undone.kept]
        undone.articles = _delete_articles(run, set(kept_ids))
        undone.tags = _delete_unused(
            Tag.objects.filter(
                tagged_articles=None,
                aliases=None,
                phrases=None,
                description="",
                guidance="",
            ),
            run,
        )
        undone.sources = _delete_unused(
            Source.objects.filter(articles=None, aliases=None, feeds=None, note=""), run
        )
        undone.categories = _delete_unused(
            Category.objects.filter(articles=None, aliases=None), run
        )
        ImportRun.objects.filter(pk=run.pk).update(state=RunState.UNDONE)
        renew_all()
    return undone


def _delete_articles(run: ImportRun, kept: set[int]) -> int:
    ids = run.articles.order_by("pk").values_list("pk", flat=True)
    doomed = [pk for pk in ids if pk not in kept]
    for start in range(0, len(doomed), BATCH):
        batch = doomed[start : start + BATCH]
        with relisting(batch):
            Article.objects.filter(pk__in=batch).delete()
    return len(doomed)


def _delete_unused(unused: QuerySet, run: ImportRun) -> int:
    model: type[models.Model] = unused.model
    _, per_model = unused.filter(made_by_run=run).delete()
    return int(per_model.get(model._meta.label, 0))
