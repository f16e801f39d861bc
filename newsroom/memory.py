"""What a process keeps in its own memory: the last things it was asked for."""

import threading
import time
from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar
from weakref import WeakSet

Value = TypeVar("Value")


class Memory(Generic[Value]):
    """Values by their keys, for so many ``seconds`` and as long as there is ``room``.

    Of what has no room the value goes that was asked for longest ago. A value is
    given as it is, to all threads at once: nobody may change it. That is why this is
    not Django's cache in memory, which pickles what it is given and unpickles what it
    gives: a fifth of what a kept page costs.
    """

    #: All there are, to be emptied by whoever wants to ask as a new process would.
    all: "WeakSet[Memory]" = WeakSet()

    def __init__(self, room: int, seconds: float) -> None:
        self.room, self.seconds = room, seconds
        self._kept: OrderedDict[Hashable, tuple[float, Value]] = OrderedDict()
        self._lock = threading.Lock()
        self.all.add(self)

    def get(self, key: Hashable) -> Value | None:
        """The value of a key; nothing if it is not there, or no longer."""
        with self._lock:
            found = self._kept.get(key)
            if not found:
                return None
            until, value = found
            if until < time.monotonic():
                del self._kept[key]
                return None
            self._kept.move_to_end(key)
            return value

    def set(self, key: Hashable, value: Value) -> None:
        with self._lock:
            self._kept[key] = (time.monotonic() + self.seconds, value)
            self._kept.move_to_end(key)
            if len(self._kept) > self.room:
                self._kept.popitem(last=False)

    def clear(self) -> None:
        with self._lock:
            self._kept.clear()
