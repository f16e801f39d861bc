"""JSON arrays: element by element, as far as they can be trusted."""

import io
import json
from typing import Any

import pytest

from articles.ingest import parse
from articles.ingest.entries import Record, Refused, Unreadable
from articles.ingest.parse.streams import HEAD, MAX_ITEM

GOOD = '{"url": "https://ledger.example/1", "title": "One"}'


def read(text: str | bytes) -> list[Record | Refused]:
    data = text.encode() if isinstance(text, str) else text
    return list(parse.read(io.BytesIO(data), "json"))


def stopped(text: str | bytes) -> tuple[list[Record | Refused], Unreadable]:
    """What comes before the file turns out unreadable, and that."""
    data = text.encode() if isinstance(text, str) else text
    found: list[Record | Refused] = []
    with pytest.raises(Unreadable) as stop:
        found.extend(parse.read(io.BytesIO(data), "json"))
    return found, stop.value


class Array(io.RawIOBase):
    """An array without an end."""

    def __init__(self) -> None:
        self._rest = b"["
        self.taken = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if not self._rest:
            self._rest = f"{GOOD},\n".encode()
        part, self._rest = self._rest[: len(buffer)], self._rest[len(buffer) :]
        buffer[: len(part)] = part
        self.taken += len(part)
        return len(part)


def test_elements_carry_the_lines_where_they_begin() -> None:
    text = json.dumps([json.loads(GOOD)] * 3, indent=2)
    assert [each.line for each in read(text)] == [2, 6, 10]


@pytest.mark.parametrize("text", ["[]", " [ \n ] \n", "\ufeff[]"])
def test_an_empty_array_has_no_records(text: str) -> None:
    assert read(text) == []


def test_a_single_object_is_one_record() -> None:
    (record,) = read('\n{\n "url": "u"\n}\n')
    assert record == Record(2, {"url": "u"}, '{\n "url": "u"\n}')


def test_a_faulty_element_leaves_the_others_whole() -> None:
    faulty = ["1", '{"a": NaN}', '{"a": 1, "a": 2}', '{"a": "\\ud800"}', '"x"', "[[]]"]
    found = read(f"[{GOOD},\n" + ",\n".join(faulty) + f",\n{GOOD}]")
    assert isinstance(found[0], Record)
    assert isinstance(found[-1], Record)
    assert [type(each) for each in found[1:-1]] == [Refused] * len(faulty)
    assert [each.line for each in found] == list(range(1, len(faulty) + 3))
    reasons = [each.reason for each in found if isinstance(each, Refused)]
    assert reasons == [
        "a record is an object in braces, this is a number",
        "a: NaN and Infinity are not JSON; write null",
        "a: is given twice",
        "a: holds half a surrogate pair (\\ud800), which is no character",
        "a record is an object in braces, this is a text",
        "a record is an object in braces, this is a list",
    ]


def test_bytes_that_are_not_utf_8_spoil_their_own_element_only() -> None:
    found = read(b'[{"a": "\xe9"}, {"a": "\xc3\xa9"}]')
    assert isinstance(found[0], Refused)
    assert found[0].reason == "holds bytes that are not UTF-8; save the file as UTF-8"
    assert found[1].data == {"a": "é"}


@pytest.mark.parametrize(
    ("faulty", "reason"),
    [
        ('{"a" 1}, {}]', "not JSON at line 2, column 6: a colon is missing"),
        ("{'a': 1}]", "not JSON at line 2, column 2: a name in double"),
        ('{"a":\n "b\n"}]', "not JSON at line 3, column 4: line breaks and tabs"),
        ("]", "the comma at line 1, column 53 has no record behind it"),
        ("nonsense]", "not JSON at line 2, column 1: a value is missing"),
    ],
)
def test_a_syntax_error_is_refused_at_its_place_and_ends_the_reading(
    faulty: str, reason: str
) -> None:
    found, stop = stopped(f"[{GOOD},\n{faulty}")
    assert isinstance(found[0], Record)
    assert isinstance(found[1], Refused)
    assert len(found) == 2
    assert found[1].line == stop.line == 2
    assert found[1].reason.startswith(reason)
    assert "nothing behind the faulty record can be read" in str(stop)


def test_a_missing_comma_ends_the_reading() -> None:
    found, _ = stopped(f"[{GOOD}\n{GOOD}]")
    assert isinstance(found[1], Refused)
    assert "line 2, column 1: a comma between two records is missing" in found[1].reason


def test_text_behind_the_array_is_told_after_its_records() -> None:
    found, stop = stopped(f"[{GOOD}]\n\n x")
    assert [type(each) for each in found] == [Record]
    assert stop.line == 3
    assert "more text behind the end of the records (line 3, column 2)" in str(stop)


def test_ndjson_read_as_json_is_told_how_to_be_read() -> None:
    found, stop = stopped(f"{GOOD}\n{GOOD}\n")
    assert len(found) == 1
    assert "--input-format ndjson" in str(stop)


@pytest.mark.parametrize("text", ["", " \n", "\ufeff"])
def test_an_empty_file_is_unreadable(text: str) -> None:
    assert str(stopped(text)[1]) == "the file is empty"


def test_another_format_is_unreadable() -> None:
    assert "begins with a [" in str(stopped("url,title")[1])


def test_utf_16_is_named() -> None:
    assert "UTF-16" in str(stopped(f"[{GOOD}]".encode("utf-16"))[1])


def test_an_array_cut_between_elements_is_told_after_them() -> None:
    for end in ("", ",", ",\n"):
        found, stop = stopped(f"[{GOOD},\n{GOOD}{end}")
        assert [type(each) for each in found] == [Record, Record]
        assert "cut off" in str(stop)


def test_an_array_cut_anywhere_keeps_the_elements_before() -> None:
    text = f'[{GOOD}, {{"a": -1.5e3, "b": "\\ud83d\\ude00", "c": [true, null]}}]'
    first = len(GOOD) + 1
    for length in range(1, len(text)):
        found, _ = stopped(text[:length])
        records = [each for each in found if isinstance(each, Record)]
        assert len(records) == (length >= first) + (length >= len(text) - 1)
        cut = [each.reason for each in found if isinstance(each, Refused)]
        assert cut in ([], ["the file is cut off inside this record"])


def test_elements_that_lie_across_blocks_are_read_whole() -> None:
    texts = [f"{number} " + "日\\n😀" * number * 40 for number in range(200)]
    for ascii_only in (True, False):
        data = json.dumps([{"title": t} for t in texts], ensure_ascii=ascii_only)
        assert len(data.encode()) > 5 * HEAD
        assert [each.data for each in read(data)] == [{"title": text} for text in texts]


def test_numbers_that_lie_across_blocks_are_one_number() -> None:
    filler = " " * (HEAD - 3)
    found = read(f"[{filler}1234567, {GOOD}]")
    assert [type(each) for each in found] == [Refused, Record]


def test_an_element_of_more_than_16_mb_ends_the_reading() -> None:
    found, stop = stopped(f'[{GOOD}, {{"title": "' + "x" * (2 * MAX_ITEM + HEAD))
    assert isinstance(found[1], Refused)
    assert found[1].reason == "is longer than 16 MB"
    assert stop.line == 1


def test_an_element_that_is_nested_too_deep_ends_the_reading() -> None:
    found, _ = stopped(f"[{GOOD}, " + "[" * 100_000)
    assert isinstance(found[1], Refused)
    assert found[1].reason == "is nested deeper than 32 levels"


def test_a_long_array_is_read_by_small_blocks() -> None:
    source = Array()
    records = parse.read(source, "json")  # type: ignore[arg-type]
    for count, _ in zip(range(1, 20_001), records, strict=False):
        assert source.taken - count * (len(GOOD) + 2) <= 256 * 1024


def test_columns_stay_true_on_one_long_line() -> None:
    good = ", ".join([GOOD] * 3_000)
    found, _ = stopped(f'[{good}, {{"a" 1}}, {GOOD}]')
    refused = found[-1]
    assert isinstance(refused, Refused)
    column = 1 + len(good) + 2 + len('{"a" 1')
    assert refused.reason.startswith(f"not JSON at line 1, column {column}:")
