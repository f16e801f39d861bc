"""Running commands: within the test, or as a process of its own."""

import io
import json
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.core.management import CommandError, call_command

ROOT = Path(__file__).resolve().parents[2]
COUNTS = ("read", "created", "updated", "unchanged", "duplicate", "failed")


@dataclass(frozen=True, slots=True)
class Invocation:
    """What came of a command: exit code, stdout, stderr."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def counts(self) -> dict[str, int]:
        """The counters of an import that are not 0."""
        return {name: self.json[name] for name in COUNTS if self.json[name]}


def invoke(*arguments: object, stdin: bytes = b"") -> Invocation:
    """Run a command in the test's own process and database."""
    out, err = io.StringIO(), io.StringIO()
    with standard_input(stdin):
        try:
            call_command(*map(str, arguments), stdout=out, stderr=err, no_color=True)
            code = 0
        except CommandError as error:
            code = error.returncode
            err.write(str(error))
        except SystemExit as end:
            code = int(end.code or 0)
    assert "Traceback" not in err.getvalue()
    return Invocation(code, out.getvalue(), err.getvalue())


@contextmanager
def standard_input(data: bytes) -> Iterator[None]:
    own, sys.stdin = sys.stdin, io.TextIOWrapper(io.BytesIO(data))
    try:
        yield
    finally:
        sys.stdin = own


def import_articles(*arguments: object, stdin: bytes = b"") -> Invocation:
    return invoke("import_articles", *arguments, "--format=json", stdin=stdin)


def command_line(*arguments: object) -> list[str]:
    return [sys.executable, "-W", "error", "manage.py", *map(str, arguments)]


def environment(database_url: str) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "DATABASE_URL": database_url,
        "SECRET_KEY": "for tests",
    }


def run_process(
    *arguments: object,
    database_url: str,
    stdin: bytes = b"",
    variables: Mapping[str, str] | None = None,
) -> Invocation:
    """Run ``manage.py`` as an operator does, with an environment of its own."""
    done = subprocess.run(
        command_line(*arguments),
        cwd=ROOT,
        env=environment(database_url) | dict(variables or {}),
        input=stdin,
        capture_output=True,
        timeout=60,
        check=False,
    )
    err = done.stderr.decode()
    assert "Traceback" not in err
    return Invocation(done.returncode, done.stdout.decode(), err)


def record(number: int = 1, **fields: object) -> dict[str, object]:
    """A good record; None takes a field away."""
    good = {
        "url": f"https://ledger.example/{number}",
        "title": f"Piece {number}",
        "source": "Pacific Ledger",
        "published": f"2026-03-01T09:{number % 60:02}:00+09:00",
    }
    return {name: value for name, value in (good | fields).items() if value is not None}


def ndjson(records: Iterable[Mapping[str, object]]) -> bytes:
    return "".join(json.dumps(each) + "\n" for each in records).encode()
