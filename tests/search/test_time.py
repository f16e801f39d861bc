"""A search has so much time, and what it has not found by then it says."""

import datetime
import time

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from articles import search
from articles.models import Article, SearchRow, Shelf
from articles.search import finding
from articles.search.index import OutOfTime, Question, Wanted, positions
from tests.factories import ArticleFactory

pytestmark = pytest.mark.django_db

TOLD = "This search was stopped, as it takes too long."


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(finding, "PATIENCE", 0)


@pytest.mark.parametrize("path", ["/search/", "/", "/tags/trade/", "/search/?after="])
def test_a_search_that_was_stopped_says_so_in_a_page(
    client: Client, impatient: None, path: str
) -> None:
    article = ArticleFactory(published=True, source_headline="Ferry", tags=["Trade"])
    if path.endswith("="):
        path += str(article.pk)
    page = client.get(path, query_params={"q": "ferry"} | _parameters(path))
    assert page.status_code == 200
    assert TOLD in page.content.decode()
    assert "No piece matches" not in page.content.decode()
    assert page.context["page"].whole_count is None


def _parameters(path: str) -> dict[str, str]:
    return dict(each.split("=") for each in path.partition("?")[2].split("&") if each)


def test_a_page_that_was_stopped_is_kept_by_nobody(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    article = ArticleFactory(published=True, source_headline="Ferry")
    with monkeypatch.context() as hurried:
        hurried.setattr(finding, "PATIENCE", 0)
        stopped = client.get("/search/?q=ferry")
    assert stopped.headers["Cache-Control"] == "no-store"
    assert "ETag" not in stopped.headers
    whole = client.get("/search/?q=ferry")
    assert [card.article for card in whole.context["page"].cards] == [article]
    assert TOLD not in whole.content.decode()
    assert "ETag" in whole.headers


def test_a_feed_of_such_a_search_lists_what_was_found(
    client: Client, impatient: None
) -> None:
    ArticleFactory(published=True, source_headline="Ferry")
    assert client.get("/search/feed.rss?q=ferry").status_code == 200


def test_the_page_in_japanese_says_so_in_japanese(
    client: Client, impatient: None
) -> None:
    said = client.get("/ja/search/?q=ferry").content.decode()
    assert "時間がかかりすぎるため" in said


def test_the_database_is_stopped_in_the_middle_of_its_work() -> None:
    """Of a phrase that stands nowhere, each of 4,000 rows has all words."""
    now = timezone.now()
    piece = ArticleFactory(published=True)
    pieces = Article.objects.bulk_create(
        Article(
            source=piece.source,
            category=piece.category,
            url=f"https://slow.example/{n}",
            canonical_url=f"https://slow.example/{n}",
            source_headline="Some",
            note="one two " * 150,
            source_published_at=now - datetime.timedelta(hours=n),
            published_at=now - datetime.timedelta(hours=n),
            status="published",
        )
        for n in range(4000)
    )
    SearchRow.objects.mirror(piece.pk for piece in pieces)
    phrase = Wanted(search.parse('"two two"').terms[0])
    question = Question([phrase], shelf=Shelf.LISTED)
    started = time.monotonic()
    assert positions(question, 20) == []
    whole = time.monotonic() - started

    started = time.monotonic()
    with pytest.raises(OutOfTime):
        positions(question, 20, deadline=started + whole / 10)
    assert time.monotonic() - started < whole / 2
    # And nothing is left behind for whoever asks next.
    assert positions(question, 20) == []
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SHOW statement_timeout")
            assert cursor.fetchone() == ("0",)
