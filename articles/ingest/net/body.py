"""The body of an answer: unpacked as it comes, and never more than is allowed."""

import http.client
import zlib
from collections.abc import Iterator

from urllib3.exceptions import HTTPError
from urllib3.response import HTTPResponse

from articles.ingest.addresses import Target

from .connection import Answer, Errand
from .outcome import Failure, FetchError, Limits, plain, size, too_large

_PIECE = 65_536
# zlib's word for: with the header and the checksum of gzip.
_GZIP = 16 + zlib.MAX_WBITS
_GZIP_MAGIC = b"\x1f"


def read_body(answer: Answer, target: Target, errand: Errand) -> bytes:
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
                Failure.TOO_LARGE, f"{host} sends more than {size(most)}, unpacked"
            )
        body += piece
    return bytes(body)


def _chunks(answer: Answer, host: str, limits: Limits) -> Iterator[bytes]:
    """The body as it comes, at most as much as ``limits`` allows."""
    if (answer.response.length_remaining or 0) > limits.wire:
        raise too_large(host, limits)
    while chunk := _read(answer.response, host):
        answer.wire_bytes += len(chunk)
        if answer.wire_bytes > limits.wire:
            raise too_large(host, limits)
        yield chunk


def _read(response: HTTPResponse, host: str) -> bytes:
    """What one read of the socket gives; b"" at the end of a whole body."""
    try:
        return response.read1(_PIECE, decode_content=False)
    except (HTTPError, http.client.HTTPException, ValueError) as error:
        raise FetchError(
            Failure.TRUNCATED, f"{host} broke off within the body"
        ) from error


def _is_gzip(answer: Answer, host: str) -> bool:
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
                f"{host} uses the {name} encoding {plain(value)[:50]!r}, though only"
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
