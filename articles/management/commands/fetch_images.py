"""Fetch the pictures that pieces want."""

from dataclasses import asdict
from typing import Any

from django.core.management.base import CommandParser
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from articles.images import library
from articles.ingest import pictures
from articles.ingest.wanted import Report
from articles.management.command import (
    ENVIRONMENT,
    ITEM_ERRORS,
    NewsroomCommand,
    slugs_of_sources,
    usage_error,
)

#: Of the report, what is printed as its facts.
FACTS = ("wanted", "fetched", "stored", "shared", "failed", "skipped")


class Command(NewsroomCommand):
    help = (
        "Fetch the pictures that pieces want, check and encode them anew, and keep"
        " them: published pieces first and the newest first. A picture that cannot"
        " be had just now is asked for again by a later run, five times at most,"
        " with pauses that double from one hour; why a piece has none stands on its"
        " page in the admin. At the end, pictures that nothing uses any more are"
        " removed, and up to 200 older ones get the widths that pages offer. Any"
        " number of processes may run this at once."
    )
    examples = """manage.py fetch_images
    manage.py fetch_images --source pacific-ledger --limit 100
    manage.py fetch_images --dry-run --format json"""

    def add_own_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--source",
            action="extend",
            nargs="+",
            metavar="SLUG",
            default=[],
            help="only pictures of these sources",
        )
        parser.add_argument(
            "--limit", type=int, metavar="N", help="fetch at most N pictures"
        )

    def run(self, **options: Any) -> int | None:
        _check(options)
        options["source"] = slugs_of_sources(options["source"])
        with self._progress(options) as progress:
            task = progress.add_task("Fetching", total=None)
            report = pictures.fetch_wanted(
                sources=options["source"],
                limit=options["limit"],
                dry_run=options["dry_run"],
                on_progress=lambda report: progress.update(
                    task, description=_line(report)
                ),
            )
        removed = filled = lost = 0
        if not options["dry_run"]:
            removed = library.remove_unused()
            filled, lost = library.fill_up()
        facts = {"removed": removed, "filled": filled, "lost": lost}
        return self._finish(report, facts, options)

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

    def _finish(
        self, report: Report, upkeep: dict[str, int], options: dict[str, Any]
    ) -> int | None:
        facts = {name: asdict(report)[name] for name in FACTS}
        facts |= upkeep | {"seconds": round(report.seconds, 3)}
        self.print_report(facts, options)
        if options["dry_run"]:
            self.say("Dry run, nothing kept.")
        for line in report.samples:
            self.say(line)
        if report.network_is_down:
            self.say(
                "Hardly any server could be reached, so the network counts as down and"
                " no picture as failed. When it is up again, run the same command."
            )
            return ENVIRONMENT
        return ITEM_ERRORS if report.failed else None


def _check(options: dict[str, Any]) -> None:
    if options["limit"] is not None and options["limit"] < 1:
        raise usage_error("--limit: a number from 1 on.")


def _line(report: Report) -> str:
    return (
        f"{report.wanted} wanted, {report.stored} stored, {report.shared} shared,"
        f" {report.failed} failed"
    )
