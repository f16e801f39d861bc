import csv
import io
import json
import random
import re

import pytest
from django.core.management import get_commands, load_command_class

from articles import workflow
from articles.ingest import sources
from articles.models import (
    Article,
    Category,
    Feed,
    ImportRun,
    PossibleDuplicate,
    Reuse,
    RunState,
    Source,
    SourceChange,
    Tag,
    TaggedArticle,
    TagSuggestion,
)
from articles.tagging import index, suggestions, tags
from tests.commands.invocation import import_articles, invoke, ndjson, record
from tests.factories import EDITOR, ArticleFactory, SourceFactory, TagFactory, make_user
from tests.likeness.texts import WIRE, WIRE_AS_PRINTED

pytestmark = pytest.mark.django_db

OURS = sorted(name for name, app in get_commands().items() if app == "articles")


def run_of(*records, **options):
    arguments = [f"--{name}={value}" for name, value in options.items()]
    return import_articles("-", *arguments, stdin=ndjson(records)).json["run"]


def table(done):
    """The two columns that are printed for people, as a dictionary."""
    return dict(line.split() for line in done.out.splitlines())


def test_undo_takes_back_what_a_run_made_and_nobody_touched():
    run = run_of(
        record(1, tags=["Japan"], category="Asia"), record(2), status="published"
    )
    done = invoke("undo_import", run, "--format=json")
    assert done.code == 0
    assert done.json == {
        "run": run,
        "articles": 2,
        "sources": 1,
        "categories": 2,
        "tags": 1,
        "kept": 0,
    }
    for model in (Article, Source, Category, Tag, TaggedArticle):
        assert not model.objects.exists()
    assert ImportRun.objects.get().state == RunState.UNDONE


def test_undo_keeps_what_others_use_and_what_was_there_before():
    SourceFactory(name="Pacific Ledger", slug="ledger")
    first = run_of(record(1, tags=["Japan", "Trade"]))
    run_of(record(2, tags=["Japan"]))
    done = invoke("undo_import", first, "--format=json")
    assert (done.json["articles"], done.json["tags"], done.json["sources"]) == (1, 1, 0)
    assert Article.objects.get().url.endswith("/2")
    assert Tag.objects.get().name == "Japan"


@pytest.mark.parametrize("touch", ["edit", "move", "tag", "untag", "accept"])
def test_undo_leaves_and_lists_what_somebody_worked_on(touch):
    TagFactory(name="Harbour", slug="harbour")
    run = run_of(record(1, title="In the harbour", tags=["Japan"]), record(2))
    article = Article.objects.get(url__endswith="/1")
    editor = make_user(may=("add_tag",))
    if touch == "edit":
        article.headline = "Ours"
        workflow.edit(article, ["headline"], by=editor)
    elif touch == "move":
        workflow.move(article, "select", by=editor)
    elif touch == "tag":
        tags.set_tags(article, ["Japan", "Trade"], by=editor)
    elif touch == "untag":
        tags.set_tags(article, [], by=editor)
    else:
        tags.accept_suggestions([article.pk], by=editor)
    done = invoke("undo_import", run, "--format=json")
    assert (done.code, done.json["articles"], done.json["kept"]) == (0, 1, 1)
    assert f"article {article.pk}" in done.err
    assert Article.objects.get() == article
    assert Source.objects.exists()
    assert not any(index.differences().values())


def test_a_second_undo_is_refused_by_policy():
    run = run_of(record())
    invoke("undo_import", run)
    done = invoke("undo_import", run)
    assert (done.code, done.out) == (3, "")
    assert f"run {run} is undone already" in done.err


def test_an_undo_can_be_tried_first():
    run = run_of(record(1, tags=["Japan"]), record(2))
    dry = invoke("undo_import", run, "--dry-run", "--format=json")
    assert Article.objects.count() == 2
    assert ImportRun.objects.get().state == RunState.FINISHED
    assert invoke("undo_import", run, "--format=json").json == dry.json


def test_what_was_undone_can_be_imported_again():
    records = [record(1, tags=["Japan"]), record(2)]
    invoke("undo_import", run_of(*records))
    done = import_articles("-", stdin=ndjson(records))
    assert done.counts == {"read": 2, "created": 2}


@pytest.mark.parametrize("number", [12, 10**25])
def test_a_run_that_is_none_cannot_be_undone(number):
    done = invoke("undo_import", number)
    assert (done.code, str(number) in done.err) == (2, True)


def made_of(*texts):
    """Sources with names, languages and feeds that are hard to write down."""
    for number, text in enumerate(texts):
        source = Source.objects.create(
            name=text,
            slug=f"s{number}",
            site_url=f"https://{number}.example/?a=1&b=2",
            language="ja",
            reuse=Reuse.HEADLINE,
            description=f"{text}: a description",
        )
        for feed in range(2):
            url = f"https://{number}.example/{feed}.xml?a=1&b=2"
            Feed.objects.create(source=source, url=url)


HARD = ["Ledger & Sons", 'The "Daily" <News>', "日米同盟", "=Formula", "Line, comma"]


@pytest.mark.parametrize("form", ["opml", "csv"])
def test_sources_and_feeds_go_out_and_come_back(form, tmp_path):
    made_of(*HARD)
    names = ["name", "site_url", "language"]
    names += ["reuse", "description"] if form == "csv" else []

    def here():
        feeds = sorted(Feed.objects.values_list("source__name", "url"))
        return sorted(Source.objects.values_list(*names)), feeds

    before = here()
    path = tmp_path / f"sources.{form}"
    path.write_text(invoke("export_sources", f"--format={form}").out, "utf-8")
    again = invoke("import_sources", path, "--format=json")
    counts = {"read": 10, "sources_created": 0, "feeds_created": 0}
    assert again.json == counts | {"unchanged": 10, "failed": 0}
    Source.objects.all().delete()
    done = invoke("import_sources", path, "--format=json")
    counts = {"read": 10, "sources_created": 5, "feeds_created": 10}
    assert (done.code, done.json) == (0, counts | {"unchanged": 0, "failed": 0})
    assert here() == before


def test_a_source_without_a_feed_is_in_the_csv_list():
    SourceFactory(name="Silent")
    out = invoke("export_sources", "--format=csv").out
    rows = csv.DictReader(io.StringIO(out))
    assert [(row["name"], row["feed_url"]) for row in rows] == [("Silent", "")]


def test_bad_rows_of_a_list_are_refused_alone(tmp_path):
    path = tmp_path / "sources.csv"
    path.write_text(
        "name,feed_url,reuse\nGood,https://a.example/f,\n,https://b.example/f,\n"
        "Bad,javascript:x,\nBad,,everything\n!!!,,\n"
        + "x" * 201
        + ",,\nFine,,full_text\n"
    )
    done = invoke("import_sources", path, "--format=json")
    assert (done.code, done.json["read"], done.json["failed"]) == (1, 7, 5)
    assert sorted(Source.objects.values_list("name", flat=True)) == ["Fine", "Good"]
    for number in range(3, 8):
        assert re.search(f"line {number}[:,] ", done.err)
    assert "line 4, “Bad”: " in done.err


def test_a_list_tells_of_a_policy_that_it_does_not_change(tmp_path):
    path = tmp_path / "sources.csv"
    path.write_text(
        "name,feed_url,reuse\nDelta,https://a.example/f,excerpt\n"
        "Delta,https://a.example/f,blocked\nDelta,https://a.example/g,\n"
    )
    done = invoke("import_sources", path, "--format=json")
    assert (done.code, done.json["unchanged"], done.json["failed"]) == (0, 1, 0)
    assert Source.objects.get().reuse == "excerpt"
    assert "line 3, “Delta”: the source is here already and stays 'excerpt'" in done.err
    assert "line 4" not in done.err


def test_a_list_with_a_nul_in_its_header_is_refused_whole(tmp_path):
    path = tmp_path / "sources.csv"
    path.write_bytes(b"name\0,feed_url\nA,https://a.example/f\n")
    done = invoke("import_sources", path)
    assert (done.code, Source.objects.count()) == (2, 0)
    assert "the header row has a NUL in it" in done.err


@pytest.mark.parametrize(
    ("body", "line"),
    [
        ('<outline text="A "B"" xmlUrl="https://b.example/"/>\n</body></opml>', 3),
        ('<outline text="Daily" xmlUrl="https://b.exa', 3),
        ("<outline>\n", 4),
    ],
)
def test_what_broken_xml_leaves_out_of_a_list_is_told(tmp_path, body, line):
    path = tmp_path / "sources.opml"
    good = '<outline text="Good & fine" xmlUrl="https://a.example/?a&b"/>'
    path.write_text(f"<opml><body>\n{good}\n{body}")
    done = invoke("import_sources", path, "--format=json")
    assert (done.code, done.json["feeds_created"], done.json["failed"]) == (1, 1, 1)
    assert f"line {line}: the XML is broken" in done.err
    assert Source.objects.get().name == "Good & fine"
    assert Feed.objects.get().url == "https://a.example/?a&b"


def test_a_list_in_a_thousand_folders_is_refused_with_its_reason(tmp_path):
    """Fault 62."""
    path = tmp_path / "sources.opml"
    feed = '<outline text="A" xmlUrl="https://a.example/"/>'
    deep = '<outline text="folder">' * 1000 + feed + "</outline>" * 1000
    path.write_text(f"<opml><body>{deep}</body></opml>")
    done = invoke("import_sources", path, "--format=json")
    assert (done.code, done.json["failed"]) == (1, 1)
    assert "line 1: the folders are nested too deep" in done.err


def test_a_list_without_end_is_refused_whole(tmp_path, monkeypatch):
    """Fault 62."""
    assert sources.MOST_ROWS == 20_000
    monkeypatch.setattr(sources, "MOST_ROWS", 200)
    path = tmp_path / "sources.csv"
    path.write_text("name\n" + "A\n" * 100_000)
    done = invoke("import_sources", path)
    assert (done.code, Source.objects.count()) == (2, 0)
    assert "more than 200 rows; split it at line 202" in done.err


@pytest.mark.parametrize(
    "address",
    [
        "http://127.0.0.1/feed",
        "http://[::1]/feed",
        "http://10.0.0.1/feed",
        "http://localhost/feed",
        "http://169.254.169.254/latest",
        "http://0x7f.1/feed",
        "http://2130706433/feed",
        "https://user:secret@ledger.example/feed",
        "https://ledger.example:25/feed",
        "https://ledger.example:0/feed",
        "https://ledger.example:99999/feed",
        "file:///etc/passwd",
        f"https://ledger.example/{'x' * 2048}",
    ],
)
def test_a_feed_that_may_not_be_fetched_is_not_taken_in(tmp_path, address):
    """Faults 21, 23 and 62."""
    path = tmp_path / "sources.csv"
    path.write_text(f"name,feed_url\nLedger,{address}\nGazette,https://g.example/f\n")
    done = invoke("import_sources", path, "--format=json")
    assert (done.code, done.json["failed"]) == (1, 1)
    assert "line 2, “Ledger”: feed address: " in done.err
    assert [feed.url for feed in Feed.objects.all()] == ["https://g.example/f"]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_list_may_come_from_any_spreadsheet(tmp_path, delimiter):
    path = tmp_path / "sources.csv"
    rows = [
        ["Name", "feed_url", "reuse"],
        ["Ledger", "https://a.example/f", "headline"],
        ["Bad", "", "any"],
    ]
    text = "\r\n".join(delimiter.join(row) for row in rows)
    path.write_text(text, encoding="utf-8-sig")
    done = invoke("import_sources", path, "--format=json")
    assert (done.code, done.json["feeds_created"], done.json["failed"]) == (1, 1, 1)
    assert "line 3, “Bad”: reuse: " in done.err
    assert Source.objects.get().reuse == "headline"


def test_the_outlines_of_a_list_are_found_in_capitals_too(tmp_path):
    path = tmp_path / "sources.opml"
    row = '<OUTLINE TEXT="Ledger" XMLURL="https://a.example/f"/>'
    path.write_text(f"<OPML><BODY><!-- {row} -->{row}</BODY></OPML>")
    done = invoke("import_sources", path, "--format=json")
    assert (done.json["read"], done.json["feeds_created"]) == (1, 1)


def test_a_list_without_sources_says_so(tmp_path):
    path = tmp_path / "sources.opml"
    path.write_text("<opml><body/></opml>")
    done = invoke("import_sources", path)
    assert (done.code, done.err) == (0, f"{path}: no source is in it.\n")


def test_a_feed_that_another_source_has_makes_no_empty_source(tmp_path):
    path = tmp_path / "sources.csv"
    path.write_text(
        "name,feed_url\nLedger,https://a.example/f\nGazette,https://a.example/f\n"
    )
    done = invoke("import_sources", path, "--format=json")
    assert (done.code, done.json["sources_created"], done.json["unchanged"]) == (
        0,
        1,
        1,
    )
    assert "line 3, “Gazette”: the feed is here already, as one of “Ledger”" in done.err
    assert [source.name for source in Source.objects.all()] == ["Ledger"]


def test_a_list_says_which_of_its_columns_nobody_reads(tmp_path):
    file = tmp_path / "sources.csv"
    file.write_text("Name;feed;Notes;\nLedger;https://ledger.example/feed;ours;\n")
    done = invoke("import_sources", file, "--format=json")
    assert done.code == 0
    assert done.json["read"] == done.json["sources_created"] == 1
    assert done.json["feeds_created"] == 0
    assert "line 1: not read are the columns “feed”, “notes”; those that" in done.err
    file.write_text("name,feed_url\nGazette,https://gazette.example/feed\n")
    assert "not read" not in invoke("import_sources", file).err
    file.write_text(f"name,{','.join(f'c{n:02}' for n in range(12))}\nPost\n")
    assert "“c09”, 2 more; those that" in invoke("import_sources", file).err


@pytest.mark.parametrize(
    ("header", "said"),
    [
        ("name,name", "the header row has name more than once"),
        ("name," + "x" * 11_000, "the header row has 10,000 characters or more"),
        ("na\x1b[31mme,feed_url", "needs a column “name”; it reads: na[31mme,feed_url"),
    ],
)
def test_a_list_with_such_a_header_makes_nothing(tmp_path, header, said):
    file = tmp_path / "sources.csv"
    file.write_text(f"{header}\nLedger,https://ledger.example/feed\n")
    done = invoke("import_sources", file)
    assert (done.code, said in done.err, "\x1b" in done.err) == (2, True, False)
    assert not Source.objects.exists()


def test_columns_and_rows_of_a_list_tell_no_terminal_what_to_do(tmp_path):
    file = tmp_path / "sources.csv"
    file.write_text("name,\x1b[31mevil\u202e\nLedger,x\n")
    done = invoke("import_sources", file)
    assert "not read are the columns “[31mevil”;" in done.err
    assert not {"\x1b", "\u202e"} & set(done.err)


def test_a_row_with_more_cells_than_columns_is_refused_alone(tmp_path):
    file = tmp_path / "sources.csv"
    file.write_text("name,description\nLedger,News, and more\nPost,Notes,,\n")
    done = invoke("import_sources", file)
    assert done.code == 1
    assert "line 2, “Ledger”: the row has more cells than the header row" in done.err
    assert [source.name for source in Source.objects.all()] == ["Post"]


def test_a_site_address_that_is_none_is_named_as_such(tmp_path):
    path = tmp_path / "sources.csv"
    path.write_text("name,site_url\nLedger,ledger.example\n")
    done = invoke("import_sources", path)
    assert (done.code, Source.objects.count()) == (1, 0)
    assert "line 2, “Ledger”: site address: not an absolute address" in done.err


def test_a_list_can_be_tried_first(tmp_path):
    made_of("Ledger")
    path = tmp_path / "sources.opml"
    path.write_text(invoke("export_sources").out)
    Source.objects.all().delete()
    done = invoke("import_sources", path, "--dry-run", "--format=json")
    assert (done.json["sources_created"], done.json["feeds_created"]) == (1, 2)
    assert not Source.objects.exists()


ENTITIES = b'<!DOCTYPE opml [<!ENTITY a "b">]><opml><body/></opml>'


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("x.opml", b""),
        ("x.opml", b"no XML at all"),
        ("x.opml", b"<html/>"),
        ("x.opml", ENTITIES),
        ("x.opml", ENTITIES.decode().encode("utf-16")),
        ("x.csv", b""),
        ("x.csv", b"title,url\nA,https://a.example/\n"),
        ("x.csv", b'"name\nopen'),
        ("x.csv", b'name\n"open'),
        ("x.csv", "name\nA\n".encode("utf-16")),
        ("x.csv", b"name\ncaf\xe9\n"),
        ("x.txt", b"name\nA\n"),
        ("x", b""),
    ],
)
def test_a_list_that_is_none_is_wrong_usage(tmp_path, name, content):
    path = tmp_path / name
    path.write_bytes(content)
    done = invoke("import_sources", path)
    assert (done.code, done.out) == (2, "")
    assert name in done.err
    assert not Source.objects.exists()


def test_a_missing_list_is_wrong_usage(tmp_path):
    assert invoke("import_sources", tmp_path / "nowhere.opml").code == 2
    assert invoke("import_sources", tmp_path).code == 2


def test_real_lists_are_read_and_read_again_without_change(shared):
    found = sorted((shared / "feeds" / "opml").rglob("*.opml"))
    lists = random.Random(7).sample(found, 40)
    lists += sorted((shared / "feeds" / "commafeed").rglob("opml*.xml"))
    assert len(lists) > 40
    for path in lists:
        outlines = path.read_bytes().lower().count(b"xmlurl=")
        done = invoke("import_sources", path, "--format=json")
        assert done.json["read"] == outlines, path
        assert done.json["failed"] <= outlines // 10, done.err
        again = invoke("import_sources", path, "--format=json")
        assert again.json["sources_created"] == again.json["feeds_created"] == 0
    assert Feed.objects.count() > 400


RICH = [
    record(
        n,
        category=["Business", None][n % 2],
        summary="Tom &amp; Co. use the &lt;b&gt; tag, if a &lt; b" if n % 3 else None,
        body=f"<p>All of <em>{n}</em> &amp; more.</p><ul><li>one</li></ul>",
        author="=The newsroom",
        language="en",
        external_id=f"id-{n}",
        image_url=f"https://ledger.example/{n}.jpg",
        image_caption='A "caption"\twith, commas',
        image_credit="Ledger",
        tags=["Japan", "C++", f"Tag {n}"],
        published=None if n == 4 else f"2026-03-0{n + 1}T09:00:00+09:00",
    )
    for n in range(5)
]


@pytest.mark.parametrize("form", ["ndjson", "csv"])
def test_articles_go_out_and_come_back_into_an_empty_database(form):
    import_articles("-", stdin=ndjson(RICH))
    exported = invoke("export_articles", f"--format={form}")
    assert (exported.code, "5 articles" in exported.err) == (0, True)
    read = ["--input-format", form]
    again = import_articles("-", *read, stdin=exported.out.encode())
    assert again.counts == {"read": 5, "unchanged": 5}
    ImportRun.objects.all().delete()
    for model in (Article, Tag, Source, Category):
        model.objects.all().delete()
    done = import_articles("-", *read, stdin=exported.out.encode())
    assert (done.code, done.counts) == (0, {"read": 5, "created": 5})
    assert invoke("export_articles", f"--format={form}").out == exported.out
    excerpt = Article.objects.get(external_id="id-1").source_excerpt
    assert excerpt == "Tom & Co. use the <b> tag, if a < b"


def test_ones_own_export_changes_nothing_whatever_editors_have_tagged():
    import_articles("-", stdin=ndjson([record(tags=["Trade"])]))
    article = Article.objects.get()
    workflow.tag([article.pk], on=["Harbour"], by=make_user("editor", EDITOR))
    exported = invoke("export_articles").out
    assert set(json.loads(exported)["tags"]) == {"Harbour", "Trade"}

    again = import_articles("-", stdin=exported.encode())

    assert again.counts == {"read": 1, "unchanged": 1}
    assert not SourceChange.objects.pending().exists()


def test_an_export_can_be_narrowed():
    made = [
        record(1, tags=["Japan"]),
        record(2, source="Harbour Post", tags=["Japan"], published="2026-04-02"),
        record(3, source="Harbour Post"),
    ]
    import_articles("-", stdin=ndjson(made))

    def titles(*arguments):
        out = invoke("export_articles", *arguments).out
        return [json.loads(line)["title"] for line in out.splitlines()]

    assert titles() == ["Piece 1", "Piece 3", "Piece 2"]
    assert titles("--tag=#JAPAN") == ["Piece 1", "Piece 2"]
    assert titles("--source=harbour-post") == ["Piece 3", "Piece 2"]
    assert titles("--since=2026-04-01") == ["Piece 2"]
    for wrong in ("--tag=none", "--source=none", "--since=soon"):
        assert invoke("export_articles", wrong).code == 2


def test_a_killed_piece_is_in_no_export():
    import_articles("-", stdin=ndjson([record()]))
    workflow.move(Article.objects.get(), "kill", by=make_user(), reason="as it must")
    assert invoke("export_articles").out == ""


def test_possible_duplicates_are_looked_for_again():
    texts = [WIRE, WIRE_AS_PRINTED]
    pieces = [
        record(n, title=f"Ferry {n}", summary=text, source=f"Paper {n}", published=None)
        for n, text in enumerate(texts)
    ]
    import_articles("-", stdin=ndjson(pieces))
    assert PossibleDuplicate.objects.get().article.url.endswith("/1")
    PossibleDuplicate.objects.all().delete()
    dry = invoke("find_duplicates", "--dry-run", "--format=json")
    assert not PossibleDuplicate.objects.exists()
    done = invoke("find_duplicates", "--format=json")
    assert dry.json == done.json == {"articles": 2, "possible_duplicates": 1}
    later = invoke("find_duplicates", "--since=2999-01-01", "--format=json")
    assert later.json == {"articles": 0, "possible_duplicates": 1}
    assert invoke("find_duplicates", "--since=soon").code == 2


def test_tags_are_suggested_again_when_phrases_change():
    import_articles("-", stdin=ndjson([record(title="Ships in the harbour")]))
    assert not TagSuggestion.objects.exists()
    tag = TagFactory(name="Shipping", slug="shipping")
    tag.phrases.create(text="ships")
    dry = invoke("suggest_tags", "--dry-run", "--format=json")
    assert not TagSuggestion.objects.exists()
    done = invoke("suggest_tags", "--format=json")
    assert dry.json == done.json == {"articles": 1, "suggestions": 1}
    suggestions.settle(Article.objects.get(), [tag.pk], "rejected")
    assert invoke("suggest_tags", "--format=json").json["suggestions"] == 0
    assert invoke("suggest_tags", "--since=soon").code == 2


def merged_pieces():
    into = TagFactory(name="JapanUSAlliance", slug="japanusalliance")
    ArticleFactory(published=True, tags=["US Japan"])
    ArticleFactory(published=True, tags=["US Japan", "日米同盟", into.name])
    return into


def test_merged_tags_become_other_names_of_one(client):
    into = merged_pieces()
    arguments = ["merge_tags", "us-japan", "日米同盟", "--into", "JapanUSAlliance"]
    dry = invoke(*arguments, "--dry-run", "--format=json")
    assert Tag.objects.count() == 3
    done = invoke(*arguments, "--format=json")
    assert dry.json == done.json
    assert (done.json["moved"], done.json["already"]) == (1, 1)
    assert Tag.objects.get() == into
    into.refresh_from_db()
    assert into.listed_count == 2
    assert not any(index.differences().values())
    for slug in ("us-japan", "日米同盟"):
        answer = client.get(f"/tags/{slug}/")
        assert (answer.status_code, answer.url) == (301, "/tags/japanusalliance/")
    assert Tag.objects.named("usjapan") == into


@pytest.mark.parametrize(
    "arguments",
    [
        ["merge_tags", "nowhere", "--into=JapanUSAlliance"],
        ["merge_tags", "us-japan", "--into=nowhere"],
        ["merge_tags", "us-japan", "--into=us-japan"],
        ["rename_tag", "nowhere", "X"],
        ["rename_tag", "us-japan", "!!!"],
        ["rename_tag", "us-japan", ""],
        ["rename_tag", "us-japan", "x" * 101],
        ["rename_tag", "us-japan", "japanusalliance"],
    ],
    ids=" ".join,
)
def test_wrong_tags_are_wrong_usage_and_change_nothing(arguments):
    merged_pieces()
    before = list(Tag.objects.order_by("pk").values_list("name", "slug"))
    assert invoke(*arguments).code == 2
    assert list(Tag.objects.order_by("pk").values_list("name", "slug")) == before


def test_the_old_address_of_a_renamed_tag_leads_on(client):
    tag = merged_pieces()
    arguments = ["rename_tag", "JapanUSAlliance", "Japan–US Alliance Treaty"]
    dry = invoke(*arguments, "--dry-run", "--format=json")
    tag.refresh_from_db()
    assert tag.slug == "japanusalliance"
    done = invoke(*arguments, "--format=json")
    assert dry.json == done.json
    assert done.json["articles"] == 1
    tag.refresh_from_db()
    assert (tag.name, tag.slug) == (arguments[2], "japan-us-alliance-treaty")
    answer = client.get("/tags/japanusalliance/")
    assert (answer.status_code, answer.url) == (301, tag.get_absolute_url())
    assert client.get("/hashtag/JapanUSAlliance").url == tag.get_absolute_url()


def test_a_broken_listing_index_is_found_and_repaired():
    article = ArticleFactory(published=True, tags=["Japan"])
    assert invoke("check_listing").code == 0
    TaggedArticle.objects.filter(content_object=article).update(language="xx")
    Tag.objects.update(listed_count=7)
    found = invoke("check_listing", "--format=json")
    assert (found.code, found.json) == (1, {"rows": 1, "counts": 1, "repaired": False})
    assert invoke("check_listing", "--repair", "--dry-run").code == 0
    assert invoke("check_listing").code == 1
    assert invoke("check_listing", "--repair").code == 0
    assert table(invoke("check_listing")) == {
        "rows": "0",
        "counts": "0",
        "repaired": "False",
    }


@pytest.mark.parametrize("name", OURS)
def test_help_has_examples_and_exit_codes(name):
    command = load_command_class("articles", name)
    text = command.create_parser("manage.py", name).format_help()
    assert f"manage.py {name}" in text.partition("examples:")[2]
    for code in ("0 done", "1 finished", "2 wrong", "3 refused", "4 the", "130 int"):
        assert code in text.partition("exit codes:")[2]
    # What a bench prints, each of its parts says itself.
    assert ("--format" in text) == (name != "bench")
    writes = name != "bench" and not name.startswith("export_")
    assert ("--dry-run" in text) == writes
