"""Each listing is one range of one index, on its first page and on its deepest."""

import datetime
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from django.db import connection
from django.db.models import QuerySet
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from articles import corrections, listing
from articles.history import ActsQuery, acts
from articles.listing import carriers, visible_count
from articles.listing.rows import downwards, upwards
from articles.listing.scopes import Place
from articles.models import (
    Act,
    Article,
    Category,
    Change,
    Correction,
    Edition,
    Source,
    Tag,
    TaggedArticle,
    edition,
    moment_within,
    relisting,
)

PIECES = 3000


@contextmanager
def nothing_cleaned() -> Iterator[None]:
    """PostgreSQL does not vacuum by itself meanwhile.

    That would mark pages as read from the index alone, and a planner would then find
    the index of the whole as cheap as a narrower one: one test of many passed or not.
    """
    tables = [each._meta.db_table for each in (Article, TaggedArticle)]
    is_postgresql = connection.vendor == "postgresql"
    with connection.cursor() as cursor:
        for table in tables if is_postgresql else []:
            cursor.execute(f"ALTER TABLE {table} SET (autovacuum_enabled = false)")
        yield
        for table in tables if is_postgresql else []:
            cursor.execute(f"ALTER TABLE {table} RESET (autovacuum_enabled)")


@pytest.fixture(scope="module")
def house(django_db_setup, django_db_blocker):
    """Some thousand public pieces under one tag, so that plans are in earnest."""
    with django_db_blocker.unblock(), nothing_cleaned():
        now = timezone.now()
        sources = [Source.objects.create(name=f"S{n}", slug=f"s{n}") for n in range(10)]
        categories = [
            Category.objects.create(name=f"C{n}", slug=f"c{n}") for n in range(10)
        ]
        tag = Tag.objects.create(name="Trade", slug="trade")
        half = Tag.objects.create(name="Ships", slug="ships")
        third = Tag.objects.create(name="Rice", slug="rice")
        Article.objects.bulk_create(
            Article(
                source=sources[n % 10],
                category=categories[n // 7 % 10],
                url=f"https://publisher.example/{n}",
                canonical_url=f"https://publisher.example/{n}",
                source_headline=f"Piece {n}",
                language="en" if n % 3 else "ja",
                source_published_at=now - datetime.timedelta(minutes=n),
                published_at=now - datetime.timedelta(minutes=n),
                status="published",
            )
            for n in range(PIECES)
        )
        ids = list(Article.objects.values_list("pk", flat=True))
        with relisting(ids):
            TaggedArticle.objects.bulk_create(
                TaggedArticle(content_object_id=pk, tag=each)
                for each, pks in ((tag, ids), (half, ids[::2]), (third, ids[::3]))
                for pk in pks
            )
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
        yield {
            "everything": listing.everything(),
            "source": listing.of_source(sources[3]),
            "category": listing.of_category(categories[3]),
            "tag": listing.of_tag(tag),
            "tags": listing.of_tags(list(Tag.objects.all())),
        }
        for model in (TaggedArticle, Article, Tag, Source, Category):
            model.objects.all().delete()
        Edition.objects.exclude(name=edition.SITE).delete()


INDEXES = {
    "everything": "article_listing",
    "source": "article_listing_by_source",
    "category": "article_listing_by_category",
    "tag": "tag_listing",
}


def place_of(cursor: int) -> Place:
    """Where a page begins, which its question itself looks up."""
    return Place(moment_within(cursor), cursor)


def rows_from(scope: listing.Scope, after: int | None) -> QuerySet:
    """The rows of a page, and those that tell what lies beside it."""
    start = place_of(after) if after else None
    return downwards(scope, start)[: listing.PAGE_SIZE + 2]


def plan_of(scope: listing.Scope, after: int | None) -> str:
    return rows_from(scope, after).explain()


def deep(rows_left: int) -> int:
    """The cursor behind which this many of all pieces are left."""
    return Article.objects.order_by("listed_at", "pk")[rows_left].pk


# Where few more rows are left than a page takes, a planner is free to read and sort
# them all: by how the rows lie in the table, that costs PostgreSQL a little more or
# a little less than the range. With this many left, a third of them under the rarest
# tag, the range costs a quarter at most, however they lie.
DEEP = 300
# Of one source a tenth is left, so its deepest page here is the middle.
DEPTHS = [
    *((kind, None) for kind in INDEXES),
    *((kind, PIECES // 2) for kind in INDEXES),
    ("everything", DEEP),
    ("tag", DEEP),
]


@pytest.mark.django_db
@pytest.mark.parametrize(("kind", "rows_left"), DEPTHS)
def test_a_page_is_one_index_range_without_a_sort(house, kind, rows_left):
    plan = plan_of(house[kind], deep(rows_left) if rows_left else None)
    index = INDEXES[kind]
    if connection.vendor == "postgresql":
        # With a tenth of the pieces each, a source's page may be read from the
        # index of the whole as well: in order, and without a sort.
        assert re.search(rf"Index Scan using ({index}|article_listing) on", plan), plan
        assert "Sort" not in plan
        assert "Seq Scan" not in plan
        assert "Bitmap" not in plan
    else:
        assert f"USING INDEX {index} " in plan, plan
        assert "TEMP B-TREE" not in plan


def assert_is_one_range(plan: str, kind: str, scan: str = "Index (Only )?Scan") -> None:
    index = INDEXES[kind]
    if connection.vendor == "postgresql":
        used = rf"{scan} (Backward )?using ({index}|article_listing) on"
        assert re.search(used, plan), plan
        for word in ("Sort", "Seq Scan", "Bitmap"):
            assert word not in plan, plan
    else:
        assert re.search(rf"USING (COVERING )?INDEX {index} ", plan), plan
        assert "TEMP B-TREE" not in plan


@pytest.mark.django_db
@pytest.mark.parametrize("kind", INDEXES)
def test_a_page_of_newer_pieces_is_the_same_range_read_backwards(house, kind):
    start = place_of(deep(PIECES // 2))
    rows = upwards(house[kind], start)[: listing.PAGE_SIZE + 2]
    assert_is_one_range(rows.explain(), kind)


#: What is chosen of the tag that all pieces have, and whose index is read for it: that
#: of the fewest.
FILTERS = [
    ({"language": "en"}, "tag"),
    ({"from": "2000-01-01"}, "tag"),
    ({"source": "s3"}, "source"),
    ({"category": "c3"}, "category"),
    ({"category": "c3", "language": "en"}, "category"),
]


@pytest.mark.django_db
@pytest.mark.parametrize(("asked", "kind"), FILTERS)
def test_what_is_chosen_of_a_tag_is_found_in_one_index_alone(house, asked, kind):
    plan = plan_of_places(house["tag"], asked)
    assert_is_one_range(plan, kind, scan="Index Only Scan")


def plan_of_places(scope: listing.Scope, asked: dict[str, str]) -> str:
    """How the places of a first page are found."""
    with CaptureQueriesContext(connection) as queries:
        assert listing.page(scope, asked).places
    limit = f"LIMIT {int(asked.get('page_size', listing.PAGE_SIZE)) + 1}"
    (places,) = (
        query["sql"]
        for query in queries.captured_queries
        if query["sql"].endswith(limit) and "EXPLAIN" not in query["sql"]
    )
    return plan_of_sql(places)


@pytest.mark.django_db
@pytest.mark.parametrize("kind", ["tag", "everything", "source", "category"])
def test_of_a_source_and_a_section_at_once_one_is_read_in_its_order(house, kind):
    # A few pieces: of the 300 of a source, a planner had rather sort all for twenty.
    asked = {"source": "s3", "category": "c3", "page_size": "5"}
    plan = plan_of_places(house[kind], asked)
    assert re.search(r"INDEX article_listing_by_|using article_listing_by_", plan), plan
    for word in ("Sort", "Seq Scan", "Bitmap", "TEMP B-TREE"):
        assert word not in plan, plan


@pytest.mark.django_db
def test_of_a_rare_tag_its_own_index_is_read(house):
    rare = Tag.objects.create(name="Rare", slug="rare")
    few = list(Article.objects.filter(source__slug="s3").order_by("pk")[:30])
    with relisting([piece.pk for piece in few]):
        TaggedArticle.objects.bulk_create(
            TaggedArticle(content_object=piece, tag=rare) for piece in few
        )
    scope = listing.of_tag(rare)
    narrowed = listing.page(scope, {"source": "s3"}).scope
    assert narrowed.subject == scope.subject


@pytest.mark.django_db
@pytest.mark.parametrize("kind", INDEXES)
def test_what_lies_around_a_page_is_one_entry_of_its_index_each(house, kind):
    # In the middle of the pieces, so that both sides have some at any time of day.
    middle = timezone.now() - datetime.timedelta(minutes=PIECES // 2)
    day = timezone.localdate(middle)
    with CaptureQueriesContext(connection) as queries:
        earlier, later = listing.neighbours(house[kind], listing.Period(day))
    assert earlier
    assert later
    assert len(queries) == 2
    for query in queries.captured_queries:
        assert_is_one_range(plan_of_sql(query["sql"]), kind)


@pytest.mark.django_db
@pytest.mark.parametrize("kind", INDEXES)
def test_a_month_is_judged_by_62_entries_of_its_index_at_most(house, kind):
    page = listing.page(house[kind], {"after": str(deep(PIECES // 2))})
    with CaptureQueriesContext(connection) as queries:
        assert listing.groups(page)
    assert 1 <= len(queries) <= 2
    for query in queries.captured_queries:
        assert "LIMIT 62" in query["sql"]
        assert_is_one_range(plan_of_sql(query["sql"]), kind)


@pytest.mark.django_db
@pytest.mark.parametrize("rows_left", [None, PIECES // 2, DEEP])
def test_several_tags_are_read_from_the_rarest_in_the_order_of_its_index(
    house, rows_left
):
    plan = plan_of(house["tags"], deep(rows_left) if rows_left else None)
    for word in ("Sort", "Seq Scan", "Join", "TEMP B-TREE", "SCAN articles_tagged"):
        assert word not in plan, plan
    if connection.vendor == "postgresql":
        assert "Index Scan using tag_listing on" in plan
        unique = r"Index (Only )?Scan using tag_stands_once_on_an_article"
        assert len(re.findall(unique, plan)) == 2, plan
        rows = rows_from(house["tags"], None)
        dropped = re.search(r"Removed by Filter: (\d+)", rows.explain(analyze=True))
        # Every second piece of the rarest carries the others as well.
        assert dropped
        assert int(dropped[1]) <= listing.PAGE_SIZE + 2
    else:
        assert "USING INDEX tag_listing " in plan, plan
        unique = r"USING COVERING INDEX \S+ \(tag_id=\? AND article_id=\?\)"
        assert len(re.findall(unique, plan)) == 2, plan


@pytest.mark.django_db
def test_related_tags_come_from_a_hundred_rows_of_the_index(house):
    tag = Tag.objects.get(slug="trade")
    with CaptureQueriesContext(connection) as queries:
        related = listing.related(house["tag"], [tag])
    assert [each.slug for each in related] == ["ships", "rice"]
    beside, named = (query["sql"] for query in queries.captured_queries)
    assert "LIMIT 100" in beside
    plan = plan_of_sql(beside)
    # The tags of these hundred are looked up by piece, or, where the table is as
    # small as this one, read with it: that is PostgreSQL's choice to make.
    assert "tag_listing" in plan, plan
    assert "SCAN articles_tag" not in plan, plan
    assert "articles_taggedarticle" not in named


def plan_of_sql(sql: str) -> str:
    explain = "EXPLAIN" if connection.vendor == "postgresql" else "EXPLAIN QUERY PLAN"
    with connection.cursor() as cursor:
        cursor.execute(f"{explain} {sql}".replace("%", "%%"))
        return "\n".join(str(row[-1]) for row in cursor.fetchall())


@pytest.mark.django_db
@pytest.mark.parametrize("is_deep", [False, True])
def test_a_page_of_corrections_is_one_index_range_without_a_sort(house, is_deep):
    now = timezone.now()
    told = Correction.objects.bulk_create(
        Correction(
            article_id=pk,
            text="It was Monday.",
            at=now - datetime.timedelta(minutes=n),
            by_name="desk",
        )
        for n, pk in enumerate(Article.objects.values_list("pk", flat=True))
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE articles_correction")
    after = told[PIECES // 2].pk if is_deep else None
    plan = corrections.rows(after)[: listing.PAGE_SIZE + 1].explain()
    assert "corrections_newest_first" in plan, plan
    for word in ("Sort", "Seq Scan", "TEMP B-TREE", "SCAN articles_article"):
        assert word not in plan, plan


@pytest.mark.django_db
def test_the_deepest_page_reads_no_newer_rows(house):
    if connection.vendor != "postgresql":
        plan = plan_of(house["tag"], deep(DEEP))
        assert "listed_at<" in plan
        return
    plan = rows_from(house["tag"], deep(DEEP)).explain(analyze=True)
    scan = plan[plan.index("tag_listing") :]
    removed = re.search(r"Rows Removed by Filter: (\d+)", scan)
    # What shares the moment of the cursor's row may be read and dropped.
    assert removed is None or int(removed[1]) <= 1, plan


@pytest.fixture(scope="module")
def deeds(django_db_setup, django_db_blocker):
    """Some thousand acts of a few people, of several kinds."""
    with django_db_blocker.unblock():
        now = timezone.now()
        Act.objects.bulk_create(
            Act(
                kind=("publish", "spike", "edit", "tag")[n % 4],
                by_name=f"editor{n // 4 % 5}",
                at=now - datetime.timedelta(minutes=n),
                pieces=1,
            )
            for n in range(PIECES)
        )
        done = list(Act.objects.order_by("pk"))
        for taken, back in zip(done[::40], done[1::40], strict=True):
            back.undoes = taken
        Act.objects.bulk_update(done[1::40], ["undoes"])
        Change.objects.bulk_create(
            Change(act=act, number=n, headline="A piece", version=1)
            for n, act in enumerate(done)
        )
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
        yield
        Change.objects.all().delete()
        Act.objects.exclude(undoes=None).delete()
        Act.objects.all().delete()


ACTS = {
    "all": (ActsQuery(), "acts_newest_first"),
    "person": (ActsQuery(by_name="editor3"), "acts_by_name"),
    "kind": (ActsQuery(kind="spike"), "acts_of_a_kind"),
    "day": (
        ActsQuery(day=timezone.localdate() - datetime.timedelta(days=1)),
        "acts_newest_first",
    ),
}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("which", "is_deep"),
    [*((which, False) for which in ACTS), ("all", True), ("person", True)],
)
def test_a_page_of_acts_is_one_index_range_without_a_sort(deeds, which, is_deep):
    query, index = ACTS[which]
    before = Act.objects.order_by("-at")[PIECES // 3].pk if is_deep else None
    plan = acts.rows(query, before)[: acts.SHOWN + 1].explain()
    if connection.vendor == "postgresql":
        # A fifth of all acts may be read from the index of the whole as well.
        used = rf"Index Scan using ({index}|acts_newest_first) on"
        assert re.search(used, plan), plan
        assert "Sort" not in plan
    else:
        assert f"USING INDEX {index}" in plan, plan
        assert "TEMP B-TREE" not in plan


@pytest.mark.django_db
def test_the_acts_on_a_piece_are_found_by_its_number(deeds):
    plan = acts.rows(ActsQuery(number=17))[: acts.SHOWN + 1].explain()
    assert "changes_of_a_number" in plan, plan
    assert "Seq Scan on articles_change" not in plan


def plans_of(ask: Callable[[], object], table: str) -> list[str]:
    """The plans of the questions after a table that something asks."""
    with CaptureQueriesContext(connection) as queries:
        ask()
    asked = [query["sql"] for query in queries.captured_queries]
    return [plan_of_sql(sql) for sql in asked if f'FROM "{table}"' in sql]


@pytest.mark.django_db
def test_who_else_carries_a_piece_is_looked_up_where_hardly_any_is_folded(house):
    ids = list(Article.objects.values_list("pk", flat=True)[:20])
    (plan,) = plans_of(lambda: carriers(ids), "articles_article")
    assert "folded_into_id" in plan, plan
    assert not re.search("SCAN articles_article|Seq Scan on articles_article", plan)


@pytest.mark.django_db
def test_pieces_that_wait_are_counted_from_the_few_that_do(house):
    tag = Tag.objects.get(slug="trade")
    (plan,) = plans_of(lambda: visible_count(tag), "articles_taggedarticle")
    if connection.vendor == "sqlite":
        assert "(tag_id=? AND article_id=?)" in plan, plan
    assert "article_visible_from" in plan, plan
    assert "Seq Scan" not in plan, plan
