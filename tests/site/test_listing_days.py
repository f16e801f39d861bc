"""Days and months of a listing: headings, addresses, the way from one to another."""

import datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from articles.models import Article, relisting
from tests.factories import ArticleFactory, CategoryFactory, SourceFactory
from tests.site.test_listing_page import headlines, parsed

pytestmark = pytest.mark.django_db

NOON = datetime.time(12, tzinfo=datetime.UTC)


@pytest.fixture
def ledger():
    return SourceFactory(name="Ledger", slug="ledger")


def publish(day: str, number: int = 1, **kwargs) -> list[Article]:
    at = datetime.datetime.combine(datetime.date.fromisoformat(day), NOON)
    return [
        ArticleFactory(
            published=True,
            source_headline=f"{day} {n}",
            source_published_at=at + datetime.timedelta(minutes=n),
            tags=["Trade"],
            **kwargs,
        )
        for n in range(number)
    ]


def groups(page) -> list[str]:
    return [each.get("data-group") for each in page.cssselect("section.day")]


def test_a_month_with_less_than_two_pieces_a_day_has_one_heading(client):
    for day in ("2026-03-02", "2026-03-09", "2026-02-10", "2026-02-10"):
        publish(day)
    page = parsed(client, "/tags/trade/")
    assert groups(page) == ["2026-03", "2026-02-10"]
    march, february = page.cssselect("section.day h2 a")
    assert (march.text_content(), march.get("href")) == (
        "March 2026",
        "/tags/trade/2026/03/",
    )
    assert (february.text_content(), february.get("href")) == (
        "Tuesday, 10 February 2026",
        "/tags/trade/2026/02/10/",
    )


def test_a_month_with_two_pieces_a_day_has_a_heading_for_each_day(client):
    publish("2026-03-02", 3)
    publish("2026-03-09", 1)
    assert groups(parsed(client, "/tags/trade/")) == ["2026-03-09", "2026-03-02"]


@pytest.mark.parametrize("size", [1, 2, 3, 5, 7, 100])
def test_a_month_is_cut_the_same_way_on_every_page(client, size):
    # March has days, since they are full in the mean, though its end is thin;
    # February has none, though one of its days is full.
    for day, number in {
        "2026-03-30": 1,
        "2026-03-20": 1,
        "2026-03-02": 5,
        "2026-02-20": 1,
        "2026-02-10": 2,
        "2026-02-01": 1,
    }.items():
        publish(day, number)
    seen, url = [], f"/tags/trade/?page_size={size}"
    while url:
        page = parsed(client, url)
        seen += groups(page)
        older = page.cssselect("a.older")
        url = f"/tags/trade/{older[0].get('href')}" if older else ""
    assert list(dict.fromkeys(seen)) == [
        "2026-03-30",
        "2026-03-20",
        "2026-03-02",
        "2026-02",
    ]


@pytest.mark.parametrize(
    "path", ["/", "/tags/trade/", "/sources/ledger/", "/categories/politics/"]
)
def test_a_day_has_a_page_of_its_own_with_the_way_to_the_next(client, path, ledger):
    CategoryFactory()
    for day in ("2026-03-02", "2026-03-09", "2026-05-01"):
        publish(day, 2, source=ledger)
    page = parsed(client, f"{path}2026/03/09/")
    assert headlines(page) == ["2026-03-09 1", "2026-03-09 0"]
    assert groups(page) == ["2026-03-09"]
    assert not page.cssselect("section.day h2 a")
    assert [a.get("href") for a in page.cssselect("nav.periods a")] == [
        f"{path}2026/03/02/",
        f"{path}2026/05/01/",
    ]
    assert "9 March 2026" in page.cssselect("title")[0].text_content()
    assert "noindex" in page.cssselect("meta[name=robots]")[0].get("content")
    month = parsed(client, f"{path}2026/03/")
    assert len(headlines(month)) == 4
    assert [a.get("href") for a in month.cssselect("nav.periods a")] == [
        f"{path}2026/05/"
    ]
    assert "Month: March 2026" in month.cssselect(".chip")[0].text_content()
    assert month.cssselect(".chip")[0].get("href") == path


def test_a_day_is_paged_and_filtered_within_itself(client, ledger):
    publish("2026-03-08", 2)
    publish("2026-03-09", 5)
    publish("2026-03-09", 1, source=ledger)
    publish("2026-03-10", 2)
    path = "/tags/trade/2026/03/09/"
    seen, url = [], f"{path}?page_size=4"
    while url:
        page = parsed(client, url)
        seen += headlines(page)
        older = page.cssselect("a.older")
        url = path + older[0].get("href") if older else ""
    assert len(seen) == 6
    assert {headline[:10] for headline in seen} == {"2026-03-09"}
    page = parsed(client, f"{path}?source=ledger&language=en")
    assert headlines(page) == ["2026-03-09 0"]
    assert [a.get("href") for a in page.cssselect("a.chip")] == [
        "/tags/trade/?source=ledger&language=en",
        f"{path}?language=en",
        f"{path}?source=ledger",
    ]
    assert not page.cssselect("nav.periods")


@pytest.mark.parametrize(
    "day",
    [
        "2026/02/30",
        "2026/13",
        "2026/00",
        "2026/03/00",
        "0000/01/01",
        "1799/12/31",
        "3000/01/01",
        "9999/12/31",
        "9999/12",
        "2026/3/9",
        "2026/03/9",
        "02026/03/09",
        "٢٠٢٦/٠٣/٠٩",
        "2026/03/10",
        "2026/04",
        "2999/12/31",
        "2999/12",
        "1800/01/01",
    ],
)
@pytest.mark.parametrize("path", ["/", "/tags/trade/", "/sources/ledger/"])
def test_a_day_that_is_none_or_has_nothing_is_not_found(client, path, day, ledger):
    publish("2026-03-09", 1, source=ledger)
    assert client.get(f"{path}{day}/").status_code == 404


def test_a_day_whose_filters_find_nothing_says_so(client):
    publish("2026-03-09")
    page = parsed(client, "/tags/trade/2026/03/09/?language=fr")
    assert "No piece matches" in page.cssselect(".empty")[0].text_content()
    assert client.get("/tags/trade/2026/03/09/?after=x").status_code == 400


def test_days_and_their_pages_are_those_of_the_sites_zone(client, settings):
    settings.TIME_ZONE = "Asia/Tokyo"
    late = datetime.datetime(2026, 6, 10, 23, 30, tzinfo=datetime.UTC)
    ArticleFactory(published=True, source_published_at=late, tags=["Trade"])
    assert groups(parsed(client, "/tags/trade/")) == ["2026-06-11"]
    assert len(headlines(parsed(client, "/tags/trade/2026/06/11/"))) == 1
    assert client.get("/tags/trade/2026/06/10/").status_code == 404
    end_of_month = datetime.datetime(2026, 5, 31, 15, 0, tzinfo=datetime.UTC)
    ArticleFactory(published=True, source_published_at=end_of_month, tags=["Rice"])
    assert groups(parsed(client, "/tags/rice/")) == ["2026-06-01"]
    assert client.get("/tags/rice/2026/05/").status_code == 404
    assert client.get("/tags/rice/2026/06/").status_code == 200


def test_a_neighbouring_day_whose_pieces_went_is_passed_over(client):
    publish("2026-03-01", 1)
    (gone,) = publish("2026-03-05", 1)
    publish("2026-03-09", 1)
    with relisting([gone.pk]):
        Article.objects.filter(pk=gone.pk).update(status="unpublished")
    page = parsed(client, "/tags/trade/2026/03/09/")
    assert [a.get("href") for a in page.cssselect("nav.periods a")] == [
        "/tags/trade/2026/03/01/"
    ]


@pytest.mark.parametrize(
    "url",
    ["/tags/trade/2026/03/09/", "/tags/trade/2026/03/", "/2026/03/09/", "/2026/03/"],
)
def test_the_page_of_a_period_costs_the_same_with_1_piece_and_with_30(client, url):
    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert client.get(f"{url}?page_size=100").status_code == 200
        return len(queries)

    publish("2026-03-09", 1)
    with_one = cost()
    publish("2026-03-09", 29)
    assert cost() == with_one <= 14


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/2026/03/", "March 2026"),
        ("/tags/trade/2026/03/", "March 2026"),
        ("/tags/trade/2026/03/09/", "Monday, 9 March 2026"),
        ("/sources/ledger/2026/03/", "March 2026"),
        ("/ja/tags/trade/2026/03/", "2026年3月"),
    ],
)
def test_the_page_of_a_period_says_which_under_its_heading(client, path, said, ledger):
    publish("2026-03-09", source=ledger)
    page = parsed(client, path)
    assert page.cssselect("h1 + .period")[0].text_content() == said
    whole = parsed(client, path.split("2026")[0])
    assert not whole.cssselect(".period")
    heading = page.cssselect("h1")[0].text_content()
    assert heading == whole.cssselect("h1")[0].text_content()


def test_what_is_in_focus_today_is_not_told_of_another_day(client):
    publish("2026-03-09")
    assert parsed(client, "/").cssselect(".lively")
    assert not parsed(client, "/2026/03/09/").cssselect(".lively")
