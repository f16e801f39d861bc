"""An import run: what it is given, what it has met, and what came of it."""

import hashlib
import sqlite3
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO


@dataclass(frozen=True, slots=True)
class Input:
    """A file, or standard input, as the run knows it."""

    name: str
    stream: BinaryIO

    @property
    def size(self) -> int | None:
        """Bytes of a file; None of what is no file and may never end."""
        path = Path(self.name)
        return path.stat().st_size if path.is_file() else None

    @property
    def position(self) -> int:
        """Bytes of a file that have been read."""
        is_file = self.size is not None and self.stream.seekable()
        return self.stream.tell() if is_file else 0

    @property
    def fingerprint(self) -> str:
        """Of a file: its size and the digest of its first 64 KiB; else ""."""
        path = Path(self.name)
        if not path.is_file():
            return ""
        with path.open("rb") as file:
            digest = hashlib.sha256(file.read(65536)).hexdigest()
        return f"{path.stat().st_size}:{digest}"


@dataclass(frozen=True, slots=True)
class Options:
    """How a run reads; the part that a resumed run takes over is stored with it."""

    input_format: str = "auto"
    source: str = ""
    date_format: str = ""
    limit: int | None = None
    batch_size: int = 500
    fail_fast: bool = False


@dataclass(slots=True)
class Report:
    """What came of a run: its id (None in a dry run), and how many of each outcome."""

    run: int | None = None
    read: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    duplicate: int = 0
    failed: int = 0
    seconds: float = 0.0
    #: Of those read, the ones that a resumed run had not read before.
    here: int = 0
    unknown: list[str] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)
    samples: list[str] = field(default_factory=list)
    stopped: bool = False


class CannotResume(Exception):
    """The run is not one that these inputs can resume; the message says why."""


class Seen:
    """Which addresses this run has met, and on which line, in flat memory.

    SQLite's private temporary database keeps them: it spills to disk by itself.
    """

    def __init__(self) -> None:
        self._db = sqlite3.connect("")
        self._db.execute(
            "CREATE TABLE seen (key BLOB PRIMARY KEY, place TEXT) WITHOUT ROWID"
        )

    def first(self, address: str, place: str) -> str | None:
        """Remember the address; where it was met before, or None."""
        key = hashlib.blake2b(address.encode(), digest_size=16).digest()
        cursor = self._db.execute("SELECT place FROM seen WHERE key = ?", (key,))
        if row := cursor.fetchone():
            return str(row[0])
        self._db.execute("INSERT INTO seen VALUES (?, ?)", (key, place))
        return None

    def close(self) -> None:
        self._db.close()
