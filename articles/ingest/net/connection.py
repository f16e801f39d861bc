"""Sockets: names looked up and checked, time and bytes counted at every read."""

import http.client
import io
import ipaddress
import logging
import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from functools import cache
from ipaddress import IPv4Address, IPv6Address
from time import monotonic
from typing import Any, cast

from urllib3.connection import HTTPConnection
from urllib3.exceptions import HTTPError
from urllib3.response import HTTPResponse

from articles.ingest.addresses import Allow, Target, public_reason

from .outcome import Failure, FetchError, Limits, plain, size, too_large

#: Of a name's addresses, how many are tried.
MOST_ADDRESSES = 4

# urllib3 logs a peer's broken headers with a traceback; here FetchError tells.
for _name in ("urllib3.connection", "urllib3.response"):
    logging.getLogger(_name).setLevel(logging.ERROR)

IPAddress = IPv4Address | IPv6Address
#: What ``socket.getaddrinfo`` is: host, port and ``type`` in, tuples out whose
#: last item begins with an address.
Resolve = Callable[..., Sequence[tuple[Any, ...]]]


class Clock:
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


class Meter(io.RawIOBase):
    """The receiving end of a socket, which asks clock and caps at every read."""

    def __init__(
        self, sock: socket.socket, host: str, limits: Limits, clock: Clock
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
                    f" {size(self.limits.header_bytes)} of headers",
                )
            view = view[:room]
        elif self.received > self.limits.wire:
            raise too_large(self.host, self.limits)
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
            raise self._cut(told(error)) from error

    def _cut(self, how: str) -> FetchError:
        if self.is_in_headers and not self.received:
            return FetchError(Failure.CONNECT, f"{self.host} gave no answer: {how}")
        part = "headers" if self.is_in_headers else "body"
        return FetchError(
            Failure.TRUNCATED, f"{self.host} broke off within the {part}: {how}"
        )


def told(error: Exception) -> str:
    said = getattr(error, "strerror", None) or str(error)
    return (said or type(error).__name__).lower()


class _Wire:
    """The socket as http.client uses one.

    It reads through the meter; timeouts are the meter's matter, and closing is that
    of the fetch.
    """

    def __init__(self, sock: socket.socket, meter: Meter) -> None:
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


def speaking_over(target: Target, sock: socket.socket, meter: Meter) -> HTTPConnection:
    """A connection that speaks over ``sock``, and never opens one of its own."""
    connection = HTTPConnection(target.host, target.port)
    connection.auto_open = 0
    connection.response_class = _StrictResponse
    connection.sock = cast(socket.socket, _Wire(sock, meter))
    return connection


@dataclass
class Answer:
    """Status and headers of a target, with the body still to be read."""

    response: HTTPResponse
    wire_bytes: int = 0

    @property
    def status(self) -> int:
        return self.response.status

    def header(self, name: str) -> str:
        return self.response.headers.get(name, "").strip()


@dataclass(frozen=True)
class Errand:
    """What is the same at every hop of one fetch."""

    limits: Limits
    clock: Clock
    accept: str
    user_agent: str
    allow: Allow
    verify_tls: bool
    resolve: Resolve

    @contextmanager
    def answer(self, target: Target, private: dict[str, str]) -> Iterator[Answer]:
        """Ask ``target``, and close every socket at the end."""
        with ExitStack() as stack:
            sock = self._connected(target, stack)
            meter = Meter(sock, target.host, self.limits, self.clock)
            connection = stack.enter_context(
                closing(speaking_over(target, sock, meter))
            )
            headers = {
                "Host": target.authority,
                "User-Agent": plain(self.user_agent),
                "Accept": plain(self.accept),
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
                    f"{target.host} takes no request: {told(error)}",
                ) from error
            except (http.client.HTTPException, HTTPError, ValueError) as error:
                raise FetchError(
                    Failure.HTTP,
                    f"{target.host} sends no proper HTTP: {plain(str(error))[:100]}",
                ) from error
            if len(response.headers.items()) > self.limits.header_lines:
                raise FetchError(
                    Failure.HTTP,
                    f"{target.host} sends more than {self.limits.header_lines} headers",
                    status=response.status,
                )
            meter.body_begins()
            yield Answer(response)

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
                failed = told(error)
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
            return tls(self.verify_tls).wrap_socket(sock, server_hostname=target.host)
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
            why = getattr(error, "reason", None) or told(error)
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
                Failure.DNS, f"{target.host} was not found: {told(error)}"
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
def tls(verify: bool) -> ssl.SSLContext:
    """Reading the certificate authorities takes 30 ms, so contexts are kept."""
    context = ssl.create_default_context()
    context.set_alpn_protocols(["http/1.1"])
    if not verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context
