"""Through a listing page by page, newer and older, whatever happens meanwhile."""

import datetime
import os
import random

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from articles import listing, workflow
from articles.listing.rows import downwards
from articles.models import Article, Reuse, Tag
from tests.factories import (
    ArticleFactory,
    CategoryFactory,
    SourceFactory,
    make_user,
)
from tests.site.test_listing_page import headlines, parsed

pytestmark = pytest.mark.django_db


def publish(number: int, **kwargs) -> list[Article]:
    now = timezone.now() - datetime.timedelta(hours=1)
    return [
        ArticleFactory(
            published=True,
            source_headline=f"Piece {n:02}",
            # Three of a moment each.
            source_published_at=now - datetime.timedelta(minutes=n // 3),
            **{"tags": ["Trade"], **kwargs},
        )
        for n in range(number)
    ]


PATHS = ["/", "/tags/trade/", "/sources/ledger/", "/categories/politics/", "/search/"]


@pytest.mark.parametrize("path", PATHS)
def test_the_way_back_shows_the_same_pieces_as_the_way_there(client, path):
    publish(20, source=SourceFactory(slug="ledger"), category=CategoryFactory())
    down, url = [], f"{path}?page_size=6"
    while url:
        page = parsed(client, url)
        down += headlines(page)
        older = page.cssselect("nav.pages a.older")
        url = path + older[0].get("href") if older else ""
    up, newer = headlines(page), page.cssselect("nav.pages a.newer")
    while newer:
        page = parsed(client, path + newer[0].get("href"))
        up = headlines(page) + up
        newer = page.cssselect("nav.pages a.newer")
    assert up == down
    assert len(set(down)) == 20
    # At the top again, there is the way back down.
    assert page.cssselect("nav.pages a.older")


def test_further_pages_say_in_their_title_where_they_are(client):
    at = datetime.datetime(2026, 6, 11, 9, 5, tzinfo=datetime.UTC)
    for minutes in range(3):
        ArticleFactory(
            published=True,
            source_published_at=at - datetime.timedelta(minutes=minutes),
            tags=["Trade"],
        )
    first = parsed(client, "/tags/trade/?page_size=1")
    second = parsed(client, "/tags/trade/" + first.cssselect(".older")[0].get("href"))
    titles = [page.cssselect("title")[0].text_content() for page in (first, second)]
    assert titles == [
        "Latest news with #Trade · Newsroom",
        "Latest news with #Trade · up to 11 June 2026, 09:04 UTC · Newsroom",
    ]
    assert second.cssselect("h1")[0].text_content() == "Latest news with #Trade"


def test_links_keep_the_filters_and_leave_out_blanks_and_what_is_unknown(client):
    publish(3, category=CategoryFactory())
    page = parsed(
        client,
        "/tags/trade/?utm_source=x&category=politics&q=&page_size=1&source=&from=",
    )
    (older,) = page.cssselect("a.older")
    last = Article.objects.order_by("-listed_at", "-pk").first()
    assert older.get("href") == f"?category=politics&page_size=1&after={last.pk}"


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    "query",
    [
        "before=0",
        "before=-1",
        "before=abc",
        "before=99999999999999999999999999",
        "before=424242",
        "before=%00",
        "before=1.5",
        # The right number, in a form in which no link writes it.
        "before={pk}.0",
        "before=0{pk}",
        "before=%2B{pk}",
        "before=1_0",
        "before=%D9%A1",
        "after={pk}&before={pk}",
    ],
)
def test_a_cursor_that_makes_no_sense_says_so(client, path, query):
    (article,) = publish(1, source=SourceFactory(slug="ledger"))
    response = client.get(f"{path}?{query.format(pk=article.pk)}")
    assert response.status_code == 400
    assert "before" in response.content.decode()


def _of_the_future() -> Article:
    return ArticleFactory(
        status="published", published_at=timezone.now() + datetime.timedelta(hours=1)
    )


def _under_embargo() -> Article:
    hour = datetime.timedelta(hours=1)
    return ArticleFactory(published=True, embargoed_until=timezone.now() + hour)


def _of_a_blocked_source() -> Article:
    return ArticleFactory(
        published=True, source=SourceFactory(reuse=Reuse.BLOCKED), is_withheld=True
    )


@pytest.mark.parametrize(
    "make", [ArticleFactory, _of_the_future, _under_embargo, _of_a_blocked_source]
)
@pytest.mark.parametrize("name", ["after", "before"])
def test_the_number_of_a_piece_that_never_was_listed_is_no_cursor(client, name, make):
    publish(1)
    waits = make()
    response = client.get(f"/tags/trade/?{name}={waits.pk}")
    assert response.status_code == 400
    assert "No piece of that number was listed." in response.content.decode()


def test_beyond_the_ends_there_is_nothing_but_the_way_to_the_newest(client):
    pieces = publish(2)
    for query in (f"after={pieces[-2].pk}", f"before={pieces[-1].pk}"):
        page = parsed(client, f"/tags/trade/?{query}")
        assert "Nothing lies beyond." in page.cssselect(".empty")[0].text_content()
        assert [a.text_content() for a in page.cssselect("nav.pages a")] == ["Newest"]


@pytest.mark.parametrize("way", ["after", "before"])
def test_a_cursor_that_is_there_tells_of_its_own_side_without_a_question(db, way):
    # Of one moment the later come first: this is the third of five.
    cursor = publish(5)[0]
    parameters = {way: str(cursor.pk), "page_size": "1"}

    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            page = listing.page(listing.everything(), parameters)
        assert page.older
        assert page.newer
        return len(queries)

    # Where the cursor stands and the rows from there on are one question.
    assert asked() == 1
    Article.objects.filter(pk=cursor.pk).update(status="unpublished")
    assert asked() == 2


@pytest.mark.parametrize("way", ["after", "before"])
def test_beyond_the_last_piece_there_is_no_way_on(db, way):
    pieces = publish(3)
    end = pieces[0] if way == "after" else pieces[-1]
    page = listing.page(listing.everything(), {way: str(end.pk)})
    assert (page.places, page.older, page.newer) == ([], None, None)


def test_a_cursor_survives_that_the_piece_on_the_other_side_goes(client):
    pieces = publish(2)
    Article.objects.filter(pk=pieces[1].pk).update(status="unpublished")
    page = parsed(client, f"/?after={pieces[1].pk}")
    assert headlines(page) == ["Piece 00"]
    assert not page.cssselect("a.newer")


def test_a_search_leads_back_to_its_very_first_piece_and_its_last(client):
    publish(4)
    first, *_, last = [
        place.article for place in listing.page(listing.everything(), {}).places
    ]
    page = parsed(client, f"/search/?q=piece&page_size=2&after={first}")
    assert page.cssselect("a.newer")
    page = parsed(client, f"/search/?q=piece&page_size=2&before={last}")
    assert page.cssselect("a.older")


class House:
    """People at work while a reader pages: they publish, edit, unpublish and kill."""

    def __init__(self, clock, dice, editor):
        self.clock, self.dice, self.editor = clock, dice, editor
        self.tags = list(Tag.objects.get_or_make(["Trade", "Harbour"]).values())
        self.category, self.source = CategoryFactory(), SourceFactory(slug="steady")
        self.passing: list[int] = []

    def publish(self) -> int:
        """A piece whose date lies anywhere in the last days, or at this moment."""
        back = datetime.timedelta(minutes=self.dice.choice([0, *range(0, 3000, 7)]))
        article = ArticleFactory(
            source=self.source,
            category=self.category,
            language="en",
            source_headline=f"Ferry {self.dice.random()}",
            source_published_at=timezone.now() - back,
            tags=self.tags,
        )
        workflow.move_many([article.pk], "publish", by=self.editor)
        return article.pk

    def work(self, steady: list[int]) -> None:
        """One deed; those who stay may be edited, the others come and go."""
        self.clock.shift(datetime.timedelta(seconds=1))
        deed = self.dice.choice(["publish", "publish", "edit", "kill", "unpublish"])
        if deed == "publish" or not self.passing:
            self.passing.append(self.publish())
        elif deed == "edit":
            pk = self.dice.choice(steady + self.passing)
            article = Article.objects.get(pk=pk)
            article.headline = f"Edited {self.dice.random()}"
            workflow.edit(article, ["headline"], by=self.editor)
        else:
            gone = self.passing.pop(self.dice.randrange(len(self.passing)))
            workflow.move_many([gone], deed, by=self.editor, reason="so")


#: Listings, and what their addresses ask for beside the cursor.
LISTINGS = {
    "tag": (lambda house: listing.of_tag(house.tags[0]), {}),
    "several tags": (lambda house: listing.of_tags(house.tags), {}),
    "source": (lambda house: listing.of_source(house.source), {}),
    "category": (lambda house: listing.of_category(house.category), {}),
    "home": (lambda house: listing.everything(), {}),
    "home with filters": (
        lambda house: listing.everything(),
        {"source": "steady", "language": "en", "from": "2000-01-01"},
    ),
    "tag with filters": (
        lambda house: listing.of_tag(house.tags[0]),
        {"source": "steady", "category": "politics"},
    ),
    "search": (lambda house: listing.everything(), {"q": "ferries"}),
    "search in a tag": (lambda house: listing.of_tag(house.tags[0]), {"q": "ferries"}),
    "search in several": (lambda house: listing.of_tags(house.tags), {"q": "ferries"}),
    "search with a filter": (
        lambda house: listing.everything(),
        {"q": "ferries", "source": "steady"},
    ),
    # Of a name, which stands in no text.
    "search by a name": (lambda house: listing.everything(), {"q": "trade"}),
}


class Reader:
    """Somebody who goes through a listing, from either end to the other."""

    def __init__(self, scope, asked, way):
        self.scope, self.asked, self.way = scope, asked, way
        self.met, self.cursor = [], {}
        if way == "newer":
            oldest = getattr(downwards(scope, None).last(), scope.id_field)
            self.met, self.cursor = [oldest], {"before": str(oldest)}

    def read_on(self) -> None:
        if self.cursor is None:
            return
        page = listing.page(self.scope, {"page_size": "5", **self.asked, **self.cursor})
        ids = [card.article.pk for card in page.cards]
        is_older = self.way == "older"
        self.met = self.met + ids if is_older else ids + self.met
        following = getattr(page, self.way)
        name = "after" if is_older else "before"
        self.cursor = {name: str(following)} if following else None


def test_no_piece_is_met_twice_or_missed_while_500_come_and_go(db):
    # The database's clock decides what shows: it must not run behind the house's.
    start = timezone.now() - datetime.timedelta(hours=2)
    seed = int(os.environ.get("NEWSROOM_SEED", 1))
    with time_machine.travel(start, tick=False) as clock:
        house = House(clock, random.Random(seed), make_user(is_superuser=True))
        steady, deeds = [house.publish() for _ in range(60)], 0
        readers = {
            f"{way} by {name}": Reader(scope_of(house), asked, way)
            for name, (scope_of, asked) in LISTINGS.items()
            for way in ("older", "newer")
        }
        while any(reader.cursor is not None for reader in readers.values()):
            for reader in readers.values():
                reader.read_on()
            # Between one page and the next.
            for _ in range(45):
                house.work(steady)
                deeds += 1
        order = _newest_first(steady)
        for name, reader in readers.items():
            told = f"{name}, seed {seed}"
            assert len(reader.met) == len(set(reader.met)), told
            assert [pk for pk in reader.met if pk in set(steady)] == order, told
        assert deeds >= 500


def _newest_first(ids: list[int]) -> list[int]:
    rows = Article.objects.filter(pk__in=ids).order_by("-listed_at", "-pk")
    return list(rows.values_list("pk", flat=True))
