"""From bytes to records: files are read strictly, feeds with lenience.

Nothing here knows a database. Every reader yields, in the order of the file,
``Record`` or ``Refused``, and raises ``Unreadable`` when the file as a whole, or
the rest of it, cannot be read; what came before has then been yielded.
"""

from collections.abc import Iterator
from typing import BinaryIO

from articles.ingest.entries import Record, Refused

from . import csv_rows, json_array, jsonfeed, ndjson, syndication, wxr
from .detection import FORMATS, detect
from .streams import buffered, peeked

__all__ = ["FORMATS", "detect", "peeked", "read"]


def read(
    stream: BinaryIO,
    input_format: str = "auto",
    *,
    name: str = "",
    source: str = "",
    base: str = "",
) -> Iterator[Record | Refused]:
    """The records of ``stream``, which need not be seekable.

    ``input_format`` is one of FORMATS, or ``auto``: as ``detect`` says of ``name``
    and the first bytes. For feeds, ``source`` names the publisher of items that
    name none (else it is the feed's title), and ``base`` is the feed's own
    address, for its relative links.

    NDJSON, JSON, CSV and WXR are read in flat memory, the other feeds whole, up
    to 20 MB. Raises Unreadable at once if the format cannot be told.
    """
    if input_format == "auto":
        head, stream = peeked(stream)
        input_format = detect(name, head)
    else:
        stream = buffered(stream)
    match input_format:
        case "ndjson":
            return ndjson.read(stream)
        case "json":
            return json_array.read(stream)
        case "csv":
            return csv_rows.read(stream)
        case "rss" | "atom":
            return syndication.read(stream, source=source, base=base)
        case "jsonfeed":
            return jsonfeed.read(stream, source=source, base=base)
        case "wxr":
            return wxr.read(stream, source=source)
        case _:
            raise ValueError(f"{input_format} is none of {', '.join(FORMATS)}")
