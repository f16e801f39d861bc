"""What readers are told: on the piece, on a page of its own, and in feeds."""

import datetime
import json

import pytest
from django.utils import timezone
from lxml import etree, html

from articles import corrections, workflow
from articles.models import Act, Correction, Reuse
from tests.factories import ArticleFactory, SourceFactory, make_user
from tests.site.test_listing_page import parsed

pytestmark = pytest.mark.django_db

TEXT = "The ferry sails on Monday, not on Tuesday."
ATOM = {"a": "http://www.w3.org/2005/Atom"}


@pytest.fixture
def chief():
    return make_user("chief", is_superuser=True)


def told(number: int = 1, **fields) -> list[Correction]:
    """So many corrections, the first one the oldest, each of a piece of its own."""
    made = []
    for n in range(number):
        article = ArticleFactory(published=True, source_headline=f"Headline of {n}")
        at = timezone.now() - datetime.timedelta(minutes=number - n)
        facts = {"text": f"Text of {n}.", "at": at, "by_name": "chief"} | fields
        made.append(Correction.objects.create(article=article, **facts))
    return made


def texts(page) -> list[str]:
    return [
        " ".join(each.text_content().split())
        for each in page.cssselect(".correction > div")
    ]


def test_a_piece_shows_its_corrections_dated_and_labelled(client, chief):
    article = ArticleFactory(published=True, language="ja")
    workflow.correct(article.pk, f"{TEXT}\n\n<b>Sorry</b>", by=chief)
    workflow.correct(article.pk, "For context.", kind="clarification", by=chief)
    page = parsed(client, article.get_absolute_url())
    (section,) = page.cssselect("section.corrections")
    assert section.get("lang") == "en"
    labels = [each.text_content() for each in section.cssselect("strong")]
    assert labels == ["Clarification", "Correction"]
    day = f"{timezone.localdate():%Y-%m-%d}"
    assert all(
        time.get("datetime").startswith(day) for time in section.cssselect("time")
    )
    assert texts(page) == ["For context.", f"{TEXT} <b>Sorry</b>"]
    for each in Correction.objects.all():
        workflow.withdraw_correction(each, by=chief)
    page = parsed(client, article.get_absolute_url())
    assert not page.cssselect("section.corrections")


def test_no_policy_of_a_source_cuts_our_corrections(client, chief):
    source = SourceFactory(reuse=Reuse.HEADLINE)
    article = ArticleFactory(published=True, source=source)
    workflow.correct(article.pk, TEXT, by=chief)
    assert texts(parsed(client, article.get_absolute_url())) == [TEXT]


def test_the_page_lists_the_newest_first_and_leads_to_the_pieces(client):
    told(3)
    page = parsed(client, "/corrections/")
    assert texts(page) == ["Text of 2.", "Text of 1.", "Text of 0."]
    links = page.cssselect("main article h2 a")
    assert [link.text for link in links] == [f"Headline of {n}" for n in (2, 1, 0)]
    for link in links:
        assert client.get(link.get("href")).status_code == 200
    assert [h1.text for h1 in page.cssselect("h1")] == ["Corrections"]


def test_every_page_leads_to_the_corrections(client):
    page = parsed(client, "/tags/")
    (link,) = page.cssselect("footer a[href='/corrections/']")
    assert link.text == "Corrections"


def test_an_empty_page_says_so(client):
    assert "Nothing had to be corrected" in client.get("/corrections/").content.decode()


@pytest.mark.parametrize("size", [1, 2, 3, 7])
def test_older_pages_follow_without_gap_or_repetition(client, size):
    rows = told(7)
    same = rows[3].at
    Correction.objects.filter(pk__in=[rows[2].pk, rows[4].pk]).update(at=same)
    seen, address = [], f"/corrections/?page_size={size}"
    while address:
        page = parsed(client, address)
        seen += texts(page)
        older = page.cssselect("a.older")
        address = f"/corrections/{older[0].get('href')}" if older else ""
    assert len(seen) == 7
    assert seen == list(Correction.objects.newest_first().values_list("text", flat=1))


def test_a_cursor_that_was_withdrawn_stays_good(client):
    rows = told(3)
    Correction.objects.filter(pk=rows[1].pk).update(withdrawn_at=timezone.now())
    page = parsed(client, f"/corrections/?after={rows[1].pk}")
    assert texts(page) == ["Text of 0."]


@pytest.mark.parametrize(
    "query", ["after=x", "after=0", "after=99999", "page_size=0", "page_size=101"]
)
def test_an_address_that_makes_no_sense_is_told_so(client, query):
    page = parsed(client, f"/corrections/?{query}", status=400)
    assert query.split("=")[0] in page.cssselect("main")[0].text_content()


def test_a_page_costs_the_same_for_two_and_for_thirty(
    client, django_assert_max_num_queries
):
    told(2)
    with django_assert_max_num_queries(5):
        client.get("/corrections/")
    told(30)
    with django_assert_max_num_queries(5):
        client.get("/corrections/?page_size=30")


def items(client, path: str) -> dict[str, dict[str, str]]:
    """``{id: {"updated", "published", "text"}}`` of a feed in any format."""
    body = client.get(path).content
    if path.endswith("json"):
        return {
            each["id"]: {
                "updated": each["date_modified"],
                "published": each["date_published"],
                "text": each["content_text"],
            }
            for each in json.loads(body)["items"]
        }
    tree = etree.fromstring(body)
    if path.endswith("rss"):
        return {
            item.findtext("guid"): {
                "updated": item.findtext("a:updated", namespaces=ATOM),
                "published": item.findtext("pubDate"),
                "text": item.findtext("description"),
            }
            for item in tree.iter("item")
        }
    return {
        entry.findtext("a:id", namespaces=ATOM): {
            "updated": entry.findtext("a:updated", namespaces=ATOM),
            "published": entry.findtext("a:published", namespaces=ATOM),
            "text": entry.findtext("a:summary", namespaces=ATOM),
        }
        for entry in tree.iterfind("a:entry", ATOM)
    }


FEEDS = [
    f"{path}feed.{ending}"
    for path in ("/", "/tags/trade/", "/sources/ledger/", "/categories/politics/")
    for ending in ("rss", "atom", "json")
]


@pytest.mark.parametrize("path", FEEDS)
def test_a_feed_sends_a_corrected_piece_again_with_the_same_id(client, chief, path):
    source = SourceFactory(slug="ledger")
    article = ArticleFactory(published=True, source=source, tags=["Trade"])
    (before,) = items(client, path).items()
    correction = workflow.correct(article.pk, TEXT, by=chief)
    (after,) = items(client, path).items()
    assert after[0] == before[0]
    assert after[1]["published"] == before[1]["published"]
    assert after[1]["updated"] > before[1]["updated"]
    assert TEXT in after[1]["text"]
    assert after[1]["text"].startswith("Correction, ")
    workflow.withdraw_correction(correction, by=chief)
    (again,) = items(client, path).items()
    assert again[0] == before[0]
    assert again[1]["text"] == before[1]["text"]
    assert again[1]["updated"] >= after[1]["updated"]


@pytest.mark.parametrize("path", FEEDS)
def test_a_corrected_piece_is_sent_again_however_far_down_it_stands(
    client, chief, path, monkeypatch
):
    monkeypatch.setattr("articles.site.feeds.FEED_SIZE", "3")
    source = SourceFactory(slug="ledger")
    long_ago = timezone.now() - datetime.timedelta(days=90)
    old = ArticleFactory(
        published=True, source=source, tags=["Trade"], source_published_at=long_ago
    )
    ArticleFactory.create_batch(4, published=True, source=source, tags=["Trade"])
    elsewhere = ArticleFactory(published=True, source_published_at=long_ago)
    assert len(items(client, path)) == 3
    workflow.correct(old.pk, TEXT, by=chief)
    workflow.correct(elsewhere.pk, "Another.", by=chief)
    found = items(client, path)
    assert len(found) == (5 if path.startswith(("/feed", "/categories")) else 4)
    assert [key for key in found if f"/articles/{old.pk}/" in key]
    Correction.objects.update(at=timezone.now() - corrections.SENT_AGAIN * 2)
    assert len(items(client, path)) == 3


def test_a_feed_costs_the_same_however_much_is_corrected(
    client, chief, django_assert_max_num_queries
):
    told(2)
    with django_assert_max_num_queries(10):
        client.get("/feed.atom")
    told(30)
    with django_assert_max_num_queries(10):
        client.get("/feed.atom")


def test_the_page_takes_back_what_an_undo_takes_back(client, chief):
    article = ArticleFactory(published=True)
    workflow.correct(article.pk, TEXT, by=chief)
    assert texts(parsed(client, "/corrections/")) == [TEXT]
    workflow.undo(Act.objects.get(), by=chief)
    assert texts(parsed(client, "/corrections/")) == []


def test_the_text_is_never_markup(client, chief):
    article = ArticleFactory(published=True)
    workflow.correct(article.pk, "<script>alert(1)</script>", by=chief)
    for path in ("/corrections/", article.get_absolute_url()):
        page = html.fromstring(client.get(path).content.decode())
        assert not page.cssselect("main script")
