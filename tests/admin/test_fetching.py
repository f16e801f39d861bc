"""What editors do with feeds by a button, and what they are told of it."""

import datetime
from collections.abc import Callable, Iterator

import pytest
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from articles.models import Article, Feed, FetchAttempt, FetchHost
from tests.factories import SourceFactory, make_user
from tests.ingest.scripted import ScriptedServer, answer, redirect

pytestmark = pytest.mark.django_db
FEEDS = "/admin/articles/feed/"
RSS = b"""<rss version="2.0"><channel><title>Business</title>
<item><title>One</title><link>https://publisher.example/1</link></item>
<item><title>Two</title><link>https://publisher.example/2</link></item>
</channel></rss>"""
Do = Callable[..., HttpResponse]


@pytest.fixture
def server(settings: Settings) -> Iterator[ScriptedServer]:
    with ScriptedServer() as running:
        settings.NEWSROOM_FETCH_ALLOW = running.allow
        yield running


@pytest.fixture
def do(client: Client) -> Do:
    """Press a button of a feed's page; the page that follows."""
    client.force_login(make_user("manager", ("view_feed", "change_feed")))

    def press(act: str, feed: Feed) -> HttpResponse:
        return client.post(f"{FEEDS}{feed.pk}/{act}/", follow=True)

    return press


def make_feed(url: str, **values: object) -> Feed:
    title = str(values.pop("title", "Business"))
    return Feed.objects.create(source=SourceFactory(), url=url, title=title, **values)


def told(page: HttpResponse) -> list[str]:
    return [str(message) for message in page.context["messages"]]


def test_fetch_now_says_what_came_of_it(server: ScriptedServer, do: Do) -> None:
    server.on("/feed", answer(RSS, content_type="application/rss+xml"))
    feed = make_feed(server.url("/feed"), next_check_at=in_days(3))

    page = do("fetch", feed)

    assert told(page) == ["Business: 2 pieces: 2 new."]
    assert Article.objects.count() == 2
    attempt = page.context["attempts"][0][0]
    assert (attempt.feed, attempt.http_status) == (feed, 200)


def test_fetch_now_says_why_it_failed(server: ScriptedServer, do: Do) -> None:
    feed = make_feed(server.url("/nothing"))

    [said] = told(do("fetch", feed))

    assert said.startswith("Business: failed (")
    assert FetchAttempt.objects.get().reason in said


def test_a_host_that_wants_to_be_left_alone_is_left_alone(
    server: ScriptedServer, do: Do
) -> None:
    feed = make_feed(server.url("/feed"))
    FetchHost.objects.create(name=feed.host, not_before=in_days(1))

    assert "it has to wait" in told(do("fetch", feed))[0]
    assert server.is_untouched()


def test_a_feed_that_is_switched_off_is_not_asked(
    server: ScriptedServer, do: Do
) -> None:
    feed = make_feed(server.url("/feed"), is_active=False)

    assert "switched off or gone" in told(do("fetch", feed))[0]
    assert server.is_untouched()


def test_try_again_revives_a_feed_that_was_gone(server: ScriptedServer, do: Do) -> None:
    server.on("/feed", answer(RSS, content_type="application/rss+xml"))
    feed = make_feed(
        server.url("/feed"),
        gone_at=in_days(-30),
        failures=2,
        failing_since=in_days(-31),
    )

    assert told(do("revive", feed)) == ["Business: 2 pieces: 2 new."]

    feed.refresh_from_db()
    assert (feed.gone_at, feed.failures, feed.problem) == (None, 0, "")


def test_several_feeds_are_fetched_from_the_list(
    server: ScriptedServer, client: Client, do: Do
) -> None:
    server.on("/feed", answer(RSS, content_type="application/rss+xml"))
    good = make_feed(server.url("/feed"), title="Good")
    bad = make_feed(server.url("/nothing"), title="Bad")
    chosen = {"action": "fetch_selected", "_selected_action": [good.pk, bad.pk]}

    said = told(client.post(FEEDS, chosen, follow=True))

    assert said[0] == "Good: 2 pieces: 2 new."
    assert said[1].startswith("Bad: failed")


def test_more_feeds_than_a_page_can_wait_for_are_refused(
    client: Client, do: Do
) -> None:
    feeds = [make_feed(f"https://publisher.example/{n}") for n in range(21)]
    ids = [feed.pk for feed in feeds]

    page = client.post(
        FEEDS, {"action": "fetch_selected", "_selected_action": ids}, follow=True
    )

    assert "At most 20 feeds" in told(page)[0]
    assert not FetchAttempt.objects.exists()


def test_with_a_queue_the_page_says_that_the_fetch_is_queued(
    client: Client, do: Do, settings: Settings
) -> None:
    settings.TASKS = {
        "default": {"BACKEND": "django_tasks.backends.dummy.DummyBackend"}
    }
    feed = make_feed("https://publisher.example/feed")

    assert told(do("fetch", feed)) == ["It is queued; look again in a minute."]
    assert not FetchAttempt.objects.exists()


def test_the_new_address_is_taken_over_or_turned_down(
    server: ScriptedServer, client: Client, do: Do
) -> None:
    server.on("/old", redirect("/new", 301))
    server.on("/new", answer(RSS, content_type="application/rss+xml"))
    first = make_feed(server.url("/old"))
    do("fetch", first)
    assert "Take over the new address" in client.get(f"{FEEDS}{first.pk}/change/").text

    kept = do("stay", first)

    assert told(kept) == [f"It is fetched from {server.url('/old')} as before."]
    assert "Take over the new address" not in kept.text
    assert "Its server sends us" not in client.get(FEEDS).text
    Feed.objects.update(moved_seen=1, moved_since=timezone.now())
    moved = do("move", first)
    assert told(moved) == [f"From now on it is fetched from {server.url('/new')}."]
    first.refresh_from_db()
    assert (first.url, first.moved_to) == (server.url("/new"), "")


@pytest.mark.parametrize("moved_to", ["", "https://publisher.example/taken"])
def test_an_address_that_cannot_be_taken_over_is_refused_with_the_reason(
    do: Do, moved_to: str
) -> None:
    make_feed("https://publisher.example/taken")
    feed = make_feed("https://publisher.example/old", moved_to=moved_to, moved_seen=1)

    [said] = told(do("move", feed))

    assert "has not moved" in said or "another feed" in said
    feed.refresh_from_db()
    assert feed.url == "https://publisher.example/old"


def test_a_password_does_not_move_to_another_server_by_a_button(do: Do) -> None:
    feed = make_feed(
        "https://publisher.example/old",
        username="us",
        password="hush!",
        moved_to="https://thief.example/feed",
        moved_seen=1,
    )

    assert "Its password is meant for publisher.example" in told(do("move", feed))[0]
    feed.refresh_from_db()
    assert feed.url == "https://publisher.example/old"


def in_days(number: int) -> datetime.datetime:
    return timezone.now() + datetime.timedelta(days=number)
