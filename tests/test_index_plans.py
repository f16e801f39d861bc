"""Each listing is one range of one index, on its first page and on its deepest."""

import datetime
import re

import pytest
from django.db import connection
from django.utils import timezone

from articles import listing
from articles.models import (
    Article,
    Category,
    Source,
    Tag,
    TaggedArticle,
    relisting,
)

PIECES = 3000


@pytest.fixture(scope="module")
def house(django_db_setup, django_db_blocker):
    """Some thousand public pieces under one tag, so that plans are in earnest."""
    with django_db_blocker.unblock():
        now = timezone.now()
        sources = [
            Source.objects.create(name=f"S{n}", slug=f"s{n}") for n in range(10)
        ]
        categories = [
            Category.objects.create(name=f"C{n}", slug=f"c{n}") for n in range(10)
        ]
        tag = Tag.objects.create(name="Trade", slug="trade")
        Article.objects.bulk_create(
            Article(
                source=sources[n % 10],
                category=categories[n // 7 % 10],
                url=f"https://publisher.example/{n}",
                canonical_url=f"https://publisher.example/{n}",
                source_headline=f"Piece {n}",
                source_published_at=now - datetime.timedelta(minutes=n),
                published_at=now - datetime.timedelta(minutes=n),
                status="published",
            )
            for n in range(PIECES)
        )
        ids = list(Article.objects.values_list("pk", flat=True))
        with relisting(ids):
            TaggedArticle.objects.bulk_create(
                TaggedArticle(content_object_id=pk, tag=tag) for pk in ids
            )
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
        yield {
            "everything": listing.everything(),
            "source": listing.of_source(sources[3]),
            "category": listing.of_category(categories[3]),
            "tag": listing.of_tag(tag),
        }
        for model in (TaggedArticle, Article, Tag, Source, Category):
            model.objects.all().delete()


INDEXES = {
    "everything": "article_listing",
    "source": "article_listing_by_source",
    "category": "article_listing_by_category",
    "tag": "tag_listing",
}


def plan_of(scope: listing.Scope, after: int | None) -> str:
    rows = listing.rows(scope, after)[: listing.PAGE_SIZE + 1]
    return rows.explain()


@pytest.mark.django_db
@pytest.mark.parametrize("depth", ["first", "deepest"])
@pytest.mark.parametrize("kind", INDEXES)
def test_a_page_is_one_index_range_without_a_sort(house, kind, depth):
    scope = house[kind]
    oldest = Article.objects.order_by("listed_at", "pk")[30].pk
    plan = plan_of(scope, oldest if depth == "deepest" else None)
    index = INDEXES[kind]
    if connection.vendor == "postgresql":
        assert re.search(rf"Index Scan using {index} on", plan), plan
        assert "Sort" not in plan
        assert "Seq Scan on articles_article" not in plan
        assert "Bitmap" not in plan
    else:
        assert f"USING INDEX {index} " in plan, plan
        assert "TEMP B-TREE" not in plan


@pytest.mark.django_db
def test_the_deepest_page_reads_no_newer_rows(house):
    if connection.vendor != "postgresql":
        plan = plan_of(house["tag"], Article.objects.order_by("listed_at")[30].pk)
        assert "listed_at<" in plan
        return
    oldest = Article.objects.order_by("listed_at", "pk")[30].pk
    rows = listing.rows(house["tag"], oldest)[: listing.PAGE_SIZE + 1]
    plan = rows.explain(analyze=True)
    scan = plan[plan.index("tag_listing") :]
    removed = re.search(r"Rows Removed by Filter: (\d+)", scan)
    # The cursor's own row, and what shares its moment, may be read and dropped.
    assert removed is None or int(removed[1]) <= 1, plan
