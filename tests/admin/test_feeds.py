import datetime

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from articles.models import Feed, FeedHealth, FetchAttempt, Source
from tests.factories import ArticleFactory, SourceFactory, make_user

pytestmark = pytest.mark.django_db
FEEDS = "/admin/articles/feed/"
ATTEMPTS = "/admin/articles/fetchattempt/"
HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>"
MANAGER = ("view_feed", "add_feed", "change_feed", "delete_feed", "view_source")


@pytest.fixture
def manager(client: Client) -> object:
    """Somebody who looks after feeds, but does not say what a source may do."""
    user = make_user("manager", (*MANAGER, "view_fetchattempt"))
    client.force_login(user)
    return user


def make_feed(path: str = "feed", **values: object) -> Feed:
    source = values.pop("source", None) or SourceFactory()
    url = f"https://publisher.example/{path}"
    return Feed.objects.create(source=source, url=url, **values)


def make_attempt(feed: Feed, **values: object) -> FetchAttempt:
    facts = {"at": timezone.now(), "outcome": "unchanged"}
    return FetchAttempt.objects.create(feed=feed, **(facts | values))


def page_of(feed: Feed) -> str:
    return f"{FEEDS}{feed.pk}/change/"


def form_of(feed: Feed, **changes: object) -> dict[str, object]:
    fields = {
        "source": feed.source_id,
        "title": feed.title,
        "url": feed.url,
        "is_active": "on",
        "check_every": "",
        "username": feed.username,
        "password": "",
    }
    return fields | changes


def unhealthy() -> dict[str, Feed]:
    """A feed of every health."""
    now = timezone.now()
    day = datetime.timedelta(days=1)
    fetched = {"last_success_at": now}
    values: dict[str, dict[str, object]] = {
        "gone": {"gone_at": now},
        "failing": {"failures": 3, "failing_since": now, "problem": "no such host"},
        "quiet": {"quiet_from": now - day, **fetched},
        "moved": {
            "moved_to": "https://publisher.example/new",
            "moved_seen": 1,
            "moved_since": now,
            **fetched,
        },
        "flawed": {"problem": "2 items without a headline", **fetched},
        "good": fetched,
        "new": {},
        "off": {"is_active": False},
    }
    return {name: make_feed(name, **facts) for name, facts in values.items()}


def test_the_list_says_in_words_how_each_feed_is(
    client: Client, manager: object
) -> None:
    feeds = unhealthy()

    page = client.get(FEEDS).text

    assert set(feeds) == set(FeedHealth.values)
    for health in FeedHealth:
        row = page[page.index(f"https://publisher.example/{health.value}<") :]
        row = row[: row.index("</tr>")]
        assert f"</span> {health.label}</span>" in row, health
    assert "no such host" in page
    assert "Its server sends us to https://publisher.example/new." in page


def test_health_sorts_the_worst_first(client: Client, manager: object) -> None:
    unhealthy()

    rows = client.get(f"{FEEDS}?o=3").context["cl"].result_list

    assert [feed.health for feed in rows] == FeedHealth.values


@pytest.mark.parametrize("health", FeedHealth.values)
def test_feeds_of_one_health_are_found(
    client: Client, manager: object, health: str
) -> None:
    feeds = unhealthy()

    rows = client.get(f"{FEEDS}?health={health}").context["cl"].result_list

    assert list(rows) == [feeds[health]]


def test_feeds_are_found_by_source_and_words(client: Client, manager: object) -> None:
    found, _other = make_feed("a", title="Business desk"), make_feed("b")

    for query in (f"source={found.source.slug}", "q=business", "q=example/a"):
        rows = client.get(f"{FEEDS}?{query}").context["cl"].result_list
        assert list(rows) == [found], query


def test_fifty_feeds_cost_as_many_queries_as_one(
    client: Client, manager: object
) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get(FEEDS).status_code == 200
        return len(captured)

    source = SourceFactory()
    make_feed("0", source=source)
    client.get(FEEDS)
    one = queries()
    for number in range(1, 50):
        make_feed(f"{number}", source=source)
    assert queries() == one


def test_the_form_shows_the_last_twenty_attempts(
    client: Client, manager: object
) -> None:
    feed = make_feed()
    for number in range(25):
        make_attempt(feed, outcome="failed", reason=f"try {number}.", http_status=503)
    make_attempt(
        feed,
        outcome="fetched",
        items=4,
        created=1,
        updated=1,
        refused=1,
        duplicate=1,
        notes=[f"without a headline {HOSTILE}"],
    )

    page = client.get(page_of(feed)).text

    assert "4 pieces: 1 new, 1 changed, 1 here already, 1 refused" in page
    assert "without a headline &lt;script&gt;" in page
    assert "<script>alert" not in page
    assert "try 24." in page
    assert "try 6." in page
    assert "try 5." not in page
    assert f"{ATTEMPTS}?feed__id__exact={feed.pk}" in page


def test_what_fetching_writes_is_not_in_the_form(
    client: Client, manager: object
) -> None:
    now = timezone.now()
    feed = make_feed(problem="none such", failures=1, failing_since=now, etag='"1"')

    client.post(page_of(feed), form_of(feed, failures=0, problem="", etag="x"))

    feed.refresh_from_db()
    assert (feed.failures, feed.problem, feed.etag) == (1, "none such", '"1"')


def test_only_what_was_changed_is_saved(client: Client, manager: object) -> None:
    feed = make_feed()
    with CaptureQueriesContext(connection) as captured:
        client.post(page_of(feed), form_of(feed, title="Business"))

    [update] = [
        query["sql"]
        for query in captured
        if query["sql"].startswith('UPDATE "articles_feed"')
    ]
    assert '"title" =' in update
    assert '"next_check_at"' not in update
    assert '"url"' not in update


def test_a_new_address_starts_afresh(client: Client, manager: object) -> None:
    long_ago = timezone.now() - datetime.timedelta(days=30)
    feed = make_feed(
        gone_at=long_ago,
        failures=2,
        failing_since=long_ago,
        problem="410",
        next_check_at=timezone.now() + datetime.timedelta(days=7),
    )

    client.post(page_of(feed), form_of(feed, url="https://NEW.example/feed#top"))

    feed.refresh_from_db()
    assert (feed.url, feed.host) == ("https://new.example/feed", "new.example")
    assert (feed.gone_at, feed.failures) == (None, 0)
    assert feed.next_check_at <= timezone.now()


ODD_ADDRESSES = {
    "https://me:secret@publisher.example/feed": "user name or password",
    "https://publisher.example/a\r\nHost: inner": "line break",
    "https://publisher.example/a\tb": "control character",
    f"https://publisher.example/{'a' * 2000}": "at most 2,000",
    "https://publisher.example:0/feed": "port",
    "https://publisher.example:99999/feed": "port",
    "https://publisher.example:25/feed": "port 25",
    "http://127.0.0.1/feed": "loopback",
    "http://127.1/feed": "127.1",
    "http://2130706433/feed": "2130706433",
    "http://0x7f000001/feed": "0x7f000001",
    "http://0177.0.0.1/feed": "0177.0.0.1",
    "http://[::1]/feed": "loopback",
    "http://[::ffff:127.0.0.1]/feed": "loopback",
    "http://[64:ff9b::7f00:1]/feed": "loopback",
    "http://localhost/feed": "loopback",
    "http://169.254.169.254/latest/": "metadata",
    "http://10.1.2.3/feed": "private",
    "file:///etc/passwd": "http",
    "javascript:alert(1)": "http",
    "publisher.example/feed": "http",
}


@pytest.mark.parametrize(("url", "why"), ODD_ADDRESSES.items())
def test_an_address_that_is_never_fetched_is_refused_next_to_the_field(
    client: Client, manager: object, url: str, why: str
) -> None:
    source = SourceFactory()
    feed = make_feed(source=source)

    for path in (f"{FEEDS}add/", page_of(feed)):
        page = client.post(path, form_of(feed, url=url))
        errors = page.context["adminform"].form.errors
        assert list(errors) == ["url"], path
        assert why in errors["url"][0]

    assert Feed.objects.get().url == "https://publisher.example/feed"


def test_an_address_that_is_here_already_names_its_source(
    client: Client, manager: object
) -> None:
    there = make_feed(source=SourceFactory(name="The Example Post"))

    page = client.post(
        f"{FEEDS}add/", form_of(there, url="HTTPS://publisher.example:443/feed")
    )

    why = page.context["adminform"].form.errors["url"][0]
    assert why == "It is here already, as a feed of The Example Post."


def test_a_password_goes_in_and_never_comes_out(
    client: Client, manager: object
) -> None:
    feed = make_feed()

    client.post(page_of(feed), form_of(feed, username="us", password="  hush! "))
    feed.refresh_from_db()
    assert feed.password == "  hush! "
    for path in (page_of(feed), FEEDS, f"{FEEDS}{feed.pk}/history/"):
        assert "hush!" not in client.get(path).text, path
    wrong = client.post(page_of(feed), form_of(feed, password="typed", url="x"))
    assert "typed" not in wrong.text
    looker = Client()
    looker.force_login(make_user("looker", ("view_feed", "view_source")))
    assert "hush!" not in looker.get(page_of(feed)).text
    source = looker.get(f"/admin/articles/source/{feed.source_id}/change/").text
    assert "hush!" not in source


def test_a_blank_password_stays_and_goes_with_its_user_name(
    client: Client, manager: object
) -> None:
    feed = make_feed(username="us", password="hush!")

    client.post(page_of(feed), form_of(feed, title="New"))
    feed.refresh_from_db()
    assert (feed.title, feed.password) == ("New", "hush!")
    assert "Password" not in client.get(f"{FEEDS}{feed.pk}/history/").text
    client.post(page_of(feed), form_of(feed, username=""))
    feed.refresh_from_db()
    assert (feed.username, feed.password) == ("", "")


def test_a_password_needs_a_user_name(client: Client, manager: object) -> None:
    feed = make_feed()

    page = client.post(page_of(feed), form_of(feed, password="hush!"))

    assert list(page.context["adminform"].form.errors) == ["username"]


def test_a_password_is_not_typed_behind_its_user_name(
    client: Client, manager: object
) -> None:
    feed = make_feed()

    page = client.post(page_of(feed), form_of(feed, username="reader:hush!"))

    assert list(page.context["adminform"].form.errors) == ["username"]
    feed.refresh_from_db()
    assert feed.username == ""


@pytest.mark.parametrize(
    "url",
    [
        "https://thief.example/feed",
        "http://publisher.example/feed",
        "https://publisher.example:8443/feed",
    ],
)
def test_a_stored_password_is_not_sent_to_another_server(
    client: Client, manager: object, url: str
) -> None:
    feed = make_feed(username="us", password="hush!")

    page = client.post(page_of(feed), form_of(feed, url=url))

    errors = page.context["adminform"].form.errors
    assert "was meant for publisher.example" in errors["password"][0]
    feed.refresh_from_db()
    assert feed.url == "https://publisher.example/feed"
    client.post(page_of(feed), form_of(feed, url="https://publisher.example/other"))
    feed.refresh_from_db()
    assert (feed.url[-6:], feed.password) == ("/other", "hush!")


@pytest.mark.parametrize(
    "lookup", ["password__startswith=h", "password=hush!", "password__regex=^h"]
)
def test_no_filter_in_the_address_guesses_a_password(
    client: Client, manager: object, lookup: str
) -> None:
    feed = make_feed(username="us", password="hush!")

    assert client.get(f"{FEEDS}?{lookup}").status_code == 400
    assert client.get(f"{ATTEMPTS}?feed__{lookup}").status_code == 400
    make_attempt(feed)
    own = client.get(f"{ATTEMPTS}?feed__id__exact={feed.pk}").context["cl"]
    assert len(own.result_list) == 1


def test_the_certificate_is_a_matter_for_those_who_answer_for_the_source(
    client: Client, manager: object
) -> None:
    feed = make_feed()

    client.post(page_of(feed), form_of(feed))
    feed.refresh_from_db()
    assert feed.verifies_certificate
    client.force_login(make_user("chief", (*MANAGER, "change_source")))
    client.post(page_of(feed), form_of(feed))
    feed.refresh_from_db()
    assert not feed.verifies_certificate
    assert "certificate not checked" in client.get(FEEDS).text
    assert "certificate is not checked" in client.get(page_of(feed)).text


def test_an_unchecked_certificate_does_not_move_to_another_server(
    client: Client, manager: object
) -> None:
    feed = make_feed(verifies_certificate=False)

    client.post(page_of(feed), form_of(feed, url="https://publisher.example/other"))
    feed.refresh_from_db()
    assert (feed.url[-6:], feed.verifies_certificate) == ("/other", False)
    client.post(page_of(feed), form_of(feed, url="https://new.example/"))
    feed.refresh_from_db()
    assert (feed.host, feed.verifies_certificate) == ("new.example", True)


def test_a_new_feed_is_checked_unless_its_maker_may_say_otherwise(
    client: Client, manager: object
) -> None:
    feed = make_feed()
    data = form_of(feed, url="https://publisher.example/other")

    client.post(f"{FEEDS}add/", data)

    assert Feed.objects.exclude(pk=feed.pk).get().verifies_certificate


def test_the_sources_form_shows_its_feeds_with_their_health(client: Client) -> None:
    client.force_login(make_user("chief", is_superuser=True))
    feed = make_feed(gone_at=timezone.now(), password="hush!", username="us")

    page = client.get(f"/admin/articles/source/{feed.source_id}/change/").text

    assert "gone: its server says for good" in page
    assert f'href="{page_of(feed)}"' in page
    assert "hush!" not in page
    assert 'name="feeds-0-password"' not in page


def source_form(source: Source, *feeds: Feed, **changes: object) -> dict[str, object]:
    data: dict[str, object] = {
        "name": source.name,
        "slug": source.slug,
        "reuse": source.reuse,
        "excerpt_words": 25,
        "excerpt_characters": 80,
        "indexing": source.indexing,
        "feeds-TOTAL_FORMS": len(feeds) + 1,
        "feeds-INITIAL_FORMS": len(feeds),
    }
    for number, feed in enumerate(feeds):
        data |= {
            f"feeds-{number}-id": feed.pk,
            f"feeds-{number}-source": source.pk,
            f"feeds-{number}-url": feed.url,
            f"feeds-{number}-title": feed.title,
            f"feeds-{number}-is_active": "on",
        }
    data |= {f"feeds-{len(feeds)}-is_active": "on"}
    return data | changes


def test_feeds_are_added_changed_and_deleted_in_their_sources_form(
    client: Client,
) -> None:
    client.force_login(make_user("chief", is_superuser=True))
    source = SourceFactory()
    first = make_feed("a", source=source, username="us", password="hush!")
    second = make_feed("b", source=source)
    make_attempt(second)
    changes = {
        "feeds-0-url": "https://publisher.example/c",
        "feeds-1-DELETE": "on",
        "feeds-2-url": "https://publisher.example/d",
    }
    Feed.objects.filter(pk=first.pk).update(gone_at=timezone.now())

    client.post(
        f"/admin/articles/source/{source.pk}/change/",
        source_form(source, first, second, **changes),
    )

    changed, new = Feed.objects.order_by("pk")
    assert (changed.pk, changed.url[-1], new.url[-1]) == (first.pk, "c", "d")
    assert (changed.password, changed.gone_at) == ("hush!", None)
    assert changed.verifies_certificate


@pytest.mark.parametrize(
    ("url", "why"),
    [("http://127.0.0.1/", "loopback"), ("https://thief.example/", "was meant for")],
)
def test_an_address_refused_on_the_feeds_page_is_refused_in_the_sources_form(
    client: Client, url: str, why: str
) -> None:
    client.force_login(make_user("chief", is_superuser=True))
    feed = make_feed(username="us", password="hush!")
    data = source_form(feed.source, feed, **{"feeds-0-url": url})

    page = client.post(f"/admin/articles/source/{feed.source_id}/change/", data)

    assert why in page.text
    feed.refresh_from_db()
    assert feed.url == "https://publisher.example/feed"


def test_a_feed_is_deleted_with_its_attempts_and_leaves_its_pieces(
    client: Client, manager: object
) -> None:
    feed = make_feed()
    make_attempt(feed)
    article = ArticleFactory(source=feed.source, feed=feed)

    client.post(f"{FEEDS}{feed.pk}/delete/", {"post": "yes"})

    assert not FetchAttempt.objects.exists()
    article.refresh_from_db()
    assert article.feed is None


def test_attempts_are_found_and_not_changed(client: Client, manager: object) -> None:
    feed = make_feed(title=HOSTILE)
    good = make_attempt(feed, outcome="fetched")
    bad = make_attempt(feed, outcome="failed", kind="dns", reason="no such host")

    page = client.get(ATTEMPTS).text
    assert "<script>alert" not in page
    for query in ("q=such+host", "outcome__exact=failed", "kind=dns"):
        rows = client.get(f"{ATTEMPTS}?{query}").context["cl"].result_list
        assert list(rows) == [bad], query
    assert client.post(f"{ATTEMPTS}{good.pk}/delete/").status_code == 403
    assert client.post(f"{ATTEMPTS}{good.pk}/change/").status_code == 403
    assert client.get(f"{ATTEMPTS}add/").status_code == 403
    assert FetchAttempt.objects.count() == 2


ACTS = ("fetch", "revive", "move", "stay")


@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize("may", [(), ("view_feed", "view_source", "change_article")])
def test_who_may_not_change_feeds_does_nothing_with_them(
    client: Client, act: str, may: tuple[str, ...]
) -> None:
    client.force_login(make_user("looker", may))
    feed = make_feed(
        moved_to="https://new.example/", moved_seen=1, gone_at=timezone.now()
    )

    assert client.post(f"{FEEDS}{feed.pk}/{act}/").status_code == 403
    assert not FetchAttempt.objects.exists()
    untouched = Feed.objects.get()
    assert (untouched.url, untouched.moved_to, untouched.gone_at) == (
        feed.url,
        feed.moved_to,
        feed.gone_at,
    )
    if may:
        page = client.get(page_of(feed)).text
        assert f"{FEEDS}{feed.pk}/{act}/" not in page


@pytest.mark.parametrize("act", ACTS)
def test_what_is_done_with_a_feed_is_posted_with_its_token(
    manager: object, act: str
) -> None:
    feed = make_feed(moved_to="https://new.example/", moved_seen=1)
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(manager)

    assert strict.get(f"{FEEDS}{feed.pk}/{act}/").status_code == 405
    assert strict.post(f"{FEEDS}{feed.pk}/{act}/").status_code == 403
    plain = Client()
    plain.force_login(manager)
    assert plain.post(f"{FEEDS}999/{act}/").status_code == 404
    anonymous = Client().post(f"{FEEDS}{feed.pk}/{act}/")
    # And then to the feed: this address is nothing to look at.
    assert anonymous.url == f"/admin/login/?next={FEEDS}{feed.pk}/change/"
    assert Feed.objects.get().moved_to == "https://new.example/"


def test_the_bulk_fetch_is_for_those_who_may_change_feeds(client: Client) -> None:
    client.force_login(make_user("looker", ("view_feed",)))
    feed = make_feed()

    data = {"action": "fetch_selected", "_selected_action": [feed.pk], "index": 0}
    page = client.post(FEEDS, data, follow=True)

    assert 'value="fetch_selected"' not in page.text
    assert not FetchAttempt.objects.exists()


def test_an_attempt_has_a_page_that_tells_it_in_words(client: Client) -> None:
    client.force_login(make_user("looker", ("view_fetchattempt",)))
    attempt = make_attempt(
        make_feed(title="Harbour news"),
        at=datetime.datetime(2026, 11, 25, 13, 20, 3, tzinfo=datetime.UTC),
        outcome="fetched",
        seconds=0.18865662999996857,
        bytes=2924,
        http_status=200,
        items=3,
        created=1,
        refused=2,
        notes=["item 2: the item has no link", "item 3: <b>no</b> link"],
    )
    page = client.get(f"{ATTEMPTS}{attempt.pk}/change/").text
    for told in (
        "2026-11-25 13:20 UTC: fetched",
        "Harbour news",
        "3 pieces: 1 new, 2 refused",
        "<div>item 2: the item has no link</div>",
        "<div>item 3: &lt;b&gt;no&lt;/b&gt; link</div>",
        "in 0.2 s",
    ):
        assert told in page
    assert "0.18865" not in page
    assert "Nov. 25" not in page
