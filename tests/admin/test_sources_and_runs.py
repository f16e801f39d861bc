import pytest
from django.test import Client

from articles.models import Category, ImportRun, RefusedRecord, Source, Tag
from articles.tagging import index
from tests.factories import ArticleFactory, SourceFactory, make_user

pytestmark = pytest.mark.django_db
SOURCES = "/admin/articles/source/"
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
