"""The site in its languages: by address alone, the same for everybody."""

import datetime

import pytest
from django.conf import settings as configured
from django.test import Client
from django.utils.translation import get_language, override
from lxml import html

from articles.models import Article, ArticleStatus
from articles.site.context import alternates, in_every_language
from tests.factories import ArticleFactory, TagFactory

pytestmark = pytest.mark.django_db

MOMENT = datetime.datetime(2025, 6, 11, 9, 0, tzinfo=datetime.UTC)


@pytest.fixture
def piece() -> Article:
    return ArticleFactory(
        published=True, source_published_at=MOMENT, tags=["Trade", "日米同盟"]
    )


def pages_of(piece: Article) -> list[str]:
    return [
        "/",
        "/tags/",
        "/tags/trade/",
        "/tags/日米同盟/",
        "/search/",
        "/search/?q=headline",
        "/corrections/",
        piece.get_absolute_url(),
        piece.source.get_absolute_url(),
        piece.category.get_absolute_url(),
    ]


def test_a_page_speaks_the_language_of_its_address(client: Client, piece: Article):
    for path in pages_of(piece):
        for prefix, language in (("", "en"), ("/ja", "ja")):
            page = html.fromstring(client.get(prefix + path).content.decode())
            assert page.get("lang") == language, prefix + path
            inside = [a.get("href") for a in page.cssselect("header a, main a")]
            ours = [href for href in inside if href.startswith("/")]
            # The way to the other language is the only one that leaves this one.
            leaving = {href for href in ours if href.startswith("/ja/") == (not prefix)}
            switch = {a.get("href") for a in page.cssselect("a[hreflang]")}
            assert leaving <= switch, prefix + path


def test_feeds_stand_in_every_language_and_their_entries_are_the_same(
    client: Client, piece: Article
):
    english, japanese = (
        client.get(f"{prefix}/tags/trade/feed.json").json() for prefix in ("", "/ja")
    )
    assert [each["id"] for each in english["items"]] == [
        each["id"] for each in japanese["items"]
    ]
    assert "/ja/articles/" in japanese["items"][0]["url"]
    assert "/ja/" not in english["items"][0]["url"]
    for ending in ("rss", "atom"):
        assert client.get(f"/ja/feed.{ending}").status_code == 200


@pytest.mark.parametrize(
    "path",
    ["admin/", "robots.txt", "sitemap.xml", "healthz", "readyz", "en/hashtag/Trade"],
)
def test_what_is_no_page_for_readers_stands_once(client: Client, path: str):
    assert client.get(f"/ja/{path}").status_code == 404


@pytest.mark.parametrize("prefix", ["", "/ja"])
def test_an_address_is_the_same_for_everybody(
    client: Client, piece: Article, prefix: str
):
    language = prefix.strip("/") or "en"
    client.cookies[configured.LANGUAGE_COOKIE_NAME] = "ja"
    for path in [*pages_of(piece), "/feed.rss", "/feed.json"]:
        answer = client.get(prefix + path, headers={"accept-language": "ja, fr;q=0.5"})
        assert answer.status_code == 200, path
        assert answer.headers.get("Vary", "Accept-Encoding") == "Accept-Encoding", path
        assert not answer.cookies, path
        if "feed" not in path:
            assert f'<html lang="{language}"' in answer.text, path


@pytest.mark.parametrize(
    ("path", "status"), [("/nothing/", 404), ("/?from=never", 400), ("gone", 410)]
)
def test_errors_speak_the_language_of_the_address_and_set_no_cookie(
    client: Client, path: str, status: int
):
    gone = ArticleFactory(status=ArticleStatus.KILLED)
    path = gone.get_absolute_url() if path == "gone" else path
    for prefix, language in (("", "en"), ("/ja", "ja")):
        answer = client.get(prefix + path)
        assert answer.status_code == status
        assert f'<html lang="{language}"' in answer.text
        assert not answer.cookies


def test_a_request_leaves_no_language_behind(client: Client, piece: Article):
    client.get("/ja/")
    assert get_language() == configured.LANGUAGE_CODE


def test_a_page_names_its_addresses_in_every_language(client: Client, piece: Article):
    for path in ("/", "/tags/trade/", piece.get_absolute_url()):
        expected = [
            ("en", configured.NEWSROOM_SITE_URL + path),
            ("ja", f"{configured.NEWSROOM_SITE_URL}/ja{path}"),
            ("x-default", configured.NEWSROOM_SITE_URL + path),
        ]
        for prefix, language in (("", "en"), ("/ja", "ja")):
            request = client.get(prefix + path).wsgi_request
            with override(language):
                assert alternates(in_every_language(request)) == expected
            # Each of them is there, so the pairs lead back to one another.
            own = f"{configured.NEWSROOM_SITE_URL}{prefix}{path}"
            assert own in dict(expected).values()


def test_the_switch_keeps_what_was_asked_for(client: Client, piece: Article):
    for path in ("/search/?q=headline&language=en", f"/tags/trade/?after={piece.pk}"):
        for prefix, other, language in (("", "/ja", "ja"), ("/ja", "", "en")):
            page = html.fromstring(client.get(prefix + path).content.decode())
            (link,) = page.cssselect("a[hreflang]")
            assert (link.get("hreflang"), link.get("lang")) == (language, language)
            assert link.get("href") == other + path
            assert client.get(other + path).status_code == 200


def test_an_address_that_leads_nowhere_offers_the_other_language_s_home(client: Client):
    page = html.fromstring(client.get("/ja/nothing/").content.decode())
    assert [a.get("href") for a in page.cssselect("a[hreflang]")] == ["/"]
    found = html.fromstring(client.get("/nothing/").content.decode())
    assert not found.cssselect("link[hreflang]")


def test_dates_are_written_as_each_language_writes_them(
    client: Client, piece: Article, settings
):
    settings.TIME_ZONE = "Asia/Tokyo"
    for prefix, day, moment in (
        ("", "Wednesday, 11 June 2025", "11 June 2025, 18:00 JST"),
        ("/ja", "2025年6月11日(水)", "2025年6月11日(水) 18:00"),
    ):
        page = html.fromstring(client.get(f"{prefix}/tags/trade/").content.decode())
        assert page.cssselect(".day h2")[0].text_content().strip() == day
        (time,) = page.cssselect("article time")
        assert time.text_content() == moment
        assert time.get("datetime") == "2025-06-11T18:00:00+09:00"
        page = html.fromstring(
            client.get(prefix + piece.get_absolute_url()).content.decode()
        )
        assert moment in page.cssselect("article")[0].text_content()


def test_numbers_agree_with_their_nouns(client: Client, piece: Article):
    ArticleFactory.create_batch(2, published=True, tags=["Defence"])
    for path, words in (
        ("/tags/trade/", "1 piece "),
        ("/tags/defence/", "2 pieces "),
        ("/ja/tags/trade/", "1件 "),
        ("/ja/tags/defence/", "2件 "),
    ):
        page = html.fromstring(client.get(path).content.decode())
        assert words in " ".join(page.text_content().split()), path


def test_a_piece_in_another_language_says_so(client: Client):
    tag = TagFactory(name="Mixed", slug="mixed")
    for language, headline in (
        ("en", "Talks resume"),
        ("ja", "協議が再開"),
        ("ar", "استئناف المحادثات"),
        ("", "Undetermined"),
    ):
        ArticleFactory(
            published=True, language=language, source_headline=headline, tags=[tag]
        )
    for prefix, spoken in (("", "en"), ("/ja", "ja")):
        page = html.fromstring(client.get(f"{prefix}/tags/mixed/").content.decode())
        cards = page.cssselect("main article")
        assert {card.get("lang") for card in cards} == {"en", "ja", "ar", None}
        for card in cards:
            (headline,) = card.cssselect("h3")
            assert headline.get("dir") == "auto"
            # What is ours within it is in the language of the page.
            (facts,) = card.cssselect(".facts")
            assert facts.get("lang") == spoken
