"""What is counted in the admin's lists, and what is said of what is not."""

import datetime

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from articles.admin import counting, deleting
from articles.models import Article, ImportRun, RefusedRecord, Tag, Tombstone
from tests.factories import ArticleFactory, TagFactory, make_user

from .conftest import LIST

pytestmark = pytest.mark.django_db
TAGS = "/admin/articles/tag/"


@pytest.fixture
def chief(client: Client, db: None) -> Client:
    client.force_login(make_user("chief", is_superuser=True))
    return client


def test_a_list_says_that_there_are_more_than_it_has_counted(
    chief: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(counting, "MOST_COUNTED", 60)
    for n in range(61):
        ArticleFactory(source_headline=f"Piece {n}")

    page = chief.get(LIST)

    assert page.context["cl"].shown_count == "60+"
    assert "60+" in page.text
    assert "across all pages" not in page.text
    assert chief.get(f"{LIST}?p=2").context["cl"].result_list.count() == 10
    assert chief.get(f"{LIST}?p=3").status_code == 302
    Article.objects.first().delete()
    whole = chief.get(LIST)
    assert whole.context["cl"].shown_count == "60"
    assert "across all pages" in whole.text


def test_an_action_on_all_is_refused_where_all_were_not_counted(
    chief: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(counting, "MOST_COUNTED", 2)
    pieces = [ArticleFactory() for _ in range(3)]
    data = {
        "action": "spike_selected",
        "_selected_action": [pieces[0].pk],
        "select_across": "1",
        "index": "0",
    }

    page = chief.post(LIST, data, follow=True)

    assert "These are more than 2. Narrow the list first." in page.text
    assert not Article.objects.exclude(status="ingested").exists()
    pieces[0].delete()
    chief.post(LIST, data)
    assert not Article.objects.exclude(status="spiked").exists()


def test_the_untagged_are_found_among_the_newest_that_the_filters_leave(
    chief: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(counting, "MOST_COUNTED", 2)
    now = timezone.now()
    oldest, middle, newest = (
        ArticleFactory(
            source_published_at=now - datetime.timedelta(hours=hours), language=language
        )
        for hours, language in ((3, "ja"), (2, "en"), (1, "en"))
    )
    middle.tags.add("Trade")
    oldest.source.language = "ja"
    oldest.source.save()

    def found(query: str) -> list[Article]:
        return list(chief.get(f"{LIST}?{query}").context["cl"].result_list)

    assert found("tagging=none") == [newest]
    assert found("tagging=none&language=ja") == [oldest]


def test_a_tag_with_many_pieces_is_deleted_with_a_count_and_no_list(
    chief: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deleting, "MOST_LISTED", 2)
    tag = TagFactory(name="Trade", slug="trade")
    pieces = [ArticleFactory(tags=["Trade"]) for _ in range(3)]

    page = chief.get(f"{TAGS}{tag.pk}/delete/")

    assert "Tags on articles: 3" in page.text
    assert pieces[0].source_headline not in page.text
    chief.post(f"{TAGS}{tag.pk}/delete/", {"post": "yes"})
    assert not Tag.objects.exists()


@pytest.mark.parametrize("kind", ["source", "category"])
def test_what_keeps_a_source_or_a_section_is_named_as_far_as_it_helps(
    chief: Client, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setattr(deleting, "MOST_LISTED", 2)
    pieces = [ArticleFactory(source_headline=f"Headline {n}") for n in range(3)]
    row = getattr(pieces[0], kind)
    Article.objects.update(**{kind: row})
    address = f"/admin/articles/{kind}/{row.pk}/delete/"

    page = chief.get(address).text

    assert "Headline 2" in page
    assert "Headline 0" not in page
    assert "… and more" in page
    assert "protected" in chief.post(address, {"post": "yes"}).text
    assert type(row).objects.filter(pk=row.pk).exists()


def test_a_deleted_piece_is_found_by_its_whole_address_however_old(
    chief: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(counting, "MOST_COUNTED", 1)
    for name in ("old", "new"):
        Tombstone.objects.create(
            canonical_url=f"https://publisher.example/{name}",
            headline=f"{name} piece",
            at=timezone.now(),
            by_name="desk",
        )

    def found(words: str) -> list[str]:
        page = chief.get("/admin/articles/tombstone/", {"q": words})
        return [str(stone) for stone in page.context["cl"].result_list]

    assert found("https://publisher.example/old") == ["old piece"]
    assert found("piece") == ["new piece"]


def test_the_filter_of_runs_offers_the_latest_and_the_one_that_is_asked_for(
    chief: Client,
) -> None:
    runs = [ImportRun.objects.create() for _ in range(25)]
    for run in runs:
        RefusedRecord.objects.create(
            run=run, outcome="failed", input="a", line=run.pk, reason="bad"
        )
    records = "/admin/articles/refusedrecord/"

    def shown(query: str) -> list[int]:
        page = chief.get(f"{records}{query}")
        return [record.run_id for record in page.context["cl"].result_list]

    assert shown(f"?run__id__exact={runs[0].pk}") == [runs[0].pk]
    assert shown("?run__id__exact=x") == []
    offered = chief.get(records).text
    assert f"run__id__exact={runs[-1].pk}" in offered
    assert f'run__id__exact={runs[0].pk}"' not in offered
    asked_for = chief.get(f"{records}?run__id__exact={runs[0].pk}").text
    assert f'run__id__exact={runs[0].pk}"' in asked_for


def test_where_the_search_index_ends_is_asked_while_indexes_may_be_read(
    chief: Client,
) -> None:
    ArticleFactory(source_headline="Harbour")
    with CaptureQueriesContext(connection) as queries:
        chief.get(f"{LIST}?q=harbour")
    statements = [query["sql"] for query in queries.captured_queries]
    if connection.vendor != "postgresql":
        # SQLite walks its index, and need not know where that ends.
        assert not any("min(position)" in sql for sql in statements)
        return
    ends = next(n for n, sql in enumerate(statements) if "min(position)" in sql)
    by_gin = next(n for n, sql in enumerate(statements) if "enable_indexscan" in sql)
    assert ends < by_gin
