"""``takedown``: by any address, everywhere, and for good."""

import pytest
from django.utils import timezone

from articles import workflow
from articles.models import Act, Article, FormerAddress, Tombstone
from articles.tagging import index
from tests.commands.invocation import (
    import_articles,
    invoke,
    ndjson,
    record,
    run_process,
)
from tests.factories import ArticleFactory, make_user

pytestmark = pytest.mark.django_db

REASON = "--reason=Letter of 3 May"
URL = "https://ledger.example/1"


def takedown(*arguments):
    return invoke("takedown", *arguments, "--format=json")


@pytest.fixture
def article():
    return ArticleFactory(url=URL, published=True, tags=["Trade"])


def test_it_kills_and_says_so(article, client):
    done = takedown(URL, REASON)
    assert done.code == 0
    assert done.json == {
        "killed": 1,
        "killed_before": 0,
        "barred": 0,
        "unknown": 0,
        "addresses": [{"address": URL, "outcome": "killed", "article": article.pk}],
    }
    assert done.err == f"{URL}: killed (article {article.pk})\n"
    article.refresh_from_db()
    assert article.status == "killed"
    assert client.get(article.get_absolute_url()).status_code == 410
    assert index.differences() == {"rows": 0, "counts": 0}
    act = Act.objects.get()
    assert (act.kind, act.by, act.by_name) == ("takedown", None, "takedown")
    assert act.reason == "Letter of 3 May"


@pytest.mark.parametrize(
    "spelling",
    [
        "http://www.ledger.example/1/?utm_source=news#top",
        "HTTPS://LEDGER.EXAMPLE:443/1",
        "https://ledger.example/formerly",
        "{site}/articles/{pk}/headline/",
        "{site}/articles/{pk}/日米/?utm_medium=x",
        "{site}/articles/{pk}/",
        "/articles/{pk}/any-slug/",
        "/articles/{pk}",
    ],
)
def test_a_piece_is_found_by_any_spelling_of_any_of_its_addresses(
    article, spelling, settings
):
    FormerAddress.objects.create(
        article=article,
        canonical_url="https://ledger.example/formerly",
        until=timezone.now(),
    )
    given = spelling.format(site=settings.NEWSROOM_SITE_URL, pk=article.pk)
    assert takedown(given, REASON).json["killed"] == 1
    assert not Tombstone.objects.exists()


def test_the_site_is_known_by_every_name_it_answers_to(article, settings):
    settings.ALLOWED_HOSTS = ["news.example", "localhost"]
    given = f"http://localhost:8797/articles/{article.pk}/any-slug/"
    assert takedown(given, REASON).json["killed"] == 1


def test_an_address_that_no_piece_has_is_barred():
    done = takedown("http://www.ledger.example/1/?utm_source=x", REASON)
    assert (done.code, done.json["barred"]) == (1, 1)
    assert done.json["addresses"][0]["outcome"] == "not here, barred"
    stone = Tombstone.objects.get()
    assert (stone.canonical_url, stone.source) == (URL, None)
    assert (stone.by_name, stone.reason) == ("takedown", "Letter of 3 May")
    for source in ("Pacific Ledger", "Another House"):
        done = import_articles("-", stdin=ndjson([record(1, source=source)]))
        assert done.counts == {"read": 1, "duplicate": 1}
    again = takedown(URL, REASON)
    assert (again.code, again.json["barred"]) == (1, 1)
    assert again.json["addresses"][0]["outcome"] == "not here, barred before"
    assert not Article.objects.exists()


def test_a_second_time_changes_nothing_but_a_notice(article):
    takedown(URL, REASON)
    done = takedown(URL, REASON)
    assert (done.code, done.json["killed"], done.json["killed_before"]) == (0, 0, 1)
    assert Act.objects.count() == 1
    takedown(URL, REASON, "--notice=By court order.")
    article.refresh_from_db()
    assert article.notice == "By court order."
    assert Act.objects.count() == 2


def test_many_are_one_act(article):
    others = ArticleFactory.create_batch(2)
    done = takedown(URL, *(each.url for each in others), URL, REASON)
    assert (done.code, done.json["killed"]) == (0, 3)
    assert Act.objects.get().changes.count() == 3


def test_a_dry_run_says_what_would_be_and_leaves_all_as_it_is(article):
    done = takedown(URL, "https://ledger.example/2", REASON, "--dry-run")
    assert (done.code, done.json["killed"], done.json["barred"]) == (1, 1, 1)
    article.refresh_from_db()
    assert article.status == "published"
    assert not Act.objects.exists()
    assert not Tombstone.objects.exists()


def test_a_number_of_ours_that_no_piece_has_is_told(article):
    done = takedown("/articles/99999/x/", URL, REASON)
    assert (done.code, done.json["killed"], done.json["unknown"]) == (1, 1, 1)
    assert not Tombstone.objects.exists()


@pytest.mark.parametrize(
    "wrong",
    ["ftp://ledger.example/1", "ledger.example/1", "/tags/trade/", "{site}/tags/x/"],
)
def test_an_address_that_is_none_stops_everything(article, wrong, settings):
    given = wrong.format(site=settings.NEWSROOM_SITE_URL)
    done = takedown(URL, given, REASON)
    assert (done.code, done.out) == (2, "")
    assert given in done.err
    assert "Nothing was taken down" in done.err
    article.refresh_from_db()
    assert article.status == "published"


@pytest.mark.parametrize("reason", ["--reason=", "--reason=  "])
def test_a_reason_is_due(article, reason):
    assert invoke("takedown", URL, reason).code == 2
    article.refresh_from_db()
    assert article.status == "published"


def test_a_notice_that_is_too_long_is_refused(article):
    done = takedown(URL, REASON, f"--notice={'x' * 1001}")
    assert done.code == 2
    assert "1000 characters" in done.err
    article.refresh_from_db()
    assert article.status == "published"


def test_it_can_be_taken_back_within_a_day(article):
    takedown(URL, REASON, "--notice=Withdrawn.")
    by = make_user("chief", is_superuser=True)
    workflow.undo(Act.objects.get(), by=by)
    article.refresh_from_db()
    assert (article.status, article.notice) == ("unpublished", "")


def test_a_table_is_printed_for_people(article):
    done = invoke("takedown", URL, REASON)
    assert [line.split() for line in done.out.splitlines()][0] == ["killed", "1"]


def test_a_process_takes_down_what_another_imports(scratch):
    def run(*arguments, stdin=b""):
        return run_process(*arguments, database_url=scratch.url, stdin=stdin)

    assert run("import_articles", "-", stdin=ndjson([record(1)])).code == 0
    assert run("takedown", URL).code == 2  # without a reason
    assert run("takedown", URL, REASON).code == 0
    done = run("import_articles", "-", "--format=json", stdin=ndjson([record(1)]))
    assert done.counts == {"read": 1, "unchanged": 1}


def test_what_readers_are_told_is_cleaned(article):
    takedown(URL, REASON, "--notice=With\u202edrawn.\x07")
    article.refresh_from_db()
    assert article.notice == "Withdrawn."


def test_its_undo_says_that_barred_addresses_stay_so(article, client):
    takedown(URL, "https://ledger.example/2", REASON)
    client.force_login(make_user("chief", is_superuser=True))
    page = client.get(f"/admin/articles/act/{Act.objects.get().pk}/undo/")
    assert "Addresses that had no piece stay barred" in page.text
