"""Moves: every change of an article's status happens here.

``MOVES`` is the whole of it. A move is made on many articles at once or on one;
either way it is one act, in one transaction that writes status, history and
listing index.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import AnonymousUser, User
from django.db import transaction
from django.db.models.expressions import Combinable
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from articles.acts import acting, arriving
from articles.models import Article, ArticleStatus, relisting

from . import withdrawal
from .claims import left_to_others
from .outcomes import NotAllowed, Outcome, changed_meanwhile

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
#: Characters of a public notice.
LONGEST_NOTICE = 1_000
#: The states in which a piece waits at the desk.
WAITING = (INGESTED, SELECTED)


def move_many(
    ids: Iterable[int],
    action: str,
    *,
    by: User | None,
    reason: str = "",
    actor: str = "",
    at: datetime | Combinable | None = None,
    versions: Mapping[int, int] | None = None,
    notice: str = "",
    take_over: bool = False,
) -> Outcome:
    """Make one move with many articles, in one transaction.

    ``by`` is None for an automatic act, which then is named by ``actor``.
    ``at`` is when a publication shows: a moment or an expression over the
    article's columns (default: now; the future schedules it). ``versions`` are
    those that the person has seen, by id. ``notice`` is what readers find at the
    address of a piece that is killed; blank leaves what is written already, or our
    usual words. Articles that cannot make the move, or have another version by now,
    are left alone and listed with the reason; so are those that a colleague has
    claimed, unless the person means to ``take_over``. Raises NotAllowed if the move
    asks for a reason and none is given, or if the notice is too long.
    """
    move = MOVES[action]
    if move.needs_reason and not reason.strip():
        raise NotAllowed(gettext("Say why: this move asks for a reason."))
    if len(notice := notice.strip()) > LONGEST_NOTICE:
        said = gettext("The notice has more than %(most)d characters.")
        raise NotAllowed(said % {"most": LONGEST_NOTICE})
    outcome = Outcome()
    ids = sorted(set(ids))
    with acting(action, [], by=by, actor=actor, reason=reason) as recording:
        for start in range(0, len(ids), BATCH):
            batch = ids[start : start + BATCH]
            recording.include(batch)
            claimed = left_to_others(batch, by=by, take_over=take_over)
            for pk, colleague in claimed.items():
                outcome.leave_to(colleague, pk)
            free = [pk for pk in batch if pk not in claimed]
            values = _values(move, at or timezone.now(), notice)
            if by:
                # As ``touch`` does: each statement writes the whole row once more.
                values["edited_at"] = timezone.now()
            _move_batch(free, move, values, versions or {}, outcome)
    outcome.act = recording.act
    return outcome


def _move_batch(
    ids: list[int],
    move: Move,
    values: Mapping[str, object],
    versions: Mapping[int, int],
    outcome: Outcome,
) -> None:
    with relisting(ids):
        moved: list[int] = []
        rows = Article.objects.filter(pk__in=ids).order_by("pk")
        for article in rows.only("status", "version"):
            if why := _refusal(article, move, versions.get(article.pk)):
                outcome.refused.append((article.pk, why))
            else:
                moved.append(article.pk)
        rows = Article.objects.filter(pk__in=moved, status__in=move.sources)
        rows.update(**values)
        if move.action == "kill":
            withdrawal.clean(moved)
    outcome.moved += moved


def move(
    article: Article,
    action: str,
    *,
    by: User | None,
    reason: str = "",
    at: datetime | None = None,
    notice: str = "",
) -> None:
    """Make one move with one article, and bring the instance up to date.

    ``at`` and ``notice`` as in ``move_many``. Raises NotAllowed if it cannot be made,
    also when someone else was faster: of two editors who act at once, one wins.
    """
    seen = article.status
    with transaction.atomic():
        outcome = move_many(
            [article.pk], action, by=by, reason=reason, at=at, notice=notice
        )
        article.refresh_from_db()
    if outcome.moved:
        return
    if article.status != seen:
        raise NotAllowed(gettext("Someone else has just moved it."))
    raise NotAllowed(
        outcome.refused[0][1] if outcome.refused else gettext("It is gone.")
    )


def _refusal(article: Article, move: Move, seen: int | None) -> str:
    if not move.allows(article.status):
        return gettext("%(move)s is not possible: the article is %(status)s.") % {
            "move": move.label,
            "status": article.get_status_display(),
        }
    return changed_meanwhile(article, seen)


def _values(move: Move, at: datetime | Combinable, notice: str) -> dict[str, object]:
    """What a move writes."""
    values: dict[str, object] = {"status": move.target, "folded_into": None}
    if move.action == "publish":
        values["published_at"] = at
    if move.action == "kill" and notice:
        values["notice"] = notice
    if move.target not in WAITING:
        values["held_until"] = None
    return values


@contextmanager
def publish_as_dated(articles: Sequence[Article], *, actor: str) -> Iterator[None]:
    """Publish new pieces as of their source's time, but never ahead of the clock.

    For imports: what was public at its source before it came here is listed as
    it would have been, had it been published on the day. The block inserts the
    pieces, which so are written once.
    """
    now = timezone.now()
    with arriving("publish", articles, ("status", "published_at"), actor=actor):
        for article in articles:
            article.status = PUBLISHED.value
            article.published_at = min(article.source_published_at, now)
        yield
