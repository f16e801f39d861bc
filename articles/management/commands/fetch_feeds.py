"""Fetch the feeds that are due."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from types import FrameType
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.db import DatabaseError, close_old_connections
from django.utils import timezone
from django_tasks import TaskResultStatus
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from articles import tasks, workflow
from articles.ingest import fetching
from articles.ingest.passes import Report
from articles.likeness import pairs
from articles.management.command import (
    ENVIRONMENT,
    INTERRUPTED,
    ITEM_ERRORS,
    NewsroomCommand,
    slugs_of_sources,
    usage_error,
)
from articles.tagging import suggestions

#: Seconds that the loop sleeps at most, and at least, between two passes.
LONGEST_SLEEP, SHORTEST_SLEEP = 60, 1
#: Feeds of one task, so that several workers have something to do.
FEEDS_OF_A_TASK = 100


class Command(NewsroomCommand):
    help = (
        "Fetch the feeds that are due, store what is new, and plan the next check of"
        " each: politely, one question at a time to each host. A feed that fails is"
        " asked again, later each time; why stands with it in the admin. Any number"
        " of processes on any number of machines may run this at once."
    )
    examples = """manage.py fetch_feeds
    manage.py fetch_feeds --source pacific-ledger harbour-times
    manage.py fetch_feeds --loop
    manage.py fetch_feeds --all --dry-run --format json"""

    def add_own_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--source",
            action="extend",
            nargs="+",
            metavar="SLUG",
            default=[],
            help="only feeds of these sources, due or not (with --due: if due)",
        )
        which = parser.add_mutually_exclusive_group()
        which.add_argument(
            "--due", action="store_true", help="feeds that are due (the default)"
        )
        which.add_argument(
            "--all", action="store_true", help="all active feeds, due or not"
        )
        parser.add_argument(
            "--loop",
            action="store_true",
            help="go on with what becomes due, until SIGTERM or Ctrl+C",
        )
        parser.add_argument(
            "--enqueue",
            action="store_true",
            help="leave the work to the workers of the task queue (NEWSROOM_TASKS)",
        )
        parser.add_argument("--limit", type=int, metavar="N", help="at most N feeds")

    def run(self, **options: Any) -> int | None:
        _check(options)
        options["source"] = slugs_of_sources(options["source"])
        if options["enqueue"]:
            return self._enqueue(options)
        with _stopped_by_signals() as stop:
            code = None
            if options["loop"]:
                self._loop(stop, options)
            else:
                code = self._finish(self._fetch(stop, options), options)
        # To be told to end is the usual end of the loop, and of nothing else.
        if stop.is_set() and not (options["loop"] and stop.signal == signal.SIGTERM):
            raise CommandError(
                "Interrupted. What was fetched is kept.", returncode=INTERRUPTED
            )
        return code

    def _fetch(self, stop: threading.Event, options: dict[str, Any]) -> Report:
        """One pass, with suggestions and possible duplicates of what it brought."""
        with self._progress(options) as progress:
            task = progress.add_task("Fetching", total=None)
            report = fetching.fetch_feeds(
                sources=options["source"],
                regardless=_is_regardless(options),
                limit=options["limit"],
                dry_run=options["dry_run"],
                stop=stop,
                on_progress=lambda report: progress.update(
                    task, description=_line(report)
                ),
            )
            if not options["dry_run"]:
                # Also when this pass brought nothing: one that died may have.
                progress.update(task, description="Suggesting tags")
                suggestions.refresh()
                progress.update(task, description="Looking for duplicates")
                pairs.refresh()
                self._erase_killed()
        return report

    def _erase_killed(self) -> None:
        """What nobody has to start: it is due a day after a kill, whoever killed."""
        try:
            workflow.erase_killed()
        except DatabaseError:
            raise
        except Exception as error:  # noqa: BLE001 - storages raise errors of their own
            self.say(f"A killed piece's picture could not be deleted yet: {error}")

    def _loop(self, stop: threading.Event, options: dict[str, Any]) -> None:
        while not stop.is_set():
            since = timezone.now()
            report = self._fetch(stop, options)
            if report.feeds > report.postponed:
                self._finish(report, options)
            close_old_connections()
            soonest = fetching.seconds_to_next(since)
            pause = LONGEST_SLEEP if soonest is None else soonest
            stop.wait(min(max(pause, SHORTEST_SLEEP), LONGEST_SLEEP))

    def _enqueue(self, options: dict[str, Any]) -> int | None:
        feeds = fetching.wanted(options["source"])
        if not _is_regardless(options):
            feeds = feeds.due(timezone.now())
        # Those of one host come together: only one worker at a time may ask it.
        in_order = feeds.order_by("host", "next_check_at").values_list("pk", flat=True)
        ids = list(in_order[: options["limit"]])
        results = [
            tasks.fetch_feeds_now.enqueue(ids[start : start + FEEDS_OF_A_TASK])
            for start in range(0, len(ids), FEEDS_OF_A_TASK)
        ]
        self._erase_killed()
        self.print_report({"feeds": len(ids), "tasks": len(results)}, options)
        failed = [each for each in results if each.status == TaskResultStatus.FAILED]
        for each in failed:
            self.say(f"A task failed: {each.errors[-1].exception_class_path}")
        return ENVIRONMENT if failed else None

    def _progress(self, options: dict[str, Any]) -> Progress:
        console = self.console(options)
        return Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            TimeElapsedColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )

    def _finish(self, report: Report, options: dict[str, Any]) -> int | None:
        facts = {
            name: round(value, 3) if isinstance(value, float) else value
            for name, value in asdict(report).items()
            if name != "problems"
        }
        self.print_report(facts, options)
        if options["dry_run"]:
            self.say("Dry run, nothing kept.")
        for line in report.problems:
            self.say(line)
        more = report.failed + report.postponed - len(report.problems)
        if more > 0:
            self.say(f"… and {more} more, each with its reason in the admin.")
        if report.degraded:
            self.say(
                "Hardly any server could be reached, so the network counts as down"
                " and no feed as failing. They are asked again in 5 to 15 minutes."
            )
            return ENVIRONMENT
        return ITEM_ERRORS if report.failed else None


class _Stop(threading.Event):
    """Set by a signal, which it remembers."""

    signal: int | None = None


@contextmanager
def _stopped_by_signals() -> Iterator[_Stop]:
    """SIGTERM and SIGINT end the work at its next seam; a second one ends it at once.

    Only the main thread can hear signals; elsewhere nothing is changed.
    """
    stop = _Stop()
    before: dict[int, Any] = {}

    def restore() -> None:
        for number, handler in before.items():
            signal.signal(number, handler)

    def hear(number: int, frame: FrameType | None) -> None:
        stop.signal = number
        stop.set()
        restore()

    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGTERM, signal.SIGINT):
            before[number] = signal.signal(number, hear)
    try:
        yield stop
    finally:
        restore()


def _is_regardless(options: dict[str, Any]) -> bool:
    """Whether feeds are taken though they are not due."""
    if options["loop"] or options["due"]:
        return False
    return bool(options["all"] or options["source"])


def _check(options: dict[str, Any]) -> None:
    if options["limit"] is not None and options["limit"] < 1:
        raise usage_error("--limit: a number from 1 on.")
    for one, other in (
        ("loop", "all"),
        ("loop", "dry_run"),
        ("loop", "enqueue"),
        ("enqueue", "dry_run"),
    ):
        if options[one] and options[other]:
            name = other.replace("_", "-")
            raise usage_error(f"--{one} and --{name} make no sense together.")


def _line(report: Report) -> str:
    return (
        f"{report.feeds} feeds, {report.created} new pieces, {report.updated} updated,"
        f" {report.failed} failed"
    )
