"""Ctrl-C and SIGTERM, where they would cut something off in its middle."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

SIGNALS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def held_back() -> Iterator[None]:
    """Have SIGINT and SIGTERM wait for the end of this; a second one does not.

    For what a batch writes. A driver that is cut off between sending a statement and
    reading its answer leaves a connection that can neither go on nor be rolled back,
    and whoever was interrupted can then not even note how far the work has come.
    Signals that are ignored stay so. Only the main thread hears signals: elsewhere
    nothing is changed.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before: dict[int, Any] = {}
    heard: list[int] = []

    def restore() -> None:
        for number, handler in before.items():
            signal.signal(number, handler)

    def hear(number: int, frame: FrameType | None) -> None:
        heard.append(number)
        restore()

    for number in SIGNALS:
        if callable(handler := signal.getsignal(number)):
            before[number] = handler
            signal.signal(number, hear)
    try:
        yield
    finally:
        restore()
    for each in heard:
        before[each](each, None)
