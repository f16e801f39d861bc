"""The editorial workflow: every change of an article's status happens here.

``MOVES`` is the whole of it. A move is made on many articles at once or on one;
either way it is one transaction that writes status, history and listing index.
"""

from collections.abc import Iterable
from copy import copy
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.contrib.auth.models import AnonymousUser, User
from django.db import transaction
from django.db.models import F, Q, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import Least
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from articles.models import (
    Article,
    ArticleStatus,
    Category,
    FormerAddress,
    Source,
    SourceChange,
    SourceChangeState,
    StatusChange,
    TagOrigin,
    Tombstone,
    relisting,
)
from articles.names import name_key

INGESTED = ArticleStatus.INGESTED
SELECTED = ArticleStatus.SELECTED
PUBLISHED = ArticleStatus.PUBLISHED
SPIKED = ArticleStatus.SPIKED
UNPUBLISHED = ArticleStatus.UNPUBLISHED
KILLED = ArticleStatus.KILLED


@dataclass(frozen=True, slots=True)
class Move:
    """One action: from which states to which, who may, and whether it says why."""

    action: str
    label: str | Promise
    sources: tuple[ArticleStatus, ...]
    target: ArticleStatus
    permission: str
    needs_reason: bool = False

    def allows(self, status: str) -> bool:
        return status in self.sources


#: The declared table of moves, in the order in which an editor meets them.
MOVES = {
    move.action: move
    for move in (
        Move("select", _("Select"), (INGESTED,), SELECTED, "select_article"),
        Move("release", _("Put back"), (SELECTED,), INGESTED, "select_article"),
        Move(
            "publish",
            _("Publish"),
            (INGESTED, SELECTED, UNPUBLISHED),
            PUBLISHED,
            "publish_article",
        ),
        Move("spike", _("Spike"), (INGESTED, SELECTED), SPIKED, "spike_article"),
        Move("unspike", _("Bring back"), (SPIKED,), INGESTED, "spike_article"),
        Move("unpublish", _("Unpublish"), (PUBLISHED,), UNPUBLISHED, "publish_article"),
        Move(
            "kill",
            _("Kill"),
            (INGESTED, SELECTED, PUBLISHED, UNPUBLISHED, SPIKED),
            KILLED,
            "kill_article",
            needs_reason=True,
        ),
    )
}


class NotAllowed(Exception):
    """The article cannot make this move; the message says why."""


@dataclass(slots=True)
class Outcome:
    """What a move on many articles did: ids moved, and ``(id, why)`` refused."""

    moved: list[int] = field(default_factory=list)
    refused: list[tuple[int, str]] = field(default_factory=list)


def moves_for(article: Article, user: User | AnonymousUser) -> list[Move]:
    """The moves this user may make with this article as it stands."""
    return [
        move
        for move in MOVES.values()
        if move.allows(article.status) and may(user, move)
    ]


def may(user: User | AnonymousUser, move: Move) -> bool:
    """Whether the user has the permission that the move asks for."""
    return user.has_perm(f"articles.{move.permission}")


#: How many articles are locked and written by one statement.
BATCH = 500


def move_many(
    ids: Iterable[int],
    action: str,
    *,
    by: User | None,
    reason: str = "",
    actor: str = "",
    at: datetime | Combinable | None = None,
) -> Outcome:
    """Make one move with many articles, in one transaction.

    ``by`` is None for an automatic act, which then is named by ``actor``.
    ``at`` is when a publication shows: a moment or an expression over the
    article's columns (default: now; the future schedules it). Articles that
    cannot make the move are left alone and listed with the reason.
    Raises NotAllowed if the move asks for a reason and none is given.
    """
    move = MOVES[action]
    if move.needs_reason and not reason.strip():
        raise NotAllowed(gettext("Say why: this move asks for a reason."))
    now = timezone.now()
    entry = StatusChange(
        action=move.action,
        after=move.target,
        by=by,
        by_name=by.get_username() if by else actor,
        at=now,
        reason=reason.strip(),
    )
    outcome = Outcome()
    ids = sorted(set(ids))
    with transaction.atomic():
        for start in range(0, len(ids), BATCH):
            _move_batch(ids[start : start + BATCH], move, at or now, entry, outcome)
    return outcome


def _move_batch(
    ids: list[int],
    move: Move,
    at: datetime | Combinable,
    entry: StatusChange,
    outcome: Outcome,
) -> None:
    with relisting(ids):
        moved: list[int] = []
        changes = []
        for article in Article.objects.filter(pk__in=ids).only(*_NAMED_BY):
            if why := _refusal(article, move):
                outcome.refused.append((article.pk, why))
            else:
                moved.append(article.pk)
                changes.append(_history(article, entry))
        _write(moved, move, at, touched=entry.at if entry.by else None)
        StatusChange.objects.bulk_create(changes)
    outcome.moved += moved


def _history(article: Article, entry: StatusChange) -> StatusChange:
    change = copy(entry)
    change._state = copy(entry._state)
    change.article = article
    change.headline = article.shown_headline
    change.before = article.status
    return change


_NAMED_BY = ("status", "headline", "source_headline")


def move(
    article: Article,
    action: str,
    *,
    by: User | None,
    reason: str = "",
    at: datetime | None = None,
) -> None:
    """Make one move with one article, and bring the instance up to date.

    Raises NotAllowed if it cannot be made, also when someone else was faster:
    of two editors who act at once, one wins.
    """
    seen = article.status
    with transaction.atomic():
        outcome = move_many([article.pk], action, by=by, reason=reason, at=at)
        article.refresh_from_db()
    if outcome.moved:
        return
    if article.status != seen:
        raise NotAllowed(gettext("Someone else has just moved it."))
    raise NotAllowed(
        outcome.refused[0][1] if outcome.refused else gettext("It is gone.")
    )


def _refusal(article: Article, move: Move) -> str:
    if move.allows(article.status):
        return ""
    return gettext("%(move)s is not possible: the article is %(status)s.") % {
        "move": move.label,
        "status": article.get_status_display(),
    }


def _write(
    ids: list[int],
    move: Move,
    at: datetime | Combinable,
    touched: datetime | None,
) -> None:
    rows = Article.objects.filter(pk__in=ids, status__in=move.sources)
    values: dict[str, object] = {"status": move.target}
    if move.action == "publish":
        values["published_at"] = at
    if touched:
        values["edited_at"] = touched
    rows.update(**values)


def publish_as_dated(ids: Iterable[int], *, actor: str) -> Outcome:
    """Publish pieces as of their source's time, but never ahead of the clock.

    For imports: what was public at its source before it came here is listed as
    it would have been, had it been published on the day.
    """
    at = Least(F("source_published_at"), Value(timezone.now()))
    return move_many(ids, "publish", by=None, actor=actor, at=at)


def edit(article: Article, fields: Iterable[str]) -> None:
    """Save what a person changed in these fields, and nothing else.

    Writing only the named fields keeps a form that was open for an hour from
    putting back what the importer or a colleague has written meanwhile. Who chooses
    a picture, or none, no longer waits for the source's.
    """
    names = {*fields, "edited_at"}
    article.edited_at = timezone.now()
    if "image" in names:
        article.image_wanted = False
        names.add("image_wanted")
    with relisting([article.pk]):
        article.save(update_fields=names)


def add(article: Article) -> None:
    """Save an article that a person has written into a form, and list it."""
    article.is_withheld = article.source.is_blocked
    article.edited_at = timezone.now()
    with relisting([]) as relisted:
        article.save(force_insert=True)
        relisted.append(article.pk)


def delete(ids: Iterable[int], *, by: User) -> int:
    """Delete articles for good, and keep their sources from bringing them back.

    What stays is a tombstone for every address a piece has had. Returns how many
    articles went.
    """
    ids = sorted(set(ids))
    deleted = 0
    with transaction.atomic():
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


def accept_change(change: SourceChange, *, by: User) -> None:
    """Take over what the source has changed in an article.

    Our own headline, excerpt and note stay in front of it. Raises NotAllowed if
    somebody has decided on the change meanwhile.
    """
    with relisting([change.article_id]):
        _decide(change, SourceChangeState.ACCEPTED, by)
        article = Article.objects.get(pk=change.article_id)
        names = _take_over(article, change)
        article.edited_at = timezone.now()
        article.save(update_fields={*names, "edited_at"})
        tags = change.after.get("source_tags", [])
        known = set(map(name_key, change.before.get("source_tags", [])))
        if new := [name for name in tags if name_key(name) not in known]:
            origin = {"origin": TagOrigin.IMPORT, "tagged_by": by}
            article.tags.add(*new, through_defaults=origin)


def dismiss_change(change: SourceChange, *, by: User) -> None:
    """Turn down what the source has changed; the same change is not shown again.

    Raises NotAllowed if somebody has decided on it meanwhile.
    """
    with transaction.atomic():
        _decide(change, SourceChangeState.DISMISSED, by)


def _decide(change: SourceChange, state: SourceChangeState, by: User) -> None:
    decision = {
        "state": state,
        "decided_at": timezone.now(),
        "decided_by": by,
        "decided_by_name": by.get_username(),
    }
    pending = SourceChange.objects.pending().filter(pk=change.pk, digest=change.digest)
    if not pending.update(**decision):
        raise NotAllowed(gettext("Someone else has just decided, or it changed again."))
    for name, value in decision.items():
        setattr(change, name, value)


def _take_over(article: Article, change: SourceChange) -> list[str]:
    """Write the change into the article; the names of the columns it wrote."""
    for name, value in change.after.items():
        if name == "category":
            article.category = Category.objects.get_or_make([value])[name_key(value)]
        else:
            column: Any = Article._meta.get_field(name)
            setattr(article, name, column.to_python(value))
    names = [*change.after, "needs_suggestions"]
    article.needs_suggestions = True
    if "image_url" in change.after:
        article.image_wanted, article.image_tries = True, 0
        article.image_retry_at, article.image_problem = None, ""
        names += ["image_wanted", "image_tries", "image_retry_at", "image_problem"]
    return names


#: How many articles one transaction relists when a whole source changes.
RELIST_BATCH = 1000


def withhold(source: Source) -> int:
    """Bring a source's articles in line with its reuse policy.

    A blocked source's pieces leave every listing; one that is no longer blocked
    gets them back. Returns how many articles changed.
    """
    withheld = source.is_blocked
    changed = 0
    while True:
        rows = Article.objects.filter(~Q(is_withheld=withheld), source=source)
        ids = list(rows.order_by("pk").values_list("pk", flat=True)[:RELIST_BATCH])
        if not ids:
            return changed
        with relisting(ids):
            changed += rows.filter(pk__in=ids).update(is_withheld=withheld)
