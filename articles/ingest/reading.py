"""What an import reads: all items in their order, each with what is known of it.

Items are looked at in lots: one question tells which of a lot's records change
nothing, and the others are prepared while the lots before them are being stored.
"""

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice

from . import known, parse
from .entries import Entry, Record, Refused, Unreadable
from .known import Known
from .preparing import Outcome, Preparing, weight
from .records import Defaults
from .runs import Input, Options

#: Characters of a lot, at most: what is in memory at once is bounded by them.
MOST_IN_A_LOT = 4_000_000


@dataclass(slots=True)
class Found:
    """One item of the input of that name, and its outcome once it is known."""

    name: str
    item: Record | Refused
    outcome: Entry | Known | Refused | None = None
    #: Nothing behind it could be read.
    ends_input: bool = False


def read(
    inputs: list[Input], options: Options, defaults: Defaults, preparing: Preparing
) -> Iterator[Found]:
    """All items of the inputs, each with its outcome.

    What cannot be read of one input is an item that is refused, and the next input
    is read. Of some lots more than were asked for is read, and never more than
    the limit of the options.
    """
    under_way: deque[tuple[list[Found], Callable[[], Iterator[Outcome]]]] = deque()

    def first() -> list[Found]:
        lot, outcomes = under_way.popleft()
        for each, outcome in zip(_unknown(lot), outcomes(), strict=True):
            each.outcome = outcome
        return lot

    for lot in _lots(inputs, options):
        _look_up(lot, defaults)
        records = [each.item for each in _unknown(lot) if isinstance(each.item, Record)]
        under_way.append((lot, preparing.begin_all(records)))
        if len(under_way) > preparing.ahead:
            yield from first()
    while under_way:
        yield from first()


def _lots(inputs: list[Input], options: Options) -> Iterator[list[Found]]:
    lot: list[Found] = []
    size = 0
    for each in islice(_items(inputs, options), options.limit):
        lot.append(each)
        size += weight(each.item)
        if len(lot) >= options.batch_size or size >= MOST_IN_A_LOT:
            yield lot
            lot, size = [], 0
    if lot:
        yield lot


def _items(inputs: list[Input], options: Options) -> Iterator[Found]:
    form, source = options.input_format, options.source
    for each in inputs:
        try:
            for item in parse.read(each.stream, form, name=each.name, source=source):
                yield Found(each.name, item)
        except Unreadable as error:
            refused = Refused(error.line, str(error), None, "")
            yield Found(each.name, refused, ends_input=True)


def _look_up(lot: list[Found], defaults: Defaults) -> None:
    """Find the outcome of those that change nothing, or are no records."""
    items: list[Record] = []
    records: list[Found] = []
    for each in lot:
        if isinstance(each.item, Record):
            items.append(each.item)
            records.append(each)
        else:
            each.outcome = each.item
    there = known.look_up(items, defaults)
    for each, outcome in zip(records, there, strict=True):
        each.outcome = outcome


def _unknown(lot: list[Found]) -> list[Found]:
    return [each for each in lot if each.outcome is None]
