"""A server of many feeds on loopback, each on an address of its own.

Linux answers on the whole of 127.0.0.0/8, so that feed number n can live on the
host 127.x.y.z and the politeness towards hosts costs what it costs in earnest.

    python -m tests.bench.feed_server FEEDS ITEMS

prints the port it listens on, and serves until its standard input ends.
"""

import asyncio
import contextlib
import sys
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from ipaddress import IPv4Address

FIRST_HOST = IPv4Address("127.1.0.1")
NEWEST = datetime(2026, 11, 1, 12, tzinfo=UTC)

ITEM = """<item>
<title>Piece {item} of feed {feed}: harbour, rail and the cost of both</title>
<link>http://{host}/pieces/{item}</link>
<guid isPermaLink="false">feed-{feed}-piece-{item}</guid>
<pubDate>{date}</pubDate>
<category>Transport</category>
<description>&lt;p&gt;The first paragraph of piece {item}, in which the council \
of the city decides on a ferry, a bridge and the money for them.&lt;/p&gt;</description>
<content:encoded><![CDATA[{body}]]></content:encoded>
</item>"""
PARAGRAPH = (
    "<p>The council met on the <em>third floor</em> and heard what the harbour"
    " would cost; <a href='/plans?utm_source=feed'>the plans</a> are public, and"
    " the next meeting is in the spring, when the figures of the year are known.</p>"
)


def host(feed: int) -> str:
    """The address that feed number ``feed`` lives on."""
    return str(FIRST_HOST + feed)


def document(feed: int, items: int, port: int) -> bytes:
    """The feed as RSS, with as much text in it as a real one (about 80 KB for 50)."""
    place = f"{host(feed)}:{port}"
    parts = [
        ITEM.format(
            item=item,
            feed=feed,
            host=place,
            date=format_datetime(NEWEST - timedelta(hours=3 * item, seconds=feed)),
            body=PARAGRAPH * 5,
        )
        for item in range(items)
    ]
    return (
        '<?xml version="1.0" encoding="UTF-8"?><rss version="2.0"'
        ' xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel>'
        f"<title>Feed {feed}</title><link>http://{place}/</link>"
        f"<description>Number {feed}</description>{''.join(parts)}</channel></rss>"
    ).encode()


class Server:
    """Answers ``GET /feed`` on any loopback address, with a validator and 304s."""

    def __init__(self, feeds: int, items: int) -> None:
        self.feeds, self.items = feeds, items
        self.port = 0

    async def answer(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        """One request, one answer, and the connection closes."""
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
            own: tuple[str, int] = writer.get_extra_info("sockname")
            feed = int(IPv4Address(own[0])) - int(FIRST_HOST)
            tag = f'"feed-{feed}"'
            if not 0 <= feed < self.feeds:
                writer.write(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
            elif f"if-none-match: {tag}" in head:
                writer.write(
                    f"HTTP/1.1 304 Not Modified\r\nETag: {tag}\r\n\r\n".encode()
                )
            else:
                body = document(feed, self.items, self.port)
                writer.write(
                    f"HTTP/1.1 200 OK\r\nContent-Type: application/rss+xml\r\n"
                    f"ETag: {tag}\r\nContent-Length: {len(body)}\r\n"
                    "Connection: close\r\n\r\n".encode()
                )
                writer.write(body)
            await writer.drain()
        writer.close()

    async def serve(self) -> None:
        """Listen, say where, and go on until standard input ends."""
        server = await asyncio.start_server(self.answer, "0.0.0.0", 0, backlog=512)
        self.port = server.sockets[0].getsockname()[1]
        sys.stdout.write(f"{self.port}\n")
        sys.stdout.flush()
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
        server.close()


if __name__ == "__main__":
    asyncio.run(Server(int(sys.argv[1]), int(sys.argv[2])).serve())
