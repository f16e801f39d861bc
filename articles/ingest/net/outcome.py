"""What a fetch may cost, and what can come of it."""

import re
from dataclasses import dataclass
from enum import StrEnum

MIB = 2**20
_PERMANENT = frozenset({301, 308})


class Failure(StrEnum):
    """Why a fetch came to nothing."""

    BLOCKED = "blocked"
    DNS = "dns"
    CONNECT = "connect"
    TLS = "tls"
    TIMEOUT = "timeout"
    TOO_LARGE = "too_large"
    BAD_ENCODING = "bad_encoding"
    TRUNCATED = "truncated"
    HTTP = "http"


@dataclass(frozen=True)
class Hop:
    """A redirect that was followed: the address that sent it, and its status."""

    url: str
    status: int


class FetchError(Exception):
    """A fetch that failed. Its text says in plain words what, where and at which cap.

    ``status`` is that of the last answer, if one came; ``retry_after`` the seconds
    from now for which it asks to be left alone; ``bot_wall`` says that a service
    which keeps programs out has answered.
    """

    def __init__(
        self,
        kind: Failure,
        message: str,
        *,
        status: int | None = None,
        retry_after: float | None = None,
        bot_wall: bool = False,
    ) -> None:
        super().__init__(message)
        self.kind = kind
        self.status = status
        self.retry_after = retry_after
        self.bot_wall = bot_wall
        self.hops: tuple[Hop, ...] = ()

    @property
    def is_network(self) -> bool:
        """Whether it failed before any answer, as all do when the network is down."""
        before = {Failure.DNS, Failure.CONNECT, Failure.TLS, Failure.TIMEOUT}
        return self.status is None and not self.hops and self.kind in before


@dataclass(frozen=True)
class Limits:
    """Caps of one fetch: sizes in bytes, times in seconds.

    ``decoded`` bounds the body after decompression, ``wire`` before it and with the
    framing of its chunks. ``wall`` bounds the whole, redirects included;
    ``connect`` the lookup of a name, and then connecting with TLS; ``first_byte``
    the wait from the request to the end of the headers; ``read_gap`` each silence
    within the body. ``hops`` is how many redirects are followed. Of header lines,
    http.client never takes more than 99, whatever is set.
    """

    decoded: int
    wire: int
    wall: float
    connect: float = 5
    first_byte: float = 15
    read_gap: float = 10
    hops: int = 5
    header_bytes: int = 65_536
    header_lines: int = 100


FEED = Limits(decoded=10 * MIB, wire=5 * MIB, wall=30)
PICTURE = Limits(decoded=20 * MIB, wire=20 * MIB, wall=30)
PAGE = Limits(decoded=5 * MIB, wire=3 * MIB, wall=30)


@dataclass(frozen=True)
class Fetched:
    """What came of a fetch: a body (status 200), or that nothing changed (304).

    Headers are as they were sent, or "" where there was none or one too odd to
    keep. ``wire_bytes`` is the body's size before decompression.
    """

    url: str
    status: int
    body: bytes
    content_type: str
    etag: str
    last_modified: str
    cache_control: str
    expires: str
    date: str
    hops: tuple[Hop, ...]
    wire_bytes: int
    seconds: float

    @property
    def moved_permanently_to(self) -> str:
        """Where the piece now lives, if every redirect on the way was for good."""
        is_permanent = all(hop.status in _PERMANENT for hop in self.hops)
        return self.url if self.hops and is_permanent else ""


def plain(value: str) -> str:
    """``value`` as a header can carry it, with "?" for what it cannot."""
    return re.sub("[^ -~]", "?", value)


def size(count: int) -> str:
    return f"{count // MIB} MiB" if count % MIB == 0 else f"{count:,} bytes"


def too_large(host: str, limits: Limits) -> FetchError:
    return FetchError(Failure.TOO_LARGE, f"{host} sends more than {size(limits.wire)}")
