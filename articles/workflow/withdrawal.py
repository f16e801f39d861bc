"""Withdrawing: what is deleted, killed or taken down goes whole, and stays away."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from articles.acts import WINDOW, acting
from articles.images import library
from articles.models import (
    Article,
    ArticleStatus,
    Change,
    FormerAddress,
    SourceChange,
    TagSuggestion,
    Tombstone,
    relisting,
)

from .outcomes import Outcome, changed_meanwhile

#: How many articles are locked and written by one statement.
BATCH = 500
#: What a source said in a piece, beyond its headline: columns and their blanks.
SAID = {
    "source_excerpt": "",
    "source_body": "",
    "source_tags": [],
    "author": "",
    "image_url": "",
    "image_caption": "",
    "image_credit": "",
}


def clean(ids: Iterable[int]) -> None:
    """Take away what outputs and imports hold of articles that are killed now.

    Pages, feeds and listings show nothing of them by their status alone. What would
    outlive that are files: a web server hands pictures out without asking us.
    """
    ids = list(ids)
    # Whoever has read one of them to write it back finds that it was touched.
    Article.objects.filter(pk__in=ids).update(edited_at=timezone.now())
    _once_it_is_sure(lambda: take_pictures_away(ids))


def _once_it_is_sure(discard: Callable[[], object]) -> None:
    """Delete files after the commit, since no rollback brings them back.

    The act is done by then whatever the storage says; a failure is logged, and
    ``erase_killed`` tries again.
    """
    transaction.on_commit(discard, robust=True)


def take_pictures_away(ids: Iterable[int]) -> int:
    """Discard the pictures that these articles, killed, have alone; how many went.

    Raises what the storage raises.
    """
    theirs = Article.objects.filter(pk__in=list(ids), image__isnull=False)
    return library.discard(theirs.values_list("image", flat=True))


def revive(ids: Iterable[int]) -> None:
    """Let articles whose kill is taken back be imported and shown again.

    Imports go by the status alone, and a lost picture is fetched again. What was
    suggested for them before the kill may be out of date.
    """
    pieces = Article.objects.filter(pk__in=list(ids))
    pieces.update(needs_suggestions=True, needs_comparing=True)


def erase_killed(*, dry_run: bool = False) -> tuple[int, int]:
    """Erase what sources said in pieces whose kill cannot be taken back any more.

    Headline, addresses and ids stay, so that the history can be read and no import
    brings them back; so do our own words. Pictures that a storage did not give up
    before go too. Returns how many articles and pictures; a dry run only counts.
    Raises what the storage raises.
    """
    pictures = library.of_killed_alone().values_list("pk", flat=True)
    if dry_run:
        return _to_erase().count(), pictures.count()
    erased, ids = 0, list(_to_erase().order_by("pk").values_list("pk", flat=True))
    for start in range(0, len(ids), BATCH):
        with relisting(ids[start : start + BATCH]) as batch:
            # One whose kill was taken back in between is left alone.
            still = list(_to_erase().filter(pk__in=batch).values_list("pk", flat=True))
            _erase(still)
            erased += len(still)
    return erased, library.discard(pictures)


def _to_erase() -> QuerySet[Article]:
    killed = Q(after__status=ArticleStatus.KILLED)
    late = Change.objects.filter(
        killed, article=OuterRef("pk"), act__at__gt=timezone.now() - WINDOW
    )
    articles = Article.objects.filter(status=ArticleStatus.KILLED)
    return articles.exclude(**SAID).exclude(Exists(late))


def _erase(ids: list[int]) -> None:
    Article.objects.filter(pk__in=ids).update(**SAID, image_wanted=False)
    SourceChange.objects.filter(article__in=ids).delete()
    TagSuggestion.objects.filter(article__in=ids).delete()
    _blank_notes(ids)


def _blank_notes(ids: list[int]) -> None:
    """Blank what sources said where the notes of acts quote it."""
    changes = list(Change.objects.filter(article__in=ids))
    quoting = [each for each in changes if _forget(each.before) | _forget(each.after)]
    Change.objects.bulk_update(quoting, ["before", "after"])


def _forget(columns: dict[str, Any]) -> bool:
    """Blank what a source said in one side of a change; whether there was any."""
    said = {name: blank for name, blank in SAID.items() if columns.get(name)}
    columns.update(said)
    return bool(said)


def delete(
    ids: Iterable[int], *, by: User, versions: Mapping[int, int] | None = None
) -> Outcome:
    """Delete articles for good, and keep their sources from bringing them back.

    What stays is a tombstone for every address a piece has had. Pictures that no
    other piece has go with them. A piece that has another version by now than the
    person has seen (``versions`` by id) is left alone.
    """
    outcome, seen = Outcome(), versions or {}
    with acting("delete", ids, by=by) as recording:
        articles = Article.objects.filter(pk__in=recording.before).order_by("pk")
        for article in articles.only("version"):
            if why := changed_meanwhile(article, seen.get(article.pk)):
                outcome.refused.append((article.pk, why))
            else:
                outcome.moved.append(article.pk)
        theirs = articles.filter(pk__in=outcome.moved, image__isnull=False)
        pictures = list(theirs.values_list("image", flat=True))
        for start in range(0, len(outcome.moved), BATCH):
            batch = outcome.moved[start : start + BATCH]
            with relisting(batch):
                _bury(batch, by)
                _blank_notes(batch)
                Article.objects.filter(pk__in=batch).delete()
        _once_it_is_sure(lambda: library.discard(pictures))
    outcome.act = recording.act
    return outcome


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
