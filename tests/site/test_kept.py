"""Pages that are kept are the pages that would be drawn, after whatever was done."""

import gzip
import io
import json
import time
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext, override_settings
from django.utils import timezone
from PIL import Image as Picture

from articles import workflow
from articles.images import library
from articles.models import Appearance, Edition, ImportRun, Indexing, Reuse, Tag
from articles.site.kept import ANSWERS, kept_first
from articles.tagging import tags
from newsroom.wsgi import application
from tests.caching import forget
from tests.factories import ArticleFactory, CategoryFactory, SourceFactory, make_user

pytestmark = pytest.mark.django_db

PAGES = (
    "/",
    "/tags/",
    "/tags/trade/",
    "/tags/harbours/",
    "/tags/harbours+trade/",
    "/ja/tags/trade/",
    "/sources/ledger/",
    "/categories/security/",
    "/search/?q=piece",
    "/corrections/",
    "/feed.rss",
    "/tags/trade/feed.json",
    "/sources/ledger/feed.atom",
    "/opml.xml",
    "/sitemap.xml",
    "/sitemap-pages.xml",
)


@pytest.fixture(autouse=True)
def _keeping(settings):
    settings.NEWSROOM_KEEPS_PAGES = settings.NEWSROOM_KEEPS_PARTS = True
    forget()


@pytest.fixture
def chief():
    return make_user("mori", is_superuser=True)


@pytest.fixture
def pieces():
    shared = {
        "source": SourceFactory(name="Ledger", slug="ledger"),
        "category": CategoryFactory(name="Security", slug="security"),
    }
    return [
        ArticleFactory(
            published=True,
            tags=["Trade", "Harbours"],
            source_headline=f"Piece {number}",
            **shared,
        )
        for number in range(3)
    ]


def django_is_asked(asked, start_response):
    return ()


KEPT_FIRST = kept_first(django_is_asked)


def asked_of_wsgi(client, url, of=KEPT_FIRST, **conditions):
    """What a server of WSGI is given before Django is asked: status, headers, body.

    Nothing if Django would be asked.
    """
    path, _, query = url.partition("?")
    said = []
    asked = client._base_environ(PATH_INFO=path, QUERY_STRING=query, **conditions)
    body = of(asked, lambda *told: said.extend(told))
    return (said[0], dict(said[1]), b"".join(body)) if said else None


def look(client, pieces):
    """Ask for every page: kept, of kept cards, and drawn; all are the same.

    Returns how many were kept.
    """
    kept = 0
    for url in (*PAGES, *(piece.get_absolute_url() for piece in pieces)):
        shown = client.get(url)
        with override_settings(NEWSROOM_KEEPS_PAGES=False):
            put_together = client.get(url)
            with override_settings(NEWSROOM_KEEPS_PARTS=False):
                drawn = client.get(url)
        assert shown.status_code == put_together.status_code == drawn.status_code, url
        assert shown.content == drawn.content, url
        assert put_together.content == drawn.content, url
        if shown.status_code == 200:
            with CaptureQueriesContext(connection) as queries:
                assert client.get(url).content == drawn.content
            if len(queries) == 1:
                kept += 1
                status, headers, body = asked_of_wsgi(client, url)
                assert (status, headers) == ("200 OK", dict(shown.items()))
                assert body == drawn.content, url
    return kept


def picture():
    data = io.BytesIO()
    Picture.new("RGB", (400, 300), "navy").save(data, "PNG")
    return data.getvalue()


def test_a_kept_page_is_never_old(client, admin_client, chief, pieces, tmp_path):
    first, second, third = pieces
    later = ArticleFactory(source=first.source, category=first.category)
    twin = ArticleFactory(source_headline="Piece 1 again")
    records = tmp_path / "records.ndjson"

    def imported(title):
        record = {"url": "https://p.example/new", "title": title, "source": "Ledger"}
        records.write_text(json.dumps(record | {"tags": ["Trade"]}) + "\n")
        call_command("import_articles", str(records), status="published")

    def source(**values):
        form = {"name": "Ledger", "slug": "ledger", "reuse": Reuse.EXCERPT}
        form |= {"excerpt_words": 25, "excerpt_characters": 80, "shows_images": "on"}
        form |= {"indexing": Indexing.NONE}
        form |= {f"feeds-{name}_FORMS": 0 for name in ("TOTAL", "INITIAL")}
        url = f"/admin/articles/source/{first.source_id}/change/"
        assert admin_client.post(url, form | values).status_code == 302

    def category(name):
        url = f"/admin/articles/category/{first.category_id}/change/"
        form = {"name": name, "slug": "security", "description": ""}
        assert admin_client.post(url, form).status_code == 302

    def undo_last():
        workflow.undo(first.changes.latest("pk").act, by=chief)

    def retitle(article, headline):
        article.refresh_from_db()
        article.headline = headline
        workflow.save(article, ["headline"], by=chief, seen=article.version)

    trade = Tag.objects.get(slug="trade")
    deeds = {
        "publish": lambda: workflow.move(later, "publish", by=chief),
        "tag": lambda: tags.tag_articles([later.pk], [trade], by=chief),
        "edit": lambda: retitle(first, "Another headline"),
        "picture": lambda: library.attach(second, picture()),
        "correct": lambda: workflow.correct(
            first.pk, "It was two.", kind="correction", by=chief
        ),
        "undo": undo_last,
        "fold": lambda: workflow.fold(twin.pk, second.pk, by=chief),
        "unpublish": lambda: workflow.move(second, "unpublish", by=chief),
        "publish again": lambda: workflow.move(second, "publish", by=chief),
        "headline only": lambda: source(reuse=Reuse.HEADLINE),
        "block": lambda: source(reuse=Reuse.BLOCKED),
        "allow": lambda: source(name="The Ledger"),
        "category": lambda: category("Safety"),
        "import": lambda: imported("As it came"),
        "import again": lambda: imported("As it changed"),
        "undo import": lambda: call_command(
            "undo_import", str(ImportRun.objects.latest("pk").pk)
        ),
        "rename": lambda: tags.rename(Tag.objects.get(slug="harbours"), "Ports"),
        "describe": lambda: tags.change(
            Tag.objects.get(slug="ports"), name="Ports", slug="ports"
        ),
        "merge": lambda: tags.merge([Tag.objects.get(slug="ports")], trade, by=chief),
        "kill": lambda: workflow.move(
            third, "kill", by=chief, reason="A court said so."
        ),
        "delete": lambda: workflow.delete([later.pk], by=chief),
    }
    assert look(client, pieces) > 10
    for name, deed in deeds.items():
        deed()
        kept = look(client, pieces)
        assert kept > 5, f"after “{name}” {kept} pages were kept"


def test_who_has_the_page_of_this_moment_is_told_so(client, chief, pieces):
    seen = client.get("/tags/trade/")
    assert seen.headers["Cache-Control"] == "public, no-cache"
    mine = {"If-None-Match": seen.headers["ETag"]}
    with CaptureQueriesContext(connection) as queries:
        same = client.get("/tags/trade/", headers=mine)
    assert (same.status_code, same.content, len(queries)) == (304, b"", 1)
    assert same.headers["ETag"] == seen.headers["ETag"]
    workflow.move(pieces[0], "unpublish", by=chief)
    assert client.get("/tags/trade/", headers=mine).status_code == 200


def test_a_page_with_one_new_card_draws_that_one(client, chief, pieces):
    def cards_drawn(url):
        drawn = [each.name for each in client.get(url).templates]
        return drawn.count("site/_card.html")

    assert cards_drawn("/tags/trade/") == 3
    workflow.move(ArticleFactory(tags=["Trade"]), "publish", by=chief)
    # The new one, and that which stood first: its picture is no longer the first.
    assert cards_drawn("/tags/trade/") == 2
    assert cards_drawn("/tags/harbours/") == 0
    pieces[0].refresh_from_db()
    pieces[0].headline = "Another headline"
    workflow.edit(pieces[0], ["headline"], by=chief)
    assert cards_drawn("/tags/trade/") == 1
    assert cards_drawn("/ja/tags/trade/") == 4
    assert cards_drawn("/tags/trade/?q=piece") == 3


@pytest.mark.parametrize("url", ["/tags/trade/", "/tags/trade/feed.rss", "/opml.xml"])
def test_a_kept_page_is_sent_compressed_to_whom_can_read_it(client, pieces, url):
    drawn = client.get(url)
    assert "Content-Encoding" not in drawn.headers
    for accepted in ("gzip", "br, x-gzip;q=0.5", "GZIP ; q=1.0"):
        packed = client.get(url, headers={"Accept-Encoding": accepted})
        assert packed.headers["Content-Encoding"] == "gzip"
        assert gzip.decompress(packed.content) == drawn.content
        assert packed.headers["ETag"] == drawn.headers["ETag"]
        assert packed.headers["Vary"] == drawn.headers["Vary"] == "Accept-Encoding"
        assert len(packed.content) == int(packed.headers["Content-Length"])
    for refused in ("gzip;q=0", "gzip; q=0.000", "br", ""):
        plain = client.get(url, headers={"Accept-Encoding": refused})
        assert "Content-Encoding" not in plain.headers
        assert plain.content == drawn.content


def test_a_page_that_is_not_kept_is_sent_compressed_too(client, settings, pieces):
    settings.NEWSROOM_KEEPS_PAGES = False
    packed = client.get("/", headers={"Accept-Encoding": "gzip"})
    assert gzip.decompress(packed.content) == client.get("/").content


def test_other_listings_keep_their_edition(client, chief, pieces):
    ArticleFactory(published=True, tags=["Fisheries"])
    seen = client.get("/tags/fisheries/").headers["ETag"]
    article = client.get(pieces[1].get_absolute_url()).headers["ETag"]
    workflow.move(pieces[0], "unpublish", by=chief)
    assert client.get("/tags/fisheries/").headers["ETag"] == seen
    assert client.get(pieces[1].get_absolute_url()).headers["ETag"] == article


def test_a_piece_shows_when_its_hour_comes_though_nobody_does_anything(client, chief):
    piece = ArticleFactory(tags=["Trade"], source_headline="In a second")
    soon = timezone.now() + timedelta(seconds=1)
    workflow.move(piece, "publish", by=chief, at=soon)
    assert b"In a second" not in client.get("/").content
    time.sleep(1.1)
    assert b"In a second" in client.get("/").content


def test_a_kept_answer_is_the_answer_with_all_its_headers(client, pieces):
    for url in ("/", "/tags/trade/feed.rss", pieces[0].get_absolute_url()):
        drawn = client.get(url)
        kept = client.get(url)
        assert kept.headers == drawn.headers
        assert "Content-Security-Policy" in kept.headers
        head = client.head(url)
        assert (head.content, head.headers) == (b"", drawn.headers)
        same = client.get(url, headers={"If-None-Match": drawn.headers["ETag"]})
        assert same.status_code == 304
        of_the_body = {"Content-Type", "Content-Length"}
        assert same.headers == {
            name: value
            for name, value in drawn.headers.items()
            if name not in of_the_body
        }
        assert client.post(url).status_code == 405


def test_a_publication_leaves_other_listings_kept(client, chief, pieces):
    ArticleFactory(published=True, tags=["Fisheries"])
    more = ArticleFactory(source=pieces[0].source, tags=["Trade"])
    urls = ("/tags/fisheries/", "/tags/fisheries/feed.rss")
    seen = {url: client.get(url).headers["ETag"] for url in urls}
    workflow.move(more, "publish", by=chief)
    for url in urls:
        assert client.get(url).headers["ETag"] == seen[url]


def test_menus_follow_the_first_piece_of_a_source_and_its_last(client, chief, pieces):
    def offered():
        return b"Gazette</option>" in client.get("/tags/trade/").content

    piece = ArticleFactory(source=SourceFactory(name="Gazette"))
    assert not offered()
    workflow.move(piece, "publish", by=chief)
    assert offered()
    workflow.move(piece, "unpublish", by=chief)
    assert not offered()
    soon = timezone.now() + timedelta(seconds=1)
    workflow.move(piece, "publish", by=chief, at=soon)
    assert not offered()
    time.sleep(1.1)
    assert offered()


def test_an_embargo_that_ends_shows_the_other_publisher_on_the_card(client, chief):
    lead = ArticleFactory(published=True, tags=["Trade"])
    twin = ArticleFactory(source=SourceFactory(name="Gazette"))
    workflow.fold(twin.pk, lead.pk, by=chief)
    twin.refresh_from_db()
    twin.embargoed_until = timezone.now() + timedelta(seconds=1)
    workflow.save(twin, ["embargoed_until"], by=chief, seen=twin.version)
    for url in ("/tags/trade/", lead.get_absolute_url()):
        assert b"Gazette" not in client.get(url).content
    time.sleep(1.1)
    for url in ("/tags/trade/", lead.get_absolute_url()):
        assert b"Gazette" in client.get(url).content


def test_of_the_hours_that_have_come_the_last_one_is_remembered(chief):
    now = timezone.now()
    come = [now - timedelta(hours=hours) for hours in (3, 2, 1)]
    Appearance.objects.bulk_create(Appearance(at=at) for at in come)
    later = now + timedelta(days=1)
    workflow.move(ArticleFactory(), "publish", by=chief, at=later)
    noted = Appearance.objects.order_by("at").values_list("at", flat=True)
    assert list(noted) == [come[-1], later]


def test_another_process_finds_what_was_drawn_in_the_shared_cache(
    client, pieces, settings
):
    settings.NEWSROOM_SHARES_CACHE = True
    drawn = client.get("/tags/trade/")
    ANSWERS.clear()
    with CaptureQueriesContext(connection) as queries:
        found = client.get("/tags/trade/")
    assert (found.content, found.headers) == (drawn.content, drawn.headers)
    assert len(queries) == 1
    assert not found.templates


def test_what_is_not_public_renews_nothing(chief):
    piece = ArticleFactory(tags=["Trade"])
    tags.tag_articles([piece.pk], [Tag.objects.get(slug="trade")], by=chief)
    workflow.move(piece, "spike", by=chief)
    assert not Edition.objects.exclude(name="site").exists()


def test_an_archive_needs_no_row_for_each_piece(chief):
    more = ArticleFactory.create_batch(5, tags=["Trade"])
    workflow.move_many([each.pk for each in more], "publish", by=chief)
    assert Edition.objects.filter(name="tags/trade").exists()
    assert not Edition.objects.filter(name__startswith="articles/").exists()


def test_addresses_hosts_and_languages_have_pages_of_their_own(client, pieces):
    tags_of = {
        client.get(url, headers={"Host": host}).headers["ETag"]
        for url in ("/", "/?page_size=5")
        for host in ("localhost", "127.0.0.1")
    }
    assert len(tags_of) == 4


def test_errors_are_not_kept(client, pieces):
    for url in ("/tags/trade/?after=0", "/tags/nothing/"):
        assert "ETag" not in client.get(url).headers


def test_a_server_of_wsgi_is_given_what_is_kept_before_django_is_asked(client, pieces):
    url = "/tags/trade/"
    assert asked_of_wsgi(client, url) is None
    shown = client.get(url, headers={"Accept-Encoding": "gzip"})
    with CaptureQueriesContext(connection) as queries:
        status, headers, body = asked_of_wsgi(client, url, HTTP_ACCEPT_ENCODING="gzip")
    assert len(queries) == 1
    assert (status, headers) == ("200 OK", dict(shown.items()))
    assert body == shown.content


def test_who_has_a_kept_page_is_told_so_before_django_is_asked(client, pieces, chief):
    url = "/tags/trade/"
    etag = client.get(url)["ETag"]
    known = client.get(url, headers={"If-None-Match": etag})
    told = asked_of_wsgi(client, url, HTTP_IF_NONE_MATCH=etag)
    assert told == ("304 Not Modified", dict(known.items()), b"")
    workflow.move(pieces[0], "unpublish", by=chief)
    assert asked_of_wsgi(client, url, HTTP_IF_NONE_MATCH=etag) is None


@pytest.mark.parametrize(
    "conditions",
    [
        {"HTTP_IF_NONE_MATCH": '"another"'},
        {"HTTP_IF_NONE_MATCH": "*"},
        {"HTTP_IF_MODIFIED_SINCE": "Wed, 25 Nov 2026 12:00:00 GMT"},
        {"HTTP_IF_MATCH": "*"},
        {"REQUEST_METHOD": "HEAD"},
        {"REQUEST_METHOD": "POST"},
        {"HTTP_HOST": "another.example"},
        {"wsgi.url_scheme": "https"},
        {"HTTP_X_FORWARDED_PROTO": "https"},
        {"SCRIPT_NAME": "/news"},
    ],
    ids=lambda conditions: " ".join(conditions),
)
def test_whatever_else_is_asked_django_is_asked(client, pieces, conditions):
    client.get("/tags/trade/")
    assert asked_of_wsgi(client, "/tags/trade/")
    assert asked_of_wsgi(client, "/tags/trade/", **conditions) is None


def test_a_server_may_leave_out_what_is_empty(client, pieces):
    client.get("/tags/trade/")

    def leave_out(asked, start_response):
        filled = {name: value for name, value in asked.items() if value != ""}
        assert "SCRIPT_NAME" not in filled
        return KEPT_FIRST(filled, start_response)

    assert asked_of_wsgi(client, "/tags/trade/", of=leave_out)


def test_while_the_database_is_away_django_says_so(client, pieces):
    client.get("/tags/trade/")

    def fail(*args):
        raise OperationalError("the database is away")

    with connection.execute_wrapper(fail):
        assert asked_of_wsgi(client, "/tags/trade/") is None
    assert asked_of_wsgi(client, "/tags/trade/")


def test_the_application_of_wsgi_gives_what_is_kept(client, pieces):
    shown = client.get("/tags/trade/")
    told = asked_of_wsgi(client, "/tags/trade/", of=application)
    assert told == ("200 OK", dict(shown.items()), shown.content)
