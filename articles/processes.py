"""Work done on all processors, its outcomes in their order.

For work that knows no database. A process is a help and no need: when one dies, what
it had in hand is done here. Nothing here knows Django, and what is done neither.
"""

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from types import TracebackType
from typing import Any, Generic, Self, TypeVar

Given = TypeVar("Given")
Done = TypeVar("Done")

#: Processes at most. The one that reads and stores keeps about three of them busy.
MOST = 4


class Processes(Generic[Given, Done]):
    """Does ``work`` on parts by ``number`` processes, or here if that is none.

    ``work`` takes a list and gives one of the same length; it is sent to each process
    once. None is started before more than ``few`` things are to be done: few are done
    sooner without.
    """

    def __init__(
        self,
        work: Callable[[list[Given]], list[Done]],
        *,
        few: int,
        number: int | None = None,
    ) -> None:
        self._work, self._few = work, few
        self._number = processors() if number is None else number
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
    def are_running(self) -> bool:
        return self._pool is not None

    def begin(self, part: list[Given]) -> Callable[[], list[Done]]:
        """Have a part done; what gives its outcomes."""
        future = self._submitted(part)
        return lambda: self._done(part, future)

    def _submitted(self, part: list[Given]) -> Future[list[Done]] | None:
        self._seen += len(part)
        if self._number < 2 or self._seen <= self._few:
            return None
        if self._pool is None:
            self._pool = ProcessPoolExecutor(
                self._number,
                # Nothing is inherited: no connection, no lock, no handler.
                mp_context=multiprocessing.get_context("spawn"),
                initializer=_begin,
                initargs=(self._work,),
            )
        with suppress(BrokenProcessPool):
            return self._pool.submit(_do, part)
        return None

    def _done(self, part: list[Given], future: Future[list[Done]] | None) -> list[Done]:
        if future:
            try:
                return future.result()
            except BrokenProcessPool:
                self._number = 0
                self._end()
        return self._work(part)

    def _end(self) -> None:
        if self._pool:
            self._pool.shutdown(cancel_futures=True)
            self._pool = None


def processors() -> int:
    """Those that this process may run on, as far as the system tells (Linux does)."""
    if hasattr(os, "sched_getaffinity"):
        return min(len(os.sched_getaffinity(0)), MOST)
    return min(os.cpu_count() or 1, MOST)


_work: Callable[[list[Any]], list[Any]]


def _begin(work: Callable[[list[Any]], list[Any]]) -> None:
    """What a process does first: it ends with its parent, and by nobody's Ctrl-C."""
    global _work  # noqa: PLW0603
    _work = work
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent:
        parent.join()
        os._exit(1)


def _do(part: list[Any]) -> list[Any]:
    return _work(part)
