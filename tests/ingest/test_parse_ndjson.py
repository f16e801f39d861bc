"""NDJSON: every line is good or bad by itself."""

import io
import json
from typing import BinaryIO

import pytest

from articles.ingest import parse
from articles.ingest.entries import RAW_KEPT, Record, Refused, Unreadable
from articles.ingest.parse.streams import MAX_ITEM

GOOD = b'{"url": "https://ledger.example/1", "title": "One"}'


def read(data: bytes) -> list[Record | Refused]:
    return list(parse.read(io.BytesIO(data), "ndjson"))


def refused(data: bytes) -> Refused:
    """The middle one of three lines, between two that must come through."""
    first, middle, last = read(GOOD + b"\n" + data + b"\n" + GOOD + b"\n")
    assert isinstance(first, Record)
    assert isinstance(middle, Refused)
    assert isinstance(last, Record)
    assert (middle.line, last.line) == (2, 3)
    return middle


class Endless(io.RawIOBase):
    """A line ``times`` times over, counting the bytes that were taken."""

    def __init__(self, line: bytes, times: int) -> None:
        self._line, self._left, self._rest = line, times, b""
        self.taken = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        if not self._rest and self._left:
            self._left -= 1
            self._rest = self._line
        part, self._rest = self._rest[: len(buffer)], self._rest[len(buffer) :]
        buffer[: len(part)] = part
        self.taken += len(part)
        return len(part)


def test_each_line_is_a_record_with_its_number_and_text() -> None:
    records = read(GOOD + b"\n" + b'{"url": "u", "x": {"deep": [1, 2.5, null]}}')
    assert records[0] == Record(
        1, {"url": "https://ledger.example/1", "title": "One"}, GOOD.decode()
    )
    assert records[1].line == 2
    assert records[1].data == {"url": "u", "x": {"deep": [1, 2.5, None]}}


def test_blank_lines_are_passed_over_and_counted() -> None:
    assert [each.line for each in read(b"\n  \t\r\n" + GOOD + b"\r\n\n" + GOOD)] == [
        3,
        5,
    ]


@pytest.mark.parametrize("data", [b"", b"\n\n", b"\xef\xbb\xbf", b"\xef\xbb\xbf\n"])
def test_a_file_without_lines_has_no_records(data: bytes) -> None:
    assert read(data) == []


def test_a_byte_order_mark_is_left_out_also_where_files_were_joined() -> None:
    marked = b"\xef\xbb\xbf" + GOOD + b"\n"
    assert all(isinstance(each, Record) for each in read(marked + marked))


def test_line_separators_of_unicode_end_no_line() -> None:
    (record,) = read('{"title": "a\u2028b\u0085c"}'.encode())
    assert record.data == {"title": "a\u2028b\u0085c"}


@pytest.mark.parametrize(
    "data",
    [
        GOOD.decode().encode("utf-16"),
        GOOD.decode().encode("utf-16-le"),
        GOOD.decode().encode("utf-16-be"),
    ],
)
def test_utf_16_is_named_with_its_remedy(data: bytes) -> None:
    with pytest.raises(
        Unreadable, match="this file is UTF-16; convert it to UTF-8"
    ) as e:
        read(data)
    assert "iconv -f utf-16 -t utf-8" in str(e.value)
    assert e.value.line == 1


def test_bytes_that_are_not_utf_8_are_refused_with_their_place() -> None:
    found = refused(b' {"title": "caf\xe9"}')
    assert found.reason.startswith("not UTF-8: byte 16 of the line is 0xe9")
    assert found.data is None
    assert found.raw == '{"title": "caf\\xe9"}'


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"url,title", "not JSON at column 1: a value is missing or misspelt"),
        (b'{"a": 1,}', "not JSON at column 9: a name in double quotation marks"),
        (b"{'a': 1}", "not JSON at column 2: a name in double quotation marks"),
        (b'{"a" 1}', "not JSON at column 6: a colon is missing"),
        (b'{"a": 1 "b": 2}', "not JSON at column 9: a comma is missing"),
        (b'{"a": "b\tc"}', "not JSON at column 9: line breaks and tabs"),
        (b'{"a": "b}', "not JSON at column 7: this text has no closing quotation mark"),
        (b'{"a": 1} {"b": 2}', "not JSON at column 10: there is more text behind"),
        (b'{"a": "\\x"}', "not JSON at column 8: invalid"),
    ],
)
def test_what_is_no_json_is_refused_with_its_column(data: bytes, reason: str) -> None:
    found = refused(data)
    assert found.reason.startswith(reason)
    assert found.data is None
    assert found.raw == data.decode()


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"[1]", "a list"),
        (b'"url"', "a text"),
        (b"3", "a number"),
        (b"null", "null"),
        (b"true", "true or false"),
    ],
)
def test_what_is_no_object_is_refused_as_what_it_is(data: bytes, kind: str) -> None:
    assert refused(data).reason == f"a record is an object in braces, this is {kind}"


def test_a_field_given_twice_is_named() -> None:
    found = refused(b'{"url": "a", "title": "b", "url": "c", "x": {"y": 1, "y": 2}}')
    assert found.reason == "y: is given twice; url: is given twice"
    assert found.data == {"url": "c", "title": "b", "x": {"y": 2}}


@pytest.mark.parametrize("value", [b"NaN", b"Infinity", b"-Infinity", b"1e999"])
def test_numbers_that_are_none_are_refused_by_their_field(value: bytes) -> None:
    found = refused(b'{"url": "u", "x": {"score": [0, ' + value + b"]}}")
    assert found.reason == "x.score[2]: NaN and Infinity are not JSON; write null"


def test_a_number_of_5000_digits_is_refused() -> None:
    found = refused(b'{"external_id": ' + b"9" * 5000 + b"}")
    assert found.reason == "holds a number of 5,000 digits; write it as text"
    assert found.data == {"external_id": "9" * 5000}


@pytest.mark.parametrize(
    ("value", "named"),
    [
        (b"\\ud800", "half a surrogate pair (\\ud800)"),
        (b"a\\udfffb", "half a surrogate pair (\\udfff)"),
        (b"\\u0000", "a NUL"),
    ],
)
def test_what_no_database_takes_is_refused_by_its_field(
    value: bytes, named: str
) -> None:
    found = refused(b'{"url": "u", "tags": ["ok", "' + value + b'"]}')
    assert found.reason == f"tags[2]: holds {named}, which is no character"
    assert found.data is not None
    assert read(json.dumps(found.data).encode())[0].line == 1  # it can be fed back


def test_what_no_database_takes_is_refused_in_a_name_too() -> None:
    found = refused(b'{"a\\u0000": 1, "\\ud83d": 2}')
    assert "the name of a field holds a NUL" in found.reason
    assert "the name of a field holds half a surrogate pair" in found.reason
    found.reason.encode()


def test_a_whole_surrogate_pair_is_a_character() -> None:
    (record,) = read(b'{"title": "\\ud83d\\ude00"}')
    assert record.data == {"title": "😀"}


@pytest.mark.parametrize(
    "data",
    [
        b"[" * 100_000,
        b'{"x": ' * 100_000,
        b'{"x": ' * 33 + b"1" + b"}" * 33,
        b'{"x": ' + b"[" * 500 + b"]" * 500 + b"}",
    ],
)
def test_what_is_nested_too_deep_is_refused(data: bytes) -> None:
    found = refused(data)
    assert found.reason == "is nested deeper than 32 levels"
    assert found.data is None


def test_nesting_to_the_limit_is_taken() -> None:
    (record,) = read(b'{"x": ' * 32 + b"1" + b"}" * 32)
    assert isinstance(record, Record)


def test_no_more_than_ten_problems_are_told() -> None:
    found = refused(b'{"x": [' + b", ".join([b"NaN"] * 1000) + b"]}")
    assert found.reason.count("; write null") == 10


@pytest.mark.parametrize(
    "end",
    [
        b'{"url": "https://led',
        b'{"url": "u", "title"',
        b'{"url": "u", ',
        b'{"url": "u", "x": {"id": 1}',
        b'{"url": "u", "x": tru',
        b'{"url": "u", "title": "\xe6\x97',
        b"{",
    ],
)
def test_a_last_line_that_is_cut_off_is_refused_as_such(end: bytes) -> None:
    first, last = read(GOOD + b"\n" + end)
    assert isinstance(first, Record)
    assert isinstance(last, Refused)
    assert (last.line, last.reason) == (2, "the last line is cut off")


def test_a_faulty_last_line_that_is_whole_is_not_called_cut_off() -> None:
    (found,) = read(b'{"url": nonsense}')
    assert isinstance(found, Refused)
    assert found.reason.startswith("not JSON at column 9")


def test_a_file_cut_at_any_byte_keeps_the_lines_before() -> None:
    data = GOOD + b"\n" + '{"title": "日本 \\u0041"}'.encode() + b"\n"
    for length in range(len(data)):
        found = read(data[:length])
        whole = data[:length].count(b"\n")
        assert [each.line for each in found[:whole]] == list(range(1, whole + 1))
        assert all(isinstance(each, Record) for each in found[:whole])
        assert len(found) <= whole + 1


def test_the_kept_text_of_a_line_is_its_beginning() -> None:
    found = refused(b'{"title": "' + "日".encode() * 5000)
    assert len(found.raw) == RAW_KEPT
    assert found.raw.startswith('{"title": "日日')


def test_a_line_of_more_than_16_mb_is_refused_without_being_held() -> None:
    found = refused(b'{"title": "' + b"x" * (MAX_ITEM + 100_000) + b'"}')
    assert found.reason == "the line is longer than 16 MB"
    assert len(found.raw) == RAW_KEPT


def test_a_line_of_16_mb_is_read() -> None:
    frame = b'{"title": ""}'
    line = frame[:11] + b"x" * (MAX_ITEM - len(frame)) + frame[11:]
    (record,) = read(line + b"\r\n")
    assert isinstance(record, Record)


def test_a_long_stream_is_read_by_small_blocks() -> None:
    source = Endless(GOOD + b"\n", times=10**9)
    records = parse.read(source, "ndjson")  # type: ignore[arg-type]
    for count, _ in zip(range(1, 20_001), records, strict=False):
        ahead = source.taken - count * (len(GOOD) + 1)
        assert ahead <= 256 * 1024


def test_a_stream_that_cannot_be_rewound_is_detected_and_read() -> None:
    source: BinaryIO = io.BufferedReader(Endless(GOOD + b"\n", times=5_000))
    records = list(parse.read(source))
    assert len(records) == 5_000
    assert records[-1].line == 5_000
