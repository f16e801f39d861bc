"""Sitemaps by the rules of their protocols, and the list of all feeds."""

import datetime
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from lxml import etree

from articles import workflow
from articles.ingest.sources import read_opml
from articles.models import Article, Indexing, Reuse
from articles.site import sitemaps
from tests.factories import ArticleFactory, SourceFactory, TagFactory, make_user

pytestmark = pytest.mark.django_db

SITE = "http://127.0.0.1:8000"
MAPS = "http://www.sitemaps.org/schemas/sitemap/0.9"
NEWS = "http://www.google.com/schemas/sitemap-news/0.9"
LINK = "{http://www.w3.org/1999/xhtml}link"
MINUTE = datetime.timedelta(minutes=1)
HOURS_48 = datetime.timedelta(hours=48)


def root_of(client: Client, address: str) -> Any:
    answer = client.get(address)
    assert answer.status_code == 200, address
    assert answer.headers["Content-Type"].startswith("application/xml")
    assert answer.cookies == {}
    assert len(answer.content) <= 50 * 1024 * 1024
    return etree.fromstring(answer.content)


def read(client: Client, address: str) -> dict[str, datetime.datetime | None]:
    """``{address: last change}`` of a sitemap that keeps to the protocol.

    Of a page in several languages the address for readers of any other language.
    """
    root = root_of(client, address)
    child = {"urlset": "url", "sitemapindex": "sitemap"}[etree.QName(root).localname]
    assert etree.QName(root).namespace == MAPS
    assert len(root) <= 50_000
    found: dict[str, datetime.datetime | None] = {}
    for node in root:
        assert node.tag == f"{{{MAPS}}}{child}"
        links = {each.get("hreflang"): each.get("href") for each in node.iter(LINK)}
        names = [etree.QName(each).localname for each in node if each.tag != LINK]
        assert names in (["loc"], ["loc", "lastmod"], ["loc", "news"])
        location = node[0].text
        assert location.startswith(f"{SITE}/") and location.isascii()
        assert len(location) < 2048 and location not in found
        if links:
            assert {*links} == {"en", "ja", "x-default"} and location in links.values()
            if location != links["x-default"]:
                continue
        moment = None
        if "lastmod" in names:
            moment = datetime.datetime.fromisoformat(node[1].text)
            assert moment.tzinfo and moment <= timezone.now()
        found[location] = moment
    return found


def listed(client: Client) -> set[str]:
    """Every address of every sitemap."""
    found: set[str] = set()
    for each in read(client, "/sitemap.xml"):
        found |= {*read(client, each.removeprefix(SITE))}
    return found


def own(**facts: Any) -> Article:
    facts.setdefault("source", None)
    source = facts.pop("source") or SourceFactory(
        reuse=Reuse.FULL_TEXT, indexing=Indexing.OWN
    )
    return ArticleFactory(
        published=True, source=source, source_body="<p>In full.</p>", **facts
    )


@pytest.fixture
def house() -> dict[str, Article]:
    """Pieces of every kind, under tags of every kind."""
    TagFactory(name="Rich", slug="rich")
    TagFactory(name="Poor", slug="poor")
    TagFactory(name="Told", slug="told", description="What it is about.")
    TagFactory(name="Empty", slug="empty", description="What it is about.")
    pieces = {
        indexing.value: own(
            source=SourceFactory(reuse=Reuse.FULL_TEXT, indexing=indexing),
            tags=["Rich"],
        )
        for indexing in Indexing
    }
    pieces["link"] = ArticleFactory(published=True, tags=["Poor", "Told"])
    pieces["without text"] = ArticleFactory(
        published=True,
        source=SourceFactory(reuse=Reuse.FULL_TEXT, indexing=Indexing.OWN),
    )
    return pieces


def test_sitemaps_hold_what_may_be_listed_and_nothing_else(client, house):
    found = listed(client)
    for name, article in house.items():
        is_listed = name in {"no_news", "own"}
        assert (SITE + article.get_absolute_url() in found) is is_listed, name
    tags = {each for each in found if "/tags/" in each}
    assert tags == {f"{SITE}/tags/", f"{SITE}/tags/rich/", f"{SITE}/tags/told/"}
    assert f"{SITE}/" in found
    assert {SITE + each.source.get_absolute_url() for each in house.values()} <= found


def test_every_address_in_a_sitemap_may_be_listed_and_is_its_own(client, house):
    for address in listed(client):
        answer = client.get(address.removeprefix(SITE))
        assert answer.status_code == 200, address
        page = etree.HTML(answer.text)
        (robots,) = page.xpath("//meta[@name='robots']/@content")
        assert robots.startswith("index"), address
        assert page.xpath("//link[@rel='canonical']/@href") == [address]


def test_sitemaps_name_the_languages_of_a_page_as_the_page_does(client, house):
    TagFactory(name="日米同盟", slug="日米同盟", description="So.")
    ArticleFactory(published=True, tags=["日米同盟"])
    seen = 0
    for each in read(client, "/sitemap.xml"):
        for node in root_of(client, each.removeprefix(SITE)):
            told = [
                (link.get("hreflang"), link.get("href")) for link in node.iter(LINK)
            ]
            page = etree.HTML(client.get(node[0].text.removeprefix(SITE)).text)
            links = page.xpath("//link[@rel='alternate'][@hreflang]")
            assert told == [(link.get("hreflang"), link.get("href")) for link in links]
            seen += 1
    assert seen > 20


def test_pieces_stand_by_month(client):
    source = SourceFactory(reuse=Reuse.FULL_TEXT, indexing=Indexing.OWN)
    moments = ("2025-12-31T23:59:59", "2026-01-01T00:00:00", "2026-01-31T23:59:59")
    pieces = [
        own(
            source=source,
            source_published_at=datetime.datetime.fromisoformat(f"{each}+00:00"),
        )
        for each in moments
    ]
    files = [each for each in read(client, "/sitemap.xml") if "-20" in each]
    assert files == [f"{SITE}/sitemap-2025-12.xml", f"{SITE}/sitemap-2026-01.xml"]
    (december,) = read(client, "/sitemap-2025-12.xml")
    assert december == SITE + pieces[0].get_absolute_url()
    assert len(read(client, "/sitemap-2026-01.xml")) == 2


def test_a_file_that_would_be_too_large_is_cut(client, monkeypatch):
    monkeypatch.setattr(sitemaps, "MOST", 2)
    source = SourceFactory(reuse=Reuse.FULL_TEXT, indexing=Indexing.OWN)
    for number in range(5):
        name = f"Tag{number}x"
        TagFactory(name=name, slug=name.lower(), description="So.")
        own(source=source, tags=[name])
    names = [each.removeprefix(SITE) for each in read(client, "/sitemap.xml")]
    parts = {"/sitemap-tags.xml", "/sitemap-tags.2.xml", "/sitemap-tags.3.xml"}
    assert parts <= {*names}
    assert all(len(read(client, name)) <= 2 for name in names)
    pieces = {each for each in listed(client) if "/articles/" in each}
    assert len(pieces) == 5
    for address in ("/sitemap-tags.4.xml", "/sitemap-2001-01.xml"):
        assert client.get(address).status_code == 404


@pytest.mark.parametrize(
    "address",
    ["/sitemap-nothing.xml", "/sitemap-2026-13.xml", "/sitemap-0000-01.xml",
     "/sitemap-tags.0.xml", "/sitemap-9999-12.xml", "/sitemap-2999-12.xml"],
)  # fmt: skip
def test_a_sitemap_that_is_none_is_not_found(client, address):
    assert client.get(address).status_code == 404


def test_the_last_change_is_one_of_the_words(client):
    article = own(tags=[])
    address = SITE + article.get_absolute_url()
    month = f"/sitemap-{article.source_published_at.astimezone(datetime.UTC):%Y-%m}.xml"
    first = read(client, month)[address]
    article.refresh_from_db()
    article.save()
    by = make_user(is_superuser=True)
    article.image_alt = "A pier."
    workflow.edit(article, ["image_alt"], by=by)
    assert read(client, month)[address] == first
    article.note = "Why it matters."
    workflow.edit(article, ["note"], by=by)
    later = read(client, month)[address]
    assert first and later and later > first


def test_a_list_has_changed_when_a_piece_has_come_not_when_it_was_written(client):
    TagFactory(name="Trade", slug="trade", description="So.")
    came = timezone.now() - 5 * MINUTE
    ArticleFactory(
        published=True,
        source_published_at=came - HOURS_48,
        published_at=came,
        tags=["Trade"],
    )
    changed = read(client, "/sitemap-tags.xml")[f"{SITE}/tags/trade/"]
    assert changed == came.replace(microsecond=0)


def test_sitemaps_cost_the_same_for_few_and_for_many(client, house):
    def cost() -> list[int]:
        month = f"/sitemap-{timezone.now():%Y-%m}.xml"
        files = ["/sitemap.xml", "/sitemap-tags.xml", month, "/news-sitemap.xml"]
        counts = []
        for address in [*files, "/opml.xml"]:
            with CaptureQueriesContext(connection) as asked:
                client.get(address)
            counts.append(len(asked))
        return counts

    few = cost()
    for number in range(15):
        name = f"Name{number}"
        TagFactory(name=name, slug=name.lower(), description="So.")
        own(tags=[name])
    assert cost() == few
    assert max(few) <= 10


# The sitemap of news.


@pytest.mark.parametrize(
    ("age", "is_news"),
    [(HOURS_48 - MINUTE, True), (HOURS_48 + MINUTE, False), (MINUTE, True)],
    ids=["47:59", "48:01", "0:01"],
)
def test_a_piece_is_news_for_48_hours(client, age, is_news):
    article = own(source_published_at=timezone.now() - age)
    found = read(client, "/news-sitemap.xml")
    assert (SITE + article.get_absolute_url() in found) is is_news


def test_only_what_is_ours_is_news(client, house):
    found = read(client, "/news-sitemap.xml")
    assert [*found] == [SITE + house["own"].get_absolute_url()]


def test_the_sitemap_of_news_may_be_empty_and_is_never_too_long(client, monkeypatch):
    assert read(client, "/news-sitemap.xml") == {}
    monkeypatch.setattr(sitemaps, "MOST_NEWS", 2)
    source = SourceFactory(reuse=Reuse.FULL_TEXT, indexing=Indexing.OWN)
    now = timezone.now()
    pieces = [
        own(source=source, source_published_at=now - n * MINUTE) for n in (3, 1, 2)
    ]
    newest = [SITE + pieces[n].get_absolute_url() for n in (1, 2)]
    assert [*read(client, "/news-sitemap.xml")] == newest


@pytest.mark.parametrize(
    ("language", "said"),
    [("en-GB", "en"), ("ja", "ja"), ("zh-Hant", "zh-tw"), ("zh", "zh-cn"), ("", "en")],
)
def test_news_say_what_google_asks_for(client, language, said):
    article = own(language=language, source_headline="Ports & <piers> ]]>", note="\x0b")
    root = root_of(client, "/news-sitemap.xml")
    (news,) = root.iter(f"{{{NEWS}}}news")
    told = [(etree.QName(each).localname, each.text) for each in news.iter()][1:]
    assert [name for name, _ in told] == [
        "publication", "name", "language", "publication_date", "title",
    ]  # fmt: skip
    facts = dict(told)
    assert facts["name"] == article.source.name
    assert facts["language"] == said
    assert facts["title"] == "Ports & <piers> ]]>"
    moment = datetime.datetime.fromisoformat(facts["publication_date"])
    article.refresh_from_db()
    assert moment == article.listed_at.replace(microsecond=0)


# All feeds in one file.


def outlines(client: Client) -> Iterator[dict[str, str]]:
    answer = client.get("/opml.xml")
    assert answer.headers["Content-Type"].startswith("text/x-opml")
    root = etree.fromstring(answer.content)
    assert (root.tag, root.get("version")) == ("opml", "2.0")
    assert [each.tag for each in root] == ["head", "body"]
    assert root.findtext("head/title")
    for outline in root.iter("outline"):
        assert outline.get("text")
        if outline.get("type"):
            yield dict(outline.attrib)


def test_opml_leads_to_feeds_that_are_there(client, house):
    ArticleFactory(published=True, source=SourceFactory(name='A "B" & <C>'))
    found = list(outlines(client))
    texts = [each["text"] for each in found]
    assert {"#Rich", "#Poor", "#Told", 'A "B" & <C>', "Politics"} <= {*texts}
    assert "#Empty" not in texts
    for each in found:
        assert each["type"] == "rss"
        for name, kind in (("xmlUrl", "application/rss+xml"), ("htmlUrl", "text/html")):
            answer = client.get(each[name].removeprefix(SITE))
            assert answer.status_code == 200
            assert answer.headers["Content-Type"].startswith(kind)


def test_our_own_import_reads_our_opml(client, house):
    rows = list(read_opml(client.get("/opml.xml").content))
    assert not [row.fault for row in rows if row.fault]
    feeds = {row.feed_url for row in rows}
    assert {f"{SITE}/feed.rss", f"{SITE}/tags/rich/feed.rss"} <= feeds


def test_a_blocked_source_is_in_no_list(client, house):
    source = house["own"].source
    source.reuse = Reuse.BLOCKED
    workflow.save_source(source, ["reuse"])
    for address in ("/opml.xml", "/sitemap-sources.xml", "/news-sitemap.xml"):
        assert f"/sources/{source.slug}/" not in client.get(address).text
    assert SITE + house["own"].get_absolute_url() not in listed(client)
