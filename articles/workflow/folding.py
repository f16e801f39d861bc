"""Duplicates: folding a piece into one that tells the same, or keeping them apart."""

from collections.abc import Mapping

from django.contrib.auth.models import User
from django.utils.translation import gettext

from articles.acts import acting
from articles.models import (
    Article,
    ArticleStatus,
    DuplicateState,
    PossibleDuplicate,
    relisting,
)

from .claims import left_to_others
from .moves import WAITING
from .outcomes import NotAllowed, Outcome, changed_meanwhile, touch


def fold(
    article: int,
    into: int,
    *,
    by: User,
    versions: Mapping[int, int] | None = None,
    take_over: bool = False,
) -> Outcome:
    """Fold a waiting piece (id) into another, which is shown instead.

    A piece that is folded itself leads to the one it is folded into, and what was
    folded into this one goes along, so chains do not grow. ``versions`` and
    ``take_over`` as in ``move_many``. Raises NotAllowed if either is gone, killed, or
    not free for it.
    """
    outcome = Outcome()
    with acting("fold", [article, into], by=by) as recording:
        pieces = Article.objects.in_bulk([article, into])
        if len(pieces) < 2:
            raise NotAllowed(gettext("One of the two is gone."))
        if claimed := left_to_others([article], by=by, take_over=take_over):
            outcome.leave_to(claimed[article], article)
            return outcome
        lead = pieces[into].folded_into or pieces[into]
        if why := _no_fold(pieces[article], lead, (versions or {}).get(article)):
            outcome.refused.append((article, why))
            return outcome
        along = Article.objects.filter(folded_into=article)
        recording.include(along.values_list("pk", flat=True))
        spiked = {"status": ArticleStatus.SPIKED, "held_until": None}
        with relisting([article, lead.pk]):
            along.update(folded_into=lead)
            Article.objects.filter(pk=article).update(folded_into=lead, **spiked)
        settle(article, lead.pk, DuplicateState.FOLDED)
        touch([article])
        outcome.moved.append(article)
    outcome.act = recording.act
    return outcome


def _no_fold(article: Article, lead: Article, seen: int | None) -> str:
    if article.pk == lead.pk:
        return gettext("The other one is folded into this one already.")
    if article.status not in WAITING:
        return gettext("Only what waits can be folded: it is %(status)s.") % {
            "status": article.get_status_display()
        }
    if lead.status in {ArticleStatus.KILLED, ArticleStatus.SPIKED}:
        return gettext("The other one is %(status)s.") % {
            "status": lead.get_status_display()
        }
    return changed_meanwhile(article, seen)


def keep_apart(
    article: int, other: int, *, by: User, take_over: bool = False
) -> Outcome:
    """Say that two pieces (ids) tell different things; they are not paired again.

    ``take_over`` as in ``move_many``. Raises NotAllowed if they are no pair that waits
    for a decision.
    """
    outcome = Outcome()
    with acting("apart", [article, other], by=by) as recording:
        pairs = PossibleDuplicate.objects.open().of([article])
        if not pairs.of([other]).exists() or article == other:
            raise NotAllowed(gettext("Nobody takes the two for the same."))
        if claimed := left_to_others([article], by=by, take_over=take_over):
            outcome.leave_to(claimed[article], article)
            return outcome
        settle(article, other, DuplicateState.APART)
        touch([article])
        outcome.moved.append(article)
    outcome.act = recording.act
    return outcome


def settle(article: int, other: int, state: DuplicateState) -> None:
    """Keep what was decided on a pair of articles (ids)."""
    newer, older = max(article, other), min(article, other)
    PossibleDuplicate.objects.update_or_create(
        article_id=newer,
        other_id=older,
        defaults={"state": state},
        create_defaults={"state": state, "likeness": 0},
    )
