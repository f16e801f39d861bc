"""Feeds fetched twice, shuffled, by two processes at once, and killed on the way."""

import random
import signal
import time
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.utils import timezone

from articles.models import Article, Feed, FetchAttempt, FetchHost, Source
from tests.commands.contents import contents
from tests.commands.feed_hosts import Publishers, serving
from tests.commands.scratch import Scratch, ended, scratch_from, until

ALLOWED = {"NEWSROOM_FETCH_ALLOW": "127.0.0.0/8"}
FETCH = ("fetch_feeds", "--all", "--format=json")
#: Random moments at which a process is killed.
KILLS = 20
#: Pieces of the publishers: half of them stand in all feeds of their host.
TOTAL = 240


@pytest.fixture
def publishers() -> Iterator[Publishers]:
    with serving(Publishers()) as made:
        yield made


def subscribe(scratch: Scratch, publishers: Publishers) -> None:
    """Make the sources and feeds, in the database of the processes."""
    for host, urls in publishers.addresses.items():
        name = f"Host {host}"
        made = Source.objects.using(scratch.alias).create(
            name=name, slug=f"host-{host}", site_url=f"https://host-{host}.example/"
        )
        for url in urls:
            Feed.objects.using(scratch.alias).create(source=made, url=url)


def fetch(scratch: Scratch) -> dict[str, int]:
    done = scratch.run(*FETCH, **ALLOWED)
    assert done.code == 0, done.err
    return done.json


def leases_run_out(scratch: Scratch) -> None:
    """What a minute and a half does to the hosts of a process that died."""
    past = timezone.now() - timedelta(seconds=1)
    FetchHost.objects.using(scratch.alias).update(leased_until=past, not_before=None)


def feeds(scratch: Scratch) -> list[tuple]:
    """What fetching remembers of the feeds, but for times."""
    rows = Feed.objects.using(scratch.alias).order_by("url")
    return list(rows.values_list("url", "etag", "body_digest", "failures", "problem"))


def held(scratch: Scratch) -> dict[str, list[tuple]]:
    rows = contents(scratch.alias)
    ids = Article.objects.using(scratch.alias).order_by("canonical_url")
    return rows | {"ids": list(ids.values_list("canonical_url", "external_id"))}


@pytest.fixture
def undisturbed(template, tmp_path, django_db_blocker, publishers):
    """What one undisturbed pass leaves, of articles and of feeds."""
    with django_db_blocker.unblock(), scratch_from(template, tmp_path) as made:
        subscribe(made, publishers)
        report = fetch(made)
        assert report["created"] == TOTAL
        result = held(made), feeds(made)
    publishers.asked.clear()
    return result


def test_a_second_fetch_changes_nothing(scratch, publishers, undisturbed):
    subscribe(scratch, publishers)
    fetch(scratch)
    before = held(scratch)
    assert (before, feeds(scratch)) == undisturbed
    again = fetch(scratch)
    assert (again["created"], again["updated"], again["unchanged"]) == (0, 0, 12)
    assert held(scratch) == before
    # Now every answer is a new one, byte for byte, and in another order.
    publishers.keeps_validators, publishers.shuffle = False, 5
    again = fetch(scratch)
    assert (again["created"], again["updated"]) == (0, 0)
    assert held(scratch) == before


def test_the_order_of_items_does_not_matter(scratch, publishers, undisturbed):
    publishers.shuffle = 11
    subscribe(scratch, publishers)
    fetch(scratch)
    assert held(scratch) == undisturbed[0]


def test_two_processes_at_once_ask_every_feed_once(scratch, publishers, undisturbed):
    """Fault 64."""
    subscribe(scratch, publishers)
    processes = [scratch.start(*FETCH[:1], "--format=json", **ALLOWED) for _ in "ab"]
    both = [ended(process) for process in processes]
    assert [done.code for done in both] == [0, 0], both
    assert not any("Traceback" in done.err for done in both)
    assert set(publishers.asked.values()) == {1}
    assert len(publishers.asked) == 12
    assert sum(done.json["created"] for done in both) == TOTAL
    assert (held(scratch), feeds(scratch)) == undisturbed


def test_passes_killed_at_20_moments_end_in_the_same_database(
    scratch, publishers, undisturbed
):
    """Fault 65."""
    subscribe(scratch, publishers)
    chance = random.Random(13)
    for number in range(KILLS):
        process = scratch.start(*FETCH, **ALLOWED)
        goal = TOTAL * number // KILLS
        until(lambda goal=goal: scratch.articles() >= goal, process)
        time.sleep(chance.random() * 0.05)
        process.kill()
        died = ended(process)
        assert died.code in {0, -signal.SIGKILL}
        assert "Traceback" not in died.err
        assert_no_validator_is_ahead(scratch, publishers)
        leases_run_out(scratch)
    fetch(scratch)
    rows, states = undisturbed
    for name, expected in rows.items():
        assert held(scratch)[name] == expected, name
    assert feeds(scratch) == states
    attempts = FetchAttempt.objects.using(scratch.alias)
    assert sum(attempt.created for attempt in attempts) == TOTAL


def assert_no_validator_is_ahead(scratch: Scratch, publishers: Publishers) -> None:
    """A feed that will not be sent again must have been stored."""
    known = set(
        Article.objects.using(scratch.alias).values_list("external_id", flat=True)
    )
    for feed in Feed.objects.using(scratch.alias).exclude(etag=""):
        host, number = map(int, feed.etag.strip('"').split("-"))
        body = publishers.document(host, number, 1).decode()
        ids = body.split("<guid isPermaLink='false'>")[1:]
        assert {each.split("<")[0] for each in ids} <= known, feed
