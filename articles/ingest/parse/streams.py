"""Bytes coming in: bounded lines, a look ahead, and what no reader takes."""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from articles.ingest.entries import RAW_KEPT, Unreadable

#: The most bytes of one item in a file that is read as a stream.
MAX_ITEM = 16 * 2**20
#: The most bytes of a feed, which is read whole. The largest real feeds that
#: operators of feed readers report have 26 MB, nearly all others below 10.
MAX_FEED = 20 * 2**20
#: Bytes that are looked at to tell what a file is.
HEAD = 64 * 2**10

BOM = b"\xef\xbb\xbf"
UTF_16 = (
    "this file is UTF-16; convert it to UTF-8, for instance with"
    " iconv -f utf-16 -t utf-8"
)


@dataclass(frozen=True, slots=True)
class Line:
    """A physical line with its 1-based number and its line feed, if it has one.

    Of a line that is ``too_long`` only the beginning is here.
    """

    number: int
    content: bytes
    too_long: bool = False


class _Replayed(io.RawIOBase):
    """A stream with bytes that were read from it put back."""

    def __init__(self, head: bytes, rest: BinaryIO) -> None:
        self._head = head
        # read1 hands over what has come in; read would wait for a full block.
        self._read = getattr(rest, "read1", rest.read)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        if self._head:
            part, self._head = self._head[: len(buffer)], self._head[len(buffer) :]
        else:
            part = self._read(len(buffer))
        buffer[: len(part)] = part
        return len(part)


def buffered(stream: BinaryIO, head: bytes = b"") -> BinaryIO:
    """The stream with ``head`` before it, reading ahead by small blocks only."""
    return io.BufferedReader(_Replayed(head, stream))


def peeked(stream: BinaryIO) -> tuple[bytes, BinaryIO]:
    """The first HEAD bytes of a stream, and the stream as if they were unread.

    It need not be seekable. Only the stream that is returned may be read on.
    """
    head = bytearray()
    while len(head) < HEAD and (part := stream.read(HEAD - len(head))):
        head += part
    return bytes(head), buffered(stream, bytes(head))


def lines(stream: BinaryIO) -> Iterator[Line]:
    """The lines of a stream in flat memory, a byte order mark left out.

    A line of more than MAX_ITEM bytes is passed over, and reading goes on at the
    next. Raises Unreadable for UTF-16.
    """
    number = 0
    while content := stream.readline(MAX_ITEM + 1):
        number += 1
        if number == 1:
            refuse_utf16(content)
            content = content.removeprefix(BOM)
        if len(content.rstrip(b"\r\n")) > MAX_ITEM:
            ended = content.endswith(b"\n")
            content = content[: 4 * RAW_KEPT]
            if not ended:
                _skip_line(stream)
            yield Line(number, content, too_long=True)
        else:
            yield Line(number, content)


def _skip_line(stream: BinaryIO) -> None:
    while (part := stream.readline(HEAD)) and not part.endswith(b"\n"):
        pass


def refuse_utf16(head: bytes) -> None:
    """Raise Unreadable if a text begins with a byte order mark of UTF-16 or has
    NULs in every second byte (all formats here begin with ASCII)."""
    marked = head.startswith((b"\xff\xfe", b"\xfe\xff"))
    if marked or head[1:4:2] == b"\0\0" or head[0:4:2] == b"\0\0":
        raise Unreadable(UTF_16)


def whole(stream: BinaryIO) -> bytes:
    """All bytes of a feed; raises Unreadable beyond MAX_FEED."""
    data = stream.read(MAX_FEED + 1)
    if len(data) > MAX_FEED:
        raise Unreadable(
            f"this feed has more than {MAX_FEED // 2**20} MB, the most that is read;"
            " split it, or convert it to NDJSON, which has no limit"
        )
    return data
