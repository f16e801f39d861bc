"""JSON as records demand it: stricter than Python's reader, with names for faults."""

import json
import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from articles.ingest.entries import Record, Refused, kept_raw

#: The most levels of a record; a record as documented has two.
MAX_DEPTH = 32
#: The most digits of a number; no number here counts anything.
MAX_DIGITS = 400
#: The most problems of one record that are told.
MAX_PROBLEMS = 10

_UNSTORABLE = re.compile("[\0\ud800-\udfff]")
_PLAIN = {
    "Extra data": "there is more text behind the object",
    "Unterminated string starting at": "this text has no closing quotation mark",
    "Invalid control character at": "line breaks and tabs in a text are \\n and \\t",
    "Expecting value": "a value is missing or misspelt",
    "Expecting property name enclosed in double quotes": (
        "a name in double quotation marks is missing"
    ),
    "Illegal trailing comma before end of object": "there is a comma too many",
    "Illegal trailing comma before end of array": "there is a comma too many",
    "Expecting ',' delimiter": 'a comma is missing, or a quotation mark is not \\"',
    "Expecting ':' delimiter": "a colon is missing",
}


class Doubled(dict[str, object]):
    """An object in which fields are given twice; written as JSON, it still has them."""

    def __init__(self, pairs: Iterable[tuple[str, object]]) -> None:
        self.pairs = list(pairs)
        super().__init__(self.pairs)

    def items(self) -> Any:
        return self.pairs


class RecordDecoder:
    """Decodes JSON values and collects what is wrong with the last one.

    Faults that leave the value whole are collected in ``faults``, so that the
    item can be refused alone, with its data. Raises json.JSONDecodeError and
    RecursionError as the standard decoder does.
    """

    def __init__(self) -> None:
        self.faults: list[str] = []
        self._decoder = json.JSONDecoder(
            object_pairs_hook=self._object, parse_int=self._integer
        )

    def decode(self, text: str, start: int = 0) -> tuple[object, int]:
        """The value that begins at ``start``, and the position behind it."""
        self.faults.clear()
        return self._decoder.raw_decode(text, start)

    def _object(self, pairs: list[tuple[str, object]]) -> dict[str, object]:
        fields = dict(pairs)
        if len(fields) < len(pairs):
            fields = Doubled(pairs)
            times = Counter(name for name, _ in pairs)
            self.faults += [
                f"{_shown(name)}: is given {'twice' if n == 2 else f'{n} times'}"
                for name, n in times.most_common(MAX_PROBLEMS)
                if n > 1
            ]
        return fields

    def _integer(self, digits: str) -> object:
        if len(digits) <= MAX_DIGITS:
            return int(digits)
        self.faults.append(
            f"holds a number of {len(digits):,} digits; write it as text"
        )
        return digits


def to_record(
    line: int, value: object, faults: list[str], text: str
) -> Record | Refused:
    """A decoded value as a record, or why it can be none."""
    raw = kept_raw(text)
    if not isinstance(value, dict):
        reason = f"a record is an object in braces, this is {_kind(value)}"
        return Refused(line, reason, None, raw)
    try:
        problems = [*faults, *_problems(value)]
    except RecursionError:
        return too_deep(line, text)
    if problems:
        return Refused(line, "; ".join(problems[:MAX_PROBLEMS]), value, raw)
    return Record(line, value, raw)


def too_deep(line: int, text: str) -> Refused:
    """For what not even the decoder follows to its end."""
    reason = f"is nested deeper than {MAX_DEPTH} levels"
    return Refused(line, reason, None, kept_raw(text))


def plain(error: json.JSONDecodeError) -> str:
    """What is wrong, without where."""
    return _PLAIN.get(error.msg, error.msg.removesuffix(" at").lower())


#: The names of fields and the numbers of items that lead to a value.
Path = tuple[str | int, ...]


def _problems(value: object, path: Path = ()) -> Iterator[str]:
    """What no database or no JSON can hold, by the field it stands in.

    Raises RecursionError beyond MAX_DEPTH, far from Python's own limit.
    """
    if len(path) >= MAX_DEPTH and isinstance(value, dict | list):
        raise RecursionError
    if isinstance(value, str):
        if found := _UNSTORABLE.search(value):
            yield f"{_written(path)}: holds {_name(found[0])}, which is no character"
    elif isinstance(value, float):
        if not math.isfinite(value):
            yield f"{_written(path)}: NaN and Infinity are not JSON; write null"
    elif isinstance(value, dict):
        for name, inner in value.items():
            if found := _UNSTORABLE.search(name):
                yield f"the name of a field holds {_name(found[0])}"
            yield from _problems(inner, (*path, name))
    elif isinstance(value, list):
        for number, inner in enumerate(value, start=1):
            yield from _problems(inner, (*path, number))


def _written(path: Path) -> str:
    """``authors[2].name``"""
    written = "".join(
        f"[{each}]" if isinstance(each, int) else f".{_shown(each)}" for each in path
    )
    return written.removeprefix(".")


def _name(character: str) -> str:
    if character == "\0":
        return "a NUL"
    return f"half a surrogate pair (\\u{ord(character):04x})"


def _shown(name: str) -> str:
    return kept_raw(name[:50])


def _kind(value: object) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, list):
        return "a list"
    return "a text" if isinstance(value, str) else "a number"
