"""Text from outside: what is taken away, and what writers need kept."""

import json
import unicodedata
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from articles.ingest.text import clean, printable


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("  two\t words\r\n", "two words"),
        (
            "no\u00a0break \u3000ideographic\u2028line\u2003em",
            "no break ideographic line em",
        ),
        ("form\x0cfeed, next\x85line", "form feed, next line"),
        ("bell\x07, null\x00, escape\x1b[0m, C1\x9b", "bell, null, escape[0m, C1"),
        ("invoice\u202egpj.exe\u202c \u2066x\u2069", "invoicegpj.exe x"),
        (
            "zero\u200bwidth, \ufeffmark, join\u2060er, hy\u00adphen",
            "zerowidth, mark, joiner, hyphen",
        ),
        ("cafe\u0301", "café"),
        ("\u1112\u1161\u11ab", "한"),
        ("half \ud83d emoji", "half \ufffd emoji"),
        ("not\ufffe XML\uffff", "not XML"),
        ("", ""),
    ],
)
def test_clean_makes_one_line_of_visible_text(value: str, expected: str) -> None:
    assert clean(value) == expected


@pytest.mark.parametrize(
    "value",
    [
        "👨\u200d👩\u200d👧",
        "می\u200cخواهم",
        "क्\u200dष",
        "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
        "\u200fשלום (2024)\u200f",
    ],
)
def test_clean_keeps_what_scripts_and_emoji_need(value: str) -> None:
    assert clean(value) == value


def test_printable_keeps_lines() -> None:
    assert printable("one\n\x00two\tthree\x0b\u202efour") == "one\ntwo\tthree\nfour"


def test_naughty_strings_come_out_fit_to_store_and_to_write_as_xml(
    shared: Path,
) -> None:
    naughty = json.loads((shared / "text/blns/blns.json").read_text(encoding="utf-8"))
    assert len(naughty) > 400
    for value in naughty:
        assert_is_clean(clean(value))


def assert_is_clean(cleaned: str) -> None:
    assert clean(cleaned) == cleaned
    assert " ".join(cleaned.split()) == cleaned
    assert unicodedata.is_normalized("NFC", cleaned)
    assert not any(unicodedata.category(c) in ("Cc", "Cs") for c in cleaned)
    element = ElementTree.Element("title")
    element.text = cleaned
    assert (ElementTree.fromstring(ElementTree.tostring(element)).text or "") == cleaned


@settings(deadline=None)
@example("a\u200b\u0301")
@example("\u1100\u200b\u1161")
@given(st.text(alphabet=st.characters(exclude_categories=[])))
def test_clean_is_idempotent_on_any_text(value: str) -> None:
    assert_is_clean(clean(value))
