"""NDJSON: one JSON object per line, each line good or bad by itself."""

import json
from collections.abc import Iterator
from typing import BinaryIO

from articles.ingest.entries import RAW_KEPT, Record, Refused, kept_raw

from .json_records import RecordDecoder, plain, to_record, too_deep
from .streams import BOM, MAX_ITEM, Line, lines

CUT_OFF = "the last line is cut off"
_BLANKS = b" \t\r\n"


def read(stream: BinaryIO) -> Iterator[Record | Refused]:
    """The records of a stream, in flat memory; blank lines are passed over.

    Raises Unreadable for UTF-16.
    """
    decoder = RecordDecoder()
    for line in lines(stream):
        if line.too_long or line.content.strip():
            yield _item(line, decoder)


def _item(line: Line, decoder: RecordDecoder) -> Record | Refused:
    # Files that were joined carry a byte order mark inside, at a line's beginning.
    content = line.content.removeprefix(BOM).strip(_BLANKS)
    shown = content[: 4 * RAW_KEPT].decode("utf-8", "backslashreplace")
    if line.too_long:
        reason = f"the line is longer than {MAX_ITEM // 2**20} MB"
        return Refused(line.number, reason, None, kept_raw(shown))
    is_last = not line.content.endswith(b"\n")
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        cut = is_last and error.reason == "unexpected end of data"
        reason = CUT_OFF if cut else _not_utf8(line.content, error)
        return Refused(line.number, reason, None, kept_raw(shown))
    try:
        value, end = decoder.decode(text)
        if end < len(text):
            raise json.JSONDecodeError("Extra data", text, _next(text, end))
    except json.JSONDecodeError as error:
        cut = is_last and (error.pos >= len(text) or not text.endswith("}"))
        where = f"not JSON at column {error.pos + 1}: {plain(error)}"
        return Refused(line.number, CUT_OFF if cut else where, None, kept_raw(text))
    except RecursionError:
        return too_deep(line.number, text)
    return to_record(line.number, value, decoder.faults, text)


def _not_utf8(content: bytes, error: UnicodeDecodeError) -> str:
    indent = len(content) - len(content.lstrip(_BLANKS))
    byte = error.object[error.start]
    return (
        f"not UTF-8: byte {error.start + indent + 1} of the line is 0x{byte:02x};"
        " save the file as UTF-8"
    )


def _next(text: str, position: int) -> int:
    return len(text) - len(text[position:].lstrip())
