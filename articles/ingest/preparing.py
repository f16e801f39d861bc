"""Records made entries on all processors, in their order and in flat memory.

Checking and sanitising is most of the work of an import, and knows no database.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import partial

from articles.processes import Processes

from .entries import Entry, Record, Refused
from .records import Defaults, Invalid, derived_excerpt, digest_of, to_entry

#: Records that are handed to a worker at once, and characters of their texts.
PART, MOST_CHARACTERS = 50, 500_000
#: Records that are read before workers are started.
FEW = 500
#: Lots that the workers have beside the one that is being stored.
AHEAD = 2

Outcome = Entry | Refused


def prepared(record: Record, defaults: Defaults) -> Outcome:
    """The record as an entry with its digest and excerpt, or why it is none."""
    try:
        entry = to_entry(record, defaults)
    except Invalid as error:
        return Refused(record.line, str(error), record.data, record.raw)
    return replace(
        entry,
        record_digest=digest_of(record, defaults),
        derived_excerpt=None if entry.summary else derived_excerpt(entry.body),
    )


def _all_prepared(defaults: Defaults, records: list[Record]) -> list[Outcome]:
    return [prepared(record, defaults) for record in records]


class Preparing(Processes[Record, Outcome]):
    """Prepares records by ``workers`` processes, or here if that is none."""

    def __init__(self, defaults: Defaults, workers: int | None = None) -> None:
        super().__init__(partial(_all_prepared, defaults), few=FEW, number=workers)

    @property
    def ahead(self) -> int:
        """Lots to begin before the first of them is asked for."""
        return AHEAD if self.are_running else 0

    def begin_all(self, records: Iterable[Record]) -> Callable[[], Iterator[Outcome]]:
        """Have these records prepared; what gives the outcomes, in their order."""
        under_way = [self.begin(part) for part in _parts(records)]

        def outcomes() -> Iterator[Outcome]:
            for done in under_way:
                yield from done()

        return outcomes


def weight(item: Record | Refused) -> int:
    """About how many characters it holds."""
    values = (item.data or {}).values()
    return len(item.raw) + sum(len(each) for each in values if isinstance(each, str))


def _parts(records: Iterable[Record]) -> Iterator[list[Record]]:
    part: list[Record] = []
    size = 0
    for record in records:
        part.append(record)
        size += weight(record)
        if len(part) >= PART or size >= MOST_CHARACTERS:
            yield part
            part, size = [], 0
    if part:
        yield part
