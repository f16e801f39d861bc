"""Publishers on loopback: several hosts, each with feeds that a test can change."""

import random
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from xml.sax.saxutils import escape

NEWEST = datetime(2026, 3, 1, 9, tzinfo=UTC)
SUBJECTS = ["Alliance", "Energy", "Harbours", "Research", "Schools", "Trade"]


class Publishers:
    """Feeds by address, how they are served, and how often each was asked for.

    ``hosts`` hosts, each a source with ``feeds`` feeds of ``items`` pieces. Every
    second piece of a host stands in all of its feeds. ``shuffle`` is the seed of
    the order in which items are given; ``keeps_validators`` off makes every answer
    a new one, byte for byte, with the same pieces.
    """

    def __init__(self, hosts: int = 4, feeds: int = 3, items: int = 20) -> None:
        self.hosts, self.feeds, self.items = hosts, feeds, items
        self.shuffle: int | None = None
        self.keeps_validators = True
        self.asked: Counter[str] = Counter()
        self.addresses: dict[int, list[str]] = {}
        self._lock = threading.Lock()

    @property
    def all_addresses(self) -> list[str]:
        return [url for urls in self.addresses.values() for url in urls]

    def answer(self, host: int, path: str, validator: str) -> tuple[int, str, bytes]:
        """Status, ETag and body of an answer to a GET."""
        with self._lock:
            self.asked[f"{host}{path}"] += 1
            times = sum(self.asked.values())
        number = int(path.rpartition("-")[2])
        etag = f'"{host}-{number}"'
        if self.keeps_validators and validator == etag:
            return 304, etag, b""
        if not self.keeps_validators:
            etag = f'"{times}"'
        return 200, etag, self.document(host, number, times)

    def document(self, host: int, feed: int, times: int) -> bytes:
        """The feed as RSS."""
        numbers = [
            number
            for number in range(self.items * self.feeds)
            if number % 2 or number % self.feeds == feed
        ]
        if self.shuffle is not None:
            random.Random(self.shuffle + times).shuffle(numbers)
        note = "" if self.keeps_validators else f"<!-- {times} -->"
        items = "".join(self._item(host, number) for number in numbers)
        return (
            f'{note}<rss version="2.0"><channel><title>Host {host}</title>'
            f"<link>https://host-{host}.example/</link>{items}</channel></rss>"
        ).encode()

    def _item(self, host: int, number: int) -> str:
        subjects = {SUBJECTS[number % 6], SUBJECTS[number % 5]}
        when = NEWEST - timedelta(hours=number, minutes=host)
        text = f"<p>What piece {number} says of {SUBJECTS[(number + 1) % 6]}.</p>"
        return (
            f"<item><title>Piece {number} on {min(subjects)}</title>"
            f"<link>https://host-{host}.example/{number}</link>"
            f"<guid isPermaLink='false'>{host}/{number}</guid>"
            f"<pubDate>{format_datetime(when)}</pubDate>"
            f"{''.join(f'<category>{each}</category>' for each in sorted(subjects))}"
            f"<description>{escape(text)}</description></item>"
        )


def _handler(publishers: Publishers, host: int) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            validator = self.headers.get("If-None-Match", "")
            status, etag, body = publishers.answer(host, self.path, validator)
            self.send_response(status)
            self.send_header("ETag", etag)
            self.send_header("Content-Type", "application/rss+xml")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments: object) -> None:
            """The tests say what was asked."""

    return Handler


@contextmanager
def serving(publishers: Publishers) -> Iterator[Publishers]:
    """Serve each host on a loopback address of its own until the block ends."""
    servers = []
    for host in range(publishers.hosts):
        address = (f"127.0.0.{host + 1}", 0)
        server = ThreadingHTTPServer(address, _handler(publishers, host))
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        servers.append(server)
        place = f"http://127.0.0.{host + 1}:{server.server_address[1]}"
        publishers.addresses[host] = [
            f"{place}/feed-{number}" for number in range(publishers.feeds)
        ]
    try:
        yield publishers
    finally:
        for server in servers:
            server.shutdown()
            server.server_close()
