"""Records: which become entries, as what, and what is said of the others."""

from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from articles.ingest import parse
from articles.ingest.entries import Entry, Record
from articles.ingest.records import (
    KNOWN_FIELDS,
    Defaults,
    Invalid,
    to_entry,
    unknown_fields,
)

NOW = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
LEAST: dict[str, object] = {
    "url": "https://ledger.example/1",
    "title": "One",
    "source": "Ledger",
}
NOTHING = object()


def defaults(source: str = "", date_format: str | None = None) -> Defaults:
    return Defaults(source, date_format, ZoneInfo("Asia/Tokyo"), NOW)


def entry(data: dict[str, object] | None = None, source: str = "") -> Entry:
    """The least record with other fields; NOTHING takes one away."""
    fields = {**LEAST, **(data or {})}
    kept = {name: value for name, value in fields.items() if value is not NOTHING}
    return to_entry(Record(7, kept, ""), defaults(source))


def problems(data: dict[str, object]) -> str:
    with pytest.raises(Invalid) as refusal:
        entry(data)
    return str(refusal.value)


def test_a_full_record_becomes_an_entry() -> None:
    found = entry(
        {
            "url": " HTTP://Ledger.Example/a b?utm_source=x#top ",
            "title": "  Ministers\n meet\u200b ",
            "published": "2026-03-01T09:30:00+09:00",
            "category": "Politics",
            "summary": "<p>They <b>met</b> &amp; talked.</p>",
            "body": "They met.",
            "author": "News Desk",
            "language": "pt-BR",
            "external_id": "tag:1",
            "image_url": "https://ledger.example/a.jpg",
            "image_caption": "A harbour",
            "image_credit": "Harbour Pictures",
            "tags": ["#Japan", "Trade"],
        }
    )
    assert found == Entry(
        line=7,
        url="http://ledger.example/a%20b?utm_source=x#top",
        canonical_url="https://ledger.example/a%20b",
        title="Ministers meet",
        source="Ledger",
        published=datetime(2026, 3, 1, 0, 30, tzinfo=UTC),
        published_raw="2026-03-01T09:30:00+09:00",
        category="Politics",
        summary="They met & talked.",
        body="<p>They met.</p>",
        author="News Desk",
        language="pt-BR",
        external_id="tag:1",
        image_url="https://ledger.example/a.jpg",
        image_caption="A harbour",
        image_credit="Harbour Pictures",
        tags=("Japan", "Trade"),
    )


def test_every_field_of_an_entry_but_ours_is_a_known_one() -> None:
    ours = {"line", "canonical_url", "published_raw"}
    ours |= {"derived_excerpt", "record_digest"}
    assert set(Entry.__slots__) - ours == set(KNOWN_FIELDS)


@pytest.mark.parametrize("blank", [NOTHING, None, "", " \t\n", "\u00a0"])
@pytest.mark.parametrize("name", sorted(set(KNOWN_FIELDS) - LEAST.keys() - {"tags"}))
def test_null_and_blank_are_absent(name: str, blank: object) -> None:
    assert getattr(entry({name: blank}), name) in ("", None)


@pytest.mark.parametrize("blank", [NOTHING, None, "", []])
def test_no_tags_are_no_tags(blank: object) -> None:
    assert entry({"tags": blank}).tags == ()


@pytest.mark.parametrize("blank", [NOTHING, None, "", "  "])
def test_what_is_required_and_blank_is_missing(blank: object) -> None:
    assert problems(dict.fromkeys(LEAST, blank)) == (
        "url: missing; title: missing; source: missing, and no --source names one"
    )


@pytest.mark.parametrize(
    "title",
    ["\u200b", "\u2060\ufeff", "\u202e\u202c", "\u00ad", "\u3164", "\u2800 \u115f",
     "\ufe0f", "\u0301", "\x00\x01", "\u200d"],
)  # fmt: skip
def test_a_title_that_nobody_can_see_is_missing(title: str) -> None:
    assert problems({"title": title}) == "title: missing"


@pytest.mark.parametrize("title", ["?", "…", "😀", "日", "A"])
def test_a_title_of_one_visible_character_is_one(title: str) -> None:
    assert entry({"title": title}).title == title


def test_the_default_source_is_for_records_without_one() -> None:
    assert entry({"source": NOTHING}, source="Coast").source == "Coast"
    assert entry({"source": " "}, source="Coast").source == "Coast"
    assert entry({}, source="Coast").source == "Ledger"


def test_a_faulty_source_does_not_become_the_default_one() -> None:
    with pytest.raises(Invalid, match="source: must be text, not a number"):
        entry({"source": 3}, source="Coast")


def test_all_problems_are_told_at_once_each_with_its_field() -> None:
    found = problems(
        {
            "url": "ftp://ledger.example/1",
            "title": 5,
            "published": "soon",
            "image_url": "/a.jpg",
            "language": "English!",
            "tags": "Japan",
        }
    )
    names = [problem.partition(":")[0] for problem in found.split("; ")]
    for name in ("url", "title", "published", "language", "image_url", "tags"):
        assert name in names


@pytest.mark.parametrize(
    ("name", "limit"),
    [
        ("title", 500),
        ("source", 200),
        ("category", 100),
        ("summary", 20_000),
        ("body", 1_000_000),
        ("author", 200),
        ("external_id", 500),
        ("image_caption", 1_000),
        ("image_credit", 200),
    ],
)
def test_a_text_as_long_as_allowed_is_taken_and_no_longer_one(
    name: str, limit: int
) -> None:
    assert getattr(entry({name: "x" * limit}), name)
    assert problems({name: "x" * (limit + 1)}) == (
        f"{name}: longer than {limit:,} characters ({limit + 1:,})"
    )


@pytest.mark.parametrize("name", ["url", "image_url"])
def test_an_address_has_2000_characters_at_most(name: str) -> None:
    beginning = "https://ledger.example/"
    longest = beginning + "x" * (2_000 - len(beginning))
    assert getattr(entry({name: longest}), name) == longest
    assert problems({name: f"{longest}x"}).startswith(f"{name}: longer than 2,000")
    swollen = beginning + "日" * 1_000
    assert problems({name: swollen}).startswith(f"{name}: ")


@pytest.mark.parametrize(
    "address",
    ["javascript:alert(1)", "/1", "//ledger.example/1", "ledger.example", "http://",
     "data:,x", "https://user:pw@ledger.example/", "https://exa mple.com/"],
)  # fmt: skip
@pytest.mark.parametrize("name", ["url", "image_url"])
def test_an_address_that_is_not_http_is_refused(name: str, address: str) -> None:
    assert problems({name: address}).startswith(f"{name}: ")


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (1, "a number"),
        (1.5, "a number"),
        (True, "true or false"),
        (["x"], "a list"),
        ({"a": 1}, "an object"),
    ],
)
@pytest.mark.parametrize("name", sorted(set(KNOWN_FIELDS) - {"external_id", "tags"}))
def test_text_must_be_text(name: str, value: object, kind: str) -> None:
    assert f"{name}: must be text, not {kind}" in problems({name: value})


@pytest.mark.parametrize(("value", "text"), [(5, "5"), (-1, "-1"), (1.5, "1.5")])
def test_an_id_may_be_a_number(value: object, text: str) -> None:
    assert entry({"external_id": value}).external_id == text


@pytest.mark.parametrize("value", [True, ["x"], {"a": 1}])
def test_an_id_is_nothing_else(value: object) -> None:
    assert problems({"external_id": value}).startswith("external_id: must be text")


@pytest.mark.parametrize(
    "language", ["en", "ja", "pt-BR", "zh-Hant-TW", "sr-Latn", "x" * 8, "de-1996"]
)
def test_a_language_tag_is_taken(language: str) -> None:
    assert entry({"language": language}).language == language


@pytest.mark.parametrize(
    "language",
    ["e", "en_US", "English!", "en-", "-en", "en--US", "日本", "123", "x" * 9],
)
def test_what_is_no_language_tag_is_refused(language: str) -> None:
    assert problems({"language": language}).startswith(f"language: “{language}” is no")


def test_a_language_tag_has_35_characters_at_most() -> None:
    assert "longer than 35" in problems({"language": "en" + "-abcdefgh" * 4})


@pytest.mark.parametrize("name", ["source", "category"])
@pytest.mark.parametrize("value", ["---", "!", "#"])
def test_a_name_needs_a_letter_or_digit(name: str, value: str) -> None:
    reason = f"{name}: “{value}” has no letter, digit or symbol"
    assert problems({name: value}) == reason


@pytest.mark.parametrize("text", ["C++", "C#", "A", "7", "日本", "🎉", "$"])
def test_letters_digits_and_symbols_make_a_name(text: str) -> None:
    assert entry({"category": text, "tags": [text]}).tags == (text,)


def test_a_date_is_read_in_the_runs_zone_and_kept_as_written() -> None:
    found = entry({"published": " 2026-03-01 "})
    assert found.published == datetime(2026, 2, 28, 15, 0, tzinfo=UTC)
    assert found.published_raw == "2026-03-01"


def test_a_date_is_read_by_the_runs_format() -> None:
    record = Record(1, LEAST | {"published": "01.03.2026"}, "")
    found = to_entry(record, defaults(date_format="%d.%m.%Y"))
    assert found.published == datetime(2026, 2, 28, 15, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("soon", "published: “soon” is not a date; write it like"),
        (1772323200, "published: must be text, not a number"),
        ("1772323200", "published: “1772323200” is a bare number"),
        ("1066-10-14", "published: “1066-10-14” is before 1900"),
        ("2027-12-31", "published: “2027-12-31” is more than a year ahead"),
    ],
)
def test_a_date_that_cannot_be_is_refused(value: object, reason: str) -> None:
    assert problems({"published": value}).startswith(reason)


def test_a_format_by_which_nothing_can_be_read_makes_no_defaults() -> None:
    with pytest.raises(ValueError, match="has no year"):
        defaults(date_format="%d.%m.")


def test_tags_lose_their_hash_and_blank_and_equal_ones() -> None:
    tags = ["#Japan", "Japan", " ＃ Trade ", "", "#", None, "japan", "C#", "##x"]
    assert entry({"tags": tags}).tags == ("Japan", "Trade", "japan", "C#", "x")


@pytest.mark.parametrize(
    ("tags", "reason"),
    [
        ("Japan", 'must be a list of text like ["Japan", "Trade"], not text'),
        ({"Japan": 1}, "must be a list of text like"),
        (5, "must be a list of text like"),
        (["Japan", 5], "tag 2 must be text, not a number"),
        (["Japan", ["x"]], "tag 2 must be text, not a list"),
        (["x" * 101], "tag 1 is longer than 100 characters (101)"),
        ([f"tag {n}" for n in range(51)], "more than 50 (51)"),
    ],
)
def test_tags_that_are_none_are_refused(tags: object, reason: str) -> None:
    assert problems({"tags": tags}).startswith(f"tags: {reason}")


def test_fifty_tags_of_a_hundred_characters_are_taken() -> None:
    tags = [f"{number:0100}" for number in range(50)]
    assert entry({"tags": [*tags, *tags, "# " + tags[0]]}).tags == tuple(tags)


def test_hostile_html_leaves_nothing_active_in_any_field() -> None:
    evil = (
        '<script>alert(1)</script><img src=x onerror=alert(1)><a href="javascript:x">y'
    )
    found = entry({"body": f"<p>Text</p>{evil}", "summary": f"<p>Text</p>{evil}"})
    assert "Text" in found.body
    for trace in ("<script", "onerror", "javascript:"):
        assert trace not in found.body
        assert trace not in found.summary
    assert "<" not in found.summary


def test_a_summary_is_measured_as_text() -> None:
    markup = "<p>" + "<b>x</b> " * 9_000 + "</p>"
    assert len(entry({"summary": markup}).summary) < 20_000
    assert problems({"summary": markup * 2}).startswith("summary: longer than 20,000")


def test_plain_text_becomes_paragraphs() -> None:
    assert entry({"body": "One & two\n\nThree"}).body.count("<p>") == 2


def test_unknown_fields_are_told_in_their_order() -> None:
    data = LEAST | {
        "x": {},
        "Title": "T",
        "line": 4,
        "reason": "r",
        "raw": "",
        "tags": [],
    }
    assert unknown_fields(Record(1, data, "")) == ["x", "Title"]


def test_a_line_of_an_errors_file_is_fed_back_as_it_stands() -> None:
    assert entry({"line": 4, "reason": "title: missing", "raw": "{}"}).title == "One"


def test_real_records_are_valid(shared: Path) -> None:
    for name in ("digitalgov", "jawikinews", "uci_aggregator"):
        with (shared / f"news/{name}.ndjson").open("rb") as stream:
            for record in islice(parse.read(stream), 100):
                assert isinstance(record, Record)
                assert to_entry(record, defaults()).title
                assert unknown_fields(record) == ["x"]
