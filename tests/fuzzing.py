"""Requests that nobody would make, made up from a seed, and what is wrong with answers.

The same seed gives the same requests. The small share is in the suite; the big run is
``make bench ARGS="fuzz"``.
"""

import random
import re
import string
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from urllib.parse import quote

#: What every answer carries; tests/site/test_security_headers.py looks closely.
CARRIED = (
    "Content-Security-Policy",
    "X-Content-Type-Options",
    "X-Frame-Options",
    "Referrer-Policy",
    "Cross-Origin-Opener-Policy",
    "Permissions-Policy",
)
METHODS = (*["GET"] * 12, "HEAD", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
ODD_METHODS = ("TRACE", "CONNECT", "PROPFIND", "BREW", "get", "GET-", "X" * 19)
PARAMETERS = (
    "q",
    "after",
    "before",
    "page",
    "page_size",
    "source",
    "category",
    "language",
    "tag",
    "from",
    "to",
    "sort",
    "format",
    "year",
    "month",
    "next",
    "o",
    "p",
    "e",
    "status",
    "status__exact",
    "_popup",
    "_to_field",
    "piece",
    "other",
    "csp",
    "utm_source",
    "q[]",
)
ODD_VALUES = (
    "",
    "0",
    "-1",
    "1",
    "00",
    "1e9",
    "9" * 400,
    str(2**63),
    str(2**63 - 1),
    "NaN",
    "١٢",
    "true",
    "null",
    "None",
    "[]",
    "{}",
    "2026-02-30",
    "0001-01-01",
    "9999-12-31",
    "2999-12-31",
    "1799-12-31",
    "10000-01-01",
    "2026-11-25T00:00:00+99:99",
    "../../etc/passwd",
    "..%2f..%2fetc%2fpasswd",
    "<script>alert(1)</script>",
    "' OR 1=1 --",
    '"',
    "\\",
    "%",
    "%%",
    "%s%n",
    "${7*7}",
    "{{7*7}}",
    "\0",
    "a\0b",
    "\r\nX-Injected: 1",
    "\ud800",
    "\x85",
    "\u202e",
    "\ufeff",
    "日本",
    "👩‍👩‍👧",
    "e\u0301" * 50,
    "ﷺ" * 40,
    "İ",
    "ß",
    "a" * 5000,
    "en",
    "ja",
    "en-GB",
    "xx-" + "y" * 60,
    "politics",
    "trade",
    "*",
    "AND",
    '"a b',
    "a OR",
    "NEAR(a b)",
    "(((((((((",
    "-" * 200,
    "a & | !",
    ":*",
    "<->",
    "\\'",
)
#: What stands in for a number in a path: the last ones are beyond 64 bits, and
#: beyond what Python reads as a number.
ODD_NUMBERS = (
    "0",
    "00",
    "-1",
    "1.5",
    "0x10",
    "13",
    "9999",
    str(2**31),
    str(2**63 - 1),
    str(2**63),
    str(2**64 + 1),
    "9" * 400,
    "9" * 5000,
    "٢٠٢٦",
    "２０２６",
)
ODD_ENCODED = (
    "%",
    "%z",
    "%0",
    "%00",
    "%ff",
    "%c0%af",
    "%ed%a0%80",
    "%f5%80%80%80",
    "%u0041",
    "%252e%252e",
    "%2e%2e%2f",
    "%0d%0aX-Injected:%201",
    "+",
    "%2B",
    ";",
    "&&",
    "=",
    "?",
    "#",
)
#: What no browser sends without quoting it, but some program will.
UNQUOTED = ("\0", "\x7f", "\t", "é", "日本", "\ud800", "👍🏿", "|", "^", "`")
#: Longer than a server takes in its first line, and than any proxy lets through.
LONG = "a/" * 5000
HEADERS = (
    "Accept",
    "Accept-Language",
    "Accept-Encoding",
    "Cookie",
    "Host",
    "If-None-Match",
    "If-None-Match",
    "If-Modified-Since",
    "If-Modified-Since",
    "If-Match",
    "If-Unmodified-Since",
    "If-Range",
    "Range",
    "Referer",
    "User-Agent",
    "X-Forwarded-For",
    "X-Forwarded-Host",
    "X-Forwarded-Proto",
    "Content-Type",
    "X-Requested-With",
    "Origin",
    "X-CSRFToken",
    "Authorization",
    "X-HTTP-Method-Override",
    "Forwarded",
    "Expect",
)
HEADER_VALUES = (
    "",
    "*",
    "*/*;q=nan",
    "text/html",
    "application/json",
    "en;q=9, ja;q=-1",
    "x" * 3000,
    "bytes=0-",
    "bytes=-1",
    "bytes=5-2,1-1",
    "bytes=" + "0-0," * 300,
    '"*"',
    'W/"x"',
    'W/"' + "0" * 32 + '"',
    'W/"' + "e" * 5000 + '"',
    '"a", W/"b", *, "',
    ", , ,",
    "W/",
    '"\xff"',
    "Thu, 01 Jan 1970 00:00:00 GMT",
    "Wed, 31 Dec 1969 23:59:59 GMT",
    "Mon, 01 Jan 0001 00:00:00 GMT",
    "Fri, 31 Dec 9999 23:59:59 GMT",
    "Mon, 30 Feb 2026 12:00:00 GMT",
    "Mon, 29 Jun 2026 24:60:61 GMT",
    "Mon, 29 Jun 2026 12:00:00 +9999",
    "Monday, 29-Jun-26 12:00:00 GMT",
    "Mon Jun 29 12:00:00 2026",
    "Mon, 29 Jun 2026 ١٢:00:00 GMT",
    "Wed, 99 Foo 99999 99:99:99",
    "sessionid=" + "a" * 200,
    'sessionid=x; csrftoken=y; =; a="',
    "evil.example",
    "localhost:99999999",
    "testserver:",
    "testserver.",
    "TESTSERVER",
    "testserver, evil.example",
    "xn--",
    "a b",
    "[::1",
    "[::1]:x",
    "..",
    "https",
    "identity;q=0",
    "gzip;q=0, *;q=0",
    "gzip;q=1.0001",
    "gzip;" * 400,
    "GZIP",
    "gzip, br, zstd, x",
    "multipart/form-data",
    "multipart/form-data; boundary=" + "b" * 90,
    "text/html; charset=nope",
    "application/x-www-form-urlencoded; charset=utf-16",
    "Basic !!!",
    "日本",
    "\xff\xfe",
    "for=unknown",
    "100-continue",
    "XMLHttpRequest",
)
BODIES = (
    b"",
    b"a=1",
    b"a=" + b"%" * 100,
    b"{",
    b"[" * 2000,
    b"\xff\xfe\x00",
    b"&" * 3000,
    b"--b\r\n",
    b"csrfmiddlewaretoken=x&username=%00&password=%ff",
)


@dataclass(frozen=True)
class Request:
    """One request; ``target`` is what stands in its first line, in any state."""

    method: str
    target: str
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


def requests(
    seed: int, addresses: Sequence[str], values: Sequence[str] = ()
) -> Iterator[Request]:
    """Endless requests of these addresses, mutated in every part.

    ``values`` are such as make sense as a parameter in this house (a piece's number,
    a source's slug): without them nobody gets behind the refusal of the others.
    """
    chance = random.Random(seed)
    while True:
        path = _path(chance, chance.choice(addresses))
        query = _query(chance, values) if chance.random() < 0.6 else ""
        number = chance.choice([0, 0, 1, 2, 5])
        headers = {
            chance.choice(HEADERS): chance.choice(HEADER_VALUES) for _ in range(number)
        }
        is_odd = chance.random() < 0.03
        method = chance.choice(ODD_METHODS if is_odd else METHODS)
        body = chance.choice(BODIES) if method in {"POST", "PUT", "PATCH"} else b""
        yield Request(method, path + query, headers, body)


def _path(chance: random.Random, path: str) -> str:
    path = quote(path, safe="/%?=&:@+~,;!'()*-._")
    if chance.random() < 0.15:
        number = quote(chance.choice(ODD_NUMBERS))
        path = re.sub(r"\d+", lambda each: chance.choice([each[0], number]), path)
    for _ in range(chance.choice([0, 0, 0, 1, 1, 2])):
        at = chance.randrange(1, len(path) + 1)
        part = chance.choice(
            [
                chance.choice(ODD_ENCODED),
                _quoted(chance.choice(ODD_VALUES))[:600],
                chance.choice(string.printable[:94]),
                chance.choice(UNQUOTED),
                "/" * chance.randrange(1, 5),
                "",
            ]
        )
        path = path[:at] + part + path[at + chance.choice([0, 0, 1, 4]) :]
    if chance.random() < 0.01:
        path += LONG
    return path.replace("#", "%23").replace(" ", "%20")


def _query(chance: random.Random, values: Sequence[str]) -> str:
    pairs = []
    for _ in range(chance.choice([1, 1, 2, 3, 8])):
        value = chance.choice(ODD_VALUES)
        if values and chance.random() < 0.4:
            value = chance.choice(values)
        if chance.random() < 0.25:
            value = "".join(chr(chance.randrange(1, 0x2FFF)) for _ in range(9))
        raw = chance.random() < 0.2
        text = chance.choice(ODD_ENCODED) if raw else _quoted(value)
        pairs.append(f"{chance.choice(PARAMETERS)}={text}")
    return "?" + "&".join(pairs).replace("#", "%23")


def _quoted(text: str) -> str:
    return quote(text.encode("utf-8", "surrogatepass"), safe="")


def wrong(status: int, headers: dict[str, str], body: bytes) -> list[str]:
    """What is wrong with an answer to any request; header names in any case."""
    names = {name.lower() for name in headers}
    found = [f"no {name}" for name in CARRIED if name.lower() not in names]
    if status >= 500:
        found.append(f"status {status}")
    if b"Traceback (most recent call last)" in body:
        found.append("a traceback")
    if "x-injected" in names:
        found.append("a header of the request's making")
    if b"<script>alert(1)</script>" in body and b"text/html" in _kind(headers):
        found.append("markup of the request's making")
    return found


def _kind(headers: dict[str, str]) -> bytes:
    kinds = [value for name, value in headers.items() if name.lower() == "content-type"]
    return "".join(kinds).encode()
