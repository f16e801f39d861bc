"""What a search costs is bounded: by an index, whatever is asked."""

import datetime
import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from articles import search
from articles.models import Article, Category, SearchRow, Source
from articles.search.index import WALKED

PIECES = 6000


@pytest.fixture(scope="module")
def house(django_db_setup, django_db_blocker):
    """Pieces of which each has a common word, and the oldest hundred a rare one."""
    with django_db_blocker.unblock():
        now = timezone.now().replace(microsecond=0)
        source = Source.objects.create(name="S", slug="s")
        category = Category.objects.create(name="C", slug="c")
        pieces = Article.objects.bulk_create(
            Article(
                source=source,
                category=category,
                url=f"https://publisher.example/{n}",
                canonical_url=f"https://publisher.example/{n}",
                source_headline=f"Common {'rare' * (n >= PIECES - 100)} {n}",
                source_published_at=now - datetime.timedelta(minutes=n),
                published_at=now - datetime.timedelta(minutes=n),
                status="published",
            )
            for n in range(PIECES)
        )
        SearchRow.objects.mirror(piece.pk for piece in pieces)
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
        yield [piece.pk for piece in pieces]
        for model in (Article, Source, Category):
            model.objects.all().delete()


def plans(words: str, after: int | None = None) -> list[str]:
    """How the database answers each question to the index."""
    with CaptureQueriesContext(connection) as captured:
        rows = Article.objects.published()
        span = search.Span(20, after=after)
        list(search.narrowed(rows, words, span, id_field="id").rows)
    asked = [each["sql"] for each in captured if "articles_search" in each["sql"]]
    asked = [sql for sql in asked if "position" in sql or "MATCH" in sql]
    explain = "EXPLAIN ANALYZE" if is_postgresql() else "EXPLAIN QUERY PLAN"
    with connection.cursor() as cursor:
        found = []
        for sql in asked:
            cursor.execute(f"{explain} {sql}")
            found.append("\n".join(str(row[-1]) for row in cursor.fetchall()))
    return found


def is_postgresql() -> bool:
    return connection.vendor == "postgresql"


@pytest.mark.django_db
@pytest.mark.parametrize("is_deep", [False, True])
def test_a_common_word_fills_its_page_from_the_newest_rows(house, is_deep) -> None:
    asked = plans("common", house[PIECES // 2] if is_deep else None)
    # Behind a cursor, one row on its other side tells whether there are newer ones.
    assert len(asked) == (2 if is_deep else 1)
    for plan in asked:
        assert "Sort" not in plan, plan
        assert "TEMP B-TREE" not in plan, plan
        assert "Seq Scan" not in plan, plan
        if is_postgresql():
            # Where all pieces are listed, the positions alone serve as well.
            index = r"Index Scan (Backward )?using search_(newest|position_is_unique)"
            assert re.search(index, plan), plan


@pytest.mark.django_db
def test_a_rare_word_is_found_by_its_index_and_never_by_reading_all(house) -> None:
    asked = plans("rare")
    if not is_postgresql():
        assert len(asked) == 1
        assert "VIRTUAL TABLE INDEX" in asked[0]
        assert "TEMP B-TREE" not in asked[0], asked[0]
        return
    walk, ends, rest = asked
    assert f"rows={WALKED}" in walk, walk
    assert "Seq Scan" not in ends, ends
    assert "search_words" in rest, rest
    assert "Seq Scan" not in rest, rest


@pytest.mark.django_db
def test_a_search_at_the_desk_reads_no_article(house) -> None:
    with CaptureQueriesContext(connection) as captured:
        assert len(search.found("common") or []) == 1000
    assert not [each for each in captured if '"articles_article"' in each["sql"]]
