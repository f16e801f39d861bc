import datetime
import re

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from lxml import html

from articles import workflow
from articles.models import Article, Category, Image, Reuse, Source, Tag, relisting
from tests.caching import forget
from tests.factories import ArticleFactory, CategoryFactory, SourceFactory, make_user

pytestmark = pytest.mark.django_db


def parsed(client, url, status=200, **extra):
    response = client.get(url, **extra)
    assert response.status_code == status, response.content[:500]
    return html.fromstring(response.content.decode())


def headlines(page):
    return [h3.text_content() for h3 in page.cssselect("article h3")]


@pytest.fixture
def image(db):
    return Image.objects.create(
        digest="d" * 64,
        file="images/dd/d.jpg",
        width=1200,
        height=800,
        colour="#336699",
    )


def test_a_card_shows_each_part_once(client, image):
    source = SourceFactory(name="Pacific Ledger", slug="pacific-ledger")
    ArticleFactory(
        published=True,
        source=source,
        category=CategoryFactory(name="Security", slug="security"),
        source_headline="Ministers meet in Tokyo",
        source_excerpt="They spoke about harbours.",
        image=image,
        image_alt="A harbour at dusk",
        source_published_at=datetime.datetime(2026, 6, 11, 9, 5, tzinfo=datetime.UTC),
        tags=["JapanUSAlliance", "Trade"],
    )
    page = parsed(client, "/tags/japanusalliance/")
    assert [h1.text_content() for h1 in page.cssselect("h1")] == [
        "Latest news with #JapanUSAlliance"
    ]
    (card,) = page.cssselect("article")
    text = " ".join(card.text_content().split())
    for part in (
        "Ministers meet in Tokyo",
        "Pacific Ledger",
        "11 June 2026, 09:05 UTC",
        "Security",
        "They spoke about harbours.",
        "#JapanUSAlliance",
        "#Trade",
    ):
        assert text.count(part) == 1, part
    (link,) = card.cssselect("h3 a")
    assert link.get("href").startswith("/articles/")
    (time,) = card.cssselect("time")
    assert time.get("datetime") == "2026-06-11T09:05:00+00:00"
    (img,) = card.cssselect("img")
    assert (img.get("width"), img.get("height")) == ("1200", "800")
    assert img.get("alt") == "A harbour at dusk"


@pytest.mark.parametrize(
    ("reuse", "excerpt", "picture"),
    [
        (Reuse.HEADLINE, False, False),
        (Reuse.EXCERPT, True, True),
        (Reuse.FULL_TEXT, True, True),
    ],
)
def test_the_reuse_policy_decides_what_a_card_shows(
    client, image, reuse, excerpt, picture
):
    ArticleFactory(
        published=True,
        source=SourceFactory(reuse=reuse),
        source_excerpt="They spoke.",
        source_body="<p>The whole text.</p>",
        image=image,
        tags=["Trade"],
    )
    (card,) = parsed(client, "/tags/trade/").cssselect("article")
    assert ("They spoke." in card.text_content()) == excerpt
    assert bool(card.cssselect("img")) == picture
    assert "The whole text." not in card.text_content()


@pytest.mark.parametrize("reuse", Reuse.values)
def test_only_a_full_text_source_shows_its_text_on_the_piece(client, reuse):
    article = ArticleFactory(
        published=True,
        source=SourceFactory(reuse=reuse),
        source_body="<p>The whole text.</p>",
        is_withheld=reuse == Reuse.BLOCKED,
    )
    response = client.get(article.get_absolute_url())
    assert response.status_code == (404 if reuse == Reuse.BLOCKED else 200)
    assert (b"The whole text." in response.content) == (reuse == Reuse.FULL_TEXT)


def test_an_excerpt_is_cut_at_the_sources_limit(client):
    words = " ".join(f"word{n}" for n in range(100))
    source = SourceFactory(excerpt_words=10)
    ArticleFactory(published=True, source=source, source_excerpt=words, tags=["Trade"])
    (card,) = parsed(client, "/tags/trade/").cssselect(".excerpt")
    assert card.text_content() == " ".join(f"word{n}" for n in range(10)) + "…"


def test_the_desks_own_words_come_before_the_sources(client):
    ArticleFactory(
        published=True,
        source_headline="Theirs",
        headline="Ours",
        excerpt="In our words.",
        note="Why it matters.",
        tags=["Trade"],
    )
    (card,) = parsed(client, "/tags/trade/").cssselect("article")
    assert "Theirs" not in card.text_content()
    for text in ("Ours", "In our words.", "Why it matters."):
        assert text in card.text_content()


def test_pieces_stand_newest_first_and_older_pages_follow(client):
    now = timezone.now()
    for n in range(45):
        ArticleFactory(
            published=True,
            source_headline=f"Piece {n:02}",
            source_published_at=now - datetime.timedelta(hours=n),
            tags=["Trade"],
        )
    seen, url = [], "/tags/trade/"
    while url:
        page = parsed(client, url)
        seen += headlines(page)
        older = page.cssselect("a.older")
        url = f"/tags/trade/{older[0].get('href')}" if older else ""
    assert seen == [f"Piece {n:02}" for n in range(45)]


def test_pieces_of_one_moment_are_all_shown_once(client):
    moment = timezone.now() - datetime.timedelta(days=1)
    for _ in range(7):
        ArticleFactory(published=True, source_published_at=moment, tags=["Trade"])
    first = parsed(client, "/tags/trade/?page_size=3")
    second = parsed(client, "/tags/trade/" + first.cssselect("a.older")[0].get("href"))
    third = parsed(client, "/tags/trade/" + second.cssselect("a.older")[0].get("href"))
    shown = headlines(first) + headlines(second) + headlines(third)
    assert len(shown) == len(set(shown)) == 7


def test_a_cursor_survives_that_its_piece_is_unpublished(client):
    now = timezone.now()
    pieces = [
        ArticleFactory(
            published=True,
            source_published_at=now - datetime.timedelta(hours=n),
            tags=["Trade"],
        )
        for n in range(4)
    ]
    with_cursor = f"/tags/trade/?after={pieces[1].pk}"
    before = headlines(parsed(client, with_cursor))
    Article.objects.filter(pk=pieces[1].pk).update(status="unpublished")
    assert headlines(parsed(client, with_cursor)) == before


@pytest.mark.parametrize(
    "query",
    [
        "after=0",
        "after=-1",
        "after=abc",
        "after=99999999999999999999999999",
        "after=424242",
        "after=%00",
        "after=1.5",
        "page_size=0",
        "page_size=101",
        "page_size=x",
        "from=yesterday",
        "from=2026-02-30",
        "from=0001-01-01",
        "to=9999-12-31",
        "to=2026-01-01T00:00:00%2B19:26",
        "source=nobody",
        "source=%00",
        "category=nothing",
        "language=" + "x" * 40,
        "q=" + "x" * 201,
        "q=%00",
    ],
)
@pytest.mark.parametrize("path", ["/", "/tags/trade/", "/search/"])
def test_a_parameter_that_makes_no_sense_says_so(client, path, query):
    ArticleFactory(published=True, tags=["Trade"])
    response = client.get(f"{path}?{query}")
    assert response.status_code in {400, 404}
    assert query.partition("=")[0] in response.content.decode()


@pytest.mark.parametrize("query", ["utm_source=x", "page=3", "after=", "q=", "from="])
def test_what_is_no_filter_changes_nothing(client, query):
    ArticleFactory(published=True, tags=["Trade"])
    assert len(headlines(parsed(client, f"/tags/trade/?{query}"))) == 1


def test_filters_choose(client):
    ledger = SourceFactory(name="Ledger", slug="ledger")
    energy = Category.objects.create(name="Energy", slug="energy")
    old = datetime.datetime(2026, 1, 5, 12, tzinfo=datetime.UTC)
    ArticleFactory(
        published=True,
        source=ledger,
        category=energy,
        language="en-GB",
        source_headline="Turbines off Choshi",
        source_published_at=old,
        tags=["Trade"],
    )
    ArticleFactory(
        published=True,
        language="ja",
        source_headline="日米同盟の会合",
        source_published_at=old + datetime.timedelta(days=1),
        tags=["Trade"],
    )
    for query, expected in {
        "source=ledger": ["Turbines off Choshi"],
        "category=energy": ["Turbines off Choshi"],
        "language=en": ["Turbines off Choshi"],
        "language=ja": ["日米同盟の会合"],
        "from=2026-01-06": ["日米同盟の会合"],
        "to=2026-01-05": ["Turbines off Choshi"],
        "from=2026-01-05&to=2026-01-05": ["Turbines off Choshi"],
        "q=turbines": ["Turbines off Choshi"],
        "q=TURBINES choshi": ["Turbines off Choshi"],
        "q=盟": ["日米同盟の会合"],
        "q=nothing": [],
        "q=100%25": [],
        "source=ledger&language=ja": [],
    }.items():
        for path in ("/", "/tags/trade/", "/search/"):
            assert headlines(parsed(client, f"{path}?{query}")) == expected, query


def test_days_are_those_of_the_sites_zone(client, settings):
    settings.TIME_ZONE = "Asia/Tokyo"
    late = datetime.datetime(2026, 6, 10, 23, 30, tzinfo=datetime.UTC)
    ArticleFactory(published=True, source_published_at=late, tags=["Trade"])
    page = parsed(client, "/tags/trade/")
    assert page.cssselect("h2 time")[0].get("datetime") == "2026-06-11"
    assert len(headlines(parsed(client, "/tags/trade/?from=2026-06-11"))) == 1
    assert headlines(parsed(client, "/tags/trade/?to=2026-06-10")) == []


def hide(article: Article, how: str) -> None:
    later = timezone.now() + datetime.timedelta(hours=1)
    values = {
        "ingested": {"status": "ingested"},
        "selected": {"status": "selected"},
        "spiked": {"status": "spiked"},
        "unpublished": {"status": "unpublished"},
        "killed": {"status": "killed"},
        "scheduled": {"published_at": later},
        "embargoed": {"embargoed_until": later},
        "withheld": {"is_withheld": True},
    }[how]
    with relisting([article.pk]):
        Article.objects.filter(pk=article.pk).update(**values)


@pytest.mark.parametrize(
    "how",
    [
        "ingested",
        "selected",
        "spiked",
        "unpublished",
        "killed",
        "scheduled",
        "embargoed",
        "withheld",
    ],
)
def test_what_is_not_public_is_nowhere(client, how):
    article = ArticleFactory(
        published=True, source_headline="Not for your eyes", tags=["Trade"]
    )
    ArticleFactory(published=True, tags=["Trade"])
    hide(article, how)
    paths = [
        "/",
        "/tags/trade/",
        article.source.get_absolute_url(),
        article.category.get_absolute_url(),
        "/search/?q=eyes",
        "/feed.rss",
        "/feed.atom",
        "/feed.json",
        "/tags/trade/feed.rss",
        "/tags/trade/feed.atom",
        "/tags/trade/feed.json",
        "/sitemap.xml",
        article.get_absolute_url(),
    ]
    for path in paths:
        assert "Not for your eyes" not in client.get(path).content.decode().replace(
            "News with “eyes”", ""
        )
    gone = 410 if how == "killed" else 404
    assert client.get(article.get_absolute_url()).status_code == gone
    assert "1 piece" in client.get("/tags/trade/").content.decode()


def test_the_app_block_stands_only_where_a_store_is_set(client, settings):
    ArticleFactory(published=True, tags=["Trade"])
    assert not parsed(client, "/tags/trade/").cssselect(".app")
    settings.NEWSROOM_PLAY_STORE_URL = "https://play.google.com/store/apps/details?id=x"
    (block,) = parsed(client, "/tags/trade/").cssselect("main .app")
    assert [a.text_content() for a in block.cssselect("a")] == ["Get it on Google Play"]
    settings.NEWSROOM_APP_STORE_URL = "https://apps.apple.com/app/id1"
    (block,) = parsed(client, "/tags/trade/").cssselect("main .app")
    assert len(block.cssselect("a")) == 2
    assert block.getparent().getchildren()[-1] is block


LISTINGS = [
    "/",
    "/tags/trade/",
    "/sources/ledger/",
    "/categories/politics/",
    "/search/?q=headline",
    "/tags/",
    "/feed.rss",
    "/tags/trade/feed.json",
    "/tags/trade/?source=ledger&category=politics&language=en&from=2026-01-01",
]


def test_a_listing_costs_the_same_with_1_piece_and_with_100(client):
    ledger = SourceFactory(name="Ledger", slug="ledger")
    image = Image.objects.create(
        digest="e" * 64, file="images/e.jpg", width=9, height=9, colour="#336699"
    )

    def cost(url: str) -> int:
        forget()
        if "feed" not in url:
            url = f"{url}{'&' if '?' in url else '?'}page_size=100"
        with CaptureQueriesContext(connection) as queries:
            assert client.get(url).status_code == 200
        return len(queries)

    ArticleFactory(published=True, source=ledger, image=image, tags=["Trade", "A"])
    with_one = {url: cost(url) for url in LISTINGS}
    for n in range(99):
        ArticleFactory(
            published=True, source=ledger, image=image, tags=["Trade", f"T{n}"]
        )
    assert {url: cost(url) for url in LISTINGS} == with_one


def test_a_wrong_slug_leads_to_the_right_address(client):
    article = ArticleFactory(published=True)
    response = client.get(f"/articles/{article.pk}/something-else/")
    assert (response.status_code, response["Location"]) == (
        301,
        article.get_absolute_url(),
    )


@pytest.mark.parametrize(
    "path", ["/hashtag/{}", "/en/hashtag/{}", "/hashtag/{}/", "/tags/{}/"]
)
@pytest.mark.parametrize("name", ["JapanUSAlliance", "japanusALLIANCE", "日米同盟"])
def test_old_addresses_and_other_names_lead_to_the_tag(client, path, name):
    ArticleFactory(published=True, tags=["JapanUSAlliance"])
    tag = Tag.objects.get()
    tag.aliases.create(name="日米同盟")
    response = client.get(path.format(name))
    assert response.status_code == (
        200 if path == "/tags/{}/" and name == tag.slug else 301
    )
    assert response["Location"] == "/tags/japanusalliance/"
    assert client.get(path.format("Unknown")).status_code == 404


@pytest.mark.parametrize(
    "name", ["C++", "C#", "C", "日米同盟", "Économie", "x" * 100, "🚀", "한국", "R&D"]
)
def test_every_name_that_can_have_an_address_has_a_page(client, name):
    names = ["C++", "C#", "C", "日米同盟", "Économie", "x" * 100, "🚀", "한국", "R&D"]
    ArticleFactory(published=True, tags=names)
    tag = Tag.objects.get(name=name)
    assert re.fullmatch(r"[-\w]+", tag.slug)
    page = parsed(client, tag.get_absolute_url())
    assert page.cssselect("h1")[0].text_content() == f"Latest news with #{name}"
    assert Tag.objects.count() == len(names)


def test_a_name_without_anything_to_make_an_address_from_is_refused():
    with pytest.raises(ValidationError, match="no letter, digit or symbol"):
        Tag.objects.get_or_make(["!!!"])
    assert not Tag.objects.exists()


def test_tags_a_to_z_lists_those_with_something_to_show(client):
    ArticleFactory(published=True, tags=["Alpha", "beta"])
    ArticleFactory(tags=["Hidden"])
    page = parsed(client, "/tags/")
    assert [a.text_content() for a in page.cssselect(".letter a")] == [
        "#Alpha",
        "#beta",
    ]


def test_pages_carry_the_policy_that_runs_nothing_inline(client):
    ArticleFactory(published=True, tags=["Trade"])
    for path in ("/", "/tags/trade/", "/admin/login/", "/nothing-here/", "/feed.rss"):
        policy = client.get(path)["Content-Security-Policy"]
        assert "script-src 'self'" in policy
        assert "unsafe" not in policy


def test_health_is_told(client):
    assert client.get("/healthz").status_code == 200
    assert client.get("/readyz").content == b"ready\n"


def test_no_source_of_a_blocked_publisher_is_named(client):
    source = Source.objects.create(name="Gone", slug="gone", reuse=Reuse.BLOCKED)
    assert client.get(source.get_absolute_url()).status_code == 404
    ArticleFactory(published=True)
    assert "Gone" not in client.get("/").content.decode()


def test_times_are_written_as_html_knows_them(client):
    moment = datetime.datetime(2026, 6, 11, 9, 5, 7, 123456, tzinfo=datetime.UTC)
    article = ArticleFactory(published=True, source_published_at=moment, tags=["Trade"])
    for path in ("/", "/tags/trade/", article.get_absolute_url()):
        page = parsed(client, path)
        found = {each for each in page.xpath("//time/@datetime") if "T" in each}
        assert found == {"2026-06-11T09:05:07+00:00"}, path


@pytest.mark.parametrize("kind", ["sources", "categories"])
def test_nobody_is_named_of_whom_nothing_was_ever_public(client, kind):
    ArticleFactory(published=True, tags=["Trade"])
    waits = ArticleFactory(
        source=SourceFactory(name="Pills", slug="pills"),
        category=CategoryFactory(name="Pills", slug="pills"),
    )
    blocked = SourceFactory(name="Blocked", reuse=Reuse.BLOCKED)
    ArticleFactory(published=True, source=blocked, is_withheld=True)
    for path in ("/", "/tags/trade/", "/search/", "/ja/", "/opml.xml"):
        answer = client.get(path)
        assert answer.status_code == 200
        assert not re.search("pills|blocked", answer.text, re.IGNORECASE), path
    paths = [f"/{kind}/pills/", f"/{kind}/pills/feed.rss", f"/ja/{kind}/pills/"]
    assert {client.get(path).status_code for path in paths} == {404}
    name = {"sources": "source", "categories": "category"}[kind]
    answer = client.get(f"/?{name}=pills")
    assert answer.status_code == 400
    assert f"There is no {name} “pills” here." in answer.text

    chief = make_user(is_superuser=True)
    workflow.move(waits, "publish", by=chief)
    assert "Pills" in client.get("/").text
    assert {client.get(path).status_code for path in paths} == {200}
    assert client.get(f"/?{name}=pills").status_code == 200
    # Who has come across it once finds an empty page, and no error.
    waits.refresh_from_db()
    workflow.move(waits, "unpublish", by=chief)
    assert {client.get(path).status_code for path in paths} == {200}
    assert "Pills" not in client.get("/").text


def test_blanks_alone_are_no_search(client):
    page = parsed(client, "/search/?q=%20%20")
    assert page.cssselect("h1")[0].text_content() == "Search the news"
    assert page.cssselect("title")[0].text_content() == "Search · Newsroom"


def test_a_time_that_ends_before_it_begins_is_named_as_the_reason(client):
    backwards = parsed(client, "/?from=2026-03-02&to=2026-03-01")
    said = backwards.cssselect(".empty")[0].text_content()
    assert said.startswith("The first day lies after the last")
    one_day = parsed(client, "/?from=2026-03-02&to=2026-03-02")
    said = one_day.cssselect(".empty")[0].text_content()
    assert said.startswith("No piece matches")


@pytest.mark.parametrize("number", [1, 60])
def test_languages_are_offered_and_said_by_their_names(client, number):
    for language in ["ja", *["en-GB"] * number, "tlh"]:
        ArticleFactory(published=True, source=SourceFactory(language=language))
    SourceFactory(language="nl")

    def offered(path: str) -> list[tuple[str, str]]:
        options = parsed(client, path).cssselect("select[name=language] option")
        return [(each.get("value"), each.text_content()) for each in options]

    assert offered("/") == [
        ("", "All"),
        ("en", "English"),
        ("ja", "Japanese"),
        ("tlh", "tlh"),
    ]
    assert ("ja", "日本語") in offered("/ja/")
    assert ("en", "英語") in offered("/ja/")
    assert ("en-US", "en-US") in offered("/?language=en-US")
    page = parsed(client, "/?language=ja")
    assert page.cssselect("select[name=language] [selected]")[0].get("value") == "ja"
    assert page.cssselect(".chip bdi")[0].text_content() == "Japanese"


def test_the_form_keeps_a_source_that_is_chosen_where_no_menu_names_them(client):
    section = CategoryFactory()
    for n in range(51):
        source = SourceFactory(name=f"Paper {n}", slug=f"paper-{n}")
        ArticleFactory(published=True, source=source, category=section)
    assert not parsed(client, "/").cssselect(".filters [name=source]")
    (field,) = parsed(client, "/?source=paper-7").cssselect(".filters [name=source]")
    assert (field.get("type"), field.get("value")) == ("hidden", "paper-7")
