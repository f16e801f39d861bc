import csv
import datetime
import io
import json

import pytest
from django.utils import timezone

from articles import workflow
from articles.models import (
    Article,
    Category,
    ImportRun,
    RefusedRecord,
    RunState,
    Source,
    Tag,
    TaggedArticle,
)
from articles.tagging import index, tags
from tests.commands.contents import contents
from tests.commands.invocation import (
    import_articles,
    invoke,
    ndjson,
    record,
)
from tests.factories import make_user

pytestmark = pytest.mark.django_db

THREE = [record(number, tags=["Japan", f"Tag {number}"]) for number in (1, 2, 3)]
UTC = datetime.UTC


@pytest.fixture
def file(tmp_path):
    """Writes records to a file of the test's; answers its path."""

    def write(records, name="pieces.ndjson"):
        path = tmp_path / name
        path.write_bytes(records if isinstance(records, bytes) else ndjson(records))
        return path

    return write


def nothing_is_here():
    models = (Article, Source, Category, Tag, TaggedArticle, ImportRun, RefusedRecord)
    return not any(model.objects.exists() for model in models)


def test_the_report_is_one_object_with_the_fields_of_the_contract(file):
    done = import_articles(file(THREE))
    assert (done.code, done.out.count("\n")) == (0, 1)
    seconds = done.json.pop("seconds")
    assert isinstance(seconds, float) and seconds >= 0
    assert list(done.json)[:-1] == [
        "run",
        "read",
        "created",
        "updated",
        "unchanged",
        "duplicate",
        "failed",
    ]
    assert done.json["run"] == ImportRun.objects.get().pk
    assert done.counts == {"read": 3, "created": 3}


def test_for_people_the_summary_goes_to_stderr_and_nothing_to_stdout(file):
    done = invoke("import_articles", file(THREE))
    assert done.out == ""
    assert "read 3, created 3" in done.err


def test_a_second_run_creates_and_updates_nothing(file):
    path = file(THREE)
    import_articles(path)
    before = contents()
    assert import_articles(path).counts == {"read": 3, "unchanged": 3}
    assert contents() == before


def test_an_article_carries_what_its_record_says(file):
    import_articles(
        file(
            [
                record(
                    category="Business",
                    summary="A <b>short</b> text.",
                    body="<p>All of it.</p><script>alert(1)</script>",
                    author="The newsroom",
                    language="en-GB",
                    external_id=17,
                    image_url="https://ledger.example/a.jpg",
                    image_caption="A harbour",
                    image_credit="Ledger",
                    tags=["#Japan", "Trade"],
                )
            ]
        )
    )
    article = Article.objects.get()
    assert article.source.name == "Pacific Ledger"
    assert article.source.reuse == "excerpt"
    assert article.source_published_at == datetime.datetime(
        2026, 3, 1, 0, 1, tzinfo=UTC
    )
    assert not article.date_is_estimated
    assert article.source_excerpt == "A short text."
    assert article.source_body == "<p>All of it.</p>"
    assert (article.category.name, article.author) == ("Business", "The newsroom")
    assert (article.language, article.external_id) == ("en-GB", "17")
    assert article.image_url == "https://ledger.example/a.jpg"
    assert (article.image_caption, article.image_credit) == ("A harbour", "Ledger")
    assert sorted(article.tags.names()) == ["Japan", "Trade"]
    assert (article.status, article.headline) == ("ingested", "")


def test_without_a_category_it_is_general_and_without_a_date_it_is_marked(file):
    import_articles(file([record(published=None)]))
    article = Article.objects.get()
    assert article.category.name == "General"
    assert article.date_is_estimated
    assert abs(article.source_published_at - timezone.now()).total_seconds() < 60


def test_a_dry_run_counts_the_same_and_writes_nothing(file):
    path = file([*THREE, record(4, url="ftp://ledger.example/")])
    dry = import_articles(path, "--dry-run")
    assert dry.json["run"] is None
    assert "run None" not in dry.err
    assert nothing_is_here()
    real = import_articles(path)
    assert dry.counts == real.counts == {"read": 4, "created": 3, "failed": 1}
    assert dry.code == real.code == 1


def test_published_lists_pieces_as_of_their_source_but_never_ahead_of_now(file):
    ahead = timezone.now() + datetime.timedelta(days=30)
    path = file([record(1, tags=["Japan"]), record(2, published=ahead.isoformat())])
    import_articles(path, "--status=published")
    old, new = Article.objects.order_by("pk")
    assert (old.status, new.status) == ("published", "published")
    assert old.published_at == old.source_published_at
    assert new.source_published_at == ahead
    assert new.published_at <= timezone.now()
    assert set(Article.objects.published()) == {old, new}
    assert Tag.objects.get().listed_count == 1
    assert not any(index.differences().values())


def test_a_source_on_the_command_line_stands_for_the_one_a_record_lacks(file):
    Source.objects.create(name="The Ledger", slug="ledger")
    path = file([record(1, source=None), record(2)])
    import_articles(path, "--source=ledger")
    names = Article.objects.order_by("pk").values_list("source__name", flat=True)
    assert list(names) == ["The Ledger", "Pacific Ledger"]


@pytest.mark.parametrize(
    "arguments",
    [
        ["--date-format=nonsense"],
        ["--date-format=%Y %Q"],
        ["--limit=0"],
        ["--limit=-1"],
        ["--batch-size=0"],
        ["--batch-size=1000000"],
        ["--source=!!!"],
        ["--source", "x" * 201],
        ["--resume=12"],
        ["--resume=99999999999999999999"],
        ["--errors=/nowhere/refused.ndjson"],
    ],
    ids=lambda arguments: arguments[0][:25],
)
def test_wrong_usage_is_2_says_where_and_writes_nothing(file, arguments):
    done = import_articles(file(THREE), *arguments)
    assert done.code == 2
    assert arguments[0].partition("=")[0].strip("-").split("-")[0] in done.err
    assert nothing_is_here()


@pytest.mark.parametrize("path", ["nowhere.ndjson", ".", "bad\x07name", "bad\udcff"])
def test_a_file_that_is_none_is_wrong_usage(path):
    assert import_articles(path).code == 2
    assert import_articles().code == 2
    assert nothing_is_here()


def test_an_errors_file_that_is_also_read_is_wrong_usage_and_stays(file):
    path = file(THREE)
    before = path.read_bytes()
    assert import_articles(path, "--errors", path).code == 2
    assert path.read_bytes() == before


def test_dates_are_read_as_the_date_format_says(file):
    path = file([record(published="01.03.2026 09:30"), record(2, published="3/1/26")])
    done = import_articles(path, "--date-format=%d.%m.%Y %H:%M")
    assert done.counts == {"read": 2, "created": 1, "failed": 1}
    assert "published" in RefusedRecord.objects.get().reason
    moment = datetime.datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
    assert Article.objects.get().source_published_at == moment


def test_a_date_alone_is_the_beginning_of_the_day_in_the_site_s_zone(file, settings):
    settings.TIME_ZONE = "Asia/Tokyo"
    timezone.get_default_timezone.cache_clear()
    try:
        import_articles(file([record(published="2026-03-01")]))
    finally:
        timezone.get_default_timezone.cache_clear()
    moment = datetime.datetime(2026, 2, 28, 15, 0, tzinfo=UTC)
    assert Article.objects.get().source_published_at == moment


@pytest.mark.parametrize("batch_size", [1, 2, 500])
def test_a_limit_holds_across_files(file, batch_size):
    paths = file(THREE), file([record(9)], "more.ndjson")
    done = import_articles(*paths, "--limit=2", f"--batch-size={batch_size}")
    assert done.counts == {"read": 2, "created": 2}


def test_every_batch_size_leads_to_the_same_database(file):
    records = [
        record(
            number % 20,
            source=f"Source {number % 3}",
            category=["Business", "business", None][number % 3],
            tags=[["AI", "#ai", "a.i."][number % 3], f"T{number % 4}"],
            title="" if number % 9 == 8 else f"Piece {number} on T1",
        )
        for number in range(24)
    ]
    path = file(records)
    seen = []
    for size in (1, 3, 500):
        done = import_articles(path, f"--batch-size={size}", "--status=published")
        seen.append((done.counts, contents()))
        assert invoke("undo_import", done.json["run"]).code == 0
        assert not Article.objects.exists() and not Tag.objects.exists()
    assert seen[0] == seen[1] == seen[2]
    assert seen[0][0] == {"read": 24, "created": 18, "duplicate": 4, "failed": 2}


@pytest.mark.parametrize("batch_size", [1, 3, 500])
def test_fail_fast_stops_at_the_first_refused_record_but_not_at_a_duplicate(
    file, batch_size
):
    path = file([record(1), record(1), record(2), record(3, url="no"), record(4)])
    done = import_articles(path, "--fail-fast", f"--batch-size={batch_size}")
    assert done.code == 1
    assert done.counts == {"read": 4, "created": 2, "duplicate": 1, "failed": 1}
    assert ImportRun.objects.get().state == RunState.STOPPED
    resumed = import_articles("--resume", done.json["run"])
    assert resumed.counts["created"] == 3
    assert ImportRun.objects.get().state == RunState.FINISHED


def test_standard_input_is_read_in_every_format():
    done = import_articles("-", stdin=ndjson(THREE))
    assert done.counts == {"read": 3, "created": 3}


def as_csv(records):
    out = io.StringIO()
    writer = csv.DictWriter(out, ["url", "title", "source", "published", "tags"])
    writer.writeheader()
    for each in records:
        writer.writerow(each | {"tags": "|".join(each["tags"])})
    return out.getvalue().encode()


RSS = """<?xml version="1.0"?><rss version="2.0"><channel>
<title>Pacific Ledger</title><link>https://ledger.example/</link>
{}</channel></rss>"""
RSS_ITEM = """<item><title>Piece {0}</title><link>https://ledger.example/{0}</link>
<pubDate>Sun, 01 Mar 2026 09:0{0}:00 +0900</pubDate>
<category>Japan</category><category>Tag {0}</category></item>"""
ATOM = """<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom">
<title>Pacific Ledger</title><id>urn:ledger</id>
<updated>2026-03-01T00:00:00Z</updated>{}</feed>"""
ATOM_ENTRY = """<entry><title>Piece {0}</title><id>urn:ledger:{0}</id>
<link href="https://ledger.example/{0}"/>
<published>2026-03-01T09:0{0}:00+09:00</published>
<category term="Japan"/><category term="Tag {0}"/></entry>"""
WXR = """<?xml version="1.0"?><rss version="2.0"
xmlns:wp="http://wordpress.org/export/1.2/"><channel>
<title>Pacific Ledger</title><link>https://ledger.example/</link>
<wp:wxr_version>1.2</wp:wxr_version>{}</channel></rss>"""
WXR_ITEM = """<item><title>Piece {0}</title><link>https://ledger.example/{0}</link>
<wp:post_date_gmt>2026-03-01 00:0{0}:00</wp:post_date_gmt>
<wp:status>publish</wp:status><wp:post_type>post</wp:post_type>
<category domain="post_tag">Japan</category>
<category domain="post_tag">Tag {0}</category></item>"""


def as_json_feed(records):
    items = [
        {
            "id": each["url"],
            "url": each["url"],
            "title": each["title"],
            "date_published": each["published"],
            "tags": each["tags"],
        }
        for each in records
    ]
    version = "https://jsonfeed.org/version/1.1"
    feed = {"version": version, "title": "Pacific Ledger", "items": items}
    return json.dumps(feed).encode()


def as_xml(frame, item):
    return frame.format("".join(item.format(number) for number in (1, 2, 3))).encode()


FORMATS = {
    "ndjson": ndjson(THREE),
    "json": json.dumps(THREE, indent=1).encode(),
    "csv": as_csv(THREE),
    "rss": as_xml(RSS, RSS_ITEM),
    "atom": as_xml(ATOM, ATOM_ENTRY),
    "jsonfeed": as_json_feed(THREE),
    "wxr": as_xml(WXR, WXR_ITEM),
}


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("named", [True, False], ids=["named", "told by its beginning"])
def test_every_format_brings_the_same_pieces(form, named):
    chosen = [f"--input-format={form}"] if named else []
    done = import_articles("-", *chosen, stdin=FORMATS[form])
    assert (done.code, done.counts) == (0, {"read": 3, "created": 3}), done.err
    for number, article in enumerate(Article.objects.order_by("url"), start=1):
        assert article.url == f"https://ledger.example/{number}"
        assert article.source_headline == f"Piece {number}"
        assert article.source.name == "Pacific Ledger"
        moment = datetime.datetime(2026, 3, 1, 0, number, tzinfo=UTC)
        assert article.source_published_at == moment
        assert sorted(article.tags.names()) == ["Japan", f"Tag {number}"]


def test_unknown_fields_are_named_once_and_ignored(file):
    done = import_articles(
        file([record(n, mood="fine", **{"\x1b[31mred": 1}) for n in range(5)])
    )
    assert done.counts == {"read": 5, "created": 5}
    assert done.err.count("mood") == 1
    assert "\x1b" not in done.err


def test_countless_unknown_fields_are_not_all_told(file):
    done = import_articles(file([record(n, **{f"field{n}": 1}) for n in range(100)]))
    assert done.counts == {"read": 100, "created": 100}
    assert len(done.err) < 1000


@pytest.mark.parametrize("blank", [None, "", "  ", "left out"])
def test_a_blank_field_never_erases_a_value(file, blank):
    full = record(
        summary="Short.",
        body="<p>Long.</p>",
        author="The newsroom",
        language="en",
        external_id="7",
        image_url="https://ledger.example/a.jpg",
        category="Business",
        image_caption="A harbour",
        image_credit="Ledger",
        tags=["Japan"],
    )
    import_articles(file([full]))
    before = contents()
    kept = {"url", "title", "source"}
    if blank == "left out":
        sparse = {name: full[name] for name in kept}
    else:
        sparse = {name: full[name] if name in kept else blank for name in full}
        sparse["tags"] = [] if blank else None
    done = import_articles("-", stdin=json.dumps(sparse).encode())
    assert done.counts == {"read": 1, "unchanged": 1}, done.err
    assert contents() == before


def test_a_changed_record_updates_its_piece(file):
    import_articles(file([record(tags=["Japan"], category="Business")]))
    done = import_articles(
        file([record(title="New", tags=["Japan", "Trade"], category="Politics")])
    )
    assert done.counts == {"read": 1, "updated": 1}
    article = Article.objects.get()
    assert (article.source_headline, article.category.name) == ("New", "Politics")
    assert sorted(article.tags.names()) == ["Japan", "Trade"]


def test_tags_are_matched_by_alias_and_in_any_spelling(file):
    tag = Tag.objects.create(name="JapanUSAlliance", slug="japanusalliance")
    tags.add_alias(tag, "日米同盟")
    spellings = [
        "#日米同盟",
        "japan-us alliance",
        "Ｊａｐａｎ US alliance",
        "JAPANUSALLIANCE",
    ]
    import_articles(file([record(n, tags=[name]) for n, name in enumerate(spellings)]))
    assert list(Tag.objects.all()) == [tag]
    assert tag.tagged_articles.count() == 4
    import_articles(file([record(9, tags=spellings)]))
    assert tag.tagged_articles.count() == 5


def test_what_people_decided_survives_another_import(file):
    editor = make_user(may=("add_tag",))
    path = file([record(tags=["Japan", "Trade"], category="Business")])
    import_articles(path)
    article = Article.objects.get()
    article.headline = "Ours"
    article.category = Category.objects.create(name="Asia", slug="asia")
    workflow.edit(article, ["headline", "category"], by=editor)
    tags.set_tags(article, ["Japan", "Diplomacy"], by=editor)
    workflow.move(article, "publish", by=editor)
    assert import_articles(path).counts == {"read": 1, "unchanged": 1}
    changed = record(title="Theirs, anew", tags=["Trade", "Tokyo"], category="World")
    assert import_articles(file([changed])).counts == {"read": 1, "updated": 1}
    article.refresh_from_db()
    assert (article.headline, article.source_headline) == ("Ours", record()["title"])
    assert (article.category.name, article.status) == ("Asia", "published")
    assert set(article.tags.names()) == {"Japan", "Diplomacy"}
    waiting = article.source_changes.get(state="pending")
    assert waiting.after["source_headline"] == "Theirs, anew"
    assert waiting.after["source_tags"] == ["Japan", "Trade", "Tokyo"]
    assert import_articles(file([changed])).counts == {"read": 1, "unchanged": 1}
    assert not any(index.differences().values())


def test_a_killed_piece_stays_as_it_is(file):
    import_articles(file([record()]))
    article = Article.objects.get()
    workflow.move(article, "kill", by=make_user(), reason="a court says so")
    before = contents()
    path = file([record(title="Again", tags=["Japan"], author="Somebody")])
    done = import_articles(path, "--status=published")
    assert done.counts == {"read": 1, "unchanged": 1}
    after = contents()
    assert (after["Article"], after["TaggedArticle"]) == (before["Article"], [])


def test_an_address_that_another_source_brought_is_a_duplicate(file):
    import_articles(file([record()]))
    taken = record(url="http://www.ledger.example/1/?utm_source=x", source="Copyist")
    first = file([record(2), record(3)])
    second = file([taken, record(4, source="Copyist")], "second.ndjson")
    done = import_articles(first, second)
    assert (done.code, done.counts) == (0, {"read": 4, "created": 3, "duplicate": 1})
    refused = RefusedRecord.objects.get()
    assert (refused.outcome, refused.line) == ("duplicate", 1)
    assert refused.input == str(second)
    assert "Pacific Ledger" in refused.reason
    assert str(refused.reason) in done.err
    assert Article.objects.get(url=record()["url"]).source.name == "Pacific Ledger"


def test_an_address_twice_in_a_run_is_a_duplicate_that_names_the_first(file):
    path = file([record(1), record(2), record(1, title="Again")])
    done = import_articles(path)
    assert done.counts == {"read": 3, "created": 2, "duplicate": 1}
    refused = RefusedRecord.objects.get()
    assert refused.line == 3
    assert f"{path}:1" in refused.reason


def test_one_file_that_cannot_be_read_does_not_stop_the_next(file):
    torn = file(b'[{"url": "https://a.example/", "title', "torn.json")
    web = file(b"<html><body>no feed</body></html>", "page.xml")
    done = import_articles(torn, web, file(THREE))
    assert done.code == 1
    assert done.counts["created"] == 3
    assert str(torn) in done.err and str(web) in done.err


def test_refused_records_can_be_corrected_and_fed_back(file, tmp_path):
    errors = tmp_path / "refused.ndjson"
    bad = [record(2, title=None), record(3, published="yesterday", tags="Japan")]
    path = file([record(1), *bad, record(4)])
    done = import_articles(path, "--errors", errors)
    assert (done.code, done.counts["failed"]) == (1, 2)
    lines = [json.loads(line) for line in errors.read_text().splitlines()]
    assert [line["line"] for line in lines] == [2, 3]
    assert "title" in lines[0]["reason"]
    assert "published" in lines[1]["reason"] and "tags" in lines[1]["reason"]
    lines[0]["title"] = "Found again"
    lines[1] |= {"published": "2026-03-01", "tags": ["Japan"]}
    again = import_articles("-", stdin=ndjson(lines))
    assert (again.code, again.counts) == (0, {"read": 2, "created": 2})
    assert "Unknown" not in again.err
    assert Article.objects.count() == 4


def test_the_errors_file_of_a_resumed_run_is_whole(file, tmp_path):
    errors = tmp_path / "refused.ndjson"
    path = file([record(1, url="no"), record(2), record(3, url="no")])
    done = import_articles(path, "--fail-fast", "--errors", errors)
    assert len(errors.read_text().splitlines()) == 1
    import_articles("--resume", done.json["run"], "--errors", errors)
    lines = map(json.loads, errors.read_text().splitlines())
    assert [line["line"] for line in lines] == [1, 3]
    refused = RefusedRecord.objects.order_by("pk").values_list("line", flat=True)
    assert list(refused) == [1, 3]


@pytest.mark.parametrize("change", ["finished", "another file", "undone"])
def test_only_a_stopped_run_of_the_same_files_can_be_resumed(file, change):
    path = file([record(1), record(2, url="no"), record(3)])
    fail_fast = [] if change == "finished" else ["--fail-fast"]
    number = import_articles(path, *fail_fast).json["run"]
    if change == "another file":
        path = file(THREE)
    if change == "undone":
        invoke("undo_import", number)
    done = import_articles(path, "--resume", number)
    assert done.code == 2
    assert f"run {number}" in done.err


@pytest.mark.parametrize("field", ["source", "category", "tags"])
@pytest.mark.parametrize("name", ["~", "ﷺ" * 60, "ß" * 100 + "ﷺ" * 50])
def test_a_name_that_makes_no_address_is_refused_alone(file, field, name):
    bad = record(2, **{field: [name] if field == "tags" else name})
    done = import_articles(file([record(1), bad, record(3)]))
    assert done.code in (0, 1)
    assert done.counts["created"] in (2, 3)
    again = import_articles(file([record(1), bad, record(3)]))
    assert again.counts["unchanged"] == done.counts["created"]
    for refused in RefusedRecord.objects.all():
        assert (refused.line, refused.reason.partition(":")[0]) == (2, field)
