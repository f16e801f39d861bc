"""Web servers on loopback that do what a test tells them to, faults included.

    with ScriptedServer() as server:
        server.on("/feed", answer(b"<rss/>", etag='"1"'), answer(status=304))
        server.on("/old", redirect("/feed", 301))
        server.on("/slow", drip(answer(b"<rss/>"), every=0.2))
        fetch(server.url("/old"), allow=Allow.parse(server.allow), user_agent="test")
        assert server.paths == ["/old", "/feed"]
        assert server.requests[1].headers["accept-encoding"] == "gzip"

A reply is the bytes of an answer, or a function that gets the ``Peer`` and does with
it as it likes. Each path has its list of replies, one for each request; the last is
given again and again. What has no script is a 404. A connection is closed after one
reply. Several servers may run at once, each at a free port of its own.
"""

import socket
import ssl
import struct
import subprocess
import threading
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

#: No request of ours is longer, and no server waits longer for one.
MOST_REQUEST_BYTES = 65_536
PATIENCE_S = 20


@dataclass(frozen=True)
class Request:
    """A request as it came; names of headers are in lower case."""

    method: str
    path: str
    headers: dict[str, str]
    raw: bytes


@dataclass
class Peer:
    """The client's end, in the hands of a reply. Sending to one that left is no error:
    the reply ends there."""

    sock: socket.socket
    request: Request
    stopping: threading.Event
    sent: int = 0

    def send(self, data: bytes) -> None:
        self.sock.sendall(data)
        self.sent += len(data)

    def pause(self, seconds: float) -> None:
        """Wait; the end of the server ends it, and the reply with it."""
        if self.stopping.wait(seconds):
            raise ConnectionAbortedError

    def reset(self) -> None:
        """Break the connection off with RST instead of FIN."""
        linger = struct.pack("ii", 1, 0)
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        raise ConnectionAbortedError


Reply = bytes | Callable[[Peer], None]


def answer(
    body: bytes = b"", status: int = 200, **headers: str | int | list[str]
) -> bytes:
    """An answer with its Content-Length; ``content_type="…"`` is Content-Type.

    A header set to "" is left out, one set to a list is sent once for each.
    """
    lines = [f"HTTP/1.1 {status} Scripted"]
    for name, value in {"content_length": len(body), **headers}.items():
        title = name.replace("_", "-").title()
        values = value if isinstance(value, list) else [value]
        lines += [f"{title}: {each}" for each in values if each != ""]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


def redirect(to: str, status: int = 302, **headers: str) -> bytes:
    return answer(b"elsewhere", status, location=to, **headers)


def chunked(*chunks: bytes, end: bytes = b"0\r\n\r\n", **headers: str) -> bytes:
    """An answer in these chunks; ``end`` can be left out or wrong."""
    framing = {"content_length": "", "transfer_encoding": "chunked"}
    head = answer(b"", 200, **(framing | headers))
    return head + b"".join(b"%x\r\n%b\r\n" % (len(c), c) for c in chunks) + end


def silence(peer: Peer) -> None:
    peer.pause(PATIENCE_S)


def drip(data: bytes, every: float = 0.2, after: int = 0) -> Reply:
    """``data`` byte by byte, but for its first ``after`` bytes."""

    def reply(peer: Peer) -> None:
        peer.send(data[:after])
        for index in range(after, len(data)):
            peer.send(data[index : index + 1])
            peer.pause(every)

    return reply


def broken_off(data: bytes) -> Reply:
    """``data``, then a reset."""

    def reply(peer: Peer) -> None:
        peer.send(data)
        # Time to read what came: a reset may throw away what lies unread.
        peer.pause(0.1)
        peer.reset()

    return reply


def endless(head: bytes, piece: bytes) -> Reply:
    """``head``, then ``piece`` for as long as anybody listens."""

    def reply(peer: Peer) -> None:
        peer.send(head)
        while not peer.stopping.is_set():
            peer.send(piece)

    return reply


def gzip_of_zeros(size: int) -> bytes:
    """About a thousandth of ``size``, which unpacks to ``size`` zeros."""
    deflater = zlib.compressobj(6, zlib.DEFLATED, 16 + zlib.MAX_WBITS)
    block = bytes(2**20)
    packed = [deflater.compress(block) for _ in range(size // len(block))]
    packed.append(deflater.compress(bytes(size % len(block))))
    return b"".join(packed) + deflater.flush()


@dataclass
class ScriptedServer:
    """One server, running between ``__enter__`` and ``__exit__``.

    ``tls`` is a file of ``Authority.certificate``; with it the server speaks https.
    ``greeting`` replaces HTTP: it is what a connection gets, request or not.
    ``connections`` counts what was accepted, ``requests`` keeps what was asked. An
    exception in a reply, other than that of a client who left, fails the test as one
    that no thread caught.
    """

    host: str = "127.0.0.1"
    tls: Path | None = None
    greeting: Reply | None = None
    port: int = 0
    requests: list[Request] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._scripts: dict[str, list[Reply]] = {}
        self._stopping = threading.Event()
        self._clients: list[tuple[str, int]] = []
        self._accepted = threading.Condition()
        self._threads: list[threading.Thread] = []
        self._open: list[socket.socket] = []
        self._context: ssl.SSLContext | None = None
        if self.tls:
            self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._context.load_cert_chain(self.tls)

    def on(self, path: str, *replies: Reply) -> None:
        """Answer requests for ``path`` (with its query) so from now on."""
        self._scripts[path] = list(replies)

    @property
    def base(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'https' if self.tls else 'http'}://{host}:{self.port}"

    def url(self, path: str = "/", host: str = "") -> str:
        """The address of ``path`` here, if need be under a name that leads here."""
        base = self.base
        if host:
            base = f"{base.partition(':')[0]}://{host}:{self.port}"
        return base + path

    @property
    def allow(self) -> list[str]:
        """The entry of NEWSROOM_FETCH_ALLOW that lets this server be reached."""
        return [self.base.partition("//")[2]]

    @property
    def connections(self) -> int:
        return len(self._clients)

    @property
    def paths(self) -> list[str]:
        return [request.path for request in self.requests]

    def is_untouched(self) -> bool:
        """Whether nobody has connected. Call it once, as the last thing.

        Connections are accepted in the order in which they came, so one of our own
        is let in last.
        """
        with socket.create_connection((self.host, self.port), PATIENCE_S) as sock:
            ours = sock.getsockname()[:2]
            with self._accepted:
                self._accepted.wait_for(lambda: ours in self._clients, PATIENCE_S)
            return self._clients == [ours]

    def __enter__(self) -> Self:
        family = socket.AF_INET6 if ":" in self.host else socket.AF_INET
        self._listener = socket.create_server((self.host, self.port), family=family)
        self.port = self._listener.getsockname()[1]
        self._start(self._accept)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stopping.set()
        # On Linux this wakes the thread that waits in accept().
        self._listener.shutdown(socket.SHUT_RDWR)
        for sock in list(self._open):
            try:
                sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue
        for thread in list(self._threads):
            thread.join(PATIENCE_S)
        self._listener.close()

    def _start(self, target: Callable[..., None], *args: object) -> None:
        thread = threading.Thread(target=target, args=args, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                sock, client = self._listener.accept()
            except OSError:
                return
            with self._accepted:
                self._clients.append(client[:2])
                self._accepted.notify_all()
            self._open.append(sock)
            self._start(self._serve, sock)

    def _serve(self, sock: socket.socket) -> None:
        try:
            with sock:
                sock.settimeout(PATIENCE_S)
                if self._context is None:
                    self._reply(sock)
                else:
                    with self._context.wrap_socket(sock, server_side=True) as secured:
                        self._reply(secured)
        except OSError:
            # The client left, as it does when a cap is reached.
            return

    def _reply(self, sock: socket.socket) -> None:
        request = Request("", "", {}, b"")
        reply = self.greeting
        if reply is None:
            request = _request(sock)
            self.requests.append(request)
            replies = self._scripts.get(request.path) or [answer(status=404)]
            reply = replies.pop(0) if len(replies) > 1 else replies[0]
        peer = Peer(sock, request, self._stopping)
        if callable(reply):
            reply(peer)
        else:
            peer.send(reply)


def _request(sock: socket.socket) -> Request:
    raw = b""
    while b"\r\n\r\n" not in raw:
        received = sock.recv(MOST_REQUEST_BYTES)
        if not received or len(raw) > MOST_REQUEST_BYTES:
            raise ConnectionAbortedError
        raw += received
    first, *lines = raw.partition(b"\r\n\r\n")[0].decode("latin-1").split("\r\n")
    method, path, _ = first.split(" ")
    headers = {
        name.lower(): value.strip()
        for name, _, value in (line.partition(":") for line in lines)
    }
    return Request(method, path, headers, raw)


class Authority:
    """A certificate authority of a test's own, made with the ``openssl`` command.

    ``file`` is its certificate. A client that reads the system's authorities trusts
    it, and no other, while the variable SSL_CERT_FILE names that file.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.file = folder / "authority.pem"
        self._key = folder / "authority.key"
        self._openssl(
            *("req", "-x509", *_NEW_KEY, "-keyout", self._key, "-out", self.file),
            *("-days", "2", "-subj", "/CN=Authority of a test"),
            *("-addext", "keyUsage=critical,keyCertSign,cRLSign"),
        )

    def certificate(self, *names: str, days: int = 2) -> Path:
        """A file with key and certificate for ``names`` (``DNS:…`` or ``IP:…``).

        With -1 for ``days`` it has expired.
        """
        stem = self.folder / f"certificate-{len(list(self.folder.iterdir()))}"
        key, request, extensions, certificate, both = (
            stem.with_suffix(f".{kind}") for kind in ("key", "csr", "ext", "crt", "pem")
        )
        extensions.write_text(
            f"subjectAltName={','.join(names)}\nauthorityKeyIdentifier=keyid\n",
            encoding="ascii",
        )
        self._openssl(
            *("req", *_NEW_KEY, "-keyout", key, "-out", request),
            *("-subj", "/CN=Server of a test"),
        )
        self._openssl(
            *("x509", "-req", "-in", request, "-CA", self.file, "-CAkey", self._key),
            *("-CAcreateserial", "-extfile", extensions, "-days", str(days)),
            *("-out", certificate),
        )
        both.write_bytes(key.read_bytes() + certificate.read_bytes())
        return both

    def _openssl(self, *arguments: str | Path) -> None:
        subprocess.run(
            ["openssl", *arguments], check=True, capture_output=True, timeout=PATIENCE_S
        )


_NEW_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
