"""JSON: an array of records, read element by element."""

import codecs
import json
import re
from collections.abc import Iterator
from typing import BinaryIO

from articles.ingest.entries import Record, Refused, Unreadable, kept_raw

from .json_records import RecordDecoder, plain, to_record, too_deep
from .streams import BOM, HEAD, MAX_ITEM, refuse_utf16

_BLANK = re.compile(r"[ \t\r\n]*")
#: What surrogateescape makes of bytes that are not UTF-8.
_BAD_BYTE = re.compile("[\udc80-\udcff]")
#: Where the text ends within a word (-Infinity) or an escape (a surrogate pair),
#: the decoder names a place this far before the end at most.
_LONGEST_TOKEN = 16
_TOO_LONG = f"is longer than {MAX_ITEM // 2**20} MB"


class _Text:
    """The part of a long text that is at hand; ``at`` is where reading stands."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        # One bad byte spoils its own element only, not the rest of the file.
        self._decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
        head = stream.read(HEAD)
        refuse_utf16(head)
        self._ended = not head
        self.part = self._decoder.decode(head.removeprefix(BOM), final=not head)
        self.at = 0
        self.line = 1
        self._column = 1

    def grow(self) -> bool:
        """Read on; whether there was more.

        As much again as is at hand: an element that is tried anew after each
        growth is then decoded in time proportional to its length.
        """
        if self._ended:
            return False
        more = self._stream.read(max(HEAD, len(self.part) - self.at))
        self._ended = not more
        rest = self._decoder.decode(more, final=self._ended)
        if rest:
            self.part = self.part[self.at :] + rest
            self.at = 0
        return bool(rest)

    def move(self, to: int) -> None:
        self.line, self._column = self._place(to)
        self.at = to

    def _place(self, position: int) -> tuple[int, int]:
        breaks = self.part.count("\n", self.at, position)
        if breaks:
            return self.line + breaks, position - self.part.rfind("\n", 0, position)
        return self.line, self._column + position - self.at

    def next_character(self) -> str:
        """The next character that is not blank, "" at the end; stands before it."""
        while True:
            blank = _BLANK.match(self.part, self.at)
            self.move(blank.end() if blank else self.at)
            if self.at < len(self.part):
                return self.part[self.at]
            if not self.grow():
                return ""

    def beginning(self) -> str:
        return kept_raw(self.part[self.at : self.at + 2_000])

    def place(self, position: int) -> str:
        line, column = self._place(position)
        return f"line {line}, column {column}"


class _Broken(Exception):
    """An element behind which nothing can be trusted."""

    def __init__(self, refused: Refused) -> None:
        super().__init__(refused.reason)
        self.refused = refused


def read(stream: BinaryIO) -> Iterator[Record | Refused]:
    """The elements of the array in a stream, in flat memory.

    A single object instead of an array is one record. Raises Unreadable, with
    the line, where nothing that follows can be trusted: after a syntax error
    (the element it is in comes first, as Refused), for an element of more than
    MAX_ITEM characters, and for a file that is cut off.
    """
    text = _Text(stream)
    decoder = RecordDecoder()
    try:
        opening = text.next_character()
        if opening == "[":
            text.move(text.at + 1)
            yield from _elements(text, decoder)
        elif opening == "{":
            yield _element(text, decoder)
        else:
            raise Unreadable(
                "a JSON file of articles begins with a ["
                if opening
                else "the file is empty",
                text.line,
            )
    except _Broken as broken:
        yield broken.refused
        raise Unreadable(
            "nothing behind the faulty record can be read; mend it and import again",
            broken.refused.line,
        ) from None
    if text.next_character():
        raise Unreadable(
            f"there is more text behind the end of the records"
            f" ({text.place(text.at)}); a file with one object per line is read"
            " with --input-format ndjson",
            text.line,
        )


def _elements(text: _Text, decoder: RecordDecoder) -> Iterator[Record | Refused]:
    """From behind the opening bracket to behind the closing one."""
    if text.next_character() == "]":
        text.move(text.at + 1)
        return
    while text.next_character():
        yield _element(text, decoder)
        following = text.next_character()
        if following == "]":
            text.move(text.at + 1)
            return
        if following == ",":
            comma = text.place(text.at)
            text.move(text.at + 1)
            if text.next_character() == "]":
                reason = f"the comma at {comma} has no record behind it"
                raise _Broken(_refused(text, reason))
        elif following:
            raise _broken(text, text.at, "a comma between two records is missing")
    raise Unreadable("the file is cut off: its closing ] is missing", text.line)


def _element(text: _Text, decoder: RecordDecoder) -> Record | Refused:
    """The element that begins here; stands behind it afterwards."""
    line = text.line
    value, end = _decode(text, decoder)
    found = text.part[text.at : end]
    text.move(end)
    if len(found) > MAX_ITEM:
        return Refused(line, _TOO_LONG, None, kept_raw(found))
    if _BAD_BYTE.search(found):
        reason = "holds bytes that are not UTF-8; save the file as UTF-8"
        return Refused(line, reason, None, kept_raw(found))
    return to_record(line, value, decoder.faults, found)


def _decode(text: _Text, decoder: RecordDecoder) -> tuple[object, int]:
    while True:
        try:
            value, end = decoder.decode(text.part, text.at)
        except json.JSONDecodeError as error:
            if not _is_unfinished(text, error):
                raise _broken(text, error.pos, plain(error)) from None
            if len(text.part) - text.at > MAX_ITEM:
                raise _Broken(_refused(text, _TOO_LONG)) from None
            if not text.grow():
                raise _at_end(text, error) from None
        except RecursionError:
            raise _Broken(too_deep(text.line, text.beginning())) from None
        else:
            # A number at the end of what is at hand may go on.
            if end < len(text.part) or isinstance(value, dict) or not text.grow():
                return value, end


def _is_unfinished(text: _Text, error: json.JSONDecodeError) -> bool:
    """Whether the decoder stumbled over the end of what is at hand."""
    at_end = error.pos > len(text.part) - _LONGEST_TOKEN
    return at_end or error.msg.startswith("Unterminated string")


def _at_end(text: _Text, error: json.JSONDecodeError) -> _Broken:
    if error.pos < len(text.part) and text.part.rstrip().endswith(("]", "}")):
        return _broken(text, error.pos, plain(error))
    return _Broken(_refused(text, "the file is cut off inside this record"))


def _broken(text: _Text, position: int, reason: str) -> _Broken:
    return _Broken(_refused(text, f"not JSON at {text.place(position)}: {reason}"))


def _refused(text: _Text, reason: str) -> Refused:
    return Refused(text.line, reason, None, text.beginning())
