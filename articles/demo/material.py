"""The demo material as the import commands take it: sources, pieces, tags.

Days are kept as distances from today, so that the site is always up to date.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any

_FOLDER = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Piece:
    """One article record, and what the record format has no place for.

    ``record`` has the fields of an NDJSON line of ``import_articles``;
    ``waiting`` pieces stay at the desk, all others are published; ``scene`` names
    the generated picture, "" for none.
    """

    record: dict[str, Any]
    waiting: bool
    scene: str


def sources_path() -> Path:
    """The publishers, a CSV file for ``import_sources``."""
    return _FOLDER / "sources.csv"


def pieces(now: datetime) -> Iterator[Piece]:
    """All pieces as they stand at ``now`` (aware), none of them later than that."""
    for path in sorted((_FOLDER / "pieces").glob("*.ndjson")):
        with path.open(encoding="utf-8") as lines:
            for line in lines:
                yield _piece(json.loads(line), now.astimezone(UTC))


def tags() -> list[dict[str, Any]]:
    """Tags that are more than a name: ``name``, ``description``, ``phrases``
    (texts that suggest the tag) and ``aliases`` (its other names)."""
    text = (_FOLDER / "tags.json").read_text(encoding="utf-8")
    described: list[dict[str, Any]] = json.loads(text)
    return described


def _piece(record: dict[str, Any], now: datetime) -> Piece:
    day, clock = record.pop("day"), time.fromisoformat(record.pop("time"))
    published = datetime.combine(now.date() - timedelta(days=day), clock, UTC)
    if published > now:
        # An hour of today that has not come yet: it came yesterday.
        published -= timedelta(days=1)
    waiting = record.pop("status") == "waiting"
    scene = record.pop("scene", "")
    return Piece(record | {"published": published.isoformat()}, waiting, scene)
