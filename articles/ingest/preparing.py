"""Records made entries on all processors, in their order and in flat memory.

Checking and sanitising is most of the work of an import, and knows no database. A
worker is a help and no need: when one dies, what it had in hand is done here.
"""

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from dataclasses import replace
from types import TracebackType
from typing import Self

from .entries import Entry, Record, Refused
from .records import Defaults, Invalid, derived_excerpt, to_entry

#: Records that are handed to a worker at once, and characters of their texts.
PART, MOST_CHARACTERS = 50, 500_000
#: Records that are read before workers are started: few are done sooner without.
FEW = 500
#: Lots that the workers have beside the one that is being stored.
AHEAD = 2
#: Workers at most. The process that reads and stores keeps about three of them busy.
MOST_WORKERS = 4

Part = list[Record]
Outcome = Entry | Refused


def prepared(record: Record, defaults: Defaults) -> Outcome:
    """The record as an entry with the excerpt it will have, or why it is none."""
    try:
        entry = to_entry(record, defaults)
    except Invalid as error:
        return Refused(record.line, str(error), record.data, record.raw)
    if entry.summary:
        return entry
    return replace(entry, derived_excerpt=derived_excerpt(entry.body))


class Preparing:
    """Prepares records by ``workers`` processes, or here if that is none."""

    def __init__(self, defaults: Defaults, workers: int | None = None) -> None:
        self._defaults = defaults
        self._workers = _processors() if workers is None else workers
        self._pool: ProcessPoolExecutor | None = None
        self._seen = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._end()

    @property
    def ahead(self) -> int:
        """Lots to begin before the first of them is asked for."""
        return AHEAD if self._pool else 0

    def begin(self, records: Iterable[Record]) -> Callable[[], Iterator[Outcome]]:
        """Have these records prepared; what gives the outcomes, in their order."""
        under_way = [(part, self._submitted(part)) for part in _parts(records)]

        def outcomes() -> Iterator[Outcome]:
            for part, future in under_way:
                yield from self._done(part, future)

        return outcomes

    def _submitted(self, part: Part) -> Future[list[Outcome]] | None:
        self._seen += len(part)
        if self._workers < 2 or self._seen <= FEW:
            return None
        if self._pool is None:
            self._pool = ProcessPoolExecutor(
                self._workers,
                # Nothing is inherited: no connection, no lock, no handler.
                mp_context=multiprocessing.get_context("spawn"),
                initializer=_begin,
                initargs=(self._defaults,),
            )
        with suppress(BrokenProcessPool):
            return self._pool.submit(_prepare, part)
        return None

    def _done(self, part: Part, future: Future[list[Outcome]] | None) -> list[Outcome]:
        if future:
            try:
                return future.result()
            except BrokenProcessPool:
                self._workers = 0
                self._end()
        return [prepared(record, self._defaults) for record in part]

    def _end(self) -> None:
        if self._pool:
            self._pool.shutdown(cancel_futures=True)
            self._pool = None


def _processors() -> int:
    """Those that this process may run on, as far as the system tells (Linux does)."""
    if hasattr(os, "sched_getaffinity"):
        return min(len(os.sched_getaffinity(0)), MOST_WORKERS)
    return min(os.cpu_count() or 1, MOST_WORKERS)


def weight(item: Record | Refused) -> int:
    """About how many characters it holds."""
    values = (item.data or {}).values()
    return len(item.raw) + sum(len(each) for each in values if isinstance(each, str))


def _parts(records: Iterable[Record]) -> Iterator[Part]:
    part: Part = []
    size = 0
    for record in records:
        part.append(record)
        size += weight(record)
        if len(part) >= PART or size >= MOST_CHARACTERS:
            yield part
            part, size = [], 0
    if part:
        yield part


_defaults: Defaults


def _begin(defaults: Defaults) -> None:
    """What a worker does first: it ends with its parent, and by nobody's Ctrl-C."""
    global _defaults  # noqa: PLW0603
    _defaults = defaults
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent:
        parent.join()
        os._exit(1)


def _prepare(part: Part) -> list[Outcome]:
    return [prepared(record, _defaults) for record in part]
