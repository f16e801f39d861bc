"""Fetching feeds: what commands and tasks call, and what people decide about feeds."""

import threading
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Min, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from articles.models import Feed, Tombstone
from articles.models.feed import FeedQuerySet

from .addresses import Allow, origin_of
from .agent import user_agent
from .asking import Load, Question, Read
from .child import Children
from .net import FEED, Fetched, fetch
from .parse.answers import ParsedFeed
from .passes import Pass, Report

#: Workers that parse.
WORKERS = 2
ACCEPT = (
    "application/atom+xml,application/rss+xml,application/feed+json,"
    "application/rdf+xml;q=0.9,application/xml;q=0.8,text/xml;q=0.8,*/*;q=0.5"
)


def fetch_feeds(
    *,
    sources: Sequence[str] = (),
    feeds: Sequence[int] | None = None,
    regardless: bool = False,
    limit: int | None = None,
    dry_run: bool = False,
    stop: threading.Event | None = None,
    on_progress: Callable[[Report], None] = lambda report: None,
) -> Report:
    """One polite pass over the feeds that are due.

    ``sources`` are slugs and ``feeds`` ids, to take only these; ``regardless`` takes
    all of them, due or not; ``limit`` is the most that are asked. A dry run asks,
    and takes back what it has written; leases alone are real, as others must see
    them. ``stop`` ends the pass after the write in hand. Raises DatabaseError.
    """
    with Children(WORKERS) as children:
        run = Pass(
            over_the_network(),
            in_children(children),
            limit=limit,
            dry_run=dry_run,
            stop=stop,
            on_progress=on_progress,
        )
        return run.fetch(wanted(sources, feeds), regardless=regardless)


def fetch_now(ids: Iterable[int], seconds: float | None = None) -> Report:
    """Fetch these feeds now, due or not, as far as their hosts permit.

    Those that have to wait become due, so that the next pass takes them, and so do
    those that are not there after ``seconds``.
    """
    ids = list(ids)
    now = timezone.now()
    Feed.objects.fetchable().filter(pk__in=ids, next_check_at__gt=now).update(
        next_check_at=now
    )
    stop = threading.Event()
    timer = threading.Timer(seconds or 0, stop.set)
    if seconds is not None:
        timer.start()
    try:
        return fetch_feeds(feeds=ids, regardless=True, stop=stop)
    finally:
        timer.cancel()


def wanted(
    sources: Sequence[str] = (), feeds: Sequence[int] | None = None
) -> FeedQuerySet:
    """The feeds that may be asked; of these sources and with these ids only."""
    found = Feed.objects.fetchable()
    if sources:
        found = found.filter(source__slug__in=sources)
    return found if feeds is None else found.filter(pk__in=feeds)


def seconds_to_next(since: datetime) -> float | None:
    """Seconds until a feed becomes due that was not at ``since``; None for no feed.

    Less than 0 for one that became due meanwhile: a pass that began at ``since`` may
    have looked before its time had come.
    """
    later = Feed.objects.fetchable().filter(next_check_at__gt=since)
    first = later.aggregate(first=Min("next_check_at"))["first"]
    return (first - timezone.now()).total_seconds() if first else None


def over_the_network() -> Load:
    """Asks for feeds through the guarded fetch."""
    allow, agent = Allow.parse(settings.NEWSROOM_FETCH_ALLOW), user_agent()

    def load(question: Question) -> Fetched:
        return fetch(
            question.url,
            limits=FEED,
            etag=question.etag,
            last_modified=question.last_modified,
            accept=ACCEPT,
            user_agent=agent,
            allow=allow,
            credentials=question.credentials,
            verify_tls=question.verify_tls,
        )

    return load


def in_children(children: Children) -> Read:
    """Reads feeds in processes that can be killed."""

    def read(question: Question, fetched: Fetched, now: datetime) -> ParsedFeed:
        return children.parse_feed(
            fetched.body,
            url=fetched.url,
            content_type=fetched.content_type,
            source=question.source,
            now=now,
            zone_name=settings.TIME_ZONE,
        )

    return read


def revive(feed: Feed) -> None:
    """Ask the feed again as if it were new, and soon.

    For one whose address a person has changed, and for one that was gone but is
    wanted again. Its pieces and attempts stay.
    """
    _forget(feed)
    feed.save(update_fields=_FORGOTTEN)


def take_new_address(feed: Feed) -> None:
    """Fetch the feed from where its server says it has moved to.

    Raises ValidationError if it has not moved, if another feed has that address, or
    if a password would go to a server that it was not meant for.
    """
    if not feed.moved_to:
        raise ValidationError(f"{feed.url} has not moved.", code="not_moved")
    if feed.password and origin_of(feed.url) != origin_of(feed.moved_to):
        raise ValidationError(
            _(
                "Its password is meant for %(host)s. Type the new address into the"
                " form, with the password for it."
            ),
            code="password",
            params={"host": feed.host},
        )
    old, feed.url = feed.url, feed.moved_to
    _forget(feed)
    try:
        with transaction.atomic():
            feed.save(update_fields=["url", "host", *_FORGOTTEN])
    except IntegrityError as error:
        new = feed.url
        feed.refresh_from_db()
        raise ValidationError(
            f"{new} is the address of another feed already. Keep {old}, or switch"
            " one of the two off.",
            code="taken",
        ) from error


def keep_address(feed: Feed) -> None:
    """Turn down the address that the feed is said to have moved to."""
    feed.moved_seen, feed.moved_since = 0, None
    feed.save(update_fields=["moved_seen", "moved_since"])


def let_come_back(tombstones: QuerySet[Tombstone]) -> None:
    """Delete these tombstones; what their sources still send comes in again.

    Their feeds are read anew the next time, though they may not have changed.
    """
    with transaction.atomic():
        sources = list(tombstones.values_list("source", flat=True))
        tombstones.delete()
        Feed.objects.filter(source__in=sources).update(
            validators_of="", etag="", last_modified="", body_digest=""
        )


_FORGOTTEN = [
    "next_check_at",
    "validators_of",
    "etag",
    "last_modified",
    "body_digest",
    "failures",
    "failing_since",
    "problem",
    "gone_seen_at",
    "gone_at",
    "moved_to",
    "moved_seen",
    "moved_since",
]


def _forget(feed: Feed) -> None:
    """Forget what was learned from the feed's address, and have it asked next."""
    feed.next_check_at = timezone.now()
    feed.validators_of = feed.etag = feed.last_modified = feed.body_digest = ""
    feed.failures, feed.failing_since, feed.problem = 0, None, ""
    feed.gone_seen_at = feed.gone_at = None
    feed.moved_to, feed.moved_seen, feed.moved_since = "", 0, None
