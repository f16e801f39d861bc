"""Tag pages: several tags at once, related ones, internal ones, and what is empty."""

import datetime

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from articles import workflow
from articles.models import Article, Tag, relisting
from articles.tagging import tags
from tests.factories import ArticleFactory, SourceFactory, make_user
from tests.site.test_listing_page import headlines, parsed

pytestmark = pytest.mark.django_db

HOUR = datetime.timedelta(hours=1)


def publish(headline: str, *names: str, **kwargs) -> Article:
    return ArticleFactory(
        published=True, source_headline=headline, tags=names, **kwargs
    )


# Several tags.


@pytest.fixture
def three_subjects():
    publish("All", "Trade", "Rice", "Ships")
    publish("Trade and rice", "Trade", "Rice", language="ja")
    publish("Trade and ships", "Trade", "Ships")
    publish("Rice", "Rice")


def test_several_tags_show_what_carries_all_of_them(client, three_subjects):
    assert set(headlines(parsed(client, "/tags/rice+trade/"))) == {
        "All",
        "Trade and rice",
    }
    page = parsed(client, "/tags/rice+ships+trade/")
    assert headlines(page) == ["All"]
    assert page.cssselect("h1")[0].text_content() == (
        "Latest news with #Rice + #Ships + #Trade"
    )
    assert "noindex" in page.cssselect("meta[name=robots]")[0].get("content")
    assert page.cssselect(".result")[0].text_content() == "1 piece found"


def test_each_of_several_tags_can_be_taken_away(client, three_subjects):
    page = parsed(client, "/tags/rice+trade/?language=ja")
    assert headlines(page) == ["Trade and rice"]
    chips = {a.text_content(): a.get("href") for a in page.cssselect("a.chip")}
    assert chips == {
        "Take away: #Rice ×": "/tags/trade/?language=ja",
        "Take away: #Trade ×": "/tags/rice/?language=ja",
        "Take away: Language: Japanese ×": "/tags/rice+trade/",
    }


@pytest.mark.parametrize(
    ("asked", "right"),
    [
        ("/tags/trade+rice/", "/tags/rice+trade/"),
        ("/tags/rice+rice/", "/tags/rice/"),
        ("/tags/trade+rice+trade/", "/tags/rice+trade/"),
        ("/tags/%E8%88%B9+rice/", "/tags/rice+ships/"),
        ("/tags/trade+rice/?q=x&after=1", "/tags/rice+trade/?q=x&after=1"),
        ("/tags/trade+rice/feed.rss", "/tags/rice+trade/feed.rss"),
        ("/tags/trade+rice/2026/03/09/?q=x", "/tags/rice+trade/2026/03/09/?q=x"),
        ("/tags/trade+rice/2026/03/", "/tags/rice+trade/2026/03/"),
    ],
)
def test_several_tags_have_one_address(client, three_subjects, asked, right):
    Tag.objects.get(slug="ships").aliases.create(name="船")
    response = client.get(asked)
    assert (response.status_code, response["Location"]) == (301, right)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/tags/rice+nothing/", 404),
        ("/tags/rice+/", 404),
        ("/tags/+rice/", 404),
        ("/tags/rice++trade/", 404),
        ("/tags/a+b+c+d+e+f/", 400),
        ("/tags/a+b+c+d+e/", 404),
        ("/tags/" + "+".join(["rice"] * 100) + "/", 301),
    ],
)
def test_tags_that_make_no_sense_are_refused(client, three_subjects, path, status):
    assert client.get(path).status_code == status


def test_the_feed_of_several_tags_holds_what_carries_all(client, three_subjects):
    feed = client.get("/tags/rice+trade/feed.json").json()
    assert {item["title"] for item in feed["items"]} == {"All", "Trade and rice"}
    assert feed["home_page_url"].endswith("/tags/rice+trade/")


def test_tags_that_share_nothing_say_so(client):
    publish("One", "Trade")
    publish("Two", "Rice")
    page = parsed(client, "/tags/rice+trade/")
    assert "No piece matches." in page.cssselect(".empty")[0].text_content()


def test_several_tags_are_paged_both_ways(client):
    for n in range(7):
        publish(f"Both {n}", "Trade", "Rice")
        publish(f"One {n}", "Trade")
    path, seen = "/tags/rice+trade/", []
    url = f"{path}?page_size=3"
    while url:
        page = parsed(client, url)
        seen += headlines(page)
        older = page.cssselect("a.older")
        url = path + older[0].get("href") if older else ""
    assert len(seen) == len(set(seen)) == 7
    back = parsed(client, path + page.cssselect("a.newer")[0].get("href"))
    assert headlines(back) == seen[3:6]


# Related tags.


def test_a_tag_names_those_it_stands_with_the_most_frequent_first(client):
    for n in range(3):
        publish(f"Rice {n}", "Trade", "Rice", "World")
    publish("Ships", "Trade", "Ships")
    publish("World", "World")
    for n in range(6):
        publish(f"Other {n}", "Trade", f"Rare{n}")
    page = parsed(client, "/tags/trade/")
    links = page.cssselect(".related a:not(.also)")
    # As often as World, and rarer: it says more.
    assert [a.text_content() for a in links][:2] == ["#Rice", "#World"]
    assert len(links) == 5
    also = page.cssselect(".related a.also")[0]
    assert also.get("href") == "/tags/rice+trade/"
    assert "Only what carries #Rice too" in also.text_content()


def test_related_tags_offer_no_sixth(client):
    names = ["A1", "B1", "C1", "D1", "E1"]
    publish("All", *names, "Sixth")
    page = parsed(client, "/tags/a1+b1+c1+d1+e1/")
    assert [a.text_content() for a in page.cssselect(".related a")] == ["#Sixth"]


# Nothing to show.


def test_a_tag_that_never_had_anything_to_read_is_not_found(client):
    Tag.objects.create(name="Unused", slug="unused")
    waits = ArticleFactory(tags=["Waiting"])
    publish("Later", "Scheduled", embargoed_until=timezone.now() + HOUR)
    for slug in ("unused", "waiting", "scheduled"):
        for path in (f"/tags/{slug}/", f"/tags/{slug}/feed.rss"):
            assert client.get(path).status_code == 404, path
    assert client.get("/tags/unused+waiting/").status_code == 404
    # Nor does a way to its address say that the desk has such a tag.
    for path in ("/tags/WAITING/", "/tags/Unused/feed.rss", "/tags/Scheduled+Unused/"):
        assert client.get(path).status_code == 404, path
    workflow.move(waits, "publish", by=None)
    assert client.get("/tags/waiting/").status_code == 200


def test_a_publication_that_was_undone_before_its_hour_never_showed(client):
    article = ArticleFactory(tags=["Scheduled"])
    by = make_user(is_superuser=True)
    later = timezone.now() + HOUR
    workflow.move_many([article.pk], "publish", by=by, at=later)
    tag = Tag.objects.get(name="Scheduled")
    assert tag.shown_from == later
    workflow.move_many([article.pk], "unpublish", by=by)
    tag.refresh_from_db()
    assert tag.shown_from is None
    assert not tag.was_ever_shown


@pytest.mark.parametrize("action", ["kill", "unpublish"])
def test_a_tag_whose_last_piece_went_says_that_there_are_no_stories(client, action):
    article = publish("Gone", "Trade")
    by = make_user(is_superuser=True)
    workflow.move_many([article.pk], action, by=by, reason="so")
    page = parsed(client, "/tags/trade/")
    assert page.cssselect(".empty")[0].text_content() == "No stories yet."
    assert page.cssselect("h1")[0].text_content() == "Latest news with #Trade"
    assert "noindex" in page.cssselect("meta[name=robots]")[0].get("content")
    assert page.cssselect(".feeds a")
    assert client.get("/tags/trade/feed.rss").status_code == 200
    assert "/tags/trade/" not in client.get("/sitemap.xml").content.decode()


def test_a_tag_that_lost_its_pieces_by_hand_was_shown_all_the_same(client):
    article = publish("Elsewhere", "Trade", "Rice")
    tags.set_tags(article, ["Rice"], by=None)
    assert client.get("/tags/trade/").status_code == 200
    with relisting([article.pk]):
        article.delete()
    assert client.get("/tags/rice/").status_code == 200


def test_a_repaired_index_knows_again_what_was_shown():
    publish("One", "Trade")
    Tag.objects.update(shown_from=None)
    call_command("check_listing", "--repair")
    assert Tag.objects.get().was_ever_shown


# Merged and renamed.


@pytest.mark.parametrize(
    "rest",
    [
        "",
        "?source=ledger&q=x",
        "feed.rss",
        "feed.atom",
        "feed.json",
        "2026/03/",
        "2026/03/09/",
        "2026/03/09/?q=x",
    ],
)
def test_all_addresses_of_a_merged_tag_lead_to_the_other(client, rest):
    publish("One", "Shipping", "Other")
    publish("Two", "Ships")
    merged, into = (Tag.objects.get(name=name) for name in ("Shipping", "Ships"))
    tags.merge([merged], into)
    response = client.get(f"/tags/shipping/{rest}")
    assert (response.status_code, response["Location"]) == (301, f"/tags/ships/{rest}")
    response = client.get("/tags/other+shipping/")
    assert response["Location"] == "/tags/other+ships/"


def test_a_tag_inherits_that_the_merged_one_was_shown(client):
    article = publish("One", "Shipping")
    workflow.move_many([article.pk], "unpublish", by=None)
    merged = Tag.objects.get(name="Shipping")
    into = Tag.objects.create(name="Ships", slug="ships")
    tags.merge([merged], into)
    assert client.get("/tags/shipping/", follow=True).status_code == 200


# Internal.


@pytest.fixture
def internal():
    article = publish("Watched", "Trade", "Legalwatch", source=SourceFactory())
    tag = Tag.objects.get(name="Legalwatch")
    tag.aliases.create(name="Lawyers", slug="lawyers")
    Tag.objects.filter(pk=tag.pk).update(is_internal=True)
    return article


def test_an_internal_tag_is_in_no_public_output(client, internal):
    paths = [
        "/",
        "/tags/",
        "/tags/trade/",
        internal.source.get_absolute_url(),
        internal.category.get_absolute_url(),
        internal.get_absolute_url(),
        "/search/?q=watched",
        "/feed.rss",
        "/feed.atom",
        "/feed.json",
        "/tags/trade/feed.rss",
        "/tags/trade/feed.atom",
        "/tags/trade/feed.json",
        "/sitemap.xml",
    ]
    for path in paths:
        response = client.get(path)
        assert response.status_code == 200
        assert "legalwatch" not in response.content.decode().lower(), path


@pytest.mark.parametrize(
    "path",
    [
        "/tags/legalwatch/",
        "/tags/lawyers/",
        "/tags/legalwatch+trade/",
        "/tags/trade+legalwatch/",
        "/tags/lawyers+trade/",
        "/tags/legalwatch/feed.rss",
        "/tags/lawyers/feed.json",
        "/tags/legalwatch/2026/01/",
        "/hashtag/Legalwatch",
        "/en/hashtag/LAWYERS",
    ],
)
def test_an_internal_tag_has_no_address(client, internal, path):
    assert client.get(path).status_code == 404


def test_editors_make_a_tag_internal_and_still_see_it(client, internal):
    Tag.objects.update(is_internal=False)
    client.force_login(make_user(is_superuser=True))
    tag = Tag.objects.get(name="Legalwatch")
    form = {
        "name": "Legalwatch",
        "slug": "legalwatch",
        "description": "",
        "guidance": "",
        "is_internal": "on",
    }
    for prefix in ("aliases", "phrases"):
        form |= {f"{prefix}-TOTAL_FORMS": "0", f"{prefix}-INITIAL_FORMS": "0"}
    path = f"/admin/articles/tag/{tag.pk}/change/"
    assert client.post(path, form).status_code == 302
    tag.refresh_from_db()
    assert tag.is_internal
    assert tag.was_ever_shown
    names = client.get("/admin/articles/tag/names/?q=legal").json()["tags"]
    assert [each["name"] for each in names] == ["Legalwatch"]
    assert client.get("/tags/legalwatch/").status_code == 404
    shown = client.get("/admin/articles/tag/?is_internal__exact=1")
    assert b"Legalwatch" in shown.content


@pytest.mark.parametrize("url", ["/tags/trade/", "/tags/rice+trade/"])
def test_a_tag_page_costs_the_same_with_1_piece_and_with_30(client, url):
    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert client.get(f"{url}?page_size=30").status_code == 200
        return len(queries)

    publish("One", "Trade", "Rice", "Ships")
    with_one = cost()
    for n in range(29):
        publish(f"Piece {n}", "Trade", "Rice", f"Tag{n}")
    assert cost() == with_one <= 11


@pytest.mark.parametrize("number", [10, 100])
def test_a_tag_page_costs_13_queries_at_most_however_many_pieces_it_has(client, number):
    source, now = SourceFactory(), timezone.now()
    for n in range(number):
        publish(
            f"Piece {n}",
            "Trade",
            "Rice",
            source=source,
            source_published_at=now - n * 5 * HOUR,
        )
    with CaptureQueriesContext(connection) as queries:
        assert client.get("/tags/trade/").status_code == 200
    assert len(queries) <= 13


def test_a_card_shows_twelve_tags_each_once_and_the_way_to_the_rest(client):
    twelve = publish("Twelve", *(f"Tag{n:02}" for n in range(12)))
    many = publish("Many", *(f"Tag{n:02}" for n in range(50)))
    page = parsed(client, "/")
    cards = {
        card.cssselect("h3")[0].text_content(): [
            a.text_content() for a in card.cssselect(".tags a")
        ]
        for card in page.cssselect("article.card")
    }
    assert len(set(cards[twelve.shown_headline])) == 12
    assert "+" not in "".join(cards[twelve.shown_headline])
    *shown, rest = cards[many.shown_headline]
    assert len(set(shown)) == 12
    assert rest == "+3838 more tags"
    href = page.cssselect(".card .tags a.more")[0].get("href")
    assert href == f"{many.get_absolute_url()}#tags"
    assert len(parsed(client, href).cssselect("#tags a")) == 50


def test_letters_stand_together_with_and_without_accents(client):
    publish("One", "Vote", "Économie", "Election", "Ångström", "Zoo", "日米", "Éole")
    page = parsed(client, "/tags/")
    assert [h2.text_content() for h2 in page.cssselect(".letter h2")] == [
        "A",
        "E",
        "V",
        "Z",
        "日",
    ]
    names = [a.text_content() for a in page.cssselect(".letter a")]
    assert names[1:4] == ["#Économie", "#Election", "#Éole"]


def test_a_total_stands_on_the_tags_own_page_alone(client):
    piece = publish("One", "Trade")
    month = f"/tags/trade/{piece.listed_at:%Y/%m}/"
    assert parsed(client, "/tags/trade/").cssselect(".about .count")
    for path in (month, "/tags/trade/?q=one"):
        assert not parsed(client, path).cssselect(".about .count")
