"""What fetching promises, with real sockets, real workers and all faults at once."""

import dataclasses
import resource
import time
import zlib
from contextlib import ExitStack

import pytest

from articles.ingest import child, fetching
from articles.models import Article, Feed, FetchAttempt, FetchOutcome
from tests.factories import SourceFactory
from tests.ingest.scripted import (
    ScriptedServer,
    answer,
    broken_off,
    chunked,
    drip,
    endless,
    gzip_of_zeros,
    redirect,
    silence,
)

#: Seconds that a fetch may take in these tests, and a worker.
WALL = 1.5
ITEM = (
    "<item><title>Piece {0}</title><link>http://ledger.example/{0}</link>"
    "<guid>{0}</guid><description>Text.</description></item>"
)


def rss(*numbers: int, more: str = "") -> bytes:
    items = "".join(ITEM.format(number) for number in numbers)
    return f"<rss version='2.0'><channel>{items}{more}</channel></rss>".encode()


BILLION_LAUGHS = (
    b"<!DOCTYPE r [<!ENTITY a 'ha'><!ENTITY b '&a;&a;&a;&a;'>]>"
    b"<rss version='2.0'><channel><title>&b;</title></channel></rss>"
)
ATTRIBUTES = " ".join(f"a{number}=''" for number in range(60_000))
#: What a hostile or broken server does, and how that is recorded.
HOSTILE = {
    "silence": (silence, "timeout"),
    "slow headers": (drip(answer(rss(1)), every=0.2), "timeout"),
    "slow body": (drip(answer(rss(1)), every=0.2, after=60), "timeout"),
    "endless": (endless(b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 65536), "too_large"),
    "gzip bomb": (
        answer(gzip_of_zeros(300 * 2**20), content_encoding="gzip"),
        "too_large",
    ),
    "no gzip": (answer(rss(1), content_encoding="gzip"), "bad_encoding"),
    "brotli": (answer(rss(1), content_encoding="br"), "bad_encoding"),
    "cut": (broken_off(answer(rss(1, 2, 3))[:-40]), "truncated"),
    "no last chunk": (chunked(rss(1), end=b""), "truncated"),
    "metadata": (redirect("http://169.254.169.254/latest/meta-data/"), "blocked"),
    "file": (redirect("file:///etc/passwd"), "blocked"),
    "circle": (redirect("/feed"), "http"),
    "header flood": (answer(rss(1), **{f"x{n}": "y" for n in range(2000)}), "http"),
    "login page": (answer(b"<html><body>Please log in.</body></html>"), "not_feed"),
    "nothing": (answer(b""), "not_feed"),
    "entities": (answer(BILLION_LAUGHS), "not_feed"),
    "not found": (answer(b"", status=404), "http"),
    "attributes": (answer(rss(more=f"<item {ATTRIBUTES}></item>")), None),
    "author": (
        answer(rss(more=f"<item><author>{'a@' * 300_000}</author></item>")),
        None,
    ),
}


@pytest.mark.django_db
def test_no_hostile_feed_keeps_the_others_from_coming_in(settings, monkeypatch):
    """P1 and P2: it hurts itself alone, and every attempt says what came of it."""
    limits = dataclasses.replace(fetching.FEED, wall=WALL, first_byte=WALL)
    monkeypatch.setattr(fetching, "FEED", limits)
    workers = child.Children
    short = dataclasses.replace(child.LIMITS, seconds=WALL)
    monkeypatch.setattr(fetching, "Children", lambda size: workers(size, limits=short))
    settings.NEWSROOM_FETCH_ALLOW = ["127.0.0.0/8"]
    expected = {}
    with ExitStack() as stack:
        for number, (name, (reply, kind)) in enumerate(HOSTILE.items()):
            host = f"127.0.1.{number + 1}"
            server = stack.enter_context(ScriptedServer(host))
            server.on("/feed", reply)
            source = SourceFactory(name=f"Hostile: {name}")
            feed = Feed.objects.create(source=source, url=server.url("/feed"))
            expected[feed.pk] = (name, kind)
        good = []
        for number in range(len(HOSTILE)):
            server = stack.enter_context(ScriptedServer(f"127.0.2.{number + 1}"))
            server.on("/feed", answer(rss(number * 10, number * 10 + 1)))
            good.append(
                Feed.objects.create(source=SourceFactory(), url=server.url("/feed")).pk
            )
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        begin = time.monotonic()
        report = fetching.fetch_feeds()
        seconds = time.monotonic() - begin
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - memory

    assert report.feeds == 2 * len(HOSTILE)
    attempts = {each.feed_id: each for each in FetchAttempt.objects.all()}
    assert len(attempts) == report.feeds
    for pk in good:
        assert attempts[pk].created == 2, attempts[pk].reason
    for pk, (name, kind) in expected.items():
        attempt = attempts[pk]
        if kind:
            assert (name, attempt.kind) == (name, kind)
            assert attempt.outcome == FetchOutcome.FAILED
            assert len(attempt.reason.split()) > 3
        else:
            assert attempt.outcome in FetchOutcome.values
        assert attempt.next_check_at
    assert Article.objects.filter(feed__in=good).count() == 2 * len(good)
    # Eight at once: 19 that may each take a fetch and a worker to their limits.
    assert seconds < 60
    assert memory < 200 * 1024


@pytest.mark.django_db
@pytest.mark.parametrize("packed", [False, True])
def test_no_prefix_of_an_answer_harms_what_is_stored(settings, packed):
    """P4: a feed that is cut anywhere deletes, changes and doubles nothing."""
    settings.NEWSROOM_FETCH_ALLOW = ["127.0.0.0/8"]
    body = rss(1, 2, 3)
    sent = zlib.compress(body, wbits=31) if packed else body
    headers = {"content_encoding": "gzip"} if packed else {}
    with ScriptedServer() as server:
        whole = answer(sent, **headers)
        server.on("/feed", whole)
        url = server.url("/feed")
        feed = Feed.objects.create(source=SourceFactory(), url=url)
        fetching.fetch_now([feed.pk])
        before = list(Article.objects.order_by("pk").values())
        assert len(before) == 3
        head = whole.index(b"\r\n\r\n") + 4
        for end in range(head, len(whole), 37):
            server.on("/feed", whole[:end])
            fetching.fetch_now([feed.pk])
            assert list(Article.objects.order_by("pk").values()) == before
        # What HTTP calls whole is read as far as it goes.
        for end in range(0, len(body), 37):
            server.on("/feed", answer(body[:end]))
            fetching.fetch_now([feed.pk])
            assert list(Article.objects.order_by("pk").values()) == before
        server.on("/feed", whole)
        assert fetching.fetch_now([feed.pk]).created == 0
