"""A pass over feeds, with servers, clocks and chance that the test sets."""

import logging
import random
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import (
    DatabaseError,
    DataError,
    OperationalError,
    connection,
    transaction,
)
from django.utils import timezone

from articles import workflow
from articles.ingest import claims, fetching, passes, recording
from articles.ingest.asking import Question, digest_of
from articles.ingest.child import ChildFailed, NotAFeed
from articles.ingest.entries import Entry, Refused
from articles.ingest.net import Failure, Fetched, FetchError, Hop
from articles.ingest.parse.answers import ParsedFeed
from articles.ingest.passes import Pass, Report
from articles.models import (
    Article,
    Feed,
    FeedHealth,
    FetchAttempt,
    FetchHost,
    FetchOutcome,
    Tag,
    Tombstone,
)
from tests.factories import SourceFactory, make_user
from tests.ingest.scripted import ScriptedServer, answer, redirect

pytestmark = pytest.mark.django_db

START = datetime(2026, 11, 1, 12, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
BLANK = dict.fromkeys(Entry.__slots__, "") | {"updated": None}

Reply = Fetched | Exception | Callable[[Question], Fetched]


def entry(number: int, **fields: object) -> Entry:
    url = f"https://ledger.example/{number}"
    good = {
        "line": number,
        "url": url,
        "canonical_url": url,
        "title": f"Piece {number}",
        "published": START - number * HOUR,
        "tags": (),
    }
    return Entry(**(BLANK | good | fields))


def parsed(*entries: Entry, **fields: object) -> ParsedFeed:
    good = {
        "entries": list(entries),
        "refused": [],
        "title": "Ledger",
        "site_url": "",
        "self_url": "",
        "ttl_minutes": None,
        "problem": "",
        "total": len(entries),
        "version": "rss20",
    }
    return ParsedFeed(**(good | fields))


def got(body: bytes = b"feed", status: int = 200, **fields: object) -> Fetched:
    good = {
        "url": "",
        "status": status,
        "body": body if status == 200 else b"",
        "content_type": "application/rss+xml",
        "etag": '"1"',
        "last_modified": "",
        "cache_control": "",
        "expires": "",
        "date": "",
        "hops": (),
        "wire_bytes": len(body),
        "seconds": 0.1,
    }
    return Fetched(**(good | fields))


def refused(status: int, **fields: object) -> FetchError:
    reason = f"ledger.example answers with status {status}"
    return FetchError(Failure.HTTP, reason, status=status, **fields)


def unreached(kind: Failure = Failure.CONNECT) -> FetchError:
    return FetchError(kind, "ledger.example cannot be reached at port 80: refused")


class World:
    """Servers, a parser and a clock. Replies are given in order, the last for ever."""

    def __init__(self) -> None:
        self.moment = START
        self.replies: dict[str, list[Reply]] = {}
        self.feeds: dict[bytes, ParsedFeed | Exception] = {b"feed": parsed(entry(1))}
        self.asked: list[Question] = []

    def now(self) -> datetime:
        return self.moment

    def on(self, feed: Feed | str, *replies: Reply) -> None:
        url = feed if isinstance(feed, str) else feed.url
        self.replies[url] = list(replies)

    def load(self, question: Question) -> Fetched:
        self.asked.append(question)
        replies = self.replies[question.url]
        reply = replies.pop(0) if len(replies) > 1 else replies[0]
        if isinstance(reply, Exception):
            raise reply
        fetched = reply(question) if callable(reply) else reply
        return replace(fetched, url=fetched.url or question.url)

    def read(self, question: Question, fetched: Fetched, now: datetime) -> ParsedFeed:
        found = self.feeds[fetched.body]
        if isinstance(found, Exception):
            raise found
        return found

    def new_pass(self, **options: object) -> Pass:
        return Pass(
            self.load, self.read, now=self.now, chance=random.Random(5), **options
        )

    def run(self, *, after: timedelta = timedelta(), **options: object) -> Report:
        """A pass over what is due ``after`` a while."""
        self.moment += after
        return self.new_pass(**options).fetch(Feed.objects.fetchable())

    def run_again(self, feed: Feed) -> FetchAttempt:
        """A pass at the moment for which the feed is planned; its attempt."""
        feed.refresh_from_db()
        self.moment = max(self.moment, feed.next_check_at)
        self.run()
        feed.refresh_from_db()
        return latest(feed)


@pytest.fixture
def world() -> World:
    return World()


def make_feed(url: str = "https://ledger.example/feed", **fields: object) -> Feed:
    source = SourceFactory()
    return Feed.objects.create(source=source, url=url, next_check_at=START, **fields)


@pytest.fixture
def feed() -> Feed:
    return make_feed()


def latest(feed: Feed) -> FetchAttempt:
    return feed.attempts.newest_first()[0]


def health(feed: Feed, now: datetime) -> str:
    return Feed.objects.with_health(now).get(pk=feed.pk).health


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [each.getMessage() for each in caplog.records if each.levelno >= 30]


def test_a_pass_stores_the_pieces_and_plans_the_next_check(world, feed):
    world.feeds[b"feed"] = parsed(*map(entry, range(1, 6)))
    world.on(feed, got(last_modified="Sun, 01 Nov 2026 11:00:00 GMT"))
    report = world.run()
    assert (report.feeds, report.fetched, report.created) == (1, 1, 5)
    assert set(Article.objects.values_list("source", "feed")) == {
        (feed.source_id, feed.pk)
    }
    feed.refresh_from_db()
    assert feed.title == "Ledger"
    assert (feed.etag, feed.validators_of) == ('"1"', feed.url)
    assert feed.last_modified == "Sun, 01 Nov 2026 11:00:00 GMT"
    assert feed.usual_gap == HOUR
    assert 27 * MINUTE < feed.next_check_at - START < 33 * MINUTE
    assert feed.last_attempt_at == feed.last_success_at == START
    assert feed.last_new_at == START - HOUR
    assert feed.quiet_from == START - HOUR + 2 * DAY
    assert health(feed, START) == FeedHealth.GOOD
    attempt = latest(feed)
    assert (attempt.outcome, attempt.http_status) == (FetchOutcome.FETCHED, 200)
    assert (attempt.items, attempt.created, attempt.bytes) == (5, 5, 4)
    assert attempt.next_check_at == feed.next_check_at


def test_a_feed_that_is_not_due_is_left_alone(world, feed):
    world.on(feed, got())
    world.run()
    assert world.run(after=MINUTE).feeds == 0
    assert len(world.asked) == 1


def test_feeds_that_are_off_or_gone_are_never_asked(world):
    make_feed(is_active=False)
    make_feed("https://b.example/", gone_at=START)
    assert world.new_pass().fetch(Feed.objects.fetchable(), regardless=True).feeds == 0


def test_the_counts_of_an_attempt_account_for_every_item(world, feed):
    twice = entry(9, canonical_url=entry(1).canonical_url)
    too_long = entry(8, tags=("\ufdfa" * 90,))
    refusals = [Refused(3, "the item has no link", None, "")]
    world.feeds[b"feed"] = parsed(
        entry(1), twice, entry(2), too_long, refused=refusals, total=1205
    )
    world.on(feed, got())
    report = world.run()
    assert (report.created, report.duplicate, report.refused) == (2, 1, 2)
    attempt = latest(feed)
    assert attempt.items == 5
    assert attempt.notes[0] == "1,200 older items were left out"
    assert attempt.notes[1] == "item 3: the item has no link"
    assert attempt.notes[2].startswith("item 8: tags: “")
    assert attempt.notes[3] == "item 9: the same address as item 1"
    assert attempt.reason == "2 of 5 items were refused; item 3: the item has no link"
    assert health(feed, START) == FeedHealth.FLAWED
    assert Article.objects.get(canonical_url=twice.canonical_url).source_headline == (
        "Piece 1"
    )


@pytest.mark.parametrize(
    ("number", "size", "told"),
    [
        (1_000, 10, "it has brought 2,000 new or changed pieces within a day"),
        (8, 5_000_000, "it has brought 80 MB of text within a day"),
    ],
)
def test_a_feed_that_floods_us_waits_for_another_day(
    world, feed, caplog, number, size, told
):
    def flood(turn: int) -> ParsedFeed:
        numbers = range(turn * number, (turn + 1) * number)
        return parsed(*(entry(n, body="x" * size) for n in numbers))

    for turn in range(4):
        world.feeds[b"%d" % turn] = flood(turn)
    world.on(feed, *(got(b"%d" % turn, etag=f'"{turn}"') for turn in range(4)))
    for _ in range(2):
        assert world.run_again(feed).created == number
    stemmed = world.run_again(feed)
    assert (stemmed.outcome, stemmed.items) == (FetchOutcome.POSTPONED, 0)
    assert stemmed.reason == f"{told}; the rest is left for later"
    assert feed.next_check_at - world.moment > 5 * HOUR
    # Nothing is remembered of what was not taken, or it would be lost.
    assert feed.etag == '"1"'
    assert health(feed, world.moment) == FeedHealth.FLAWED
    assert warnings(caplog) == [f"{feed.url}: {stemmed.reason}"]
    world.moment += DAY
    assert world.run_again(feed).created == number
    assert health(feed, world.moment) == FeedHealth.GOOD


def test_a_feed_with_too_many_new_names_says_so_and_is_read_again(world, feed):
    names = [tuple(f"Name {n} of {each}" for n in range(50)) for each in range(3)]
    world.feeds[b"feed"] = parsed(*(entry(n, tags=names[n]) for n in range(3)))
    world.on(feed, got())
    first = world.run_again(feed)
    assert first.reason == "50 new tags and categories are left for the next fetch"
    assert health(feed, world.moment) == FeedHealth.FLAWED
    second = world.run_again(feed)
    assert (world.asked[-1].etag, second.created, second.updated) == ("", 0, 1)
    assert health(feed, world.moment) == FeedHealth.GOOD
    assert (feed.etag, Tag.objects.count()) == ('"1"', 150)
    assert world.run_again(feed).outcome == FetchOutcome.UNCHANGED


def test_a_hundred_attempts_are_kept_with_a_feed(world, feed):
    FetchAttempt.objects.bulk_create(
        FetchAttempt(feed=feed, at=START - n * HOUR, outcome=FetchOutcome.UNCHANGED)
        for n in range(1, 121)
    )
    world.on(feed, got())
    world.run()
    assert feed.attempts.count() == recording.KEPT_ATTEMPTS == 100
    assert latest(feed).at == START


def test_a_feed_with_problems_is_fetched_and_says_so(world, feed):
    world.feeds[b"feed"] = parsed(entry(1), problem="the XML is cut off")
    world.on(feed, got(), unreached(), got(status=304))
    world.run()
    assert latest(feed).reason == "the XML is cut off"
    assert health(feed, START) == FeedHealth.FLAWED
    world.run_again(feed)
    assert health(feed, START) == FeedHealth.FAILING
    assert world.run_again(feed).outcome == FetchOutcome.UNCHANGED
    assert feed.problem == "the XML is cut off"


def test_a_name_a_person_gave_a_feed_is_kept(world, feed):
    Feed.objects.update(title="Front page")
    world.on(feed, got())
    world.run()
    feed.refresh_from_db()
    assert feed.title == "Front page"


# What servers answer.


def test_a_refused_connection_is_a_failure_with_a_reason(world, feed):
    """Fault 2."""
    world.on(feed, unreached())
    report = world.run()
    assert (report.failed, report.degraded) == (1, False)
    attempt = latest(feed)
    assert (attempt.outcome, attempt.kind) == (FetchOutcome.FAILED, "connect")
    assert "cannot be reached" in attempt.reason
    feed.refresh_from_db()
    assert (feed.failures, feed.failing_since) == (1, START)
    assert health(feed, START) == FeedHealth.FAILING
    assert report.problems == [f"{feed.url}: {attempt.reason}"]


def test_a_port_80_that_stays_closed_makes_us_suggest_https(world):
    """Fault 2."""
    feed = make_feed("http://ledger.example/feed")
    world.on(feed, unreached())
    reasons = [world.run_again(feed).reason for _ in range(5)]
    assert not any("https" in reason for reason in reasons[:4])
    assert "try https://ledger.example/feed" in reasons[4]
    assert feed.problem == reasons[4]


def test_other_failures_in_between_make_no_port_closed(world):
    """Fault 2."""
    feed = make_feed("http://ledger.example/feed")
    world.on(feed, refused(500), *[unreached() for _ in range(4)], unreached())
    reasons = [world.run_again(feed).reason for _ in range(6)]
    assert "https" not in reasons[4]
    assert "https" in reasons[5]


def moved_to(url: str, *statuses: int) -> Fetched:
    hops = tuple(Hop(f"https://hop.example/{n}", s) for n, s in enumerate(statuses))
    return got(url=url, hops=hops)


def test_a_move_within_a_server_is_followed_after_two_days(world, caplog):
    """Fault 14."""
    feed = make_feed("http://ledger.example/feed")
    world.on(feed, moved_to("https://www.ledger.example/news", 301, 308))
    world.run()
    feed.refresh_from_db()
    assert (feed.url, feed.moved_seen) == ("http://ledger.example/feed", 1)
    assert Article.objects.count() == 1
    world.run(after=DAY)
    world.run(after=HOUR * 3)
    feed.refresh_from_db()
    assert (feed.url, feed.moved_seen) == ("http://ledger.example/feed", 3)
    world.run(after=DAY)
    feed.refresh_from_db()
    assert (feed.url, feed.moved_to) == ("https://www.ledger.example/news", "")
    assert feed.host == "www.ledger.example"
    assert feed.validators_of == feed.url
    assert warnings(caplog) == [
        "http://ledger.example/feed has moved for good; it is fetched from"
        " https://www.ledger.example/news now"
    ]
    world.on(feed, got(status=304))
    world.run(after=DAY)
    assert world.asked[-1].url == feed.url
    assert world.asked[-1].etag == '"1"'


def test_a_move_to_another_server_is_proposed_and_told_once(world, feed, caplog):
    """Fault 14."""
    world.on(feed, moved_to("https://elsewhere.example/feed", 301))
    for _ in range(5):
        world.run(after=DAY)
    feed.refresh_from_db()
    assert feed.url == "https://ledger.example/feed"
    assert feed.moved_to == "https://elsewhere.example/feed"
    assert health(feed, world.moment) == FeedHealth.MOVED
    told = [text for text in warnings(caplog) if "has moved" in text]
    assert len(told) == 1
    assert "confirm or turn down" in told[0]


def test_a_move_to_the_address_of_another_feed_is_left_to_people(world, feed):
    """Fault 14."""
    other = make_feed("https://www.ledger.example/feed")
    world.on(feed, moved_to(other.url, 301))
    world.on(other, got())
    for _ in range(5):
        world.run(after=DAY)
    feed.refresh_from_db()
    assert (feed.url, feed.moved_to) == ("https://ledger.example/feed", other.url)
    with pytest.raises(ValidationError, match="another feed already"):
        fetching.take_new_address(feed)
    assert feed.url == "https://ledger.example/feed"


def test_a_feed_with_a_password_does_not_take_it_to_another_name(world):
    """Fault 14."""
    feed = make_feed(username="desk", password="secret")
    world.on(feed, moved_to("https://www.ledger.example/feed", 301))
    for _ in range(5):
        world.run(after=DAY)
    feed.refresh_from_db()
    assert feed.url == "https://ledger.example/feed"
    assert world.asked[0].credentials == ("desk", "secret")


def test_a_redirect_for_now_changes_nothing(world, feed):
    """Fault 15."""
    world.on(feed, moved_to("https://elsewhere.example/feed", 301, 302))
    for _ in range(5):
        world.run(after=DAY)
    feed.refresh_from_db()
    assert (feed.url, feed.moved_to) == ("https://ledger.example/feed", "")
    assert Article.objects.count() == 1


def test_a_move_to_what_is_no_feed_is_none(world, feed):
    """Fault 14."""
    world.feeds[b"login"] = NotAFeed("this is a web page")
    page = replace(moved_to("https://ledger.example/login", 301), body=b"login")
    world.on(feed, page)
    for _ in range(5):
        world.run(after=8 * DAY)
    feed.refresh_from_db()
    assert (feed.url, feed.moved_to) == ("https://ledger.example/feed", "")


def test_too_many_redirects_are_a_failure(world, feed):
    """Fault 16."""
    loop = FetchError(Failure.HTTP, "ledger.example redirects in a circle", status=302)
    loop.hops = (Hop(feed.url, 302),)
    world.on(feed, loop)
    assert world.run().failed == 1
    assert latest(feed).reason == "ledger.example redirects in a circle"
    assert latest(feed).http_status == 302


def test_a_304_writes_no_article_and_refreshes_the_validators(world, feed):
    """Fault 25."""
    world.on(feed, got(), got(status=304, etag='"2"', last_modified="later"))
    world.run()
    edited = list(Article.objects.values())
    attempt = world.run_again(feed)
    assert (attempt.outcome, attempt.http_status) == (FetchOutcome.UNCHANGED, 304)
    assert (feed.etag, feed.last_modified) == ('"2"', "later")
    assert world.asked[1].etag == '"1"'
    assert list(Article.objects.values()) == edited
    world.run_again(feed)
    assert (world.asked[2].etag, world.asked[2].last_modified) == ('"2"', "later")


def test_a_304_that_names_no_validators_leaves_those_we_have(world, feed):
    """Fault 25."""
    world.on(feed, got(), got(status=304, etag=""))
    world.run()
    world.run_again(feed)
    assert feed.etag == '"1"'


def test_a_304_that_nobody_asked_for_is_an_error_and_then_asked_without_conditions(
    world, feed
):
    """Fault 26."""
    world.on(feed, got(), refused(304), got(b"feed", etag='"3"'))
    world.run()
    assert world.run_again(feed).outcome == FetchOutcome.FAILED
    assert world.run_again(feed).outcome == FetchOutcome.FETCHED
    assert [question.etag for question in world.asked] == ["", '"1"', ""]
    assert (feed.failures, feed.etag) == (0, '"3"')


@pytest.mark.parametrize(
    ("first", "second"),
    [(("1", "Mon"), ("2", "Mon")), (("1", "Mon"), ("1", "Tue"))],
    ids=["etag", "last-modified"],
)
def test_the_newest_pair_of_validators_is_sent(world, feed, first, second):
    """Fault 27."""
    pairs = [got(etag=etag, last_modified=date) for etag, date in (first, second)]
    world.feeds[b"new"] = parsed(entry(2))
    world.on(feed, pairs[0], replace(pairs[1], body=b"new"), got(status=304))
    for _ in range(3):
        world.run_again(feed)
    sent = [(each.etag, each.last_modified) for each in world.asked]
    assert sent == [("", ""), first, second]


def test_the_same_body_is_not_read_again_but_its_validators_are_kept(world, feed):
    """Fault 28."""
    world.on(feed, got(etag='"1"'), got(etag='"2"'), got(etag='"3"'))
    world.run()
    world.feeds[b"feed"] = AssertionError("it was read again")
    for number in (2, 3):
        attempt = world.run_again(feed)
        assert attempt.outcome == FetchOutcome.UNCHANGED
        assert feed.etag == f'"{number}"'
    assert feed.body_digest == digest_of(b"feed")


def test_validators_are_stored_as_they_were_sent(world, feed):
    """Fault 29."""
    odd = f"W/{'x' * 1000}"
    world.on(feed, got(etag=odd), got(status=304, etag=""))
    world.run()
    world.run_again(feed)
    assert world.asked[1].etag == odd


def test_a_deleted_piece_that_may_come_back_comes_from_a_feed_that_is_as_it_was(
    world, feed
):
    world.on(feed, got())
    world.run()
    workflow.delete(list(Article.objects.values_list("pk", flat=True)), by=make_user())
    assert world.run_again(feed).outcome == FetchOutcome.UNCHANGED
    fetching.let_come_back(Tombstone.objects.all())
    assert (world.run_again(feed).created, world.asked[-1].etag) == (1, "")
    assert world.run_again(feed).outcome == FetchOutcome.UNCHANGED


def test_a_new_way_of_reading_drops_the_validators(world, feed):
    world.on(feed, got())
    world.run()
    Feed.objects.update(body_digest=digest_of(b"feed").replace("v1:", "v0:"))
    assert world.run_again(feed).outcome == FetchOutcome.FETCHED
    assert world.asked[1].etag == ""


def test_validators_of_another_address_are_not_sent(world, feed):
    world.on(feed, got())
    world.run()
    Feed.objects.update(validators_of="https://ledger.example/old")
    world.run_again(feed)
    assert (world.asked[1].etag, world.asked[1].digest) == ("", "")


@pytest.mark.parametrize(
    ("seconds", "least", "most"),
    [
        (120.0, 15 * MINUTE, 17 * MINUTE),
        (7200.0, 2 * HOUR, 2.3 * HOUR),
        (604_800.0, 7 * DAY, 7 * DAY),
        (None, HOUR, 1.1 * HOUR),
        (0.0, HOUR, 1.1 * HOUR),
    ],
    ids=["seconds", "hours", "capped", "nonsense", "past"],
)
def test_a_server_that_has_had_enough_is_left_alone_and_did_not_fail(
    world, feed, seconds, least, most
):
    """Fault 30."""
    Feed.objects.update(usual_gap=HOUR / 10, etag="x")
    world.on(feed, refused(429, retry_after=seconds))
    report = world.run()
    assert (report.postponed, report.failed) == (1, 0)
    feed.refresh_from_db()
    assert least <= feed.next_check_at - START <= most
    assert (feed.failures, feed.failing_since) == (0, None)
    attempt = latest(feed)
    assert (attempt.outcome, attempt.http_status) == (FetchOutcome.POSTPONED, 429)
    assert "wants to be left alone until 2026-11-" in attempt.reason
    pause = FetchHost.objects.get(name="ledger.example").not_before - START
    assert timedelta(seconds=seconds or 3600) <= pause <= 7 * DAY


def test_the_whole_host_is_left_alone(world, feed):
    """Fault 30."""
    others = [
        make_feed(f"https://ledger.example/{n}", check_every=15) for n in range(3)
    ]
    Feed.objects.filter(pk=feed.pk).update(next_check_at=START - HOUR)
    world.on(feed, refused(429, retry_after=7200.0), got())
    for other in others:
        world.on(other, got())
    report = world.run()
    assert (report.feeds, report.postponed, len(world.asked)) == (4, 4, 1)
    assert world.run(after=HOUR).postponed == 3
    assert len(world.asked) == 1
    assert not FetchAttempt.objects.filter(feed__in=others).exists()
    passes_gap = world.run(after=2 * HOUR, limit=1)
    assert passes_gap.fetched == 1


def test_503_with_a_time_is_a_wish_and_without_one_a_failure(world, feed):
    """Fault 31."""
    world.on(feed, refused(503, retry_after=3600.0), refused(503))
    world.run()
    assert latest(feed).outcome == FetchOutcome.POSTPONED
    assert world.run_again(feed).outcome == FetchOutcome.FAILED
    assert feed.failures == 1


def test_a_feed_that_is_gone_twice_is_asked_no_more(world, feed, caplog):
    """Fault 32."""
    world.on(feed, refused(410))
    world.run()
    feed.refresh_from_db()
    assert (feed.gone_seen_at, feed.gone_at) == (START, None)
    while not feed.gone_at:
        attempt = world.run_again(feed)
    assert world.moment >= START + DAY
    assert attempt.next_check_at is None
    assert health(feed, world.moment) == FeedHealth.GONE
    assert [text for text in warnings(caplog) if "is gone" in text]
    asked = len(world.asked)
    assert world.run(after=30 * DAY).feeds == 0
    assert len(world.asked) == asked


def test_a_feed_that_comes_back_between_two_410_is_not_gone(world, feed):
    """Fault 32."""
    world.on(feed, refused(410), got(), refused(410))
    world.run()
    world.run(after=2 * DAY)
    feed.refresh_from_db()
    assert feed.gone_seen_at is None
    world.run(after=2 * DAY)
    feed.refresh_from_db()
    assert (feed.gone_at, feed.gone_seen_at) == (None, world.moment)


def test_a_person_can_revive_what_is_gone(world, feed):
    """Fault 32."""
    feed.gone_at, feed.failures, feed.failing_since = START, 9, START - 9 * DAY
    feed.save()
    fetching.revive(feed)
    world.moment = timezone.now() + HOUR
    world.on(feed, got())
    assert world.run().fetched == 1
    assert health(feed, world.moment) != FeedHealth.GONE


def test_404_for_ever_backs_off_and_is_told_twice_but_never_ends(world, feed, caplog):
    """Fault 33."""
    world.on(feed, refused(404))
    pauses = []
    while world.moment < START + 60 * DAY:
        attempt = world.run_again(feed)
        pauses.append(attempt.next_check_at - attempt.at)
    assert pauses[0] < 70 * MINUTE
    assert all(0.89 * DAY < pause < 1.11 * DAY for pause in pauses[6:20])
    assert 6 * DAY < pauses[-1] <= 7 * DAY
    assert len(pauses) == feed.failures
    told = [text for text in warnings(caplog) if "has been failing for" in text]
    assert [text.split(" for ")[1].split(":")[0] for text in told] == [
        "24 hours",
        "7 days",
    ]
    assert feed.gone_at is None


def test_a_bot_wall_is_named(world, feed):
    """Fault 34."""
    world.on(feed, refused(403, bot_wall=True))
    world.run()
    assert latest(feed).reason.startswith("blocked by bot protection: ")
    assert latest(feed).outcome == FetchOutcome.FAILED


def test_a_web_page_in_a_feed_s_place_keeps_the_pieces_and_names_feeds(world, feed):
    """Fault 35."""
    world.feeds[b"page"] = NotAFeed(
        "this is a web page, no feed", ["https://ledger.example/rss"]
    )
    world.on(feed, got(), got(b"page", etag='"page"'))
    world.run()
    attempt = world.run_again(feed)
    assert (attempt.outcome, attempt.kind) == (FetchOutcome.FAILED, "not_feed")
    assert attempt.reason == (
        "this is a web page, no feed; the page names these: https://ledger.example/rss"
    )
    assert attempt.http_status == 200
    assert Article.objects.count() == 1
    assert feed.etag == '"1"'


def test_an_empty_answer_leaves_the_validators_as_they_were(world, feed):
    """Fault 36."""
    world.feeds[b""] = NotAFeed("the answer is empty")
    world.on(feed, got(), got(b"", etag='"empty"'))
    world.run()
    attempt = world.run_again(feed)
    assert (attempt.kind, attempt.reason) == ("not_feed", "the answer is empty")
    assert (feed.etag, feed.body_digest) == ('"1"', digest_of(b"feed"))


def test_a_feed_that_breaks_its_worker_is_a_failure_of_that_feed(world, feed):
    world.feeds[b"feed"] = ChildFailed("reading it took longer than 10 s", "timeout")
    world.on(feed, got())
    world.run()
    assert (latest(feed).kind, latest(feed).outcome) == ("parse", "failed")


def test_a_reason_that_no_database_takes_is_cleaned(world, feed, caplog):
    # Nor do the pipes between the processes that run tests take the log of it.
    caplog.set_level(logging.CRITICAL + 1, logger="articles.ingest")
    world.on(feed, ValueError("a NUL \0, a half \ud800, a\nline"))
    world.run()
    assert latest(feed).reason.endswith("ValueError: a NUL , a half \ufffd, a line")


def test_an_error_of_our_own_ends_one_feed_and_no_other(world, feed, caplog):
    other = make_feed("https://b.example/")
    world.on(feed, ZeroDivisionError("oh"))
    world.on(other, got())
    report = world.run()
    assert (report.failed, report.fetched) == (1, 1)
    assert latest(feed).kind == "unexpected"
    assert "ZeroDivisionError" in latest(feed).reason
    assert any(record.exc_info for record in caplog.records)


def hosts(count: int) -> list[Feed]:
    return [make_feed(f"https://h{n}.example/feed") for n in range(count)]


def test_when_the_network_is_down_no_feed_is_to_blame(world):
    """Fault 37."""
    feeds = hosts(10)
    for each in feeds:
        world.on(each, unreached(Failure.DNS))
    world.on(feeds[0], got())
    report = world.run()
    assert report.degraded
    assert (report.fetched, report.failed) == (1, 9)
    for each in feeds[1:]:
        each.refresh_from_db()
        assert (each.failures, each.failing_since, each.problem) == (0, None, "")
        assert 5 * MINUTE <= each.next_check_at - START <= 15 * MINUTE
        assert latest(each).reason.startswith("the network seems to be down: ")
        assert latest(each).kind == "dns"


def test_a_pass_ends_when_the_network_is_down(world, monkeypatch):
    """Fault 37."""
    monkeypatch.setattr(passes, "MOST_HOSTS", 6)
    for each in hosts(20):
        world.on(each, unreached())
    assert world.run().feeds == 6


@pytest.mark.parametrize("error", [refused(500), got()], ids=["status", "feed"])
def test_a_fifth_of_hosts_that_answer_make_the_others_fail(world, error):
    """Fault 37."""
    feeds = hosts(10)
    for each in feeds:
        world.on(each, unreached())
    for each in feeds[:2]:
        world.on(each, error)
    report = world.run()
    assert not report.degraded
    assert Feed.objects.filter(failures=1).count() == report.failed


def test_four_dead_hosts_are_no_dead_network(world):
    """Fault 37."""
    for each in hosts(4):
        world.on(each, unreached())
    report = world.run()
    assert (report.degraded, report.failed) == (False, 4)


def test_a_host_that_fails_twice_is_not_asked_for_its_other_feeds(world):
    feeds = [make_feed(f"http://127.0.0.9/{n}") for n in range(6)]
    for each in feeds:
        world.on(each, unreached())
    report = world.run()
    assert (report.failed, report.postponed, len(world.asked)) == (2, 4, 2)
    feeds[5].refresh_from_db()
    assert 5 * MINUTE <= feeds[5].next_check_at - START <= 15 * MINUTE
    assert (feeds[5].failures, feeds[5].last_attempt_at) == (0, None)
    attempt = latest(feeds[5])
    assert attempt.get_outcome_display() == "put off"
    assert attempt.reason == (
        "127.0.0.9 was not asked: it has just failed to answer others"
    )


# Politeness.


def test_a_host_is_asked_one_question_at_a_time_with_a_pause(world, monkeypatch):
    monkeypatch.setattr("articles.ingest.schedule.GAP", 0.05)
    busy, most, stamps = 0, 0, []
    lock = threading.Lock()

    def reply(question: Question) -> Fetched:
        nonlocal busy, most
        with lock:
            busy += 1
            most = max(most, busy)
            stamps.append(passes.time.monotonic())
        threading.Event().wait(0.01)
        with lock:
            busy -= 1
        return got()

    for number in range(5):
        world.on(make_feed(f"https://ledger.example/{number}"), reply)
    assert world.run().fetched == 5
    assert most == 1
    gaps = [later - earlier for earlier, later in zip(stamps, stamps[1:], strict=False)]
    assert min(gaps) >= 0.05


def test_several_hosts_are_asked_at_once(world):
    barrier = threading.Barrier(4, timeout=10)

    def reply(question: Question) -> Fetched:
        barrier.wait()
        return got()

    for each in hosts(4):
        world.on(each, reply)
    assert world.run().fetched == 4


def test_a_host_with_many_feeds_is_claimed_again_and_again(world):
    for number in range(45):
        world.on(make_feed(f"http://127.0.0.9/{number}"), got())
    assert world.run().feeds == 45
    assert len({question.lease for question in world.asked}) == 3


def test_a_slow_host_is_left_for_later_so_that_others_get_their_turn(
    world, monkeypatch
):
    monkeypatch.setattr(passes, "LONGEST_BATCH", 0.02)

    def slow(question: Question) -> Fetched:
        threading.Event().wait(0.03)
        return got()

    for number in range(4):
        world.on(make_feed(f"http://127.0.0.9/{number}"), slow)
    assert world.run().fetched == 4
    assert len({question.lease for question in world.asked}) == 4


def test_a_host_that_another_process_asks_is_left_to_it(world, feed):
    """Fault 64."""
    FetchHost.objects.create(
        name="ledger.example", lease="theirs", leased_until=START + MINUTE
    )
    world.on(feed, got())
    assert world.run().feeds == 0
    told = world.new_pass().fetch(Feed.objects.fetchable(), regardless=True)
    assert told.postponed == 1
    assert "another process is asking it" in told.problems[0]
    assert not world.asked


def test_a_lease_is_renewed_while_a_server_is_slow(world, feed, monkeypatch):
    """Fault 64."""
    monkeypatch.setattr(claims, "RENEW_AFTER", 0.05)
    leased_until = []

    def now() -> datetime:
        if threading.current_thread() is threading.main_thread():
            rows = FetchHost.objects.exclude(lease="")
            leased_until.extend(rows.values_list("leased_until", flat=True))
            world.moment += timedelta(seconds=1)
        return world.moment

    def slow(question: Question) -> Fetched:
        time.sleep(0.7)
        return got()

    world.on(feed, slow)
    Pass(world.load, world.read, now=now, chance=random.Random(5)).fetch(
        Feed.objects.all()
    )
    assert len(set(leased_until)) >= 4


def test_a_lease_that_has_run_out_is_nobody_s(world, feed):
    """Fault 64."""
    FetchHost.objects.create(
        name="ledger.example", lease="theirs", leased_until=START - MINUTE
    )
    world.on(feed, got())
    assert world.run().fetched == 1
    host = FetchHost.objects.get()
    assert (host.lease, host.leased_until) == ("", START + timedelta(seconds=1))


def test_a_feed_that_another_process_has_just_asked_is_not_asked_again(world, feed):
    """Fault 64."""
    plan = {feed.host: [feed.pk]}
    due = Feed.objects.due(START)
    Feed.objects.update(next_check_at=START + HOUR)
    (taken,) = claims.claim(plan, due, START)
    assert taken.feeds == []
    assert FetchHost.objects.get().lease == ""


def test_a_limit_bounds_the_questions(world):
    for each in hosts(5):
        world.on(each, got())
    assert world.run(limit=3).feeds == 3
    assert len(world.asked) == 3


def test_a_pass_that_is_stopped_writes_what_is_in_hand_and_frees_the_hosts(world):
    stop = threading.Event()
    for each in hosts(3):
        world.on(each, got())
    report = world.run(stop=stop, on_progress=lambda report: stop.set())
    assert report.feeds == FetchAttempt.objects.count() == 1
    assert not FetchHost.objects.exclude(lease="").exists()


def test_a_dry_run_asks_and_keeps_nothing(world, feed, caplog):
    Feed.objects.update(
        failures=3, failing_since=START - 2 * DAY, last_attempt_at=START - 2 * DAY
    )
    before = Feed.objects.values().get()
    world.on(feed, got())
    report = world.run(dry_run=True)
    assert (report.feeds, report.created) == (1, 1)
    assert not Article.objects.exists()
    assert not FetchAttempt.objects.exists()
    assert Feed.objects.values().get() == before
    assert not warnings(caplog)
    assert not FetchHost.objects.exclude(lease="").exists()


# News, and their absence.


def test_a_feed_that_falls_silent_is_told_once(world, feed, caplog):
    pieces = [entry(n) for n in range(1, 6)]
    world.feeds[b"feed"] = parsed(*pieces)
    world.on(feed, got())
    world.run()
    while world.moment < START + 5 * DAY:
        world.run_again(feed)
    told = [text for text in warnings(caplog) if "strangely quiet" in text]
    assert len(told) == 1
    assert "nothing new since 2026-11-01 11:00 UTC" in told[0]
    assert health(feed, world.moment) == FeedHealth.QUIET


def test_a_new_feed_of_old_pieces_is_quiet_but_nobody_is_woken(world, feed, caplog):
    old = [entry(n, published=START - 300 * DAY - n * HOUR) for n in range(5)]
    world.feeds[b"feed"] = parsed(*old)
    world.on(feed, got())
    world.run()
    feed.refresh_from_db()
    assert feed.last_new_at == START - 300 * DAY
    assert health(feed, START) == FeedHealth.QUIET
    assert feed.next_check_at - START > 20 * HOUR
    assert not warnings(caplog)


def test_a_late_piece_with_an_old_date_is_news(world, feed):
    world.feeds[b"more"] = parsed(entry(1), entry(2, published=START - 90 * DAY))
    world.on(feed, got(), got(b"more"))
    world.run()
    world.run_again(feed)
    assert feed.last_new_at == world.moment


# What happens meanwhile.


def meanwhile(world: World, feed: Feed, change: Callable[[], object]) -> FetchAttempt:
    """Run a pass in which ``change`` happens after the answer, before it is written."""
    world.on(feed, got())
    run = world.new_pass()
    recorder = run._recorder
    record = recorder.record

    class Slow(type(recorder)):
        def record(self, *args, **options):
            change()
            return record(*args, **options)

    run._recorder = Slow(world.now, random.Random(5))
    run.fetch(Feed.objects.fetchable())
    return run.report


def test_a_feed_that_is_deleted_meanwhile_stays_deleted(world, feed):
    """Fault 68."""
    report = meanwhile(world, feed, lambda: Feed.objects.all().delete())
    assert (report.discarded, report.failed) == (1, 0)
    assert not Article.objects.exists()
    assert not Feed.objects.exists()


def test_a_source_that_is_deleted_meanwhile_stays_deleted(world, feed):
    """Fault 68."""
    report = meanwhile(world, feed, feed.source.delete)
    assert report.discarded == 1
    assert not Article.objects.exists()


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"is_active": False}, "switched off"),
        ({"url": "https://ledger.example/new"}, "another address"),
    ],
    ids=["off", "address"],
)
def test_a_feed_that_is_changed_meanwhile_keeps_nothing_of_it(
    world, feed, change, reason
):
    """Fault 68."""
    report = meanwhile(world, feed, lambda: Feed.objects.update(**change))
    assert report.discarded == 1
    assert reason in latest(feed).reason
    assert not Article.objects.exists()
    feed.refresh_from_db()
    assert (feed.etag, feed.last_success_at, feed.next_check_at) == ("", None, START)


def test_an_answer_whose_lease_is_lost_is_discarded(world, feed):
    """Fault 68."""
    taken = {"lease": "theirs", "leased_until": START + HOUR}
    report = meanwhile(world, feed, lambda: FetchHost.objects.update(**taken))
    assert report.discarded == 1
    assert "another process has taken over" in latest(feed).reason
    assert not Article.objects.exists()
    assert FetchHost.objects.get().lease == "theirs"


# What the database does.


class FailingAt:
    """Makes the so-manieth statement fail, and none after it."""

    def __init__(self, number: int, error: type[DatabaseError]) -> None:
        self.left = number
        self.error = error

    def __call__(self, execute, sql, params, many, context):
        self.left -= 1
        if self.left == 0:
            raise self.error("out of order")
        return execute(sql, params, many, context)


@pytest.mark.parametrize("error", [OperationalError, DataError])
def test_a_database_error_at_any_statement_leaves_nothing_half_written(
    world, error, monkeypatch
):
    """Fault 66."""
    monkeypatch.setattr(recording, "PAUSE", 0)
    feeds = hosts(2)
    world.feeds[b"feed"] = parsed(entry(1), entry(2))
    world.feeds[b"other"] = parsed(entry(3))
    recorded = ended = number = 0
    while True:
        number += 1
        world.on(feeds[0], got())
        world.on(feeds[1], got(b"other"))
        failing = FailingAt(number, error)
        with transaction.atomic():
            try:
                with connection.execute_wrapper(failing), transaction.atomic():
                    world.run()
                assert_all_or_nothing(feeds)
                recorded += 1
            except DatabaseError:
                ended += 1
            transaction.set_rollback(True)
        if failing.left > 0:
            break
    assert recorded > 30
    assert ended < 20


def assert_all_or_nothing(feeds: list[Feed]) -> None:
    for feed, count in zip(feeds, (2, 1), strict=True):
        feed.refresh_from_db()
        attempt = latest(feed)
        stored = Article.objects.filter(feed=feed).count()
        if attempt.outcome == FetchOutcome.FETCHED:
            assert (stored, feed.etag, feed.failures) == (count, '"1"', 0)
        else:
            assert (attempt.outcome, attempt.kind) == (FetchOutcome.FAILED, "database")
            assert (stored, feed.etag, feed.failures) == (0, "", 1)
            assert "out of order" in attempt.reason
    assert not FetchHost.objects.filter(leased_until__gt=START + claims.LEASE).exists()


def test_a_race_for_the_same_piece_is_run_again(world, feed):
    """Fault 66."""
    calls = []

    def race(execute, sql, params, many, context):
        # PostgreSQL takes new rows by COPY, once they have their numbers.
        inserts = sql.startswith("INSERT") and '"articles_article"' in sql
        numbers = "nextval" in sql and params[0] == "articles_article"
        if (inserts or numbers) and not calls:
            calls.append(sql)
            raise recording.IntegrityError("somebody was faster")
        return execute(sql, params, many, context)

    world.on(feed, got())
    with connection.execute_wrapper(race):
        assert world.run().created == 1
    assert calls
    assert feed.attempts.count() == 1


def test_a_database_that_takes_nothing_ends_the_pass(world, feed):
    """Fault 66."""

    def read_only(execute, sql, params, many, context):
        if sql.startswith(("INSERT", "UPDATE")) and "fetchhost" not in sql:
            raise OperationalError("attempt to write a readonly database")
        return execute(sql, params, many, context)

    world.on(feed, got())
    with connection.execute_wrapper(read_only), pytest.raises(OperationalError):
        world.run()
    assert not Article.objects.exists()
    assert FetchHost.objects.get().lease == ""


# Clocks.


@pytest.mark.parametrize("jump", [DAY, -DAY], ids=["forward", "back"])
def test_a_clock_that_jumps_breaks_no_plan(world, feed, jump):
    """Fault 67."""
    world.feeds[b"feed"] = parsed(*map(entry, range(1, 6)))
    world.on(feed, got(), unreached())
    world.run()
    attempt = world.run_again(feed)
    assert feed.failures == 1
    world.moment += jump
    Feed.objects.update(next_check_at=world.moment)
    attempt = world.run_again(feed)
    assert timedelta() < attempt.next_check_at - world.moment < 2 * DAY
    assert feed.failing_since <= world.moment


def test_a_feed_asked_by_a_clock_that_was_ahead_can_be_asked_at_once(world, feed):
    """Fault 67."""
    Feed.objects.update(last_attempt_at=START + DAY)
    world.on(feed, got())
    assert world.new_pass().fetch(Feed.objects.all(), regardless=True).fetched == 1


def test_a_clock_that_jumps_within_a_fetch_does_not_count(world, feed):
    """Fault 67."""

    def jump(question: Question) -> Fetched:
        world.moment -= DAY
        return got()

    world.on(feed, jump)
    assert world.run().fetched == 1
    assert 0 <= latest(feed).seconds < 5
    feed.refresh_from_db()
    assert feed.next_check_at > world.moment


@pytest.mark.parametrize("away", [15 * DAY, 4000 * DAY])
def test_plans_of_a_clock_that_was_far_ahead_count_for_nothing(world, feed, away):
    """Fault 67."""
    Feed.objects.update(next_check_at=START + away, last_new_at=START + away)
    FetchHost.objects.create(
        name=feed.host,
        lease="theirs",
        leased_until=START + away,
        not_before=START + away,
    )
    world.on(feed, got())
    assert world.run().fetched == 1
    feed.refresh_from_db()
    assert feed.next_check_at <= START + 7 * DAY
    assert feed.last_new_at <= START


# What people decide.


def test_a_person_takes_the_new_address(world, feed):
    world.on(feed, moved_to("https://elsewhere.example/feed", 301))
    world.run()
    feed.refresh_from_db()
    fetching.take_new_address(feed)
    feed.refresh_from_db()
    assert (feed.url, feed.host, feed.moved_to) == (
        "https://elsewhere.example/feed",
        "elsewhere.example",
        "",
    )
    assert feed.next_check_at <= timezone.now()
    assert feed.validators_of == ""
    with pytest.raises(ValidationError, match="has not moved"):
        fetching.take_new_address(feed)


def test_a_person_keeps_the_address_and_is_not_asked_again(world, feed, caplog):
    world.on(feed, moved_to("https://elsewhere.example/feed", 301))
    world.run()
    feed.refresh_from_db()
    fetching.keep_address(feed)
    for _ in range(5):
        world.run(after=DAY)
    assert health(feed, world.moment) != FeedHealth.MOVED
    assert not [text for text in warnings(caplog) if "moved" in text]
    world.on(feed, moved_to("https://third.example/feed", 301))
    world.run(after=DAY)
    assert health(feed, world.moment) == FeedHealth.MOVED


# From a real socket to the database.


RSS = b"""<?xml version="1.0"?><rss version="2.0"><channel><title>Ledger</title>
<link>http://127.0.0.1/</link><description/>
<item><title>Ferry returns</title><link>http://127.0.0.1/1</link>
<guid>a1</guid><pubDate>Sun, 01 Mar 2026 09:30:00 GMT</pubDate></item>
<item><title>Rail opens</title><link>http://127.0.0.1/2</link>
<guid>a2</guid><pubDate>Sun, 01 Mar 2026 10:30:00 GMT</pubDate></item>
</channel></rss>"""


def test_a_feed_comes_from_a_socket_through_a_worker_into_the_database(settings):
    with ScriptedServer() as server:
        settings.NEWSROOM_FETCH_ALLOW = server.allow
        server.on("/old", redirect("/feed", 301))
        server.on("/feed", answer(RSS, etag='"1"'), answer(status=304))
        server.on("/page", answer(b"<html><body>Please log in</body></html>"))
        source = SourceFactory()
        good = Feed.objects.create(source=source, url=server.url("/old"))
        Feed.objects.create(source=source, url=server.url("/page"))
        Feed.objects.create(source=source, url="http://127.0.0.1:1/blocked")
        report = fetching.fetch_feeds()
        assert (report.fetched, report.created, report.failed) == (1, 2, 2)
        assert set(FetchAttempt.objects.values_list("kind", flat=True)) == {
            "",
            "not_feed",
            "blocked",
        }
        assert fetching.fetch_now([good.pk]).unchanged == 1
        agent = server.requests[0].headers["user-agent"]
        assert agent.startswith("Newsroom/")
        assert server.requests[-1].headers["if-none-match"] == '"1"'
    good.refresh_from_db()
    assert good.moved_to == server.url("/feed")
    assert good.moved_seen == 2


def test_who_fetches_now_does_not_wait_for_slow_servers(settings):
    settings.NEWSROOM_FETCH_ALLOW = ["127.0.0.0/8"]
    with ScriptedServer(host="0.0.0.0") as server:
        server.on("/slow", lambda peer: peer.pause(20))
        server.on("/quick", answer(b"<rss><channel><title>Q</title></channel></rss>"))
        quick, slow = (
            Feed.objects.create(
                source=SourceFactory(), url=server.url(f"/{name}", host=host)
            )
            for name, host in (("quick", "127.0.0.2"), ("slow", "127.0.0.3"))
        )
        report = fetching.fetch_now([quick.pk, slow.pk], seconds=3)
    assert report.fetched == 1
    assert 2 < report.seconds < 10
    assert [each.feed for each in FetchAttempt.objects.all()] == [quick]
    assert slow in fetching.wanted().due(timezone.now())
    assert not FetchHost.objects.exclude(lease="").exists()


def test_what_became_due_while_a_pass_ran_is_not_waited_for() -> None:
    began = timezone.now() - timedelta(seconds=30)
    feed = Feed.objects.create(
        source=SourceFactory(),
        url="https://publisher.example/feed",
        next_check_at=began + timedelta(seconds=10),
    )
    waiting = fetching.seconds_to_next(began)
    assert waiting is not None
    assert waiting < 0
    assert fetching.seconds_to_next(feed.next_check_at) is None
