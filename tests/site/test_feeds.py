"""Feeds as feed readers get them: complete, stable, and cheap to ask for again."""

import datetime
import gzip
import json
from collections.abc import Callable
from typing import Any

import feedparser
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from lxml import etree

from articles import workflow
from articles.models import (
    Article,
    Image,
    Reuse,
    Source,
    SourceChange,
    SourceChangeState,
)
from tests.caching import forget
from tests.factories import ArticleFactory, SourceFactory, TagFactory, make_user

pytestmark = pytest.mark.django_db

ENDINGS = ("rss", "atom", "json")
SITE = "http://127.0.0.1:8000"
NAMES = {
    "a": "http://www.w3.org/2005/Atom",
    "dc": "http://purl.org/dc/elements/1.1/",
}


@pytest.fixture
def chief() -> Any:
    return make_user("chief", is_superuser=True)


@pytest.fixture
def trade() -> Article:
    TagFactory(name="Trade", slug="trade")
    source = SourceFactory(
        name="Harbour & Sons", slug="harbour", site_url="https://harbour.example/"
    )
    return ArticleFactory(
        published=True, source=source, author="Ada Bell", tags=["Trade"], language="ja"
    )


def xml(client: Client, address: str) -> Any:
    return etree.fromstring(client.get(address).content)


def one(node: Any, path: str) -> Any:
    (found,) = node.xpath(path, namespaces=NAMES)
    return found


LISTINGS = [
    "/feed",
    "/tags/trade/feed",
    "/sources/harbour/feed",
    "/categories/politics/feed",
    "/search/feed",
]


@pytest.mark.parametrize("path", LISTINGS)
@pytest.mark.parametrize("ending", ["rss", "atom"])
def test_a_feed_reader_finds_all_it_needs(client, trade, path, ending):
    address = f"{path}.{ending}"
    read = feedparser.parse(client.get(address).content)
    assert not read.bozo, read.get("bozo_exception")
    assert read.feed.title and read.feed.language == "en"
    assert read.feed.link.startswith(SITE)
    (self,) = [each for each in read.feed.links if each.rel == "self"]
    assert self.href == SITE + address
    (entry,) = read.entries
    assert entry.id == f"{SITE}/articles/{trade.pk}/"
    assert entry.link == SITE + trade.get_absolute_url()
    assert entry.author == "Ada Bell"
    assert entry.source.title == "Harbour & Sons"
    assert {each.term for each in entry.tags} == {"Politics", "Trade"}
    assert entry.published_parsed and entry.updated_parsed


def test_rss_has_what_rss_has(client, trade):
    channel = one(xml(client, "/tags/trade/feed.rss"), "/rss/channel")
    for name in ("title", "link", "description", "language", "lastBuildDate", "ttl"):
        assert one(channel, name).text, name
    assert one(channel, "copyright").text
    item = one(channel, "item")
    assert one(item, "source").get("url") == "https://harbour.example/"
    assert one(item, "dc:creator").text == "Ada Bell"
    assert one(item, "dc:rights").text == "© Harbour & Sons"
    assert one(item, "guid").get("isPermaLink") == "false"
    assert one(item, "description").text == "A short text of the source."
    assert item.xpath("enclosure") == []


def test_atom_has_what_atom_has(client, trade):
    feed = xml(client, "/tags/trade/feed.atom")
    for name in ("id", "title", "updated", "rights"):
        assert one(feed, f"a:{name}").text, name
    assert one(feed, "a:link[@rel='alternate']").get("href") == f"{SITE}/tags/trade/"
    entry = one(feed, "a:entry")
    for name in ("id", "title", "updated", "published", "summary", "rights"):
        assert one(entry, f"a:{name}").text, name
    assert one(entry, "a:author/a:name").text == "Ada Bell"
    assert one(entry, "a:link[@rel='via']").get("href") == trade.url
    own = one(entry, "a:link[@rel='alternate']").get("href")
    assert own == SITE + trade.get_absolute_url()
    assert one(entry, "a:source/a:title").text == "Harbour & Sons"
    assert entry.get("{http://www.w3.org/XML/1998/namespace}lang") == "ja"


def test_json_feed_has_what_json_feed_has(client, trade):
    answer = client.get("/tags/trade/feed.json")
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    feed = answer.json()
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    assert feed["feed_url"] == f"{SITE}/tags/trade/feed.json"
    assert feed["home_page_url"] == f"{SITE}/tags/trade/"
    assert feed["language"] == "en"
    (item,) = feed["items"]
    assert isinstance(item["id"], str)
    assert item["url"] == SITE + trade.get_absolute_url()
    assert item["external_url"] == trade.url
    assert item["content_text"] == "A short text of the source."
    assert item["authors"] == [{"name": "Ada Bell"}]
    assert item["language"] == "ja"
    for name in ("date_published", "date_modified"):
        assert datetime.datetime.fromisoformat(item[name]).tzinfo


@pytest.mark.parametrize("ending", ENDINGS)
def test_an_empty_feed_is_a_feed_and_always_the_same(client, ending):
    source = SourceFactory(name="Ledger", slug="ledger")
    once = ArticleFactory(published=True, source=source)
    workflow.move(once, "unpublish", by=make_user(is_superuser=True))
    first = client.get(f"/sources/ledger/feed.{ending}").content
    forget()
    assert client.get(f"/sources/ledger/feed.{ending}").content == first
    if ending != "json":
        assert not feedparser.parse(first).bozo


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_feed_holds_fifty_and_names_what_comes_behind(client, ending):
    for _ in range(52):
        ArticleFactory(published=True)
    seen, address = [], f"/feed.{ending}"
    while address:
        text = client.get(address).content
        if ending == "json":
            feed = json.loads(text)
            ids = [each["id"] for each in feed["items"]]
            address = feed.get("next_url", "")
        else:
            read = feedparser.parse(text)
            ids = [each.id for each in read.entries]
            more = [each.href for each in read.feed.links if each.rel == "next"]
            address = more[0] if more else ""
        assert len(ids) == (2 if seen else 50)
        seen += ids
    assert len(seen) == len(set(seen)) == 52


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_feed_takes_the_filters_of_its_page(client, chief, trade, ending):
    other = ArticleFactory(published=True, tags=["Trade"])
    # Even what is sent again for its correction is sent to whom it concerns.
    workflow.correct(other.pk, "It was Monday.", by=chief)
    text = client.get(f"/tags/trade/feed.{ending}?source=harbour&page_size=1").text
    assert f"/articles/{trade.pk}/" in text
    assert f"/articles/{other.pk}/" not in text
    found = client.get(f"/search/feed.{ending}?q={other.source_headline}").text
    assert f"/articles/{other.pk}/" in found
    assert f"/articles/{trade.pk}/" not in found
    refused = client.get(f"/feed.{ending}?source=nobody")
    assert refused.status_code == 400
    assert "source" in refused.text


@pytest.mark.parametrize("ending", ENDINGS)
def test_several_tags_have_a_feed_of_what_they_have_in_common(client, trade, ending):
    both = ArticleFactory(published=True, tags=["Trade", "Ports"])
    slug = "+".join(sorted(tag.slug for tag in both.tags.all()))
    page = client.get(f"/tags/{slug}/").text
    assert f'href="/tags/{slug}/feed.{ending}"' in page
    text = client.get(f"/tags/{slug}/feed.{ending}").text
    assert f"/articles/{both.pk}/" in text
    assert f"/articles/{trade.pk}/" not in text


# Conditional requests.


@pytest.mark.parametrize("path", LISTINGS)
@pytest.mark.parametrize("ending", ENDINGS)
def test_who_has_a_feed_is_told_so_and_sent_nothing(client, trade, path, ending):
    first = client.get(f"{path}.{ending}")
    assert first.cookies == {} and "Cookie" not in first.headers.get("Vary", "")
    for headers in (
        {"If-None-Match": first.headers["ETag"]},
        {"If-Modified-Since": first.headers["Last-Modified"]},
    ):
        again = client.get(f"{path}.{ending}", headers=headers)
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["ETag"] == first.headers["ETag"]
        head = client.head(f"{path}.{ending}", headers=headers)
        assert head.status_code == 304
    head = client.head(f"{path}.{ending}")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["ETag"] == first.headers["ETag"]


def test_a_feed_is_sent_compressed_to_whom_can_read_it(client, trade):
    for _ in range(5):
        ArticleFactory(published=True)
    plain = client.get("/feed.rss")
    packed = client.get("/feed.rss", headers={"Accept-Encoding": "gzip"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.content) == plain.content
    asked = {
        "Accept-Encoding": "gzip",
        "If-None-Match": packed.headers["ETag"],
    }
    assert client.get("/feed.rss", headers=asked).status_code == 304


def _headline(article: Article, by: Any) -> None:
    article.headline = "Another headline"
    workflow.edit(article, ["headline"], by=by)


def _tags(article: Article, by: Any) -> None:
    article.tags.add("Ports")


def _unpublish(article: Article, by: Any) -> None:
    workflow.move(article, "unpublish", by=by, reason="so")


def _policy(article: Article, by: Any) -> None:
    article.source.reuse = Reuse.HEADLINE
    workflow.save_source(article.source, ["reuse"])


def _name(article: Article, by: Any) -> None:
    article.source.name = "Another name"
    workflow.save_source(article.source, ["name"])


def _new(article: Article, by: Any) -> None:
    ArticleFactory(published=True, tags=["Trade"])


CHANGES: list[Callable[[Article, Any], None]] = [
    _headline,
    _tags,
    _unpublish,
    _policy,
    _name,
    _new,
]


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
@pytest.mark.parametrize("header", ["If-None-Match", "If-Modified-Since"])
def test_whatever_changes_a_feed_is_sent(client, chief, trade, change, header):
    address = "/tags/trade/feed.atom"
    first = client.get(address)
    given = {
        "If-None-Match": first.headers["ETag"],
        "If-Modified-Since": first.headers["Last-Modified"],
    }
    change(trade, chief)
    again = client.get(address, headers={header: given[header]})
    assert again.status_code == 200
    assert again.content != first.content


# What an entry says of its time.


def updated(client: Client) -> datetime.datetime:
    item = client.get("/feed.json").json()["items"][0]
    return datetime.datetime.fromisoformat(item["date_modified"])


def _their_headline(article: Article) -> None:
    SourceChange.objects.create(
        article=article,
        state=SourceChangeState.APPLIED,
        after={"source_headline": "Theirs, mended"},
        at=timezone.now(),
    )


def _their_text(article: Article) -> None:
    SourceChange.objects.create(
        article=article,
        state=SourceChangeState.APPLIED,
        after={"source_body": "<p>Longer.</p>"},
        at=timezone.now(),
    )


def _pending(article: Article) -> None:
    SourceChange.objects.create(
        article=article,
        state=SourceChangeState.PENDING,
        after={"source_headline": "Theirs, mended"},
        at=timezone.now(),
    )


@pytest.mark.parametrize(
    ("change", "is_news"),
    [
        (_headline, True),
        (lambda article, by: workflow.correct(article.pk, "Monday.", by=by), True),
        (lambda article, by: _their_headline(article), True),
        (_tags, False),
        (_policy, False),
        (lambda article, by: _pending(article), False),
        (lambda article, by: _their_text(article), False),
        (lambda article, by: workflow.edit(article, ["headline"], by=by), False),
        (lambda article, by: _alt(article, by), False),
    ],
)
def test_an_entry_is_new_when_its_words_are(client, chief, trade, change, is_news):
    before = client.get("/feed.json").json()["items"][0]
    assert before["date_modified"] == before["date_published"]
    change(trade, chief)
    after = client.get("/feed.json").json()["items"][0]
    assert after["id"] == before["id"]
    assert after["date_published"] == before["date_published"]
    assert (after["date_modified"] > before["date_modified"]) is is_news


def _alt(article: Article, by: Any) -> None:
    article.image_alt = "A pier."
    workflow.edit(article, ["image_alt"], by=by)


def test_their_headline_is_no_news_below_ours(client, chief, trade):
    _headline(trade, chief)
    before = updated(client)
    _their_headline(trade)
    assert updated(client) == before


# Hostile texts, and what a feed costs.


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize(
    "text",
    ["]]></description><x>", "</script>&amp;<b>", "a\x0b\x0c\x1f\ufffe", "\u202ex"],
)
def test_no_text_breaks_a_feed(client, trade, ending, text):
    Article.objects.filter(pk=trade.pk).update(headline=f"H {text}", note=f"N {text}")
    Source.objects.filter(pk=trade.source_id).update(name=f"S {text}")
    content = client.get(f"/feed.{ending}").content
    # Its title holds the words that were looked for.
    echoed = client.get(f"/search/feed.{ending}", {"q": f"x {text}"}).content
    assert (
        json.loads(echoed) if ending == "json" else etree.fromstring(echoed) is not None
    )
    if ending == "json":
        (item,) = json.loads(content)["items"]
        assert item["title"].startswith("H")
        return
    assert len(etree.fromstring(echoed))
    root = etree.fromstring(content)
    assert root.xpath("//*[local-name()='x' or local-name()='b']") == []
    assert len(feedparser.parse(content).entries) == 1


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_feed_costs_the_same_for_one_piece_and_for_thirty(client, trade, ending):
    address = f"/tags/trade/feed.{ending}"
    with CaptureQueriesContext(connection) as few:
        client.get(address)
    for _ in range(29):
        ArticleFactory(published=True, tags=["Trade"], source=SourceFactory())
    with CaptureQueriesContext(connection) as many:
        client.get(address)
    assert len(few) == len(many) <= 12


def test_a_feed_asks_no_storage_how_long_a_picture_is(client, trade):
    picture = Image.objects.create(
        digest="0" * 64, file="images/gone.jpg", width=4, height=3, colour="#000000"
    )
    Article.objects.filter(pk=trade.pk).update(image=picture)
    Source.objects.filter(pk=trade.source_id).update(shares_images=True)
    enclosure = one(xml(client, "/feed.rss"), "//enclosure")
    assert dict(enclosure.attrib) == {
        "url": f"{SITE}/media/images/gone.jpg",
        "length": "0",
        "type": "image/jpeg",
    }
