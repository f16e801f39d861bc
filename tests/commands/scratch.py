"""Databases that real processes write to, and that a test reads."""

import copy
import shutil
import subprocess
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import psycopg
from django.conf import settings
from django.db import connection, connections

from articles.models import Article
from tests.commands.contents import contents
from tests.commands.invocation import (
    ROOT,
    Invocation,
    command_line,
    environment,
    run_process,
)

#: Seconds that a process may take to get somewhere.
PATIENCE = 60


@dataclass(frozen=True, slots=True)
class Scratch:
    """A database that processes write to and that the test reads."""

    url: str
    alias: str

    def run(
        self, *arguments: object, stdin: bytes = b"", **variables: str
    ) -> Invocation:
        return run_process(
            *arguments, database_url=self.url, stdin=stdin, variables=variables
        )

    def start(self, *arguments: object, **variables: str) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(
            command_line(*arguments),
            cwd=ROOT,
            env=environment(self.url) | variables,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def contents(self) -> dict[str, list[tuple]]:
        return contents(self.alias)

    def articles(self) -> int:
        return Article.objects.using(self.alias).count()


def until(condition: Callable[[], bool], process: "subprocess.Popen[bytes]") -> None:
    """Wait for the condition, or for the process to end by itself."""
    latest = time.monotonic() + PATIENCE
    while not condition() and process.poll() is None:
        assert time.monotonic() < latest, "nothing happens"
        time.sleep(0.002)


def ended(process: "subprocess.Popen[bytes]") -> Invocation:
    out, err = process.communicate(timeout=PATIENCE)
    return Invocation(process.returncode, out.decode(), err.decode())


def is_sqlite() -> bool:
    return "sqlite" in settings.DATABASES["default"]["ENGINE"]


@contextmanager
def server_database(template: str = "template0") -> Iterator[tuple[str, str]]:
    """A database on the suite's PostgreSQL: its name and its address."""
    given = settings.DATABASES["default"]
    login = {"user": given["USER"], "password": given["PASSWORD"]}
    place = {"host": given["HOST"], "port": given["PORT"] or 5432}
    name = f"newsroom_{uuid.uuid4().hex}"
    access = {key: value for key, value in (login | place).items() if value}
    with psycopg.connect(dbname="postgres", autocommit=True, **access) as server:
        server.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        user, password = quote(given["USER"]), quote(given["PASSWORD"])
        address = f"{quote(given['HOST'], safe='')}:{place['port']}"
        yield name, f"postgres://{user}:{password}@{address}/{name}"
        server.execute(f"DROP DATABASE {name} WITH (FORCE)")


@contextmanager
def copy_of_the_test_database(folder: Path) -> Iterator[str]:
    """The path or name of a copy; nobody may be reading the original."""
    given = str(connection.settings_dict["NAME"])
    connection.close()
    if is_sqlite():
        yield str(shutil.copy(given, folder / "empty.sqlite3"))
        return
    connection.close_pool()
    with server_database(given) as (name, _url):
        yield name


@contextmanager
def readable(name: str) -> Iterator[str]:
    """An alias by which the test reads the database of that name."""
    alias = uuid.uuid4().hex
    config = copy.deepcopy(connections.databases["default"])
    config["NAME"] = name
    config["OPTIONS"].pop("pool", None)
    connections.databases[alias] = config
    try:
        yield alias
    finally:
        connections[alias].close()
        del connections[alias]
        del connections.databases[alias]


@contextmanager
def scratch_from(template: str, folder: Path) -> Iterator[Scratch]:
    if is_sqlite():
        path = folder / f"{uuid.uuid4().hex}.sqlite3"
        shutil.copy(template, path)
        with readable(str(path)) as alias:
            yield Scratch(f"sqlite:///{path}", alias)
        return
    with server_database(template) as (name, url), readable(name) as alias:
        yield Scratch(url, alias)
