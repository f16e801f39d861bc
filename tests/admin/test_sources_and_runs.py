import pytest
from django.test import Client
from django.utils import timezone

from articles import workflow
from articles.models import (
    Category,
    Feed,
    FetchAttempt,
    ImportRun,
    RefusedRecord,
    Source,
    Tag,
    Tombstone,
)
from articles.tagging import index
from tests.factories import ArticleFactory, SourceFactory, make_user

pytestmark = pytest.mark.django_db
SOURCES = "/admin/articles/source/"
TOMBSTONES = "/admin/articles/tombstone/"
FEEDS = {"feeds-TOTAL_FORMS": 0, "feeds-INITIAL_FORMS": 0}


@pytest.fixture
def chief(client: Client) -> None:
    client.force_login(make_user("chief", is_superuser=True))


def form_of(source: Source, **changes: object) -> dict[str, object]:
    fields = {
        "name": source.name,
        "slug": source.slug,
        "site_url": source.site_url,
        "reuse": source.reuse,
        "excerpt_words": 25,
        "excerpt_characters": 80,
        "indexing": source.indexing,
        "shows_images": "on",
    }
    return fields | FEEDS | changes


def test_a_source_that_is_blocked_hides_its_pieces_and_gives_them_back(
    client: Client, chief: None
) -> None:
    article = ArticleFactory(published=True, tags=["Economy"])
    url = f"{SOURCES}{article.source_id}/change/"

    page = client.post(url, form_of(article.source, reuse="blocked"), follow=True)

    assert "1 article appears or disappears" in page.text
    assert client.get(article.get_absolute_url()).status_code == 404
    assert article.source_headline not in client.get("/").text
    assert Tag.objects.get().listed_count == 0
    client.post(url, form_of(article.source, reuse="excerpt"))
    assert client.get(article.get_absolute_url()).status_code == 200
    assert index.differences() == {"rows": 0, "counts": 0}


def test_a_name_that_is_spelled_like_another_is_refused(
    client: Client, chief: None
) -> None:
    there = SourceFactory(name="The Example Post")

    page = client.post(
        f"{SOURCES}add/", form_of(there, name="the example-post", slug="another")
    )

    assert "this is the same name" in page.text
    assert Source.objects.count() == 1
    Category.objects.create(name="World", slug="world")
    category = {"name": "WORLD", "slug": "world-2"}
    assert (
        "the same name" in client.post("/admin/articles/category/add/", category).text
    )


def test_sources_of_a_language_are_found(client: Client, chief: None) -> None:
    SourceFactory(language="ja")
    SourceFactory(language="")

    page = client.get(SOURCES, {"language": "ja"})

    assert len(page.context["cl"].result_list) == 1


def test_runs_and_refused_records_are_shown_and_not_changed(
    client: Client, chief: None
) -> None:
    run = ImportRun.objects.create(read=1, failed=1, inputs=["news.ndjson"])
    RefusedRecord.objects.create(
        run=run, outcome="failed", input="news.ndjson", line=7, reason="url: missing"
    )

    runs = client.get("/admin/articles/importrun/").text
    refused = f"/admin/articles/refusedrecord/?run__id__exact={run.pk}"
    assert f'href="{refused}"' in runs
    assert "url: missing" in client.get(refused).text
    for method in ("add/", f"{run.pk}/delete/"):
        assert client.post(f"/admin/articles/importrun/{method}").status_code == 403
    changed = client.post(f"/admin/articles/importrun/{run.pk}/change/", {"read": 9})
    assert changed.status_code == 403


def test_signing_in_shows_the_name_of_the_site(client: Client, db: None) -> None:
    page = client.get("/admin/login/").text

    assert "<title>Log in | Newsroom</title>" in page
    assert page.count("<h1") == 1


def test_a_tombstone_is_found_and_taken_away_so_that_the_piece_may_come_back(
    client: Client, chief: None
) -> None:
    article = ArticleFactory(source_headline="Deleted by mistake")
    feed = Feed.objects.create(
        source=article.source,
        url="https://publisher.example/feed",
        etag='"1"',
        body_digest="v1:1",
        validators_of="https://publisher.example/feed",
    )
    workflow.delete([article.pk], by=make_user("editor"))
    tombstone = Tombstone.objects.get()

    page = client.get(f"{TOMBSTONES}?q=mistake").text

    assert "Deleted by mistake" in page
    assert "name of the actor" not in page.lower()
    assert "it comes again when its source next sends it" in page
    assert "Let the chosen pieces come back" in page
    for path in ("add/", f"{tombstone.pk}/change/"):
        assert client.post(f"{TOMBSTONES}{path}").status_code == 403
    asked = client.get(f"{TOMBSTONES}{tombstone.pk}/delete/").text
    assert "This lets the piece come back" in asked
    chosen = {"action": "delete_selected", "_selected_action": [tombstone.pk]}
    assert "This lets the pieces come back" in client.post(TOMBSTONES, chosen).text
    client.post(TOMBSTONES, chosen | {"post": "yes"})
    assert not Tombstone.objects.exists()
    feed.refresh_from_db()
    assert (feed.etag, feed.body_digest, feed.validators_of) == ("", "", "")


def test_one_tombstone_is_taken_away_on_its_page(client: Client, chief: None) -> None:
    article = ArticleFactory()
    feed = Feed.objects.create(
        source=article.source, url="https://publisher.example/feed", body_digest="v1:1"
    )
    workflow.delete([article.pk], by=make_user("editor"))
    tombstone = Tombstone.objects.get()
    client.post(f"{TOMBSTONES}{tombstone.pk}/delete/", {"post": "yes"})
    assert not Tombstone.objects.exists()
    feed.refresh_from_db()
    assert feed.body_digest == ""


def test_who_may_only_look_at_tombstones_deletes_none(client: Client) -> None:
    workflow.delete([ArticleFactory().pk], by=make_user("editor"))
    client.force_login(make_user("looker", ("view_tombstone",)))
    tombstone = Tombstone.objects.get()

    assert client.get(TOMBSTONES).status_code == 200
    refused = client.post(f"{TOMBSTONES}{tombstone.pk}/delete/", {"post": "yes"})
    assert refused.status_code == 403
    assert "Let the chosen pieces come back" not in client.get(TOMBSTONES).text
    assert Tombstone.objects.exists()


def test_a_source_goes_with_its_feeds_and_their_attempts(
    client: Client, chief: None
) -> None:
    source = SourceFactory()
    feed = Feed.objects.create(source=source, url="https://publisher.example/feed")
    FetchAttempt.objects.create(feed=feed, at=timezone.now(), outcome="unchanged")

    client.post(f"{SOURCES}{source.pk}/delete/", {"post": "yes"})

    assert not FetchAttempt.objects.exists()
    assert not Source.objects.exists()
