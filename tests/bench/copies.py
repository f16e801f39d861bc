"""Databases for benches that write: a copy of a filled one, dropped at the end."""

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator
from urllib.parse import urlsplit, urlunsplit

import psycopg

from tests.run import postgresql

from .fetching import REPOSITORY, manage


def named(url: str, database: str) -> str:
    """The address of another database of the same server."""
    return urlunsplit(urlsplit(url)._replace(path=f"/{database}"))


@contextlib.contextmanager
def copied(url: str) -> Iterator[str]:
    """A copy of a database to which nobody is connected."""
    source = urlsplit(url).path.strip("/")
    copy = f"{source}_bench_{os.getpid()}"
    with psycopg.connect(named(url, "postgres"), autocommit=True) as server:
        server.execute(f'CREATE DATABASE "{copy}" TEMPLATE "{source}"'.encode())
        try:
            manage(named(url, copy), "migrate", "-v", "0")
            yield named(url, copy)
        finally:
            server.execute(f'DROP DATABASE "{copy}" WITH (FORCE)'.encode())


@contextlib.contextmanager
def filled(pieces: int, waiting: int) -> Iterator[str]:
    """A PostgreSQL of its own with so many pieces, and so many waiting."""
    with postgresql() as settings:
        url = settings["DATABASE_URL"]
        manage(url, "migrate", "-v", "0")
        counts = [str(pieces), "--waiting", str(waiting), "--noted", str(waiting)]
        subprocess.run(
            [sys.executable, "-m", "tests.bench.pieces", *counts],
            cwd=REPOSITORY,
            env=os.environ | {"DATABASE_URL": url, "DEBUG": "1"},
            check=True,
        )
        yield url


@contextlib.contextmanager
def writable(url: str, pieces: int, waiting: int) -> Iterator[str]:
    """A database to write in: a copy of the one that is named, else a new one."""
    with copied(url) if url else filled(pieces, waiting) as database:
        yield database
