"""Every kind of bad record that was thought of, each between two good ones."""

import csv
import io
import json

import pytest
from django.urls import reverse

from articles.ingest.records import KNOWN_FIELDS
from articles.models import Article, ImportRun, RefusedRecord, Tag
from tests.commands.invocation import import_articles, invoke, ndjson, record

pytestmark = pytest.mark.django_db


def line(**fields):
    """A line that is good but for these fields."""
    return json.dumps(record(**fields)).encode()


def with_member(member):
    """A good line with ``member`` (as it is) for one more member."""
    return line()[:-1] + b", " + member + b"}"


def url(text):
    return line(url=text)


OF_A_WRONG_TYPE = {
    f"{name} is {json.dumps(value)}": (line(**{name: value}), f"{name}: ")
    for name in KNOWN_FIELDS
    for value in (True, {"a": 1}, [["x"]])
}
NUMBERS = {
    f"{name} is a number": (line(**{name: 5}), f"{name}: must be")
    for name in KNOWN_FIELDS
    if name != "external_id"
}
TOO_LONG = {
    f"{name} is too long": (line(**{name: "x" * most}), f"{name}: longer than")
    for name, most in {
        "title": 501,
        "source": 201,
        "category": 101,
        "summary": 20_001,
        "body": 1_000_001,
        "author": 201,
        "language": 36,
        "external_id": 501,
        "image_caption": 1_001,
        "image_credit": 201,
    }.items()
}
SURROGATES = {
    f"half a surrogate pair in {name}": (
        with_member(b'"%s": "x\\ud83d"' % name.encode()),
        f"{name}: ",
    )
    for name in ("note", "summary", "author")
}

#: What is wrong: the line, and words of the reason it is refused with.
BAD = {
    "no JSON": (b"Piece, https://ledger.example/", "not JSON at column 1"),
    "an object cut off": (
        b'{"url": "https://ledger.example/9", ',
        "not JSON at column",
    ),
    "single quotes": (b"{'url': 'https://ledger.example/9'}", "not JSON at column 2"),
    "two objects": (line() + line(), "more text behind the object"),
    "a trailing comma": (line()[:-1] + b",}", "not JSON"),
    "an array": (b"[1, 2, 3]", "this is a list"),
    "an array of records": (b"[" + line() + b"]", "this is a list"),
    "null": (b"null", "this is null"),
    "a text": (b'"https://ledger.example/9"', "this is a text"),
    "a number": (b"17", "this is a number"),
    "an empty object": (b"{}", "url: missing; title: missing; source: missing"),
    "no url": (line(url=None), "url: missing"),
    "no title": (line(title=None), "title: missing"),
    "no source": (line(source=None), "source: missing"),
    "url null": (with_member(b'"url": null'), "url: is given twice"),
    "blank url": (url("   "), "url: missing"),
    "javascript: url": (url("javascript:alert(1)"), "url: not an absolute"),
    "ftp: url": (url("ftp://ledger.example/9"), "url: not an absolute"),
    "data: url": (url("data:text/html,x"), "url: not an absolute"),
    "relative url": (url("/news/9"), "url: not an absolute"),
    "url without a scheme": (url("ledger.example/9"), "url: not an absolute"),
    "url without a host": (url("https:///9"), "url: the address names no host"),
    "url with a user": (url("https://a:b@ledger.example/"), "url: the address holds a"),
    "url with a line break": (url("https://ledger.example/\n9"), "url: the address"),
    "url with a TAB": (url("https://ledger.ex\tample/9"), "url: the address holds"),
    "url with a backslash": (url("https:\\\\ledger.example"), "url: the address"),
    "url with a blank host": (url("https://led ger.example/"), "url: "),
    "url with an impossible port": (url("https://ledger.example:99999/"), "url: the p"),
    "url with a broken IPv6": (url("https://[::1/9"), "url: "),
    "url of 2,001 characters": (
        url("https://ledger.example/" + "x" * 1978),
        "url: longer than 2,000 characters (2,001)",
    ),
    "url too long once encoded": (
        url("https://ledger.example/" + "日" * 600),
        "url: the address has",
    ),
    "a NUL, raw": (line(title="a@b").replace(b"@", b"\0"), "not JSON at column"),
    "a NUL, escaped": (line(title="a\0b"), "title: holds a NUL"),
    "a NUL in a field's name": (with_member(b'"a\\u0000b": 1'), "holds a NUL"),
    "a lone surrogate": (with_member(b'"note": "\\udfff"'), "note: holds half"),
    "not UTF-8": (line(title="caf@").replace(b"@", b"\xe9"), "not UTF-8: byte"),
    "overlong UTF-8": (line(title="a@").replace(b"@", b"\xc0\x80"), "not UTF-8"),
    "a raw line break in a text": (
        line(title="a@b").replace(b"@", b"\t"),
        "line breaks and tabs in a text are",
    ),
    "a title of 5 MB": (line(title="x" * 5_000_000), "title: longer than 500"),
    "a title of nothing visible": (line(title="\u200b\u2060\ufeff"), "title: missing"),
    "a title of blanks": (line(title=" \u3000\u00a0"), "title: missing"),
    "a title of joiners": (line(title="\u200d\u200c"), "title: missing"),
    "a source of marks": (line(source="!!!"), "source: “!!!”"),
    "a tag of marks": (line(tags=["Japan", "!!!"]), "tags: “!!!”"),
    "a source of tildes": (line(source="~"), "source: “~”"),
    "a category of marks": (line(category="---"), "category: “---”"),
    "the year 1": (line(published="0001-01-01T00:00:00Z"), "published: "),
    "the year 1 east of Greenwich": (
        line(published="0001-01-01T00:00:00+14:00"),
        "published: ",
    ),
    "the year 9999": (line(published="9999-12-31T23:59:59-12:00"), "published: "),
    "the year 10000": (line(published="10000-01-01"), "published: "),
    "30 February": (line(published="2026-02-30"), "published: “2026-02-30” is no day"),
    "nonsense for a date": (line(published="yesterday-ish"), "published: "),
    "an epoch number": (line(published=1772323200), "published: must be text, not a"),
    "an epoch number as text": (line(published="1772323200"), "published: "),
    "a date of 2 kB": (line(published="2026-03-01" * 200), "published: not a date"),
    "an offset that is none": (
        line(published="2026-03-01T00:00:00+99:99"),
        "published: ",
    ),
    "an ambiguous date": (line(published="01/02/2026"), "published: "),
    "duplicate keys": (with_member(b'"title": "Other"'), "title: is given twice"),
    "NaN": (with_member(b'"author": NaN'), "author: NaN"),
    "Infinity": (with_member(b'"external_id": -Infinity'), "external_id: NaN"),
    "deep nesting": (with_member(b'"x": ' + b"[" * 99 + b"]" * 99), "is nested"),
    "bottomless nesting": (
        with_member(b'"x": ' + b"[" * 100_000 + b"]" * 100_000),
        "is nested deeper than",
    ),
    "a huge integer": (with_member(b'"x": ' + b"9" * 100_000), "a number of 100,000"),
    "a huge integer for an id": (
        with_member(b'"external_id": ' + b"9" * 5_000),
        "a number of 5,000 digits",
    ),
    "tags as text": (line(tags="Japan, Trade"), "tags: must be a list"),
    "a tag that is no text": (line(tags=["Japan", 5]), "tags: tag 2 must be text"),
    "a tag that is a list": (line(tags=["Japan", ["x"]]), "tags: tag 2 must be text"),
    "51 tags": (line(tags=[f"T{n}" for n in range(51)]), "tags: more than 50 (51)"),
    "a tag of 101 characters": (line(tags=["x" * 101]), "tags: tag 1 is longer"),
    "a tag without an address": (line(tags=["Japan", "~"]), "tags: “~”"),
    "a tag that unfolds": (line(tags=["ﷺ" * 90]), "tags: “ﷺ"),
    "a language that is none": (line(language="English!"), "language: “English!”"),
    "a language with a blank": (line(language="en GB"), "language: “en GB”"),
    "a picture's javascript:": (line(image_url="javascript:x"), "image_url: not an"),
    "a picture's relative path": (line(image_url="/a.jpg"), "image_url: not an"),
    "everything at once": (
        line(url="no", title="", source=5, published="no", tags="no", language="!"),
        "url: not an absolute address",
    ),
    "a line of 17 MB": (line(body="x" * (17 * 2**20)), "longer than 16 MB"),
    **OF_A_WRONG_TYPE,
    **NUMBERS,
    **TOO_LONG,
    **SURROGATES,
}
HUGE = {"a line of 17 MB", "a title of 5 MB"}


@pytest.fixture
def run(tmp_path):
    """Imports these bytes as a file; answers what came of it."""

    def run(content, name="pieces.ndjson"):
        path = tmp_path / name
        path.write_bytes(content)
        return import_articles(path)

    return run


def good(number):
    return line(url=f"https://good.example/{number}", tags=["Good"])


def arrived():
    return list(Article.objects.order_by("pk").values_list("url", flat=True))


@pytest.mark.parametrize("kind", BAD)
def test_a_bad_record_is_refused_alone_with_its_line_and_reason(run, kind):
    content, reason = BAD[kind]
    done = run(good(1) + b"\n\n" + content + b"\n" + good(2) + b"\n")
    refused = RefusedRecord.objects.get()
    assert (refused.line, refused.outcome) == (3, "failed")
    assert reason in refused.reason
    assert len(refused.reason) < 500
    assert len(refused.raw) <= 2000
    assert done.code == 1
    assert done.counts == {"read": 3, "created": 2, "failed": 1}
    assert f":3: refused: {refused.reason}"[:200] in done.err
    assert arrived() == ["https://good.example/1", "https://good.example/2"]
    assert list(Tag.objects.values_list("name", flat=True)) == ["Good"]


def test_all_of_them_in_one_file_leave_the_good_ones_whole(run, tmp_path):
    kinds = [kind for kind in BAD if kind not in HUGE]
    lines = []
    for number, kind in enumerate(kinds):
        lines += [good(number), BAD[kind][0]]
    done = run(b"\n".join([*lines, good(len(kinds))]))
    wanted = {"read": 2 * len(kinds) + 1, "failed": len(kinds)}
    assert done.counts == wanted | {"created": len(kinds) + 1}
    assert arrived() == [f"https://good.example/{n}" for n in range(len(kinds) + 1)]
    refused = list(RefusedRecord.objects.order_by("line"))
    assert [each.line for each in refused] == list(range(2, 2 * len(kinds) + 1, 2))
    for each, kind in zip(refused, kinds, strict=True):
        assert BAD[kind][1] in each.reason, kind
    assert ImportRun.objects.get().failed == len(kinds)


def test_a_record_is_told_all_its_problems_at_once(run):
    run(BAD["everything at once"][0])
    reasons = RefusedRecord.objects.get().reason.split("; ")
    fields = [reason.partition(":")[0] for reason in reasons]
    assert {"url", "title", "source", "published", "tags"} <= set(fields)


@pytest.mark.parametrize("kind", [kind for kind in BAD if kind not in HUGE])
def test_an_errors_file_holds_every_refused_record_as_one_line(tmp_path, kind):
    errors = tmp_path / "refused.ndjson"
    content, reason = BAD[kind]
    lines = content + b"\n"
    import_articles("-", "--errors", errors, "--input-format=ndjson", stdin=lines)
    text = errors.read_text(encoding="ascii")
    assert text.count("\n") == 1
    refused = json.loads(text)
    assert refused["line"] == 1
    assert reason in refused["reason"]


def test_a_last_line_that_is_cut_off_is_refused(run):
    done = run(good(1) + b"\n" + good(2) + b"\n" + good(3)[:40])
    assert done.counts == {"read": 3, "created": 2, "failed": 1}
    refused = RefusedRecord.objects.get()
    assert (refused.line, refused.reason) == (3, "the last line is cut off")


def test_a_byte_order_mark_does_no_harm(run):
    marked = b"\xef\xbb\xbf" + good(1) + b"\n\xef\xbb\xbf" + good(2)
    assert run(marked).counts == {"read": 2, "created": 2}


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("name", ["pieces.ndjson", "pieces.csv", "pieces"])
def test_a_file_in_utf_16_is_refused_with_the_way_out(run, encoding, name):
    done = run((good(1) + b"\n").decode().encode(encoding), name)
    assert done.code == 1
    assert done.counts == {"read": 1, "failed": 1}
    assert "UTF-16" in done.err and "iconv" in done.err


def test_a_row_that_is_not_utf_8_is_refused_until_it_is_mended(run, tmp_path):
    errors = tmp_path / "refused.ndjson"
    table = "url,title,source\nhttps://ledger.example/1,Café,Ledger\n"
    content = table.encode("latin-1")
    arguments = ("-", "--errors", errors)
    import_articles(*arguments, "--input-format=csv", stdin=content)
    (refused,) = map(json.loads, errors.read_text().splitlines())
    assert "0xe9" in refused["reason"]
    back = errors.read_bytes()
    assert import_articles("-", stdin=back).code == 1
    mended = json.dumps(refused | {"title": "Café"}).encode()
    assert import_articles("-", stdin=mended).code == 0


DOUBLED = {
    "a field": (
        good(1).replace(b"{", b'{"title": "An earlier one", ', 1),
        "title: is given twice",
    ),
    "three times": (
        good(1).replace(b"{", b'{"title": "One", "title": "Two", ', 1),
        "title: is given 3 times",
    ),
    "within a field that is not known": (
        good(1).replace(b"{", b'{"extra": {"a": 1, "a": "\xc3\xa9"}, ', 1),
        "a: is given twice",
    ),
    "the marks of an errors file": (
        good(1).replace(b"{", b'{"line": 7, "reason": "old", "title": "x", ', 1),
        "title: is given twice",
    ),
}


@pytest.mark.parametrize("content", [b"", b" \r\n"])
@pytest.mark.parametrize("name", ["nothing.ndjson", "x", "-"])
def test_nothing_at_all_is_a_stream_of_no_records(run, name, content):
    done = import_articles("-", stdin=content) if name == "-" else run(content, name)
    assert (done.code, done.counts) == (0, {})
    assert "read 0" in done.err


@pytest.mark.parametrize("name", ["nothing.csv", "nothing.json", "nothing.xml"])
def test_an_empty_file_of_a_format_that_begins_with_something_says_so(run, name):
    done = run(b"", name)
    assert (done.code, done.counts) == (1, {"read": 1, "failed": 1})
    assert "empty" in done.err


@pytest.mark.parametrize("kind", DOUBLED)
def test_a_doubled_field_is_refused_until_one_of_the_two_is_taken_out(tmp_path, kind):
    line, reason = DOUBLED[kind]
    errors = tmp_path / "refused.ndjson"
    for _ in range(3):
        done = import_articles(
            "-", "--errors", errors, "--input-format=ndjson", stdin=line
        )
        assert (done.code, done.counts) == (1, {"read": 1, "failed": 1})
        assert RefusedRecord.objects.latest("pk").reason == reason
        line = errors.read_bytes()
    mended = json.dumps(json.loads(line)).encode()
    assert import_articles("-", stdin=mended).code == 0


HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(1)>"


def test_markup_in_every_text_arrives_harmless(run, client):
    done = run(
        line(
            title=HOSTILE,
            source=f"Ledger {HOSTILE}",
            category=f"World {HOSTILE}",
            summary=f"Short {HOSTILE}",
            body=f"<p>Long</p>{HOSTILE}",
            author=HOSTILE,
            external_id=HOSTILE,
            image_caption=HOSTILE,
            image_credit=HOSTILE,
            tags=[f"Tag {HOSTILE}"],
        )
    )
    assert done.counts == {"read": 1, "created": 1}
    article = Article.objects.get()
    assert article.source_headline == HOSTILE
    assert "<" not in article.source_excerpt
    assert article.source_body == "<p>Long</p>"
    run_id = done.json["run"]
    invoke("undo_import", run_id)
    again = import_articles("-", "--status=published", stdin=line(title=HOSTILE))
    assert again.code == 0
    article = Article.objects.get()
    for path in (reverse("articles:home"), article.get_absolute_url()):
        page = client.get(path).content.decode()
        assert "alert(1)&lt;" in page or "&lt;script&gt;alert(1)" in page
        assert "<script>alert" not in page and "<img src=x" not in page


@pytest.mark.parametrize(
    ("tags", "names"),
    [
        (["#", "", "  ", None, "#Japan", "Japan", "JAPAN"], ["Japan"]),
        (["C", "C++", "C#"], ["C", "C#", "C++"]),
        ([f"T{n}" for n in range(50)], sorted(f"T{n}" for n in range(50))),
    ],
)
def test_blank_tags_and_repeated_ones_are_left_out(run, tags, names):
    assert run(line(tags=tags)).counts == {"read": 1, "created": 1}
    assert sorted(Article.objects.get().tags.names()) == names


FORMULAS = ["=1+1", "+49 30", "-5 degrees", "@home", "'=quoted", "\t=1", "| pipe"]


def as_csv(*rows):
    out = io.StringIO()
    csv.writer(out).writerows([["url", "title", "source", "author"], *rows])
    return out.getvalue().encode()


def test_cells_like_formulas_arrive_as_text_and_leave_protected(run):
    """Fault 59."""
    rows = [
        [f"https://ledger.example/{n}", f"{text} title", "Ledger", text]
        for n, text in enumerate(FORMULAS)
    ]
    assert run(as_csv(*rows), "x.csv").counts["created"] == len(FORMULAS)
    before = list(Article.objects.order_by("url").values_list("url", "source_headline"))
    assert before[0][1] == "=1+1 title"
    exported = invoke("export_articles", "--format=csv").out
    for row in csv.DictReader(io.StringIO(exported)):
        assert not any(cell.startswith(("=", "+", "-", "@")) for cell in row.values())
    back = import_articles("-", "--input-format=csv", stdin=exported.encode())
    assert back.counts == {"read": len(FORMULAS), "unchanged": len(FORMULAS)}
    ImportRun.objects.all().delete()
    Article.objects.all().delete()
    import_articles("-", "--input-format=csv", stdin=exported.encode())
    after = list(Article.objects.order_by("url").values_list("url", "source_headline"))
    assert after == before


GOOD_ROW = "https://good.example/{0},Good {0},Ledger,\r\n"
BAD_ROWS = {
    "a cell too few": (b"https://ledger.example/9,Piece,Ledger\r\n", "has 3 cells"),
    "a cell too many": (b"https://ledger.example/9,A,B,C,D\r\n", "has 5 cells"),
    "no url": (b",Piece,Ledger,\r\n", "url: missing"),
    "a bad url": (b"javascript:x,Piece,Ledger,\r\n", "url: not an absolute"),
    "not UTF-8": (b"https://ledger.example/9,caf\xe9,Ledger,\r\n", "not UTF-8: byte"),
    "a NUL": (b"https://ledger.example/9,a\0b,Ledger,\r\n", "holds a NUL"),
    "a stray quotation mark": (
        b'https://ledger.example/9,"a"b,Ledger,\r\n',
        "a quotation mark inside",
    ),
}


@pytest.mark.parametrize("kind", BAD_ROWS)
def test_a_bad_row_of_a_csv_file_is_refused_alone(run, kind):
    content, reason = BAD_ROWS[kind]
    head = b"url,title,source,author\r\n" + GOOD_ROW.format(1).encode()
    done = run(head + content + GOOD_ROW.format(2).encode(), "pieces.csv")
    refused = RefusedRecord.objects.get()
    assert (done.code, refused.line) == (1, 3)
    assert reason in refused.reason
    assert arrived() == ["https://good.example/1", "https://good.example/2"]


def test_a_quotation_mark_never_closed_takes_no_earlier_row_with_it(run):
    head = b"url,title,source,author\r\n" + GOOD_ROW.format(1).encode()
    done = run(head + b'https://ledger.example/9,"open,Ledger,\r\nx\r\n', "x.csv")
    assert (done.code, done.counts["created"]) == (1, 1)
    refused = RefusedRecord.objects.get()
    assert (refused.line, "never closed" in refused.reason) == (3, True)


@pytest.mark.parametrize(
    "kind", [k for k in BAD if BAD[k][0][:1] == b"{" and k != "two objects"]
)
def test_an_array_of_records_tells_the_same_of_each(run, kind):
    content, _ = BAD[kind]
    done = run(b"[\n" + good(1) + b",\n" + content + b"\n]", "pieces.json")
    refused = RefusedRecord.objects.order_by("pk").first()
    assert (done.code, refused.line) == (1, 3)
    assert arrived() == ["https://good.example/1"]


def test_what_is_refused_today_is_taken_once_it_is_mended(run):
    bad = record(2, url="ledger.example/2")
    assert run(ndjson([record(1), bad])).code == 1
    mended = run(ndjson([record(1), bad | {"url": "https://ledger.example/2"}]))
    assert (mended.code, mended.counts["created"]) == (0, 1)
