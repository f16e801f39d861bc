"""CSV: a header row that names the fields, then one record per row.

Also the two functions by which cells travel through spreadsheets: a program that
opens a CSV file runs a cell that begins like a formula.
"""

import csv
import re
from collections.abc import Iterator
from typing import BinaryIO

from articles.ingest.entries import RAW_KEPT, Record, Refused, Unreadable, kept_raw

from .streams import MAX_ITEM, Line, lines

DELIMITERS = ",;\t"
#: Between the tags of a cell.
TAG_SEPARATOR = "|"

# = + - @ begin a formula, also behind blanks or quotation marks that a spreadsheet
# drops; TAB, CR and LF can move what follows to the beginning of a cell (OWASP,
# "CSV Injection"). Apostrophes before them are counted in so that protecting
# twice can be undone twice.
# Their full-width forms begin one as well where a Japanese keyboard is used.
_RISKY = re.compile(r"'*(?:[\t\r\n]|[ \u3000\"]*[=+\-@＝＋－＠])")


def protect_cell(text: str) -> str:
    """A cell that no spreadsheet runs: an apostrophe before what looks like a
    formula. ``restore_cell`` undoes it exactly."""
    return f"'{text}" if _RISKY.match(text) else text


def restore_cell(text: str) -> str:
    """The text that ``protect_cell`` was given."""
    return text[1:] if text.startswith("'") and _RISKY.match(text, 1) else text


class _TooLarge(Exception):
    """A row beyond MAX_ITEM; ``goes_on`` where no end of it is in sight."""

    def __init__(self, *, goes_on: bool) -> None:
        super().__init__()
        self.goes_on = goes_on


class _Lines:
    """Physical lines for csv.reader, remembering those of the row at hand."""

    def __init__(self, source: Iterator[Line]) -> None:
        self._source = source
        self.begin()

    def begin(self) -> None:
        self.first = self.last = 0
        self.raw = ""
        self.fault = ""
        self._size = 0

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        line = next(self._source)
        text = self._text(line)
        self.first, self.last = self.first or line.number, line.number
        if len(self.raw) < RAW_KEPT:
            self.raw += text[:RAW_KEPT]
        started = self._size > 0
        self._size += len(line.content)
        if line.too_long or self._size > MAX_ITEM:
            raise _TooLarge(goes_on=started)
        return text

    def _text(self, line: Line) -> str:
        try:
            text = line.content.decode()
        except UnicodeDecodeError as error:
            byte = line.content[error.start]
            self.fault = (
                f"not UTF-8: byte {error.start + 1} of line {line.number} is"
                f" 0x{byte:02x}; save the file as CSV UTF-8"
            )
            # What is no character stays none, so that the row is refused again.
            return line.content.decode("utf-8", "surrogateescape")
        if "\0" in text:
            column = text.index("\0") + 1
            self.fault = f"holds a NUL at column {column} of line {line.number}"
        return text


def read(stream: BinaryIO) -> Iterator[Record | Refused]:
    """The rows of a stream as records, in flat memory; empty rows are passed over.

    Comma, semicolon or TAB, as the header row says, which needs at least ``url``.
    Raises Unreadable without such a header, for UTF-16, and for a row that goes
    on beyond MAX_ITEM bytes.
    """
    # The limit is the process's; a body has more than the 128 KiB of the default.
    csv.field_size_limit(MAX_ITEM)
    source = _Lines(lines(stream))
    names, delimiter = _header(source)
    rows = csv.reader(source, delimiter=delimiter, strict=True)
    while True:
        source.begin()
        try:
            cells = next(rows)
        except StopIteration:
            return
        except _TooLarge as error:
            yield _refused(source, f"the row is longer than {MAX_ITEM // 2**20} MB")
            if error.goes_on:
                raise Unreadable(
                    "a quotation mark that is opened in this row is never closed;"
                    " nothing behind it can be read",
                    source.first,
                ) from None
        except csv.Error as error:
            yield _refused(source, source.fault or _plain(error, source))
        else:
            if any(cell.strip() for cell in cells):
                yield _row(source, names, cells)


def names_of(header: str) -> tuple[list[str], str] | None:
    """The fields a header row names, in lower case, and its delimiter.

    None if it is no header row of articles, which has a column ``url``.
    """
    found = []
    for delimiter in DELIMITERS:
        try:
            cells = next(csv.reader([header], delimiter=delimiter, strict=True), [])
        except csv.Error:
            continue
        names = [cell.strip().lower() for cell in cells]
        if "url" in names:
            found.append((names, delimiter))
    return max(found, key=lambda each: len(each[0]), default=None)


def _header(source: _Lines) -> tuple[list[str], str]:
    try:
        header = next((line for line in source if line.strip()), "")
    except _TooLarge:
        raise Unreadable("the header row does not end", source.last) from None
    if source.fault:
        raise Unreadable(source.fault, source.last)
    if not header:
        raise Unreadable("the file is empty; a CSV file begins with a header row")
    if "\r" in header.rstrip("\r\n"):
        raise Unreadable("the lines end with CR alone; save the file with LF or CRLF")
    found = names_of(header)
    if found is None:
        raise Unreadable(
            "the header row has no column “url”; it reads: "
            + kept_raw(header.strip())[:200],
            source.last,
        )
    names = [name for name in found[0] if name]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise Unreadable(
            f"the header row has {', '.join(twice)} more than once", source.last
        )
    return found


def _row(source: _Lines, names: list[str], cells: list[str]) -> Record | Refused:
    if len(cells) != len(names):
        reason = (
            f"has {len(cells)} cells, the header row has {len(names)};"
            " look for a missing quotation mark or a delimiter too many"
        )
        return _refused(source, source.fault or reason)
    data: dict[str, object] = {
        name: restore_cell(cell)
        for name, cell in zip(names, cells, strict=True)
        if name and cell
    }
    if isinstance(tags := data.get("tags"), str):
        data["tags"] = tags.split(TAG_SEPARATOR)
    if source.fault:
        return Refused(source.first, source.fault, data, kept_raw(source.raw))
    return Record(source.first, data, kept_raw(source.raw))


def _refused(source: _Lines, reason: str) -> Refused:
    return Refused(source.first, reason, None, kept_raw(source.raw))


def _plain(error: csv.Error, source: _Lines) -> str:
    text = str(error)
    if "unexpected end" in text:
        reason = "a quotation mark that is opened here is never closed"
        if source.last > source.first:
            reason += f"; lines {source.first} to {source.last} were taken as one row"
        return reason
    if "expected after" in text:
        return "a quotation mark inside a quoted cell must be written twice"
    if "new-line character" in text:
        return "a cell with a line break must be in quotation marks"
    return f"no CSV row: {text}"
