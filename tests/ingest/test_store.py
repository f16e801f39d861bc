import datetime

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from articles.ingest.entries import Entry
from articles.ingest.store import store
from articles.models import Article, Category, Reuse, Source, Tag, TagOrigin
from articles.tagging import index
from tests.factories import ArticleFactory, SourceFactory

pytestmark = pytest.mark.django_db

MOMENT = datetime.datetime(2026, 3, 1, 0, 30, tzinfo=datetime.UTC)
BLANK = dict.fromkeys(Entry.__slots__, "") | {"updated": None, "derived_excerpt": None}


def entry(number=1, **fields):
    url = f"https://ledger.example/{number}"
    good = {
        "line": number,
        "url": url,
        "canonical_url": url,
        "title": f"Piece {number}",
        "source": "Pacific Ledger",
        "published": MOMENT,
        "published_raw": "2026-03-01T09:30:00+09:00",
        "tags": (),
    }
    return Entry(**(BLANK | good | fields))


def stored(*entries):
    return store(list(entries))


def test_new_pieces_are_created_with_what_they_refer_to():
    made = stored(entry(1, tags=("Japan", "C++")), entry(2, category="Business"))
    first, second = Article.objects.order_by("pk")
    assert made.created == [first.pk, second.pk]
    assert (first.category.name, second.category.name) == ("General", "Business")
    assert Source.objects.get().reuse == Reuse.EXCERPT
    assert set(first.tags.names()) == {"Japan", "C++"}
    origins = first.tagged_articles.values_list("origin", flat=True)
    assert set(origins) == {TagOrigin.IMPORT}


def test_the_same_entries_again_change_nothing():
    entries = [entry(n, tags=("Japan",), body="<p>Text</p>") for n in range(3)]
    stored(*entries)
    again = stored(*entries)
    assert (again.created, again.updated, again.unchanged) == ([], [], 3)


def test_the_same_moment_in_other_words_is_no_change():
    stored(entry())
    again = stored(entry(published_raw="Sun, 01 Mar 2026 00:30:00 GMT"))
    assert again.unchanged == 1
    later = MOMENT + datetime.timedelta(hours=1)
    moved = stored(entry(published=later, published_raw="2026-03-01T01:30Z"))
    assert len(moved.updated) == 1
    assert Article.objects.get().source_date_text == "2026-03-01T01:30Z"


def test_a_date_that_arrives_later_is_no_longer_estimated():
    stored(entry(published=None, published_raw=""))
    assert Article.objects.get().date_is_estimated
    assert stored(entry(published=None, published_raw="")).unchanged == 1
    stored(entry())
    article = Article.objects.get()
    assert (article.source_published_at, article.date_is_estimated) == (MOMENT, False)


def test_a_piece_without_a_summary_gets_the_beginning_of_its_text():
    text = " ".join(f"word{n}" for n in range(300))
    stored(entry(body=f"<p>{text}</p>"))
    article = Article.objects.get()
    assert article.source_excerpt.startswith("word0 word1")
    assert len(article.source_excerpt.split()) <= 101
    stored(entry(body="<p>Another text.</p>"))
    article.refresh_from_db()
    assert article.source_excerpt == "Another text."
    stored(entry(summary="Theirs.", body="<p>Another text.</p>"))
    stored(entry(body="<p>A third text.</p>"))
    article.refresh_from_db()
    assert article.source_excerpt == "Theirs."


def test_the_language_of_a_source_is_that_of_its_pieces_without_one():
    SourceFactory(name="Pacific Ledger", language="ja")
    stored(entry(1), entry(2, language="en"))
    languages = Article.objects.order_by("pk").values_list("language", flat=True)
    assert list(languages) == ["ja", "en"]


def test_pieces_of_a_blocked_source_are_withheld():
    SourceFactory(name="Pacific Ledger", reuse=Reuse.BLOCKED)
    stored(entry())
    assert Article.objects.get().is_withheld


def test_another_sources_piece_is_left_alone():
    stored(entry())
    again = stored(entry(source="Copyist", title="Copied"))
    assert list(again.duplicates) == [entry().canonical_url]
    article = Article.objects.get()
    assert (article.source.name, article.source_headline) == (
        "Pacific Ledger",
        "Piece 1",
    )


def test_an_editors_category_stays_and_the_sources_is_remembered():
    stored(entry(category="Business"))
    article = Article.objects.get()
    asia = Category.objects.create(name="Asia", slug="asia")
    Article.objects.update(category=asia)
    stored(entry(category="World"))
    article.refresh_from_db()
    assert (article.category, article.source_category) == (asia, "World")


def test_a_changed_piece_that_is_listed_stays_true_in_the_index():
    article = ArticleFactory(published=True, tags=["Japan"])
    later = entry(
        url=article.url,
        canonical_url=article.canonical_url,
        source=article.source.name,
        language="ja",
        tags=("Trade",),
    )
    assert stored(later).updated == [article.pk]
    assert not any(index.differences().values())
    assert Tag.objects.get(name="Trade").listed_count == 1


def test_a_batch_that_fails_leaves_nothing():
    with pytest.raises(IntegrityError), transaction.atomic():
        stored(entry(1, tags=("Japan",)), entry(2), entry(1))
    assert not Article.objects.exists()
    assert not Tag.objects.exists() and not Source.objects.exists()


def test_a_large_batch_costs_hardly_more_queries_than_a_small_one():
    def cost(*entries):
        stored(entry(0, tags=("Japan",)))
        with CaptureQueriesContext(connection) as queries:
            stored(*entries)
        return len(queries)

    few = cost(*(entry(n, tags=("Japan",)) for n in range(1, 3)))
    many = cost(*(entry(n, tags=("Japan",)) for n in range(10, 60)))
    # SQLite takes only so many values in one statement: two for these pieces.
    assert many - few <= 2
