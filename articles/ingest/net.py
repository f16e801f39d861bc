"""The guarded fetch: the only module that opens connections.

Every address is hostile until checked, and every peer stays so. A name is resolved
once for each connection; all its answers must be public, and one of these very
answers is connected to, so that no second lookup can lead elsewhere. One clock runs
over the whole fetch and is asked at every read of the socket, as are the sizes: no
layer above can be made to wait or to collect. Redirects are followed by hand, each
from the first check on. No proxy or credentials are taken from the environment, no
cookie is kept, no referrer sent.

Knows no Django; whoever calls says what is exempt (``addresses.Allow``).
"""

import http.client
import io
import ipaddress
import logging
import re
import socket
import ssl
import threading
import zlib
from base64 import b64encode
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import StrEnum
from functools import cache
from ipaddress import IPv4Address, IPv6Address
from time import monotonic
from typing import Any, cast
from urllib.parse import urljoin

from urllib3.connection import HTTPConnection
from urllib3.exceptions import HTTPError
from urllib3.response import HTTPResponse

from .addresses import Allow, Refused, Target, check_url, public_reason

MIB = 2**20
#: No wish of a server to be left alone is followed for longer.
LONGEST_RETRY_AFTER = 7 * 24 * 3600
#: Characters of a header that is kept.
MOST_HEADER_CHARACTERS = 1024
#: Of a name's addresses, how many are tried.
MOST_ADDRESSES = 4
_PIECE = 65_536
# zlib's word for: with the header and the checksum of gzip.
_GZIP = 16 + zlib.MAX_WBITS
_GZIP_MAGIC = b"\x1f"

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_PERMANENT = frozenset({301, 308})
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f]")
# What a header cannot carry (RFC 9110, 5.5), and the controls that it had better not.
_ODD = re.compile("[^ -~\xa0-\xff]")
#: Header and value with which a service says that it keeps programs out.
_BOT_WALLS = (
    ("cf-mitigated", "challenge"),
    ("x-amzn-waf-action", "challenge"),
    ("x-amzn-waf-action", "captcha"),
    ("x-datadome", "protected"),
    ("x-vercel-mitigated", "challenge"),
)
_BOT_WALL_STATUSES = frozenset({202, 401, 403, 405, 429, 503})

# urllib3 logs a peer's broken headers with a traceback; here FetchError tells.
for _name in ("urllib3.connection", "urllib3.response"):
    logging.getLogger(_name).setLevel(logging.ERROR)

IPAddress = IPv4Address | IPv6Address
#: What ``socket.getaddrinfo`` is: host, port and ``type`` in, tuples out whose
#: last item begins with an address.
Resolve = Callable[..., Sequence[tuple[Any, ...]]]


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


def fetch(
    url: str,
    *,
    limits: Limits = FEED,
    etag: str = "",
    last_modified: str = "",
    accept: str = "*/*",
    user_agent: str,
    allow: Allow,
    credentials: tuple[str, str] | None = None,
    verify_tls: bool = True,
    resolve: Resolve = socket.getaddrinfo,
) -> Fetched:
    """Get ``url``, or learn that it is as ``etag`` and ``last_modified`` say.

    ``credentials`` are a user name and a password for Basic authentication. They and
    the validators are dropped for good once a redirect leaves the first origin.
    Redirects from https to http are refused, unless ``url`` was http and no
    credentials are there to protect. Of the answers, 2xx with a whole body counts,
    and 304 if a validator was sent. Raises FetchError, and nothing else.
    """
    errand = _Errand(
        limits, _Clock(limits.wall), accept, user_agent, allow, verify_tls, resolve
    )
    private = _private(etag, last_modified, credentials)
    hops: list[Hop] = []
    try:
        target = first = _checked(url, allow)
        may_be_plain = first.scheme == "http" and not credentials
        while True:
            with errand.answer(target, private) as answer:
                if answer.status not in _REDIRECTS:
                    return _received(answer, target, private, errand, tuple(hops))
                location = _location(answer, target)
            hops.append(Hop(target.url, answer.status))
            following = _checked(location, allow)
            _check_redirect(following, hops, limits, may_be_plain)
            if following.origin != first.origin:
                private = {}
            target = following
    except FetchError as error:
        error.hops = tuple(hops)
        raise


def retry_after(value: str, now: datetime) -> float | None:
    """Seconds from ``now`` (aware) that a Retry-After header names (RFC 9110, 10.2.3).

    At least 0 and at most seven days; None if it is neither a number of seconds nor
    a date.
    """
    value = value.strip()
    if value.isascii() and value.isdigit():
        # Longer ones are beyond the cap, and int() refuses the longest.
        seconds = float(value) if len(value) < 16 else LONGEST_RETRY_AFTER
    else:
        try:
            moment = parsedate_to_datetime(value)
            if moment.tzinfo is None:
                moment = moment.replace(tzinfo=UTC)
            seconds = (moment - now).total_seconds()
        except (ValueError, TypeError, IndexError, OverflowError):
            return None
    return min(max(seconds, 0.0), LONGEST_RETRY_AFTER)


def _checked(url: str, allow: Allow) -> Target:
    try:
        return check_url(url, allow)
    except Refused as error:
        raise FetchError(Failure.BLOCKED, str(error)) from error


def _private(
    etag: str, last_modified: str, credentials: tuple[str, str] | None
) -> dict[str, str]:
    """The headers that are meant for the first origin alone."""
    headers = {
        "If-None-Match": _kept(etag),
        "If-Modified-Since": _kept(last_modified),
    }
    if credentials:
        name_and_password = ":".join(credentials).encode()
        headers["Authorization"] = f"Basic {b64encode(name_and_password).decode()}"
    return {name: value for name, value in headers.items() if value}


def _kept(value: str) -> str:
    """``value`` verbatim, or "" if it is too long or odd to be sent back."""
    is_fit = len(value) <= MOST_HEADER_CHARACTERS and not _ODD.search(value)
    return value if is_fit else ""


def _plain(value: str) -> str:
    """``value`` as a header can carry it, with "?" for what it cannot."""
    return re.sub("[^ -~]", "?", value)


def _size(count: int) -> str:
    return f"{count // MIB} MiB" if count % MIB == 0 else f"{count:,} bytes"


class _Clock:
    """The time of one fetch, in seconds."""

    def __init__(self, wall: float) -> None:
        self.wall = wall
        self.start = monotonic()

    @property
    def spent(self) -> float:
        return monotonic() - self.start

    def left(self, host: str) -> float:
        """What is left of the wall time. Raises FetchError when it is up."""
        left = self.wall - self.spent
        if left <= 0:
            raise FetchError(
                Failure.TIMEOUT, f"{host} took longer than {self.wall:g} s in all"
            )
        return left


class _Meter(io.RawIOBase):
    """The receiving end of a socket, which asks clock and caps at every read."""

    def __init__(
        self, sock: socket.socket, host: str, limits: Limits, clock: _Clock
    ) -> None:
        super().__init__()
        self.sock = sock
        self.host = host
        self.limits = limits
        self.clock = clock
        self.received = 0
        self.is_in_headers = True
        self.headers_due = clock.spent + limits.first_byte

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        view = memoryview(buffer)
        if self.is_in_headers:
            room = self.limits.header_bytes - self.received
            if room <= 0:
                raise FetchError(
                    Failure.HTTP,
                    f"{self.host} sends more than"
                    f" {_size(self.limits.header_bytes)} of headers",
                )
            view = view[:room]
        elif self.received > self.limits.wire:
            raise _too_large(self.host, self.limits)
        count = self._receive(view)
        self.received += count
        if not count and self.is_in_headers:
            raise self._cut("the connection ended")
        return count

    def body_begins(self) -> None:
        """From now on the caps of the body hold.

        What was read ahead with the headers, a buffer of 8 KiB at most, is not
        counted here; what the body is made of is counted again where it is read.
        """
        self.is_in_headers = False
        self.received = 0

    def _receive(self, view: memoryview) -> int:
        left = self.clock.left(self.host)
        if self.is_in_headers:
            patience = self.headers_due - self.clock.spent
            late = f"sent no whole headers within {self.limits.first_byte:g} s"
        else:
            patience = self.limits.read_gap
            late = f"fell silent for {self.limits.read_gap:g} s within the body"
        try:
            if patience <= 0:
                raise TimeoutError
            self.sock.settimeout(min(patience, left))
            return self.sock.recv_into(view)
        except TimeoutError as error:
            self.clock.left(self.host)
            raise FetchError(Failure.TIMEOUT, f"{self.host} {late}") from error
        except OSError as error:
            raise self._cut(_why(error)) from error

    def _cut(self, how: str) -> FetchError:
        if self.is_in_headers and not self.received:
            return FetchError(Failure.CONNECT, f"{self.host} gave no answer: {how}")
        part = "headers" if self.is_in_headers else "body"
        return FetchError(
            Failure.TRUNCATED, f"{self.host} broke off within the {part}: {how}"
        )


def _why(error: Exception) -> str:
    said = getattr(error, "strerror", None) or str(error)
    return (said or type(error).__name__).lower()


class _Wire:
    """The socket as http.client uses one.

    It reads through the meter; timeouts are the meter's matter, and closing is that
    of the fetch.
    """

    def __init__(self, sock: socket.socket, meter: _Meter) -> None:
        self.sendall = sock.sendall
        self.meter = meter

    def makefile(self, mode: str) -> io.BufferedReader:
        return io.BufferedReader(self.meter)

    def settimeout(self, seconds: object) -> None:
        pass

    def close(self) -> None:
        pass


class _StrictResponse(http.client.HTTPResponse):
    """An answer whose headers were all understood.

    The parser takes all that follows a line without a colon for something else than
    headers. The body's length or packing may be among it.
    """

    def begin(self) -> None:
        super().begin()
        rest = self.msg.get_payload()
        if isinstance(rest, str) and rest:
            raise http.client.HTTPException("a line among the headers is none")


def _connection(target: Target, sock: socket.socket, meter: _Meter) -> HTTPConnection:
    """A connection that speaks over ``sock``, and never opens one of its own."""
    connection = HTTPConnection(target.host, target.port)
    connection.auto_open = 0
    connection.response_class = _StrictResponse
    connection.sock = cast(socket.socket, _Wire(sock, meter))
    return connection


@dataclass
class _Answer:
    """Status and headers of a target, with the body still to be read."""

    response: HTTPResponse
    wire_bytes: int = 0

    @property
    def status(self) -> int:
        return self.response.status

    def header(self, name: str) -> str:
        return self.response.headers.get(name, "").strip()


@dataclass(frozen=True)
class _Errand:
    """What is the same at every hop of one fetch."""

    limits: Limits
    clock: _Clock
    accept: str
    user_agent: str
    allow: Allow
    verify_tls: bool
    resolve: Resolve

    @contextmanager
    def answer(self, target: Target, private: dict[str, str]) -> Iterator[_Answer]:
        """Ask ``target``, and close every socket at the end."""
        with ExitStack() as stack:
            sock = self._connected(target, stack)
            meter = _Meter(sock, target.host, self.limits, self.clock)
            connection = stack.enter_context(closing(_connection(target, sock, meter)))
            headers = {
                "Host": target.authority,
                "User-Agent": _plain(self.user_agent),
                "Accept": _plain(self.accept),
                "Accept-Encoding": "gzip",
                "Connection": "close",
                **private,
            }
            sock.settimeout(min(self.limits.first_byte, self.clock.left(target.host)))
            try:
                connection.request(
                    "GET", target.path, headers=headers, preload_content=False
                )
                response = stack.enter_context(closing(connection.getresponse()))
            except OSError as error:
                raise FetchError(
                    Failure.CONNECT,
                    f"{target.host} takes no request: {_why(error)}",
                ) from error
            except (http.client.HTTPException, HTTPError, ValueError) as error:
                raise FetchError(
                    Failure.HTTP,
                    f"{target.host} sends no proper HTTP: {_plain(str(error))[:100]}",
                ) from error
            if len(response.headers.items()) > self.limits.header_lines:
                raise FetchError(
                    Failure.HTTP,
                    f"{target.host} sends more than {self.limits.header_lines} headers",
                    status=response.status,
                )
            meter.body_begins()
            yield _Answer(response)

    def _connected(self, target: Target, stack: ExitStack) -> socket.socket:
        addresses = self._addresses(target)[:MOST_ADDRESSES]
        due = self.clock.spent + self.limits.connect
        failed = ""
        for index, address in enumerate(addresses):
            left = min(due - self.clock.spent, self.clock.left(target.host))
            # One that never answers leaves time for the others.
            patience = max(left, 0.001) / (len(addresses) - index)
            try:
                sock = stack.enter_context(_dialled(address, target.port, patience))
            except OSError as error:
                failed = _why(error)
                continue
            if target.scheme == "https":
                sock = stack.enter_context(self._secured(sock, target, due))
            return sock
        raise FetchError(
            Failure.CONNECT,
            f"{target.host} cannot be reached at port {target.port}: {failed}",
        )

    def _secured(
        self, sock: socket.socket, target: Target, due: float
    ) -> ssl.SSLSocket:
        left = min(due - self.clock.spent, self.clock.left(target.host))
        sock.settimeout(max(left, 0.001))
        try:
            return _tls(self.verify_tls).wrap_socket(sock, server_hostname=target.host)
        except ssl.SSLCertVerificationError as error:
            raise FetchError(
                Failure.TLS,
                f"the certificate of {target.host} is not accepted:"
                f" {error.verify_message}",
            ) from error
        except TimeoutError as error:
            raise FetchError(
                Failure.TIMEOUT, f"{target.host} does not finish the TLS handshake"
            ) from error
        except (OSError, ValueError) as error:
            why = getattr(error, "reason", None) or _why(error)
            raise FetchError(
                Failure.TLS,
                f"no TLS with {target.host}: {why.replace('_', ' ').lower()}",
            ) from error

    def _addresses(self, target: Target) -> list[IPAddress]:
        """Where ``target`` leads, all of it checked."""
        found = [target.address] if target.address else self._looked_up(target)
        for address in found:
            if self.allow.permits(target.host, target.port, address):
                continue
            if reason := public_reason(address):
                raise FetchError(
                    Failure.BLOCKED,
                    f"{target.host} leads to {address}, which is {reason}",
                )
        return found

    def _looked_up(self, target: Target) -> list[IPAddress]:
        patience = min(self.limits.connect, self.clock.left(target.host))
        answer: Future[Sequence[tuple[Any, ...]]] = Future()

        def look_up() -> None:
            try:
                answer.set_result(
                    self.resolve(target.host, target.port, type=socket.SOCK_STREAM)
                )
            except (OSError, ValueError) as error:
                answer.set_exception(error)

        # getaddrinfo cannot be interrupted, so it is left behind when it takes too
        # long. Its own timeouts end it.
        threading.Thread(target=look_up, name="lookup", daemon=True).start()
        try:
            found = [
                ipaddress.ip_address(item[4][0]) for item in answer.result(patience)
            ]
        except TimeoutError as error:
            raise FetchError(
                Failure.DNS, f"{target.host} was not found within {patience:.2g} s"
            ) from error
        except (OSError, ValueError) as error:
            raise FetchError(
                Failure.DNS, f"{target.host} was not found: {_why(error)}"
            ) from error
        if not found:
            raise FetchError(Failure.DNS, f"{target.host} has no address")
        return list(dict.fromkeys(found))


def _dialled(address: IPAddress, port: int, seconds: float) -> socket.socket:
    family = socket.AF_INET if address.version == 4 else socket.AF_INET6
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        sock.settimeout(seconds)
        sock.connect((str(address), port))
    except OSError:
        sock.close()
        raise
    return sock


@cache
def _tls(verify: bool) -> ssl.SSLContext:
    """Reading the certificate authorities takes 30 ms, so contexts are kept."""
    context = ssl.create_default_context()
    context.set_alpn_protocols(["http/1.1"])
    if not verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _location(answer: _Answer, target: Target) -> str:
    """Where a redirect leads; the bytes of its header are UTF-8 if they can be."""
    values = set(answer.response.headers.getlist("location"))
    location = values.pop().strip() if len(values) == 1 else ""
    with suppress(UnicodeDecodeError):
        location = location.encode("latin-1").decode("utf-8")
    if not location or _CONTROL.search(location):
        raise FetchError(
            Failure.HTTP,
            f"{target.host} redirects without saying where",
            status=answer.status,
        )
    try:
        return urljoin(target.url, location)
    except ValueError:
        # No address at all, which the check of addresses words better.
        return location


def _check_redirect(
    following: Target, hops: list[Hop], limits: Limits, may_be_plain: bool
) -> None:
    """Refuse to go on to ``following`` where it leads in circles or out of https."""
    last = hops[-1]
    if len(hops) > limits.hops:
        raise FetchError(
            Failure.HTTP,
            f"more than {limits.hops} redirects, the last to {following.host}",
            status=last.status,
        )
    if following.url in {hop.url for hop in hops}:
        raise FetchError(
            Failure.HTTP,
            f"{following.host} redirects in a circle",
            status=last.status,
        )
    leaves_tls = last.url.startswith("https:") and following.scheme == "http"
    if leaves_tls and not may_be_plain:
        raise FetchError(
            Failure.BLOCKED,
            f"a redirect leads from https to unprotected http at {following.host}",
        )


def _received(
    answer: _Answer,
    target: Target,
    private: dict[str, str],
    errand: _Errand,
    hops: tuple[Hop, ...],
) -> Fetched:
    """The end of a fetch, from an answer that is no redirect."""
    try:
        _check_status(answer, target, private)
        body = b"" if answer.status == 304 else _body(answer, target, errand)
    except FetchError as error:
        error.status = answer.status
        raise
    return Fetched(
        url=target.url,
        status=304 if answer.status == 304 else 200,
        body=body,
        content_type=_kept(answer.header("content-type").replace("\t", " ")),
        etag=_kept(answer.header("etag")),
        last_modified=_kept(answer.header("last-modified")),
        cache_control=_kept(answer.header("cache-control")),
        expires=_kept(answer.header("expires")),
        date=_kept(answer.header("date")),
        hops=hops,
        wire_bytes=answer.wire_bytes,
        seconds=errand.clock.spent,
    )


def _check_status(answer: _Answer, target: Target, private: dict[str, str]) -> None:
    status = answer.status
    bot_wall = status in _BOT_WALL_STATUSES and any(
        answer.header(name).lower() == value for name, value in _BOT_WALLS
    )
    has_validator = "If-None-Match" in private or "If-Modified-Since" in private
    if bot_wall:
        message = f"{target.host} keeps programs out: its bot protection answered"
    elif status == 304:
        if has_validator:
            return
        message = f"{target.host} says that nothing changed, but was not asked that"
    elif status == 206:
        message = f"{target.host} sends a part, though all was asked for"
    elif 200 <= status < 300:
        return
    else:
        message = f"{target.host} answers with status {status}"
    raise FetchError(
        Failure.HTTP,
        message,
        retry_after=retry_after(answer.header("retry-after"), datetime.now(UTC)),
        bot_wall=bot_wall,
    )


def _body(answer: _Answer, target: Target, errand: _Errand) -> bytes:
    host, most = target.host, errand.limits.decoded
    pieces = _chunks(answer, host, errand.limits)
    if _is_gzip(answer, host):
        pieces = _unzipped(pieces, host)
    # Not a list: a body may come in a million pieces, and each would cost more.
    body = bytearray()
    for piece in pieces:
        errand.clock.left(host)
        if len(body) + len(piece) > most:
            raise FetchError(
                Failure.TOO_LARGE, f"{host} sends more than {_size(most)}, unpacked"
            )
        body += piece
    return bytes(body)


def _chunks(answer: _Answer, host: str, limits: Limits) -> Iterator[bytes]:
    """The body as it comes, at most as much as ``limits`` allows."""
    if (answer.response.length_remaining or 0) > limits.wire:
        raise _too_large(host, limits)
    while chunk := _read(answer.response, host):
        answer.wire_bytes += len(chunk)
        if answer.wire_bytes > limits.wire:
            raise _too_large(host, limits)
        yield chunk


def _read(response: HTTPResponse, host: str) -> bytes:
    """What one read of the socket gives; b"" at the end of a whole body."""
    try:
        return response.read1(_PIECE, decode_content=False)
    except (HTTPError, http.client.HTTPException, ValueError) as error:
        raise FetchError(
            Failure.TRUNCATED, f"{host} broke off within the body"
        ) from error


def _too_large(host: str, limits: Limits) -> FetchError:
    return FetchError(Failure.TOO_LARGE, f"{host} sends more than {_size(limits.wire)}")


def _is_gzip(answer: _Answer, host: str) -> bool:
    """Whether the body is packed with gzip; no other way was asked for or is taken."""
    framing = answer.header("transfer-encoding").lower()
    packing = answer.header("content-encoding").lower()
    for name, value, known in (
        ("transfer", framing, {"", "chunked", "identity"}),
        ("content", packing, {"", "identity", "gzip", "x-gzip"}),
    ):
        if value not in known:
            raise FetchError(
                Failure.BAD_ENCODING,
                f"{host} uses the {name} encoding {_plain(value)[:50]!r}, though only"
                " gzip was asked for",
            )
    return packing.endswith("gzip")


def _unzipped(chunks: Iterator[bytes], host: str) -> Iterator[bytes]:
    """Pieces of at most 64 KiB, however much a chunk unpacks to (RFC 1952)."""
    inflater = zlib.decompressobj(_GZIP)
    has_begun = False
    for data in chunks:
        has_begun = True
        while data:
            if inflater.eof:
                if not data.startswith(_GZIP_MAGIC):
                    # Padding behind the last member, which nobody reads.
                    for _ in chunks:
                        pass
                    return
                inflater = zlib.decompressobj(_GZIP)
            try:
                piece = inflater.decompress(data, _PIECE)
            except zlib.error as error:
                raise FetchError(
                    Failure.BAD_ENCODING,
                    f"what {host} sends as gzip is none, or broken",
                ) from error
            yield piece
            # Nothing stays within for want of room: the checksum is read last.
            data = inflater.unused_data if inflater.eof else inflater.unconsumed_tail
    if has_begun and not inflater.eof:
        raise FetchError(Failure.TRUNCATED, f"what {host} sends as gzip breaks off")
