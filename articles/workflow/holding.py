"""Holding: pieces leave the queue until a moment, and come back by themselves."""

from collections.abc import Iterable, Mapping
from datetime import datetime, time, timedelta

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext

from articles.acts import acting
from articles.models import Article

from .claims import left_to_others
from .moves import WAITING
from .outcomes import Outcome, changed_meanwhile, touch

#: When a working day begins, in the site's zone.
MORNING = time(8)


def until_when(choice: str, at: datetime | None = None) -> datetime:
    """The moment until which a piece is held: that in ``at``, else a choice.

    ``later`` is in three hours, ``tomorrow`` the next morning, ``week`` that of the
    next Monday. Raises ValidationError for another choice, and for a moment that has
    passed.
    """
    now = timezone.localtime()
    if at:
        if at <= now:
            raise ValidationError(gettext("That moment has passed."))
        return at
    match choice:
        case "later":
            return now + timedelta(hours=3)
        case "tomorrow":
            return _morning(now, days=1)
        case "week":
            return _morning(now, days=7 - now.weekday())
    raise ValidationError(gettext("Say until when."))


def _morning(now: datetime, *, days: int) -> datetime:
    day = now.date() + timedelta(days=days)
    return timezone.make_aware(datetime.combine(day, MORNING))


def hold(
    ids: Iterable[int],
    until: datetime | None,
    *,
    by: User,
    versions: Mapping[int, int] | None = None,
    take_over: bool = False,
) -> Outcome:
    """Take pieces out of the queue until that moment; None brings them back now.

    Only what waits can be held. ``versions`` and ``take_over`` as in ``move_many``.
    """
    outcome, seen = Outcome(), versions or {}
    with acting("hold" if until else "resume", ids, by=by) as recording:
        claimed = left_to_others(recording.before, by=by, take_over=take_over)
        pieces = Article.objects.filter(pk__in=recording.before)
        for article in pieces.only("status", "version").order_by("pk"):
            if colleague := claimed.get(article.pk):
                outcome.leave_to(colleague, article.pk)
            elif why := _no_hold(article, seen.get(article.pk)):
                outcome.refused.append((article.pk, why))
            else:
                outcome.moved.append(article.pk)
        pieces.filter(pk__in=outcome.moved).update(held_until=until)
        touch(outcome.moved)
    outcome.act = recording.act
    return outcome


def _no_hold(article: Article, seen: int | None) -> str:
    if article.status not in WAITING:
        return gettext("It does not wait any more: it is %(status)s.") % {
            "status": article.get_status_display()
        }
    return changed_meanwhile(article, seen)
