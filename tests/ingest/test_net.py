"""The guarded fetch, against servers that do everything wrong."""

import gzip
import os
import random
import shutil
import socket
import stat
import threading
import time
import tracemalloc
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from articles.ingest.addresses import Allow
from articles.ingest.net import (
    FEED,
    MIB,
    PAGE,
    PICTURE,
    Failure,
    Fetched,
    FetchError,
    Hop,
    Limits,
    connection,
    fetch,
    retry_after,
)
from tests.conftest import missing
from tests.ingest.scripted import (
    Authority,
    Peer,
    Reply,
    ScriptedServer,
    answer,
    broken_off,
    chunked,
    drip,
    endless,
    gzip_of_zeros,
    redirect,
    silence,
)
from tests.ingest.test_addresses import NOT_FETCHED, NOT_PUBLIC_HOSTS

BODY = b"<rss version='2.0'><channel/></rss>"
NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
#: Short enough for a test that waits until a time is up.
SHORT = Limits(
    decoded=100_000, wire=50_000, wall=0.7, connect=0.3, first_byte=0.4, read_gap=0.3
)


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer() as running:
        yield running


@pytest.fixture
def other() -> Iterator[ScriptedServer]:
    """A second server, whose host the first does not share."""
    with ScriptedServer("127.0.0.2") as running:
        yield running


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    if not shutil.which("openssl"):
        missing("No openssl command to make certificates with: install openssl.")
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def trusted(authority: Authority, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The test's own authority is the one that the system trusts."""
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))
    monkeypatch.setenv("SSL_CERT_DIR", str(authority.folder / "none"))
    connection.tls.cache_clear()
    yield
    connection.tls.cache_clear()


def get(
    server: ScriptedServer, path: str = "/", *others: ScriptedServer, **options: Any
) -> Fetched:
    """Fetch from ``server``, with it and the ``others`` exempt."""
    allow = [entry for each in (server, *others) for entry in each.allow]
    settings = {"user_agent": "Newsroom test", "allow": Allow.parse(allow), **options}
    return fetch(server.url(path), **settings)


def failure(
    server: ScriptedServer, path: str = "/", *others: ScriptedServer, **options: Any
) -> FetchError:
    """How the same fetch fails."""
    with pytest.raises(FetchError) as caught:
        get(server, path, *others, **options)
    return caught.value


def failure_of_tls(server: ScriptedServer) -> FetchError:
    """How a fetch fails that speaks TLS to a server which does not."""
    with pytest.raises(FetchError) as caught:
        fetch(
            server.url().replace("http:", "https:"),
            limits=SHORT,
            allow=Allow.parse(server.allow),
            user_agent="test",
        )
    return caught.value


def resolver(*answers: list[str]) -> Callable[..., list[tuple[Any, ...]]]:
    """A stand-in for getaddrinfo that gives these answers in turn; it counts."""
    left = list(answers)

    def resolve(host: str, port: int, **_: object) -> list[tuple[Any, ...]]:
        resolve.asked.append(host)
        addresses = left.pop(0)
        return [
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))
            for address in addresses
        ]

    resolve.asked = []
    return resolve


def never_asked(*_: object, **__: object) -> list[tuple[Any, ...]]:
    raise AssertionError("a name was looked up")


def test_a_body_comes_with_the_headers_that_the_next_fetch_needs(
    server: ScriptedServer,
) -> None:
    server.on(
        "/feed?a=1&b=%20c",
        answer(
            BODY,
            content_type="application/rss+xml; charset=utf-8",
            etag='W/"a1"',
            last_modified="Sun, 01 Mar 2026 09:30:00 GMT",
            cache_control="max-age=600",
            expires="0",
            date="Sun, 01 Mar 2026 10:00:00 GMT",
        ),
    )

    fetched = get(server, "/feed?a=1&b= c")

    assert 0 < fetched.seconds < 5
    assert fetched == Fetched(
        url=server.url("/feed?a=1&b=%20c"),
        status=200,
        body=BODY,
        content_type="application/rss+xml; charset=utf-8",
        etag='W/"a1"',
        last_modified="Sun, 01 Mar 2026 09:30:00 GMT",
        cache_control="max-age=600",
        expires="0",
        date="Sun, 01 Mar 2026 10:00:00 GMT",
        hops=(),
        wire_bytes=len(BODY),
        seconds=fetched.seconds,
    )
    assert fetched.moved_permanently_to == ""


def test_a_request_says_no_more_than_it_must(
    server: ScriptedServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login a password b")
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    server.on("/a", redirect("/b", set_cookie="session=1"))
    server.on("/b", answer(BODY))

    get(server, "/a", accept="text/html", user_agent="Newsroom/1 (+https://n.example)")

    for request in server.requests:
        assert request.headers == {
            "host": f"127.0.0.1:{server.port}",
            "user-agent": "Newsroom/1 (+https://n.example)",
            "accept": "text/html",
            "accept-encoding": "gzip",
            "connection": "close",
        }
    assert server.requests[0].raw.startswith(b"GET /a HTTP/1.1\r\n")


def test_what_no_header_can_carry_does_not_reach_the_wire(
    server: ScriptedServer,
) -> None:
    server.on("/", answer(BODY))

    get(
        server,
        user_agent="Žurnál\r\nX-Evil: 1",
        accept="a\nb",
        etag='"a"\r\nX-Evil: 2',
        last_modified="ž",
    )

    headers = server.requests[0].headers
    assert headers["user-agent"] == "?urn?l??X-Evil: 1"
    assert headers["accept"] == "a?b"
    assert not {"x-evil", "if-none-match", "if-modified-since"} & headers.keys()


def test_the_default_limits_are_those_of_the_documentation() -> None:
    times = {"wall": 30, "connect": 5, "first_byte": 15, "read_gap": 10}
    counts = {"hops": 5, "header_bytes": 65_536, "header_lines": 100}

    assert Limits(decoded=10 * MIB, wire=5 * MIB, **times, **counts) == FEED
    assert Limits(decoded=20 * MIB, wire=20 * MIB, **times, **counts) == PICTURE
    assert Limits(decoded=5 * MIB, wire=3 * MIB, **times, **counts) == PAGE


@pytest.mark.parametrize("status", [200, 201, 202, 203, 299])
def test_a_body_counts_whatever_the_kind_of_success(
    server: ScriptedServer, status: int
) -> None:
    server.on("/", answer(BODY, status))

    fetched = get(server)

    assert (fetched.status, fetched.body) == (200, BODY)


@pytest.mark.parametrize(
    "reply",
    [
        answer(),
        answer(status=204, content_length=""),
        answer(content_encoding="gzip"),
        chunked(),
        b"HTTP/1.0 200 OK\r\n\r\n",
    ],
    ids=count(),
)
def test_an_empty_body_is_a_body(server: ScriptedServer, reply: bytes) -> None:
    server.on("/", reply)

    fetched = get(server)

    assert (fetched.status, fetched.body) == (200, b"")


@pytest.mark.parametrize(
    "reply",
    [
        answer(BODY),
        answer(BODY, content_length=f"{len(BODY)}, {len(BODY)}"),
        answer(BODY + b"more than was announced", content_length=len(BODY)),
        chunked(BODY),
        chunked(*(BODY[i : i + 1] for i in range(len(BODY)))),
        chunked(BODY, end=b"0;last\r\nX-Trailer: 1\r\n\r\n"),
        chunked(BODY, content_length="5"),
        b"HTTP/1.0 200 OK\r\n\r\n" + BODY,
        b"HTTP/1.1 200\r\n\r\n" + BODY,
        b"HTTP/1.1 200 OK\nServer: x\n\n" + BODY,
        b"HTTP/1.1 100 Continue\r\n\r\n" + answer(BODY),
    ],
    ids=count(),
)
def test_a_body_arrives_whole_however_it_is_framed(
    server: ScriptedServer, reply: bytes
) -> None:
    server.on("/", reply)

    assert get(server).body == BODY


@pytest.mark.parametrize(
    "status",
    [101, 103, 206, 300, 305, 400, 401, 403, 404, 410, 418, 451, 500, 502, 599, 777],
)
def test_any_other_status_is_a_failure_that_names_it(
    server: ScriptedServer, status: int
) -> None:
    server.on("/", answer(BODY, status))

    error = failure(server)

    assert (error.kind, error.status) == (Failure.HTTP, status)
    assert not error.is_network
    assert "127.0.0.1" in str(error)


def test_validators_are_sent_as_they_came_and_304_is_an_answer(
    server: ScriptedServer,
) -> None:
    server.on("/", answer(status=304, content_length="", etag="unquoted-é"))

    fetched = get(server, etag="W/unquoted é", last_modified="yesterday")

    headers = server.requests[0].headers
    assert headers["if-none-match"] == "W/unquoted é"
    assert headers["if-modified-since"] == "yesterday"
    assert (fetched.status, fetched.body, fetched.etag) == (304, b"", "unquoted-é")


@pytest.mark.parametrize(
    "validator", [{"etag": '"a"'}, {"last_modified": "Sun, 01 Mar 2026 09:30:00 GMT"}]
)
def test_either_validator_makes_304_an_answer_even_with_a_body(
    server: ScriptedServer, validator: dict[str, str]
) -> None:
    """Fault 26."""
    server.on("/", answer(b"body against the rules", 304))

    fetched = get(server, **validator)

    assert (fetched.status, fetched.body) == (304, b"")


@pytest.mark.parametrize("validators", [{}, {"etag": "x" * 1025}])
def test_304_without_having_been_asked_for_is_a_failure(
    server: ScriptedServer, validators: dict[str, str]
) -> None:
    """Fault 26."""
    server.on("/", answer(status=304, content_length=""))

    error = failure(server, **validators)

    assert (error.kind, error.status) == (Failure.HTTP, 304)


@pytest.mark.parametrize(
    ("etag", "expected"),
    [
        ('"a1"', '"a1"'),
        ('W/"a1"', 'W/"a1"'),
        ("unquoted", "unquoted"),
        ('"with space, comma"', '"with space, comma"'),
        ("é", "é"),
        ("x" * 1024, "x" * 1024),
        ("x" * 1025, ""),
        ("x" * 4096, ""),
        ("a\x01b", ""),
        ("a\x7fb", ""),
        ("a\x80b", ""),
        ("a\tb", ""),
    ],
)
def test_a_validator_is_kept_verbatim_or_not_at_all(
    server: ScriptedServer, etag: str, expected: str
) -> None:
    """Fault 29."""
    server.on("/", answer(BODY, etag=etag, last_modified=etag))

    fetched = get(server)

    assert (fetched.etag, fetched.last_modified) == (expected, expected)


@pytest.mark.parametrize("size", [9_999, 10_000])
@pytest.mark.parametrize("framing", [answer, lambda body: chunked(body[:1], body[1:])])
def test_a_body_of_the_very_size_of_the_cap_is_taken(
    server: ScriptedServer, size: int, framing: Callable[[bytes], bytes]
) -> None:
    server.on("/", framing(b"x" * size))

    fetched = get(server, limits=Limits(decoded=10_000, wire=10_000, wall=5))

    assert fetched.wire_bytes == len(fetched.body) == size


@pytest.mark.parametrize(
    "reply",
    [
        answer(b"x" * 10_001),
        answer(content_length=10_001),
        answer(content_length=10**30),
        chunked(b"x" * 10_001),
        chunked(b"x" * 9_000, end=b"bb8\r\n" + b"x" * 3_000),
        b"HTTP/1.0 200 OK\r\n\r\n" + b"x" * 10_001,
        endless(b"HTTP/1.0 200 OK\r\n\r\n", b"x" * 1000),
        endless(chunked(end=b""), b"1\r\nx\r\n" * 500),
        endless(chunked(end=b""), b"1;" + b"x" * 999 + b"\r\nx\r\n"),
        endless(chunked(end=b"0\r\n"), b"X-Trailer: endless\r\n"),
        answer(
            gzip.compress(random.Random(1).randbytes(10_100)), content_encoding="gzip"
        ),
    ],
    ids=count(),
)
def test_a_body_over_the_cap_on_the_wire_is_refused_by_its_size(
    server: ScriptedServer, reply: Reply
) -> None:
    server.on("/", reply)

    error = failure(server, limits=Limits(decoded=50_000, wire=10_000, wall=5))

    assert (error.kind, error.status) == (Failure.TOO_LARGE, 200)
    assert str(error) == "127.0.0.1 sends more than 10,000 bytes"


def test_what_unpacks_to_more_than_the_cap_is_refused_by_its_size(
    server: ScriptedServer,
) -> None:
    server.on("/", answer(gzip_of_zeros(20 * MIB), content_encoding="gzip"))

    error = failure(server)

    assert error.kind == Failure.TOO_LARGE
    assert str(error) == "127.0.0.1 sends more than 10 MiB, unpacked"


def test_a_bomb_of_300_mb_never_costs_more_than_its_cap(
    server: ScriptedServer,
) -> None:
    """Fault 10."""
    bomb = gzip_of_zeros(300 * MIB)
    assert len(bomb) < MIB
    server.on("/", answer(bomb, content_encoding="gzip"))
    get_nothing = Limits(decoded=4 * MIB, wire=2 * MIB, wall=10)

    tracemalloc.start()
    try:
        error = failure(server, limits=get_nothing)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert error.kind == Failure.TOO_LARGE
    assert peak < 8 * MIB


def test_an_endless_body_is_cut_off_soon() -> None:
    """Fault 9."""
    sent: list[int] = []

    def pour(peer: Peer) -> None:
        try:
            endless(b"HTTP/1.0 200 OK\r\n\r\n", bytes(65_536))(peer)
        finally:
            sent.append(peer.sent)

    with ScriptedServer() as server:
        server.on("/", pour)
        error = failure(server)

    assert error.kind == Failure.TOO_LARGE
    assert "5 MiB" in str(error)
    # What the buffers of the kernel hold beyond that was never read.
    assert sent[0] < 20 * MIB


@pytest.mark.parametrize("name", ["gzip", "GZIP", "x-gzip", " gzip "])
def test_gzip_is_unpacked_under_either_name(server: ScriptedServer, name: str) -> None:
    server.on("/", answer(gzip.compress(BODY), content_encoding=name))

    fetched = get(server)

    assert fetched.body == BODY
    assert fetched.wire_bytes == len(gzip.compress(BODY))


@pytest.mark.parametrize("size", [1, 65_535, 65_536, 65_537, 131_072, 1_000_000])
@pytest.mark.parametrize("chunk", [1_000, 65_536])
def test_gzip_is_unpacked_to_its_last_byte_whatever_its_size(
    server: ScriptedServer, size: int, chunk: int
) -> None:
    body = (b"0123456789" * (size // 10 + 1))[:size]
    packed = gzip.compress(body)
    parts = [packed[i : i + chunk] for i in range(0, len(packed), chunk)]
    server.on("/", chunked(*parts, content_encoding="gzip"))

    assert get(server).body == body


@pytest.mark.parametrize(
    ("packed", "expected"),
    [
        (gzip.compress(b"a") + gzip.compress(b"b"), b"ab"),
        (gzip.compress(b"a") + bytes(512), b"a"),
        (gzip.compress(b"a") + b"trailing text", b"a"),
        (gzip.compress(b""), b""),
    ],
    ids=count(),
)
def test_what_follows_a_whole_gzip_is_another_or_padding(
    server: ScriptedServer, packed: bytes, expected: bytes
) -> None:
    server.on("/", answer(packed, content_encoding="gzip"))
    server.on(
        "/bytewise",
        chunked(
            *(packed[i : i + 1] for i in range(len(packed))), content_encoding="gzip"
        ),
    )

    assert get(server).body == expected
    assert get(server, "/bytewise").body == expected


@pytest.mark.parametrize(
    "reply",
    [
        answer(BODY, content_encoding="br"),
        answer(BODY, content_encoding="zstd"),
        answer(zlib.compress(BODY), content_encoding="deflate"),
        answer(BODY, content_encoding="compress"),
        answer(BODY, content_encoding="gzip, gzip"),
        answer(BODY, content_encoding="br, gzip"),
        answer(BODY, content_encoding=["gzip", "gzip"]),
        answer(BODY, content_encoding="x" * 5_000),
        answer(BODY, content_encoding="gzip"),
        answer(gzip.compress(BODY)[1:], content_encoding="gzip"),
        answer(gzip.compress(BODY)[:-8] + bytes(8), content_encoding="gzip"),
        answer(zlib.compress(BODY), content_encoding="gzip"),
        answer(gzip.compress(b"a") + b"\x1f\x8b broken", content_encoding="gzip"),
        answer(BODY, transfer_encoding="gzip, chunked"),
        answer(BODY, transfer_encoding="gzip"),
    ],
    ids=count(),
)
def test_an_encoding_that_nobody_asked_for_or_that_is_broken_is_refused(
    server: ScriptedServer, reply: bytes
) -> None:
    """Faults 11 and 12."""
    server.on("/", reply)

    error = failure(server)

    assert (error.kind, error.status) == (Failure.BAD_ENCODING, 200)
    assert "127.0.0.1" in str(error)
    assert len(str(error)) < 200


@pytest.mark.parametrize(
    "reply",
    [
        answer(BODY, content_length=len(BODY) + 1),
        answer(content_length=10),
        chunked(BODY, end=b""),
        chunked(BODY, end=b"0\r\n")[:-3],
        chunked(end=b"ff\r\nshort"),
        chunked(end=b"5"),
        chunked(BODY, end=b"no size\r\n\r\n"),
        chunked(BODY, end=b"1" + b"0" * 70_000 + b"\r\n"),
        broken_off(answer(BODY, content_length=1000)),
        broken_off(chunked(BODY, end=b"")),
        broken_off(b"HTTP/1.0 200 OK\r\n\r\n" + BODY),
        answer(gzip.compress(BODY)[:-1], content_encoding="gzip"),
        answer(gzip.compress(BODY)[:5], content_encoding="gzip"),
        answer(gzip.compress(BODY), content_encoding="gzip", content_length=999),
    ],
    ids=count(),
)
def test_a_body_that_breaks_off_is_never_handed_on(
    server: ScriptedServer, reply: Reply
) -> None:
    """Faults 6, 7 and 8."""
    server.on("/", reply)

    error = failure(server)

    assert (error.kind, error.status) == (Failure.TRUNCATED, 200)
    assert not error.is_network


@pytest.mark.parametrize("cut", range(1, len(answer(BODY, etag='"a"')), 7))
def test_an_answer_cut_at_any_byte_is_never_taken_for_a_whole_one(
    server: ScriptedServer, cut: int
) -> None:
    """Faults 7 and 8."""
    server.on("/", answer(BODY, etag='"a"')[:cut])

    assert failure(server).kind == Failure.TRUNCATED


@pytest.mark.parametrize("greeting", [b"", broken_off(b""), silence], ids=count())
def test_a_server_that_says_nothing_may_be_the_fault_of_the_network(
    greeting: Reply,
) -> None:
    """Fault 3."""
    with ScriptedServer(greeting=greeting) as server:
        error = failure(server, limits=SHORT)

    assert error.kind in {Failure.CONNECT, Failure.TIMEOUT}
    assert (error.status, error.is_network) == (None, True)


@pytest.mark.parametrize(
    "reply",
    [
        b"SSH-2.0-OpenSSH_9.2\r\n\r\n",
        b"<html>not even a status line</html>\r\n\r\n",
        b"HTTP/1.1 abc OK\r\n\r\n",
        b"HTTP/1.1 20000 OK\r\n\r\n",
        b"HTTP/2 200 OK\r\n\r\n",
        b"\x00" * 100 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1, 2\r\n\r\nab",
        answer(BODY, x=["y"] * 10_000),
        answer(BODY, x=["y"] * 101),
        answer(BODY, x="y" * MIB),
        b"HTTP/1.1 200 " + b"x" * MIB,
        endless(b"HTTP/1.1 200 OK\r\n", b"X: y\r\n"),
        endless(b"HTTP/1.1 200 OK\r\nX: ", b"y" * 1000),
        endless(b"HTTP/1.1 200 OK\r\nX: y\r\n", b" folded\r\n"),
        endless(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    ],
    ids=count(),
)
def test_what_is_no_proper_http_or_has_too_many_headers_is_refused(
    server: ScriptedServer, reply: Reply
) -> None:
    """Fault 13."""
    server.on("/", reply)

    error = failure(server)

    assert error.kind == Failure.HTTP
    assert not error.is_network
    assert len(str(error)) < 200
    assert str(error).isprintable()


def test_headers_up_to_the_cap_are_taken(server: ScriptedServer) -> None:
    few = Limits(decoded=1000, wire=1000, wall=5, header_bytes=2000, header_lines=20)
    server.on("/long", answer(BODY, x="y" * 1900))
    server.on("/many", answer(BODY, x=["y"] * 19))
    server.on("/too-long", answer(BODY, x="y" * 2000))
    server.on("/too-many", answer(BODY, x=["y"] * 20))

    assert get(server, "/long", limits=few).body == BODY
    assert get(server, "/many", limits=few).body == BODY
    assert "2,000 bytes of headers" in str(failure(server, "/too-long", limits=few))
    assert "20 headers" in str(failure(server, "/too-many", limits=few))


@pytest.mark.parametrize("line", ["no colon", "Space before : it"])
def test_headers_that_cannot_all_be_understood_are_refused(
    server: ScriptedServer, line: str, caplog: pytest.LogCaptureFixture
) -> None:
    packed = gzip.compress(BODY)
    whole = answer(packed, content_encoding="gzip")
    server.on("/", whole.replace(b"\r\n", b"\r\n%b\r\n" % line.encode(), 1))

    error = failure(server)

    assert (error.kind, error.status) == (Failure.HTTP, None)
    assert caplog.records == []


def test_a_contradiction_among_the_headers_is_not_logged(
    server: ScriptedServer, caplog: pytest.LogCaptureFixture
) -> None:
    server.on("/", chunked(BODY, content_length="3"))

    assert get(server).body == BODY
    assert caplog.records == []


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    head=st.one_of(
        st.binary(max_size=200),
        st.lists(
            st.sampled_from(
                [
                    *(b"HTTP/1.1 ", b"200 OK", b"304", b"302 ", b"\r\n", b"\n", b" "),
                    *(b"Location: ", b"/", b"//", b"http://[", b"%", b"\xff", b"\x00"),
                    *(b"Content-Length: ", b"5", b"-1", b",", b":", b"gzip", b"\t"),
                    *(b"Transfer-Encoding: chunked", b"Content-Encoding: "),
                    *(b"Retry-After: ", b"Content-Type: ", b"5\r\nhello\r\n0\r\n\r\n"),
                ]
            ),
            max_size=20,
        ).map(lambda parts: b"HTTP/1.1 " + b"".join(parts)),
    )
)
def test_whatever_a_server_says_the_outcome_is_a_result_or_a_fetch_error(
    server: ScriptedServer, head: bytes
) -> None:
    server.on("/", head)

    try:
        assert get(server, limits=SHORT, etag='"a"').status in {200, 304}
    except FetchError as error:
        assert str(error)


@pytest.mark.parametrize(
    ("reply", "status", "limit"),
    [
        (silence, None, "first_byte"),
        (drip(answer(BODY)), None, "first_byte"),
        (drip(b"HTTP/1.1 100 Continue\r\n\r\n" * 20, 0.02), None, "first_byte"),
        (drip(answer(BODY), after=len(answer(BODY)) - 20), 200, "wall"),
        (drip(chunked(BODY), after=len(chunked(end=b"")) + 1), 200, "wall"),
        (drip(answer(BODY), 5, after=len(answer(BODY)) - 5), 200, "read_gap"),
    ],
    ids=count(),
)
def test_no_server_holds_a_fetch_longer_than_its_limits(
    server: ScriptedServer, reply: Reply, status: int | None, limit: str
) -> None:
    """Faults 3, 4 and 5."""
    server.on("/", reply)
    most = getattr(SHORT, limit)
    start = time.monotonic()

    error = failure(server, limits=SHORT)

    assert (error.kind, error.status) == (Failure.TIMEOUT, status)
    assert error.is_network is (status is None)
    assert most - 0.1 < time.monotonic() - start < most + 1.5
    assert f"{most:g} s" in str(error)


def test_the_clock_runs_on_through_redirects(server: ScriptedServer) -> None:
    def slow(peer: Peer) -> None:
        peer.pause(0.3)
        peer.send(redirect(f"{peer.request.path}a"))

    for step in range(7):
        server.on(f"/{'a' * step}", slow)
    start = time.monotonic()

    error = failure(server, limits=SHORT)

    assert error.kind == Failure.TIMEOUT
    assert time.monotonic() - start < 2
    # How many fit into the time differs with the machine; not all seven do.
    assert len(error.hops) < 5
    assert {hop.status for hop in error.hops} <= {302}


@pytest.mark.parametrize(
    "greeting",
    [silence, drip(b"\x16\x03\x03\x40\x00" + bytes(200), 0.05)],
    ids=count(),
)
def test_a_stalled_tls_handshake_ends_with_the_time_to_connect(greeting: Reply) -> None:
    with ScriptedServer(greeting=greeting) as server:
        start = time.monotonic()
        error = failure_of_tls(server)
        took = time.monotonic() - start

    assert (error.kind, error.is_network) == (Failure.TIMEOUT, True)
    assert took < 2


def test_a_lookup_that_takes_too_long_is_left_behind() -> None:
    release = threading.Event()

    def resolve(*_: object, **__: object) -> list[tuple[Any, ...]]:
        release.wait(5)
        return []

    start = time.monotonic()
    with pytest.raises(FetchError) as caught:
        fetch(
            "http://example.org/",
            limits=SHORT,
            allow=Allow(),
            user_agent="test",
            resolve=resolve,
        )
    took = time.monotonic() - start
    release.set()

    assert took < 2
    assert (caught.value.kind, caught.value.is_network) == (Failure.DNS, True)
    assert str(caught.value) == "example.org was not found within 0.3 s"


def test_an_address_that_never_answers_leaves_time_for_the_next(
    server: ScriptedServer,
) -> None:
    server.on("/", answer(BODY))
    # A listener whose queue is full takes no further connection.
    with socket.socket() as full, socket.socket() as first:
        full.bind(("127.0.0.3", server.port))
        full.listen(0)
        first.connect(("127.0.0.3", server.port))
        fetched = fetch(
            server.url(host="feeds.example"),
            limits=SHORT,
            allow=Allow.parse(["feeds.example"]),
            user_agent="test",
            resolve=resolver(["127.0.0.3", "127.0.0.1"]),
        )

    assert fetched.body == BODY
    assert fetched.seconds < SHORT.connect


@pytest.mark.parametrize("host", NOT_PUBLIC_HOSTS)
def test_no_form_of_an_address_that_is_not_public_is_connected_to(
    server: ScriptedServer, host: str
) -> None:
    """Fault 21."""
    with ScriptedServer() as listener:
        location = f"http://{host}:{listener.port}/".encode().decode("latin-1")
        server.on("/", redirect(location))
        for url in (
            f"http://{host}/",
            f"https://{host}:8443/",
            f"http://{host}:{listener.port}/",
        ):
            with pytest.raises(FetchError) as caught:
                fetch(url, allow=Allow(), user_agent="test", resolve=never_asked)
            assert caught.value.kind == Failure.BLOCKED
        redirected = failure(server, resolve=never_asked)

        assert redirected.kind == Failure.BLOCKED
        assert redirected.hops == (Hop(server.url(), 302),)
        assert not redirected.is_network
        assert listener.is_untouched()


@pytest.mark.parametrize("url", [url for url, reason in NOT_FETCHED.items() if reason])
def test_no_odd_address_is_looked_up(url: str) -> None:
    """Fault 23."""
    with pytest.raises(FetchError) as caught:
        fetch(url, allow=Allow(), user_agent="test", resolve=never_asked)

    assert caught.value.kind == Failure.BLOCKED
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    "answers",
    [
        ["127.0.0.1"],
        ["10.0.0.1"],
        ["::1"],
        ["::ffff:127.0.0.1"],
        ["64:ff9b::7f00:1"],
        ["fe80::1%lo"],
        ["169.254.169.254"],
        ["93.184.215.14", "127.0.0.1"],
        ["127.0.0.1", "93.184.215.14"],
        ["2606:4700::1111", "93.184.215.14", "93.184.215.15", "1.1.1.1", "10.0.0.1"],
    ],
)
def test_a_name_with_any_answer_that_is_not_public_is_not_connected_to(
    server: ScriptedServer, answers: list[str]
) -> None:
    """Fault 22."""
    resolve = resolver(answers)

    with pytest.raises(FetchError) as caught:
        fetch(
            "http://feeds.example:8080/",
            allow=Allow.parse(["192.168.0.0/16", "other.example"]),
            user_agent="test",
            resolve=resolve,
        )

    assert caught.value.kind == Failure.BLOCKED
    assert "feeds.example leads to " in str(caught.value)
    assert resolve.asked == ["feeds.example"]
    assert server.is_untouched()


def test_a_second_answer_of_the_same_name_is_checked_like_the_first(
    server: ScriptedServer, other: ScriptedServer
) -> None:
    """Fault 20."""
    with ScriptedServer("127.0.0.9", port=server.port) as inner:
        server.on("/", redirect("/next"))
        resolve = resolver(["127.0.0.1"], ["127.0.0.9"])

        with pytest.raises(FetchError) as caught:
            fetch(
                f"http://localhost:{server.port}/",
                allow=Allow.parse(["127.0.0.1"]),
                user_agent="test",
                resolve=resolve,
            )

        assert caught.value.kind == Failure.BLOCKED
        assert server.paths == ["/"]
        assert inner.is_untouched()
    assert resolve.asked == ["localhost", "localhost"]


def test_a_name_is_looked_up_once_and_its_very_answer_connected_to(
    server: ScriptedServer,
) -> None:
    """Fault 20."""
    server.on("/", answer(BODY))
    resolve = resolver(["127.0.0.1"])

    fetched = fetch(
        server.url(host="feeds.example"),
        allow=Allow.parse([f"feeds.example:{server.port}"]),
        user_agent="test",
        resolve=resolve,
    )

    assert fetched.body == BODY
    assert resolve.asked == ["feeds.example"]
    assert server.requests[0].headers["host"] == f"feeds.example:{server.port}"


def test_an_ipv6_server_is_reached_where_it_is_exempt() -> None:
    with ExitStack() as stack:
        try:
            server = stack.enter_context(ScriptedServer("::1"))
        except OSError:
            # A machine without IPv6, where nothing can be reached so.
            error = failure(ScriptedServer("::1", port=8080))
            assert (error.kind, error.is_network) == (Failure.CONNECT, True)
        else:
            server.on("/", answer(BODY))
            assert get(server).body == BODY
            assert server.requests[0].headers["host"] == f"[::1]:{server.port}"


@pytest.mark.parametrize(
    "raised",
    [
        socket.gaierror(socket.EAI_NONAME, "Name or service not known"),
        UnicodeError("label too long"),
        OSError("no network"),
    ],
)
def test_a_name_that_is_not_found_may_be_the_fault_of_the_network(
    raised: Exception,
) -> None:
    """Fault 1."""

    def resolve(*_: object, **__: object) -> list[tuple[Any, ...]]:
        raise raised

    with pytest.raises(FetchError, match="feeds.example was not found") as caught:
        fetch(
            "http://feeds.example/", allow=Allow(), user_agent="test", resolve=resolve
        )

    assert (caught.value.kind, caught.value.is_network) == (Failure.DNS, True)


@pytest.mark.parametrize("answers", [[], ["not an address"]])
def test_an_answer_without_an_address_is_a_name_not_found(answers: list[str]) -> None:
    with pytest.raises(FetchError) as caught:
        fetch(
            "http://feeds.example/",
            allow=Allow(),
            user_agent="test",
            resolve=resolver(answers),
        )

    assert caught.value.kind == Failure.DNS


def test_a_closed_port_is_named() -> None:
    """Fault 2."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

    with pytest.raises(FetchError) as caught:
        fetch(
            f"http://127.0.0.1:{port}/",
            allow=Allow.parse(["127.0.0.1"]),
            user_agent="test",
        )

    assert (caught.value.kind, caught.value.is_network) == (Failure.CONNECT, True)
    assert str(caught.value) == (
        f"127.0.0.1 cannot be reached at port {port}: connection refused"
    )


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_followed_and_noted(server: ScriptedServer, status: int) -> None:
    server.on("/old", redirect("/new", status))
    server.on("/new", answer(BODY))

    fetched = get(server, "/old")

    assert (fetched.url, fetched.body) == (server.url("/new"), BODY)
    assert fetched.hops == (Hop(server.url("/old"), status),)
    is_permanent = status in {301, 308}
    assert fetched.moved_permanently_to == (server.url("/new") if is_permanent else "")


@pytest.mark.parametrize(
    ("statuses", "is_permanent"),
    [((301, 308), True), ((301, 302), False), ((307, 301), False)],
)
def test_a_move_is_for_good_only_if_every_redirect_is(
    server: ScriptedServer, statuses: tuple[int, int], is_permanent: bool
) -> None:
    """Faults 14 and 15."""
    server.on("/1", redirect("/2", statuses[0]))
    server.on("/2", redirect("/3", statuses[1]))
    server.on("/3", answer(BODY))

    fetched = get(server, "/1")

    assert [hop.status for hop in fetched.hops] == list(statuses)
    assert (fetched.moved_permanently_to == server.url("/3")) is is_permanent


@pytest.mark.parametrize(
    ("location", "expected"),
    [
        ("/new", "/new"),
        ("new", "/a/new"),
        ("../new", "/new"),
        ("?page=2", "/a/old?page=2"),
        ("/new#part", "/new"),
        ("  /new  ", "/new"),
        ("/gr\xf6\xdfe", "/gr%C3%B6%C3%9Fe"),
        ("/größe".encode().decode("latin-1"), "/gr%C3%B6%C3%9Fe"),
        ("/a b", "/a%20b"),
    ],
)
def test_a_redirect_may_point_in_any_form_that_browsers_read(
    server: ScriptedServer, location: str, expected: str
) -> None:
    server.on("/a/old", redirect(location))
    server.on(expected, answer(BODY))

    assert get(server, "/a/old").url == server.url(expected)


def test_five_redirects_are_followed_and_no_more(server: ScriptedServer) -> None:
    """Fault 16."""
    for step in range(6):
        server.on(f"/{step}", redirect(f"/{step + 1}"))
    server.on("/6", answer(BODY))

    assert len(get(server, "/1").hops) == 5
    error = failure(server, "/0")

    assert error.kind == Failure.HTTP
    assert "more than 5 redirects" in str(error)
    assert len(error.hops) == 6
    assert server.paths[6:] == [f"/{step}" for step in range(6)]


@pytest.mark.parametrize(("location", "asked"), [("/", 1), ("/#x", 1), ("/b", 2)])
def test_a_redirect_in_a_circle_is_not_walked_through_twice(
    server: ScriptedServer, location: str, asked: int
) -> None:
    """Fault 16."""
    server.on("/", redirect(location))
    server.on("/b", redirect("/"))

    error = failure(server)

    assert (error.kind, error.status) == (Failure.HTTP, 302)
    assert "circle" in str(error)
    assert len(server.requests) == asked


@pytest.mark.parametrize(
    "reply",
    [
        answer(status=302),
        answer(status=301, location=" "),
        answer(status=302, location=["/a", "/b"]),
        answer(status=302, location="/a\x01b"),
        answer(status=302, location="java\tscript:"),
    ],
    ids=count(),
)
def test_a_redirect_that_does_not_say_where_is_a_failure(
    server: ScriptedServer, reply: bytes
) -> None:
    server.on("/", reply)

    error = failure(server)

    assert error.kind == Failure.HTTP
    assert error.status in {301, 302}
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    "location",
    [
        *("file:///etc/passwd", "ftp://example.org/", "gopher://127.0.0.1:25/_HELO"),
        *("data:text/xml,<rss/>", "javascript:alert(1)", "about:blank"),
        *("http://[::1/", "http://a:b@example.org/", "http://example.org:25/"),
        *("http:\\\\example.org", f"http://example.org/{'a' * 2_000}"),
    ],
)
def test_a_redirect_to_what_may_not_be_fetched_is_blocked(
    server: ScriptedServer, location: str
) -> None:
    """Faults 17 and 18."""
    server.on("/", redirect(location))

    error = failure(server, resolve=never_asked)

    assert error.kind == Failure.BLOCKED
    assert str(error).startswith("127.0.0.1 redirects to what may not be fetched: ")
    assert error.hops == (Hop(server.url(), 302),)


@pytest.mark.parametrize("host", ["127.0.0.1", "[::ffff:127.0.0.1]", "localhost", "0"])
def test_a_redirect_to_another_port_of_an_exempt_host_reaches_nobody(
    server: ScriptedServer, host: str
) -> None:
    """Fault 17."""
    with ScriptedServer() as inner:
        server.on("/", redirect(f"http://{host}:{inner.port}/admin"))

        error = failure(server)

        assert error.kind == Failure.BLOCKED
        assert inner.is_untouched()


def test_what_is_for_the_first_origin_is_dropped_where_it_ends(
    server: ScriptedServer, other: ScriptedServer
) -> None:
    """Fault 19."""
    server.on("/", redirect("/own"))
    server.on("/own", redirect(other.url("/theirs")))
    other.on("/theirs", redirect(server.url("/back")))
    server.on("/back", answer(BODY, 200))
    private = {"authorization", "if-none-match", "if-modified-since"}

    get(
        server,
        "/",
        other,
        etag='"a"',
        last_modified="x",
        credentials=("reader", "pass:wörd"),
    )

    seen = [private & request.headers.keys() for request in server.requests]
    assert seen == [private, private, set()]
    assert private & other.requests[0].headers.keys() == set()
    authorization = server.requests[0].headers["authorization"]
    assert authorization == "Basic cmVhZGVyOnBhc3M6d8O2cmQ="


def test_304_from_where_no_validator_was_sent_is_a_failure(
    server: ScriptedServer, other: ScriptedServer
) -> None:
    server.on("/", redirect(other.url("/")))
    other.on("/", answer(status=304, content_length=""))

    error = failure(server, "/", other, etag='"a"')

    assert (error.kind, error.status) == (Failure.HTTP, 304)


def test_a_failure_behind_a_redirect_is_not_the_networks(
    server: ScriptedServer,
) -> None:
    server.on("/", redirect("http://gone.example/"))

    error = failure(server, resolve=resolver([]))

    assert (error.kind, error.is_network) == (Failure.DNS, False)
    assert error.hops == (Hop(server.url(), 302),)


def test_a_certificate_of_the_name_is_accepted_wherever_the_name_leads(
    authority: Authority, trusted: None
) -> None:
    certificate = authority.certificate("DNS:feeds.example")
    with ScriptedServer(tls=certificate) as server:
        server.on("/", answer(BODY))

        fetched = fetch(
            server.url(host="feeds.example"),
            allow=Allow.parse(["feeds.example"]),
            user_agent="test",
            resolve=resolver(["127.0.0.1"]),
        )

    assert fetched.body == BODY
    assert server.requests[0].headers["host"] == f"feeds.example:{server.port}"


@pytest.mark.parametrize(
    ("names", "days", "reason"),
    [
        (["DNS:feeds.example"], -1, "expired"),
        (["DNS:other.example"], 2, "mismatch"),
        (["IP:127.0.0.1"], 2, "mismatch"),
    ],
)
def test_a_certificate_that_does_not_hold_is_refused_unless_it_need_not(
    authority: Authority, trusted: None, names: list[str], days: int, reason: str
) -> None:
    """Fault 24."""
    options: dict[str, Any] = {
        "allow": Allow.parse(["feeds.example"]),
        "user_agent": "test",
    }
    with ScriptedServer(tls=authority.certificate(*names, days=days)) as server:
        server.on("/", answer(BODY))
        url = server.url(host="feeds.example")

        with pytest.raises(FetchError, match="certificate of feeds.example") as caught:
            fetch(url, resolve=resolver(["127.0.0.1"]), **options)
        assert server.requests == []
        lenient = fetch(
            url, verify_tls=False, resolve=resolver(["127.0.0.1"]), **options
        )

    assert caught.value.kind == Failure.TLS
    assert reason in str(caught.value)
    assert lenient.body == BODY


def test_a_certificate_of_an_unknown_authority_is_refused(
    authority: Authority,
) -> None:
    """Fault 24."""
    with ScriptedServer(tls=authority.certificate("IP:127.0.0.1")) as server:
        error = failure(server)

    assert (error.kind, server.requests) == (Failure.TLS, [])


def test_a_server_without_tls_is_said_to_have_none() -> None:
    with ScriptedServer(greeting=b"HTTP/1.1 400 Bad Request\r\n\r\n") as server:
        error = failure_of_tls(server)

    assert error.kind == Failure.TLS
    assert "no TLS with 127.0.0.1" in str(error)


def test_a_redirect_never_leads_out_of_https(
    authority: Authority, trusted: None, server: ScriptedServer
) -> None:
    """Fault 19."""
    with ScriptedServer(tls=authority.certificate("IP:127.0.0.1")) as secure:
        secure.on("/", redirect(server.url()))

        error = failure(secure, "/", server, credentials=("reader", "secret"))
        plain = failure(secure, "/", server)

    for each in (error, plain):
        assert each.kind == Failure.BLOCKED
        assert "https to unprotected http" in str(each)
    assert server.is_untouched()


def test_a_source_that_began_in_http_may_return_there_without_credentials(
    authority: Authority, trusted: None, server: ScriptedServer
) -> None:
    with ScriptedServer(tls=authority.certificate("IP:127.0.0.1")) as secure:
        server.on("/", redirect(secure.url()))
        secure.on("/", redirect(server.url("/plain")))
        server.on("/plain", answer(BODY))

        assert get(server, "/", secure).body == BODY
        error = failure(server, "/", secure, credentials=("reader", "secret"))

    assert error.kind == Failure.BLOCKED
    assert server.paths == ["/", "/plain", "/"]
    assert all("authorization" not in request.headers for request in secure.requests)


@pytest.mark.parametrize(
    "reply",
    [answer(BODY, content_length=999), broken_off(chunked(BODY, end=b""))],
    ids=count(),
)
def test_a_body_that_breaks_off_is_noticed_under_tls_too(
    authority: Authority, trusted: None, reply: Reply
) -> None:
    with ScriptedServer(tls=authority.certificate("IP:127.0.0.1")) as server:
        server.on("/", reply)

        assert failure(server).kind == Failure.TRUNCATED


def test_a_slow_server_is_left_in_time_under_tls_too(
    authority: Authority, trusted: None
) -> None:
    with ScriptedServer(tls=authority.certificate("IP:127.0.0.1")) as server:
        server.on("/", drip(answer(BODY), after=len(answer(BODY)) - 20))
        start = time.monotonic()

        error = failure(server, limits=SHORT)

    assert error.kind == Failure.TIMEOUT
    assert time.monotonic() - start < 2.5


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("120", 120.0),
        (" 120 ", 120.0),
        ("0", 0.0),
        ("604801", 604_800.0),
        ("1000000000000", 604_800.0),
        ("9" * 5_000, 604_800.0),
        (format_datetime(NOW + timedelta(hours=1), usegmt=True), 3600.0),
        ("Sun, 01 Mar 2026 13:00:00 GMT", 3600.0),
        ("Sunday, 01-Mar-26 13:00:00 GMT", 3600.0),
        ("Sun Mar  1 13:00:00 2026", 3600.0),
        ("Sun, 01 Mar 2026 13:00:00 -0000", 3600.0),
        (format_datetime(NOW - timedelta(hours=1), usegmt=True), 0.0),
        ("Fri, 01 Jan 9999 00:00:00 GMT", 604_800.0),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("1.5", None),
        ("1e3", None),
        ("0x10", None),
        ("１２０", None),
        ("²", None),
        ("nan", None),
        ("120, 240", None),
        ("Sun, 99 Mar 2026 13:00:00 GMT", None),
        ("Sun, 01 Mar 99999999999 13:00:00 GMT", None),
        ("Sun, 01 Mar 2026 13:00:00 +99999999999", None),
    ],
)
def test_a_wish_to_be_left_alone_is_read_as_seconds_from_now(
    value: str, expected: float | None
) -> None:
    """Fault 30."""
    assert retry_after(value, NOW) == expected


@given(st.text(max_size=60))
def test_no_text_makes_the_reading_of_such_a_wish_fail(value: str) -> None:
    seconds = retry_after(value, NOW)

    assert seconds is None or 0 <= seconds <= 7 * 24 * 3600


@pytest.mark.parametrize("status", [429, 503, 403, 500])
def test_a_failure_tells_how_long_the_server_wants_to_be_left_alone(
    server: ScriptedServer, status: int
) -> None:
    """Faults 30 and 31."""
    server.on("/wish", answer(status=status, retry_after="120"))
    server.on("/plain", answer(status=status))
    server.on("/garbage", answer(status=status, retry_after="soon"))

    assert failure(server, "/wish").retry_after == 120
    assert failure(server, "/plain").retry_after is None
    assert failure(server, "/garbage").retry_after is None


@pytest.mark.parametrize(
    ("status", "headers", "expected"),
    [
        (403, {"cf_mitigated": "challenge"}, True),
        (403, {"cf_mitigated": "Challenge"}, True),
        (429, {"cf_mitigated": "challenge"}, True),
        (503, {"cf_mitigated": "challenge"}, True),
        (403, {"x_datadome": "protected"}, True),
        (202, {"x_amzn_waf_action": "challenge"}, True),
        (405, {"x_amzn_waf_action": "captcha"}, True),
        (403, {"x_vercel_mitigated": "challenge"}, True),
        (403, {}, False),
        (403, {"server": "cloudflare"}, False),
        (404, {"cf_mitigated": "challenge"}, False),
    ],
)
def test_a_service_that_keeps_programs_out_is_called_so(
    server: ScriptedServer, status: int, headers: dict[str, str], expected: bool
) -> None:
    """Fault 34."""
    server.on("/", answer(b"<html>", status, **headers))

    error = failure(server)

    assert (error.kind, error.status) == (Failure.HTTP, status)
    assert error.bot_wall is expected
    assert ("bot protection" in str(error)) is expected


def open_sockets() -> set[int]:
    """The descriptors of this process that are sockets."""
    found = set()
    for name in os.listdir("/dev/fd"):
        with suppress(OSError):
            if stat.S_ISSOCK(os.fstat(int(name)).st_mode):
                found.add(int(name))
    return found


def test_every_socket_is_closed_whatever_happens() -> None:
    replies: list[Reply] = [
        answer(BODY),
        redirect("/nowhere"),
        answer(status=500),
        answer(BODY, content_length=999),
        answer(BODY, content_encoding="br"),
        broken_off(answer(BODY)[:30]),
        endless(b"HTTP/1.0 200 OK\r\n\r\n", b"x" * 1000),
        b"SSH\r\n\r\n",
        silence,
    ]
    # Kept with all their frames, so that nothing is closed by chance.
    errors: list[FetchError] = []
    before = open_sockets()

    with ScriptedServer() as server:
        server.on("/", *replies)
        server.on("/nowhere", redirect("http://127.0.0.1/"))
        for _ in replies:
            try:
                get(server, limits=SHORT)
            except FetchError as error:
                errors.append(error)
        failed = failure_of_tls(server)

    assert len(errors) == len(replies) - 1
    assert failed.kind in {Failure.TLS, Failure.TIMEOUT}
    assert open_sockets() <= before
