"""The command that fetches feeds: what it takes, prints, and leaves behind."""

import signal
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db import OperationalError, connection
from django.utils import timezone

from articles.ingest import claims
from articles.models import Article, Feed, FetchAttempt, FetchHost, TagSuggestion
from tests.commands.invocation import Invocation, invoke
from tests.commands.scratch import Scratch, ended, until
from tests.factories import SourceFactory, TagFactory
from tests.ingest.scripted import Peer, Reply, ScriptedServer, answer

FACTS = [
    "feeds",
    "fetched",
    "unchanged",
    "failed",
    "postponed",
    "discarded",
    "created",
    "updated",
    "duplicate",
    "refused",
    "degraded",
    "seconds",
    "fetching_seconds",
    "reading_seconds",
    "writing_seconds",
]
#: Nobody listens there.
CLOSED = 9


def rss(feed: str, items: int = 3) -> bytes:
    parts = "".join(
        f"<item><title>Piece {n} of {feed} on the harbour</title>"
        f"<link>https://ledger.example/{feed}/{n}</link><guid>{feed}-{n}</guid>"
        f"<pubDate>Sun, 01 Mar 2026 0{n}:30:00 GMT</pubDate></item>"
        for n in range(items)
    )
    return (
        '<?xml version="1.0"?><rss version="2.0"><channel><title>Ledger</title>'
        f"<link>https://ledger.example/</link><description/>{parts}</channel></rss>"
    ).encode()


@pytest.fixture
def server(settings) -> Iterator[ScriptedServer]:
    """One server on all of loopback, so that every feed can have its own host."""
    settings.NEWSROOM_FETCH_ALLOW = ["127.0.0.0/8"]
    with ScriptedServer(host="0.0.0.0") as running:
        yield running


def make_feed(
    server: ScriptedServer, number: int, *replies: Reply, using: str = "default"
) -> Feed:
    """A feed on a host of its own, 127.0.0.number."""
    path = f"/feed{number}"
    server.on(path, *(replies or [answer(rss(str(number)), etag=f'"{number}"')]))
    slug = f"source-{number}"
    source = SourceFactory._meta.model(name=f"Source {number}", slug=slug)
    source.save(using=using)
    url = server.url(path, host=f"127.0.0.{number}")
    return Feed.objects.using(using).create(source=source, url=url)


def fetch(*arguments: object) -> Invocation:
    return invoke("fetch_feeds", *arguments, "--format=json")


@pytest.mark.django_db
def test_a_pass_fetches_what_is_due_and_suggests_tags(server):
    TagFactory(name="harbour")
    make_feed(server, 2)
    make_feed(server, 3)
    done = fetch()
    assert done.code == 0
    assert list(done.json) == FACTS
    assert (done.json["feeds"], done.json["fetched"], done.json["created"]) == (2, 2, 6)
    assert Article.objects.count() == 6
    assert TagSuggestion.objects.count() == 6
    assert not Article.objects.filter(needs_comparing=True).exists()
    assert fetch().json["feeds"] == 0
    assert len(server.requests) == 2


@pytest.mark.django_db
def test_all_takes_what_is_not_due_and_source_what_is_named(server):
    make_feed(server, 2, answer(rss("2"), etag='"2"'), answer(status=304))
    make_feed(server, 3)
    assert fetch("--source", "source-2").json["created"] == 3
    again = fetch("--source", "source-2")
    assert (again.json["feeds"], again.json["unchanged"]) == (1, 1)
    assert fetch("--source", "source-2", "--due").json["feeds"] == 0
    every = fetch("--all")
    assert (every.json["feeds"], every.json["created"]) == (2, 3)


@pytest.mark.django_db
def test_a_feed_that_fails_ends_with_1_and_is_named(server):
    make_feed(server, 2)
    bad = make_feed(server, 3, answer(status=404))
    done = invoke("fetch_feeds")
    assert done.code == 1
    assert f"{bad.url}: 127.0.0.3 answers with status 404" in done.err
    assert "failed" in done.out
    assert Article.objects.count() == 3


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--source", "nobody", "nothing"], "there is no nobody, nothing"),
        (["--limit=0"], "a number from 1 on"),
        (["--loop", "--all"], "--loop and --all"),
        (["--loop", "--dry-run"], "--loop and --dry-run"),
        (["--enqueue", "--dry-run"], "--enqueue and --dry-run"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_wrong_usage_ends_with_2_and_says_why(arguments, says):
    done = fetch(*arguments)
    assert (done.code, done.out) == (2, "")
    assert says in done.err


@pytest.mark.django_db
def test_a_dead_network_ends_with_4_and_blames_nobody(server):
    """Fault 37."""
    for number in range(2, 8):
        source = SourceFactory()
        url = f"http://127.0.0.{number}:{CLOSED}/feed"
        Feed.objects.create(source=source, url=url)
    done = fetch()
    assert done.code == 4
    assert (done.json["degraded"], done.json["failed"]) == (True, 6)
    assert "the network counts as down" in done.err
    assert not Feed.objects.filter(failures__gt=0).exists()
    assert FetchAttempt.objects.count() == 6


@pytest.mark.django_db
def test_a_database_that_fails_ends_with_4(server):
    """Fault 66."""

    def read_only(execute, sql, params, many, context):
        if sql.startswith(("INSERT", "UPDATE")):
            raise OperationalError("attempt to write a readonly database")
        return execute(sql, params, many, context)

    make_feed(server, 2)
    with connection.execute_wrapper(read_only):
        done = fetch()
    assert (done.code, done.out) == (4, "")
    assert "The database failed: attempt to write a readonly database." in done.err


@pytest.mark.django_db
def test_a_dry_run_asks_and_keeps_nothing(server):
    feed = make_feed(server, 2)
    done = fetch("--dry-run")
    assert (done.code, done.json["created"]) == (0, 3)
    assert "Dry run, nothing kept." in done.err
    assert not Article.objects.exists()
    assert not FetchAttempt.objects.exists()
    before = feed.next_check_at
    feed.refresh_from_db()
    assert (feed.next_check_at, feed.last_attempt_at) == (before, None)


@pytest.mark.django_db
def test_a_limit_bounds_the_pass(server):
    make_feed(server, 2)
    make_feed(server, 3)
    assert fetch("--limit=1").json["feeds"] == 1
    assert len(server.requests) == 1


@pytest.mark.django_db
def test_without_a_queue_what_is_enqueued_is_done_in_place(server):
    make_feed(server, 2)
    make_feed(server, 3)
    done = fetch("--enqueue")
    assert (done.code, done.json) == (0, {"feeds": 2, "tasks": 1})
    assert Article.objects.count() == 6


# As processes of their own.

ALLOW = {"NEWSROOM_FETCH_ALLOW": "127.0.0.0/8"}
FETCH = ("fetch_feeds", "--format=json")


@pytest.mark.parametrize("regardless", [(), ("--all",)], ids=["due", "all"])
def test_two_processes_at_once_ask_each_feed_once(scratch: Scratch, server, regardless):
    """Fault 64."""

    def slowly(number: int) -> Reply:
        body = answer(rss(str(number)), etag=f'"{number}"')

        def reply(peer: Peer) -> None:
            # Long enough for the other process to come to the same feeds.
            peer.pause(0.3)
            peer.send(body)

        return reply

    for number in range(2, 22):
        make_feed(server, number, slowly(number), using=scratch.alias)
    processes = [scratch.start(*FETCH, *regardless, **ALLOW) for _ in range(2)]
    both = [ended(process) for process in processes]
    for done in both:
        assert "Traceback" not in done.err
        assert done.code == 0, done.err
    asked = sorted(server.paths)
    if regardless:
        # One of the two may begin when the other has asked some already.
        asked = sorted(set(asked))
    assert asked == sorted(f"/feed{number}" for number in range(2, 22))
    assert scratch.articles() == 60
    assert sum(done.json["created"] for done in both) == 60
    attempts = FetchAttempt.objects.using(scratch.alias)
    assert attempts.count() == len(server.requests)
    assert not attempts.exclude(outcome__in=["fetched", "unchanged"]).exists()


def test_a_process_that_is_killed_leaves_a_lease_that_runs_out(scratch, server):
    """Fault 65."""

    def silent(peer: Peer) -> None:
        peer.pause(20)

    make_feed(server, 2, silent, answer(rss("2")), using=scratch.alias)
    process = scratch.start(*FETCH, **ALLOW)
    until(lambda: bool(server.requests), process)
    process.kill()
    ended(process)
    assert scratch.run(*FETCH, **ALLOW).json["feeds"] == 0
    hosts = FetchHost.objects.using(scratch.alias)
    left = hosts.get().leased_until - timezone.now()
    assert claims.LEASE / 2 < left <= claims.LEASE
    hosts.update(leased_until=timezone.now())
    done = scratch.run(*FETCH, **ALLOW)
    assert (done.json["fetched"], done.json["created"]) == (1, 3)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["term", "int"])
def test_a_pass_that_is_told_to_end_says_that_it_did_not_finish(
    scratch, server, number
):
    make_feed(server, 2, answer(status=500), using=scratch.alias)
    make_feed(server, 3, lambda peer: peer.pause(3), using=scratch.alias)
    process = scratch.start(*FETCH, **ALLOW)
    until(lambda: len(server.requests) == 2, process)
    process.send_signal(number)
    done = ended(process)
    assert done.code == 130
    assert "Interrupted. What was fetched is kept." in done.err


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)], ids=["term", "int"]
)
def test_the_loop_goes_on_with_what_becomes_due_until_it_is_told_to_end(
    scratch, server, number, code
):
    replies = answer(rss("2"), etag='"2"'), answer(status=304)
    make_feed(server, 2, *replies, using=scratch.alias)
    attempts = FetchAttempt.objects.using(scratch.alias)
    first = scratch.start(*FETCH, "--loop", **ALLOW)
    until(lambda: attempts.count() == 1, first)
    first.send_signal(number)
    assert ended(first).code == code
    soon = timezone.now() + timedelta(seconds=2)
    Feed.objects.using(scratch.alias).update(next_check_at=soon)
    second = scratch.start(*FETCH, "--loop", **ALLOW)
    until(lambda: attempts.count() == 2, second)
    assert attempts.newest_first()[0].at >= soon
    second.send_signal(number)
    done = ended(second)
    assert done.code == code
    assert "Traceback" not in done.err
    assert '"unchanged": 1' in done.out
    assert not FetchHost.objects.using(scratch.alias).exclude(lease="").exists()
