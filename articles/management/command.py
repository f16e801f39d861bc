"""What all of Newsroom's commands share: exit codes, output, help.

Data goes to stdout; progress, log and summary go to stderr. Exit codes: 0 done,
1 finished with item errors, 2 wrong usage, 3 refused by a policy, 4 environment
failed (database, network), 130 interrupted.
"""

import argparse
import datetime
import json
import signal
import sys
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import (
    BaseCommand,
    CommandError,
    CommandParser,
    DjangoHelpFormatter,
)
from django.db import Error
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime
from rich.console import Console
from rich.table import Table

from articles.models import Source

ITEM_ERRORS, USAGE, POLICY, ENVIRONMENT, INTERRUPTED = 1, 2, 3, 4, 130

EXIT_CODES = """
exit codes:
  0 done; 1 finished with item errors; 2 wrong usage; 3 refused by a policy;
  4 the database or the network failed; 130 interrupted
"""


class HelpFormatter(DjangoHelpFormatter, argparse.RawDescriptionHelpFormatter):
    """Keeps the line breaks of the examples."""


class NewsroomCommand(BaseCommand):
    """A thin command: parse arguments, call one function, print its report.

    Subclasses write ``run()`` and return the exit code (None is 0).
    """

    #: Lines of examples for ``--help``.
    examples = ""
    #: Whether the command writes, and so has ``--dry-run``.
    writes = True
    requires_system_checks: list[str] = []

    def create_parser(
        self, prog_name: str, subcommand: str, **kwargs: Any
    ) -> CommandParser:
        examples = "\n".join(f"  {line.strip()}" for line in self.examples.split("\n"))
        epilog = f"examples:\n{examples.rstrip()}\n{EXIT_CODES}"
        return super().create_parser(
            prog_name,
            subcommand,
            formatter_class=HelpFormatter,
            epilog=epilog,
            **kwargs,
        )

    def add_arguments(self, parser: CommandParser) -> None:
        if self.writes:
            parser.add_argument(
                "--dry-run",
                action="store_true",
                help="do everything, then roll it back",
            )
        self.add_format(parser)
        self.add_own_arguments(parser)

    def add_format(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--format",
            choices=["table", "json"],
            default="table",
            help="what is printed on stdout (default: table)",
        )

    def add_own_arguments(self, parser: CommandParser) -> None:
        """The command's own arguments."""

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with told_to_end():
                code = self.run(**options)
        except ValidationError as error:
            raise CommandError("; ".join(error.messages), returncode=USAGE) from error
        except Error as error:
            if was_interrupted(error):
                raise CommandError("Interrupted.", returncode=INTERRUPTED) from None
            raise CommandError(told(error), returncode=ENVIRONMENT) from error
        except KeyboardInterrupt:
            raise CommandError("Interrupted.", returncode=INTERRUPTED) from None
        except BrokenPipeError:
            # The reader of our output has enough of it; so have we.
            sys.stderr.close()
            code = 0
        except OSError as error:
            raise CommandError(
                f"Reading or writing failed: {error.strerror or error}.",
                returncode=ENVIRONMENT,
            ) from error
        if code:
            sys.exit(code)

    def run(self, **options: Any) -> int | None:
        """What the command does; each one writes its own."""
        raise NotImplementedError

    def console(self, options: Mapping[str, Any]) -> Console:
        """Where progress and tables for people go: stderr."""
        return Console(
            stderr=True,
            no_color=options.get("no_color") or None,
            quiet=options.get("verbosity") == 0,
            highlight=False,
        )

    def say(self, text: str) -> None:
        """One line for people, on stderr."""
        self.stderr.write(text, style_func=lambda line: line)

    def print_report(
        self, facts: Mapping[str, Any], options: Mapping[str, Any]
    ) -> None:
        """One object: JSON on stdout, or a two-column table for people."""
        if options["format"] == "json":
            self.stdout.write(json.dumps(facts, default=str))
            return
        table = Table(show_header=False, box=None)
        for name, value in facts.items():
            table.add_row(name, "–" if value is None else str(value))
        self._print(table)

    def _print(self, table: Table) -> None:
        console = Console(file=self.stdout, highlight=False)  # type: ignore[arg-type]
        console.print(table)


@contextmanager
def told_to_end() -> Iterator[None]:
    """Take SIGTERM, by which supervisors end a process, like Ctrl-C."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def was_interrupted(error: BaseException | None) -> bool:
    """Whether somebody ended this: by Ctrl-C, or so that the database failed of it.

    A connection that is cut off in the middle of a question cannot be rolled back.
    """
    while error and not isinstance(error, KeyboardInterrupt):
        error = error.__context__
    return error is not None


def told(error: BaseException) -> str:
    """What went wrong with the database, with the way out where there is one."""
    lines = str(error).strip().splitlines() or [type(error).__name__]
    text = f"The database failed: {lines[0].removesuffix('.')}."
    # SQLite and PostgreSQL, in this order, of a table that was never made.
    if "no such table" in text or ("relation" in text and "does not exist" in text):
        text += " Make its tables first: manage.py migrate."
    return text


def usage_error(message: str) -> CommandError:
    """Wrong usage: exit code 2."""
    return CommandError(message, returncode=USAGE)


def slugs_of_sources(slugs: Iterable[str]) -> list[str]:
    """The slugs that the sources of ``--source`` have now; former ones are known too.

    Raises a usage error that names those that are none.
    """
    slugs = list(slugs)
    known = Source.objects.by_slug(slugs)
    if unknown := sorted(set(slugs) - known.keys()):
        raise usage_error(f"--source: there is no {', '.join(unknown)}.")
    return [source.slug for source in known.values()]


def moment(option: str, text: str) -> datetime.datetime:
    """A date or a time as ISO 8601; without an offset it is the site's time.

    Raises a usage error that names the option.
    """
    try:
        found = parse_datetime(text)
        if found is None and (day := parse_date(text)):
            found = datetime.datetime.combine(day, datetime.time.min)
        if found and timezone.is_naive(found):
            found = timezone.make_aware(found)
    except (ValueError, OverflowError):
        found = None
    if found is None:
        raise usage_error(f"{option} {text!r}: write a date such as 2026-11-01.")
    return found
