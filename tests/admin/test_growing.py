"""Lists, filters and the desk ask no more of a table that grows."""

import datetime
import re
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from articles.admin import counting
from articles.models import (
    Article,
    Category,
    FetchAttempt,
    ImportRun,
    RefusedRecord,
    SearchRow,
    Source,
    Tag,
    TaggedArticle,
    Tombstone,
)
from tests.factories import make_user

from .conftest import LIST

pytestmark = pytest.mark.django_db
DESK = "/admin/desk/"
TAGS = "/admin/articles/tag/"
PIECES, WAITING = 3000, 1500
#: Tables that grow with the years.
GROWING = (Article, TaggedArticle, SearchRow, FetchAttempt, RefusedRecord, Tombstone)


@pytest.fixture(scope="module")
def house(django_db_setup: None, django_db_blocker: Any) -> Any:
    """Some thousand pieces, the newest of which wait, so that plans are in earnest."""
    with django_db_blocker.unblock():
        now = timezone.now()
        sources = [Source.objects.create(name=f"S{n}", slug=f"s{n}") for n in range(30)]
        sections = [
            Category.objects.create(name=f"C{n}", slug=f"c{n}") for n in range(30)
        ]
        tag = Tag.objects.create(name="Trade", slug="trade")
        pieces = Article.objects.bulk_create(
            Article(
                source=sources[n % 30],
                category=sections[n // 7 % 30],
                url=f"https://publisher.example/{n}",
                canonical_url=f"https://publisher.example/{n}",
                source_headline=f"Piece {n}",
                source_published_at=now - datetime.timedelta(minutes=PIECES - n),
                published_at=now if n < PIECES - WAITING else None,
                status="published" if n < PIECES - WAITING else "ingested",
                language=("en", "en", "en-GB", "ja")[n % 4] if n % 50 else "de",
                needs_suggestions=False,
            )
            for n in range(PIECES)
        )
        TaggedArticle.objects.bulk_create(
            TaggedArticle(content_object=piece, tag=tag) for piece in pieces
        )
        SearchRow.objects.mirror([piece.pk for piece in pieces])
        run = ImportRun.objects.create()
        RefusedRecord.objects.bulk_create(
            RefusedRecord(run=run, outcome="failed", input="a", line=n, reason="bad")
            for n in range(PIECES)
        )
        Tombstone.objects.bulk_create(
            Tombstone(
                canonical_url=f"https://publisher.example/gone/{n}",
                source=sources[n % 30],
                headline=f"Gone {n}",
                at=now,
                by_name="desk",
            )
            for n in range(PIECES)
        )
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
        yield sources
        for model in (*GROWING, ImportRun, Tag, Source, Category, User):
            model._default_manager.all().delete()


@pytest.fixture
def chief(client: Client, db: None) -> Client:
    client.force_login(make_user("chief", is_superuser=True))
    return client


ADDRESSES = [
    LIST,
    f"{LIST}?status__exact=published",
    f"{LIST}?source=s3",
    f"{LIST}?category__id__exact=3",
    f"{LIST}?language=ja",
    f"{LIST}?language=xx",
    f"{LIST}?tagging=none",
    f"{LIST}?tagging=suggested",
    f"{LIST}?changed=yes",
    f"{LIST}?q=piece",
    f"{LIST}?p=2",
    f"{LIST}?o=1.2.3.4",
    f"{LIST}?_facets=True",
    "/admin/",
    TAGS,
    f"{TAGS}?q=trade",
    f"{TAGS}names/?q=trade",
    "/admin/articles/feed/",
    "/admin/articles/act/",
    "/admin/articles/importrun/",
    "/admin/articles/refusedrecord/?q=bad",
    "/admin/articles/refusedrecord/",
    "/admin/articles/fetchattempt/?q=bad",
    "/admin/articles/tombstone/?q=gone",
    f"{DESK}?all=1",
    f"{DESK}?source=s3",
    f"{DESK}?category=c3",
    f"{DESK}?language=de",
    f"{DESK}?language=xx",
    f"{DESK}?age=hour",
    f"{DESK}?only=untagged",
    f"{DESK}?only=duplicates",
    f"{DESK}?only=shortlisted",
    f"{DESK}?only=changed",
    f"{DESK}?only=mine",
    f"{DESK}?only=held",
    f"{DESK}?q=piece",
    f"{DESK}?order=oldest",
    f"{DESK}news/?newest=1",
]


def asked(client: Client, address: str) -> list[str]:
    """The statements of a page."""
    with CaptureQueriesContext(connection) as queries:
        assert client.get(address).status_code == 200, address
    return [query["sql"] for query in queries.captured_queries]


@pytest.mark.parametrize("address", ADDRESSES)
def test_no_page_counts_a_table_to_its_end(
    house: Any, chief: Client, address: str
) -> None:
    tables = "|".join(model._meta.db_table for model in GROWING)
    for sql in asked(chief, address):
        if "COUNT(" in sql and re.search(tables, sql):
            assert re.search(r"LIMIT \d+\) subquery$", sql), sql


#: Of statements for these addresses: the index that leads to their rows.
LED = {
    LIST: "article_newest_first",
    f"{LIST}?status__exact=published": "article_newest_by_status|article_newest_first",
    f"{LIST}?source=s3": "article_newest_by_source",
    f"{LIST}?language=ja": "article_newest_by_language|article_newest_first",
    f"{DESK}?all=1": "article_waiting",
    f"{DESK}?source=s3": "article_waiting_by_source",
    f"{DESK}?category=c3": "article_waiting_by_category",
    f"{DESK}?order=oldest": "article_waiting",
    f"{DESK}?only=shortlisted": "article_shortlisted|article_newest_by_status",
    f"{DESK}?only=held": "article_held|article_waiting",
}


@pytest.mark.parametrize("address", LED)
def test_the_rows_of_a_page_are_a_range_of_an_index(
    house: Any, chief: Client, address: str
) -> None:
    rows = [
        sql
        for sql in asked(chief, address)
        if re.search(r'"source_headline".* ORDER BY .*LIMIT (41|50|100)\Z', sql)
    ]
    assert rows
    for sql in rows:
        plan = plan_of(sql)
        assert re.search(LED[address], plan), plan
        assert "Seq Scan on articles_article" not in plan, plan
        assert "SCAN articles_article\n" not in f"{plan}\n", plan


def plan_of(sql: str, *without: str) -> str:
    """How the database answers; PostgreSQL by these ways only if there is no other."""
    explain = "EXPLAIN" if connection.vendor == "postgresql" else "EXPLAIN QUERY PLAN"
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            for way in without:
                cursor.execute(f"SET LOCAL enable_{way} = off")
        cursor.execute(f"{explain} {sql}".replace("%", "%%"))
        return "\n".join(str(row[-1]) for row in cursor.fetchall())


@pytest.mark.parametrize("address", [f"{DESK}?all=1", f"{DESK}news/?newest=1"])
def test_what_waits_is_counted_along_the_index_of_the_queue(
    house: Any, chief: Client, address: str
) -> None:
    counts = [sql for sql in asked(chief, address) if "COUNT(" in sql]
    assert counts
    for sql in counts:
        # Of some thousand rows a planner is free to sort them all.
        plan = plan_of(sql, "seqscan", "sort", "bitmapscan")
        assert "article_waiting" in plan, plan
        for word in ("Seq Scan", "Sort"):
            assert word not in plan, plan


def test_a_whole_table_is_estimated_where_the_database_knows(
    house: Any, chief: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(counting, "MOST_COUNTED", 1000)
    told = "of about 3,000" if connection.vendor == "postgresql" else ""

    assert chief.get(LIST).context["cl"].estimate == told
    assert chief.get(f"{LIST}?status__exact=ingested").context["cl"].estimate == ""
