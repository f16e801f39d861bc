"""Whose turn it is, when many things are to be fetched from many hosts, politely."""

import heapq
import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Wish:
    """An address, its host, and the ids of the articles that want its picture.

    ``gap`` is how many seconds the host is left alone between two fetches.
    """

    url: str
    host: str
    articles: tuple[int, ...]
    gap: float = 0


class Turns:
    """Whose turn it is: never two of one host, and a pause between two of them.

    Within a host the order is kept; among hosts, who has waited longest comes first.
    """

    def __init__(
        self, wishes: Iterable[Wish], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._clock = clock
        self._waiting: dict[str, deque[Wish]] = {}
        for wish in wishes:
            self._waiting.setdefault(wish.host, deque()).append(wish)
        #: When each host that nobody asks comes free, its rank, its name.
        self._free = [(0.0, rank, host) for rank, host in enumerate(self._waiting)]
        self._rank = len(self._free)

    def __bool__(self) -> bool:
        """Whether any is still to be taken."""
        return bool(self._waiting)

    @property
    def pause(self) -> float | None:
        """Seconds until one can be taken; None if all hosts are in use."""
        return max(self._free[0][0] - self._clock(), 0) if self._free else None

    def take(self) -> Wish | None:
        """The next one, whose host is in use from now on; None if none is free."""
        if not self._free or self._free[0][0] > self._clock():
            return None
        host = heapq.heappop(self._free)[2]
        return self._waiting[host].popleft()

    def put_back(self, wish: Wish, seconds: float) -> None:
        """It could not be fetched yet: after so many seconds it may be taken again."""
        self._waiting[wish.host].appendleft(wish)
        self._free_after(wish.host, seconds)

    def give_back(self, wish: Wish) -> None:
        """The fetch is over: after its gap, the host's next one may be taken."""
        if self._waiting.get(wish.host):
            self._free_after(wish.host, wish.gap)
        else:
            self._waiting.pop(wish.host, None)

    def _free_after(self, host: str, seconds: float) -> None:
        self._rank += 1
        heapq.heappush(self._free, (self._clock() + seconds, self._rank, host))

    def drop(self, host: str) -> list[Wish]:
        """Take all that wait for a host in use, not to be fetched."""
        return list(self._waiting.pop(host, ()))

    def drop_all(self) -> list[Wish]:
        """Take all that wait, not to be fetched."""
        dropped = [wish for wishes in self._waiting.values() for wish in wishes]
        self._waiting, self._free = {}, []
        return dropped
