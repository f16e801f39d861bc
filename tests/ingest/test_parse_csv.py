"""CSV: rows by the header's names, and cells that no spreadsheet runs."""

import csv
import io
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from articles.ingest import parse
from articles.ingest.entries import RAW_KEPT, Record, Refused, Unreadable
from articles.ingest.parse.csv_rows import protect_cell, restore_cell
from articles.ingest.parse.streams import MAX_ITEM


def read(text: str | bytes) -> list[Record | Refused]:
    data = text.encode() if isinstance(text, str) else text
    return list(parse.read(io.BytesIO(data), "csv"))


def refused(rows: str | bytes) -> Refused:
    """The one between two rows that must come through."""
    middle = rows.encode() if isinstance(rows, str) else rows
    found = read(b"url,title\nhttp://a/,A\n" + middle + b"\nhttp://b/,B\n")
    assert [type(each) for each in found] == [Record, Refused, Record]
    assert isinstance(found[1], Refused)
    return found[1]


def unreadable(text: str | bytes) -> Unreadable:
    with pytest.raises(Unreadable) as stop:
        read(text)
    return stop.value


def test_rows_become_records_by_the_headers_names() -> None:
    (record,) = read('url,title,tags\nhttp://a/,"One, two","Japan|#Trade"\n')
    assert record == Record(
        2,
        {"url": "http://a/", "title": "One, two", "tags": ["Japan", "#Trade"]},
        'http://a/,"One, two","Japan|#Trade"\n',
    )


@pytest.mark.parametrize(
    "header",
    ["url;title", "url\ttitle", " URL , Title ", '"Url","TITLE"', "\ufeffurl,title"],
)
def test_the_header_tells_the_delimiter_whatever_its_case(header: str) -> None:
    delimiter = next(each for each in ";\t," if each in header)
    (record,) = read(f"{header}\nhttp://a/{delimiter}A\n")
    assert record.data == {"url": "http://a/", "title": "A"}


def test_the_cells_do_not_tell_the_delimiter() -> None:
    (record,) = read("url,title\nhttp://a/,a;b;c;d\n")
    assert record.data == {"url": "http://a/", "title": "a;b;c;d"}


def test_lines_are_those_where_rows_begin() -> None:
    text = '\nurl,title\r\nhttp://a/,"one\r\ntwo\n\nthree"\r\n\r\n,\nhttp://b/,B'
    records = read(text)
    assert [each.line for each in records] == [3, 9]
    assert records[0].data == {"url": "http://a/", "title": "one\r\ntwo\n\nthree"}


def test_blank_cells_are_absent() -> None:
    (record,) = read("url,title,author\nhttp://a/,,\n")
    assert record.data == {"url": "http://a/"}


def test_columns_without_a_name_are_left_out() -> None:
    (record,) = read("url,title,,\nhttp://a/,A,x,\n")
    assert record.data == {"url": "http://a/", "title": "A"}


def test_unknown_columns_are_kept_for_the_report() -> None:
    (record,) = read("url,Rating\nhttp://a/,5\n")
    assert record.data == {"url": "http://a/", "rating": "5"}


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        ("title,link", "the header row has no column “url”; it reads: title,link"),
        ("http://a/,A", "has no column “url”"),
        ("url,title,Title", "the header row has title more than once"),
        ("", "the file is empty"),
        ("url,title\rhttp://a/,A", "the lines end with CR alone"),
        ("url,\0title", "holds a NUL at column 5 of line 1"),
    ],
)
def test_a_file_without_a_usable_header_is_unreadable(header: str, reason: str) -> None:
    stop = unreadable(f"{header}\n")
    assert reason in str(stop)
    assert stop.line == 1


def test_utf_16_is_named() -> None:
    assert "UTF-16" in str(unreadable("url,title\n".encode("utf-16")))


@pytest.mark.parametrize(
    ("row", "count"), [("http://x/", 1), ("http://x/,X,", 3), ("http://x/,a,b,c,d", 5)]
)
def test_too_few_or_too_many_cells_are_refused(row: str, count: int) -> None:
    found = refused(row)
    assert found.line == 3
    assert found.reason.startswith(f"has {count} cells, the header row has 2;")
    assert found.raw == f"{row}\n"


def test_a_nul_is_refused_with_its_place() -> None:
    found = refused("http://x/,a\0b")
    assert found.reason == "holds a NUL at column 12 of line 3"
    assert "\0" not in found.raw


def test_bytes_that_are_not_utf_8_are_refused_with_their_place() -> None:
    found = refused(b"http://x/,caf\xe9")
    assert found.reason.startswith(
        "not UTF-8: byte 14 of line 3 is 0xe9; save the file"
    )


def test_a_quotation_mark_that_is_not_doubled_is_refused() -> None:
    found = refused('http://x/,"the "big" one"')
    assert found.reason == (
        "a quotation mark inside a quoted cell must be written twice"
    )
    assert found.line == 3


def test_a_bare_carriage_return_in_a_cell_is_refused() -> None:
    found = refused("http://x/,one\rtwo")
    assert found.reason == "a cell with a line break must be in quotation marks"


def test_a_quotation_mark_that_is_never_closed_is_told_with_what_it_took() -> None:
    found = read('url,title\nhttp://a/,A\nhttp://b/,"B\nhttp://c/,C\n')
    assert isinstance(found[0], Record)
    assert isinstance(found[1], Refused)
    assert found[1].line == 3
    assert found[1].reason == (
        "a quotation mark that is opened here is never closed;"
        " lines 3 to 4 were taken as one row"
    )


def test_a_line_of_more_than_16_mb_is_refused_alone() -> None:
    found = refused("http://x/," + "x" * (MAX_ITEM + 1))
    assert found.reason == "the row is longer than 16 MB"
    assert len(found.raw) == RAW_KEPT


def test_a_row_that_goes_on_beyond_16_mb_ends_the_reading() -> None:
    rows = f"http://c/,{'C' * 65_536}\n" * (MAX_ITEM // 65_536 + 1)
    found: list[Record | Refused] = []
    with pytest.raises(Unreadable, match="never closed") as stop:
        found.extend(
            parse.read(
                io.BytesIO(f'url,title\nhttp://a/,A\nhttp://b/,"B\n{rows}'.encode()),
                "csv",
            )
        )
    assert [type(each) for each in found] == [Record, Refused]
    assert stop.value.line == 3


def test_a_cell_of_a_megabyte_is_read() -> None:
    (record,) = read("url,body\nhttp://a/," + "x" * 1_000_000)
    assert isinstance(record, Record)


class Endless(io.RawIOBase):
    def __init__(self) -> None:
        self._rest = b"url,title\n"
        self.taken = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self._rest = self._rest or b'http://a/,"A\nB"\n'
        part, self._rest = self._rest[: len(buffer)], self._rest[len(buffer) :]
        buffer[: len(part)] = part
        self.taken += len(part)
        return len(part)


def test_a_long_file_is_read_by_small_blocks() -> None:
    source = Endless()
    records = parse.read(source, "csv")  # type: ignore[arg-type]
    for count, record in zip(range(1, 20_001), records, strict=False):
        assert record.line == 2 * count
        assert source.taken - count * 16 <= 256 * 1024


@pytest.mark.parametrize(
    "cell",
    [
        '=HYPERLINK("http://evil.example")',
        "+1",
        "-1",
        "@SUM(A1)",
        "\tx",
        "\rx",
        "\nx",
        "  =1",
        '"=1',
        "'=1",
        "''-x",
        "＝1",
        "＋1",
        "－1",
        "＠SUM(A1)",
        "\u3000＝1",
        "'＝1",
    ],
)
def test_what_looks_like_a_formula_gets_an_apostrophe(cell: str) -> None:
    """Fault 59."""
    assert protect_cell(cell) == f"'{cell}"
    assert restore_cell(f"'{cell}") == cell


@pytest.mark.parametrize("cell", ["", "'", "'tis", "a=b", "5", "''x", "'a-b", "日本"])
def test_other_cells_stay_as_they_are(cell: str) -> None:
    assert protect_cell(cell) == cell
    assert restore_cell(cell) == cell


FORMULAS = st.text(st.sampled_from("'=+-@\t\r\n \"|a,;é"))


@given(st.text() | FORMULAS)
@example("'=")
@example("'' =")
def test_a_protected_cell_is_restored_exactly(cell: str) -> None:
    assert restore_cell(protect_cell(cell)) == cell
    assert not protect_cell(cell).startswith(("=", "+", "-", "@", "\t", "\r"))


@given(st.lists(FORMULAS.filter(str.strip), min_size=1, max_size=4))
def test_protected_cells_come_back_through_a_file(cells: list[str]) -> None:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["url", "title"])
    writer.writerows(["http://a/", protect_cell(cell)] for cell in cells)
    records = read(out.getvalue())
    assert [each.data and each.data["title"] for each in records] == cells
