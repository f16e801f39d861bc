"""Fetching feeds at once, and saying in plain words what came of it."""

from collections.abc import Iterator

from django.contrib import messages
from django.utils.translation import gettext as _
from django_tasks import TaskResultStatus

from articles.models import Feed, FetchAttempt, FetchOutcome
from articles.tasks import fetch_feeds_now

from .fetch_attempt import outcome, pieces

#: A level of Django's messages, and what is to be said.
Message = tuple[int, str]
#: Feeds that are fetched from a page: without a queue, the page waits for them.
MOST_AT_ONCE = 20
#: Seconds that the page waits: longer than for the slowest of feeds (30), and
#: shorter than the server waits for the page (docs/operators.md, Deploying).
MOST_SECONDS = 50

_LEVELS = {
    FetchOutcome.FETCHED: messages.SUCCESS,
    FetchOutcome.UNCHANGED: messages.SUCCESS,
    FetchOutcome.FAILED: messages.ERROR,
}


def fetch(ids: list[int]) -> Iterator[Message]:
    """Fetch these feeds (ids), and tell of each what came of it.

    With a queue, another process does it, and there is nothing to tell yet.
    """
    if len(ids) > MOST_AT_ONCE:
        said = _("At most %d feeds are fetched at once; none of these was.")
        yield messages.WARNING, said % MOST_AT_ONCE
        return
    attempts = FetchAttempt.objects.order_by("pk")
    last = attempts.values_list("pk", flat=True).last() or 0
    result = fetch_feeds_now.enqueue(ids, MOST_SECONDS)
    if not result.is_finished:
        yield messages.INFO, _("It is queued; look again in a minute.")
        return
    if result.status == TaskResultStatus.FAILED:
        yield messages.ERROR, _("The fetch broke off; the server's log says why.")
    made = {each.feed_id: each for each in attempts.filter(feed__in=ids, pk__gt=last)}
    for feed in Feed.objects.filter(pk__in=ids).order_by("source__name", "pk"):
        level, said = _message(feed, made.get(feed.pk))
        yield level, f"{feed}: {said}"


def _message(feed: Feed, attempt: FetchAttempt | None) -> Message:
    if attempt is not None:
        told = pieces(attempt) or outcome(attempt)
        level = _LEVELS.get(FetchOutcome(attempt.outcome), messages.WARNING)
        return level, f"{told}. {attempt.reason}".strip()
    if not feed.is_active or feed.gone_at:
        return messages.WARNING, _("not asked, as it is switched off or gone.")
    return messages.WARNING, _(
        "it has to wait, as its server is slow, is being asked already or wants to be"
        " left alone. The next pass takes it."
    )
