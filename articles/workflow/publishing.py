"""Publishing from the desk: a piece with its tags, in one act."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth.models import User
from django.utils import timezone
from django.utils.translation import gettext

from articles.acts import TAGS, acting
from articles.models import Article, relisting
from articles.tagging import tags

from .claims import left_to_others
from .moves import move_many
from .outcomes import Outcome, changed_meanwhile


def soon() -> datetime:
    """When a publication from the desk shows: once it can no longer be undone there.

    ``NEWSROOM_UNDO_SECONDS`` from now. Until then no output knows of it.
    """
    return timezone.now() + timedelta(seconds=settings.NEWSROOM_UNDO_SECONDS)


def publish(
    ids: Iterable[int],
    *,
    by: User,
    accepted: Iterable[int] | None = None,
    rejected: Iterable[int] = (),
    at: datetime | None = None,
    versions: Mapping[int, int] | None = None,
    take_over: bool = False,
) -> Outcome:
    """Publish pieces together with their suggested tags.

    ``accepted`` and ``rejected`` are ids of tags that are suggested for the pieces;
    with ``accepted`` None every open suggestion is taken, and none rejected. A piece
    that cannot be published gets no tags either. ``at``, ``versions`` and
    ``take_over`` as in ``move_many``.
    """
    ids = sorted(set(ids))
    # Both indexes are written once, for the move and the tags together.
    with acting("publish", ids, by=by) as recording, relisting(ids):
        outcome = move_many(
            recording.before,
            "publish",
            by=by,
            at=at,
            versions=versions,
            take_over=take_over,
        )
        if accepted is None:
            tags.accept_suggestions(outcome.moved, by=by)
        else:
            for article in Article.objects.filter(pk__in=outcome.moved):
                tags.decide(article, accepted=accepted, rejected=rejected, by=by)
    outcome.act = recording.act
    return outcome


def tag(
    ids: Iterable[int],
    *,
    on: Iterable[str] = (),
    off: Iterable[int] = (),
    by: User,
    versions: Mapping[int, int] | None = None,
    take_over: bool = False,
) -> Outcome:
    """Put tags (names) on articles and take others (ids) off, in one act.

    A piece that would carry more than ``MOST_TAGS`` is left alone. ``versions`` and
    ``take_over`` as in ``move_many``. Raises ValidationError where
    ``tagging.tags.tags_named`` does.
    """
    outcome, seen = Outcome(), versions or {}
    with acting("tag", ids, by=by) as recording:
        pieces = Article.objects.filter(pk__in=recording.before).order_by("pk")
        chosen, off = tags.tags_named(on, by=by), set(off)
        claimed = left_to_others(recording.before, by=by, take_over=take_over)
        for article in pieces.only("version"):
            worn = {tag["tag"] for tag in recording.before[article.pk][TAGS]} - off
            if colleague := claimed.get(article.pk):
                outcome.leave_to(colleague, article.pk)
            elif why := changed_meanwhile(article, seen.get(article.pk)):
                outcome.refused.append((article.pk, why))
            elif len(worn | {tag.pk for tag in chosen}) > tags.MOST_TAGS:
                said = gettext("More than 50 tags say nothing.")
                outcome.refused.append((article.pk, said))
            else:
                outcome.moved.append(article.pk)
        tags.tag_articles(outcome.moved, chosen, by=by)
        tags.untag_articles(outcome.moved, off, by=by)
    outcome.act = recording.act
    return outcome
