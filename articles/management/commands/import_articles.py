"""Stream records into articles."""

import shlex
import sys
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import CommandError, CommandParser
from django.db import DatabaseError
from django.utils import timezone
from rich.progress import (
    BarColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from articles import workflow
from articles.ingest import parse
from articles.ingest.pipeline import Run, import_records
from articles.ingest.records import Defaults
from articles.ingest.runs import CannotResume, Input, Options, Report
from articles.ingest.text import clean, printable
from articles.likeness import pairs
from articles.management.command import (
    ENVIRONMENT,
    INTERRUPTED,
    ITEM_ERRORS,
    NewsroomCommand,
    told,
    usage_error,
    was_interrupted,
)
from articles.models import Article, ImportRun, Source
from articles.tagging import suggestions

#: A batch is looked up by one statement; SQLite takes 250,000 values in one, and
#: a record may have 50 tags.
MOST_IN_A_BATCH = 5_000


class Command(NewsroomCommand):
    help = (
        "Import articles from files or standard input, as a stream. The same"
        " records a second time change nothing; a refused record is reported with"
        " its line and reason and stops nothing."
    )
    examples = """manage.py import_articles pieces.ndjson
    manage.py import_articles archive.csv --source pacific-ledger --status published
    curl … | manage.py import_articles - --input-format rss --source pacific-ledger
    manage.py import_articles big.ndjson --errors refused.ndjson
    manage.py import_articles big.ndjson --resume 12"""

    def add_own_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "paths", nargs="*", metavar="PATH", help="files to read; - is stdin"
        )
        parser.add_argument(
            "--input-format", choices=["auto", *parse.FORMATS], default="auto"
        )
        parser.add_argument(
            "--source",
            default="",
            metavar="SLUG",
            help="the publisher of records that name none (its slug or name)",
        )
        parser.add_argument(
            "--status",
            choices=["ingested", "published"],
            default="ingested",
            help="leave new pieces to the desk (default), or publish them as dated",
        )
        parser.add_argument(
            "--date-format",
            default="",
            metavar="F",
            help="of dates that are neither ISO 8601 nor RFC 2822, as for strptime",
        )
        parser.add_argument(
            "--limit", type=int, metavar="N", help="read at most N records"
        )
        parser.add_argument("--batch-size", type=int, default=500, metavar="N")
        parser.add_argument(
            "--fail-fast", action="store_true", help="stop at the first refused record"
        )
        parser.add_argument(
            "--errors",
            metavar="FILE",
            help="refused records as NDJSON, ready to be corrected and fed back",
        )
        parser.add_argument(
            "--resume", type=int, metavar="RUN", help="go on with a stopped run"
        )

    def run(self, **options: Any) -> int | None:
        resumed = self._resumed(options["resume"])
        paths = options["paths"] or [
            name for name, _ in (resumed.inputs if resumed else [])
        ]
        settings, extra = self._settings(options, resumed)
        with ExitStack() as stack:
            inputs = [self._open(path, stack) for path in paths]
            if not inputs:
                raise usage_error("Name a file to import, or - for standard input.")
            files = [path for path in paths if path != "-"]
            errors = self._open_errors(options, files, stack)
            progress = stack.enter_context(self._progress(options))
            task = progress.add_task("importing", total=_bytes_of(inputs))
            run = Run(
                settings,
                arriving=_publish if extra["status"] == "published" else None,
                on_progress=lambda report: progress.update(
                    task,
                    completed=sum(each.position for each in inputs),
                    description=f"{_counts(report)}, {_rate(report)} a second",
                ),
                errors=errors,
            )
            report = self._import(run, inputs, settings, extra, resumed, options)
            if not options["dry_run"]:
                self._suggest(progress, task)
                self._compare(progress, task)
        return self._finish(report, options)

    def _suggest(self, progress: Progress, task: TaskID) -> None:
        progress.reset(task, total=None, description="suggesting tags")
        try:
            suggestions.refresh(
                workers=None,
                on_progress=lambda done: progress.update(
                    task, description=f"suggested tags for {done}"
                ),
            )
        except KeyboardInterrupt:
            raise CommandError(
                "Interrupted. All records are done; suggest their tags with:"
                " manage.py suggest_tags",
                returncode=INTERRUPTED,
            ) from None

    def _compare(self, progress: Progress, task: TaskID) -> None:
        progress.reset(task, total=None, description="looking for duplicates")
        try:
            pairs.refresh(
                on_progress=lambda done: progress.update(
                    task, description=f"looked for duplicates of {done}"
                )
            )
        except KeyboardInterrupt:
            raise CommandError(
                "Interrupted. All records are done; look for their duplicates with:"
                " manage.py find_duplicates",
                returncode=INTERRUPTED,
            ) from None

    def _resumed(self, number: int | None) -> ImportRun | None:
        if number is None:
            return None
        if run := ImportRun.objects.filter(pk=number).first():
            return run
        raise usage_error(f"--resume: there is no import run {number}.")

    def _settings(
        self, options: dict[str, Any], resumed: ImportRun | None
    ) -> tuple[Options, dict[str, str]]:
        """How to read: as the command line says, or as the resumed run did."""
        if not 1 <= options["batch_size"] <= MOST_IN_A_BATCH:
            raise usage_error(
                f"--batch-size takes a number from 1 to {MOST_IN_A_BATCH:,}."
            )
        if options["limit"] is not None and options["limit"] < 1:
            raise usage_error("--limit takes a number of at least 1.")
        given = {
            "input_format": options["input_format"],
            "source": self._source_name(options["source"]),
            "date_format": options["date_format"],
            "limit": options["limit"],
            "batch_size": options["batch_size"],
            "fail_fast": options["fail_fast"],
        }
        extra = {"status": options["status"]}
        if resumed:
            kept = dict(resumed.options)
            extra = {"status": kept.pop("status", "ingested")}
            given = kept | {"fail_fast": options["fail_fast"]}
        return Options(**given), extra

    def _source_name(self, slug_or_name: str) -> str:
        if not slug_or_name:
            return ""
        if source := Source.objects.by_slug([slug_or_name]).get(slug_or_name):
            return source.name
        name = clean(slug_or_name)
        try:
            Source._meta.get_field("name").clean(name, None)
        except ValidationError as error:
            raise usage_error(f"--source: {' '.join(error.messages)}") from error
        return name

    def _open(self, path: str, stack: ExitStack) -> Input:
        if path == "-":
            if sys.stdin is None:
                raise usage_error("Standard input is closed.")
            return Input("-", sys.stdin.buffer)
        if path != printable(path):
            raise usage_error(
                f"{ascii(path)}: a file is named in UTF-8, without control characters;"
                " rename it, or give it to standard input."
            )
        try:
            return Input(path, stack.enter_context(Path(path).open("rb")))
        except OSError as error:
            raise usage_error(f"{path} cannot be read: {error.strerror}.") from error

    def _open_errors(
        self, options: dict[str, Any], files: list[str], stack: ExitStack
    ) -> Any:
        if not options["errors"]:
            return None
        path = Path(options["errors"])
        if any(path.exists() and path.samefile(each) for each in files):
            raise usage_error(f"--errors {path} is to be read; name another file.")
        try:
            return stack.enter_context(path.open("w", encoding="utf-8"))
        except OSError as error:
            raise usage_error(
                f"--errors {options['errors']} cannot be written: {error.strerror}."
            ) from error

    def _progress(self, options: dict[str, Any]) -> Progress:
        console = self.console(options)
        return Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )

    def _import(
        self,
        run: Run,
        inputs: list[Input],
        settings: Options,
        extra: dict[str, str],
        resumed: ImportRun | None,
        options: dict[str, Any],
    ) -> Report:
        try:
            return import_records(
                inputs,
                run,
                _defaults(settings),
                dry_run=options["dry_run"],
                resume=resumed,
                extra=extra,
            )
        except CannotResume as error:
            raise usage_error(f"Cannot resume: {error}.") from error
        except (KeyboardInterrupt, DatabaseError) as error:
            interrupted = was_interrupted(error)
            what = "Interrupted." if interrupted else told(error)
            raise CommandError(
                f"{what} {_go_on(run, options)}",
                returncode=INTERRUPTED if interrupted else ENVIRONMENT,
            ) from error

    def _finish(self, report: Report, options: dict[str, Any]) -> int | None:
        facts = {
            "run": report.run,
            "read": report.read,
            "created": report.created,
            "updated": report.updated,
            "unchanged": report.unchanged,
            "duplicate": report.duplicate,
            "failed": report.failed,
            "seconds": round(report.seconds, 3),
        }
        if options["format"] == "json":
            self.print_report(facts, options)
        dry = "Dry run, nothing kept: " if options["dry_run"] else ""
        run = f" (run {report.run})" if report.run else ""
        self.say(f"{dry}{_counts(report)} in {report.seconds:.1f} s{run}.")
        if report.unknown:
            self.say(f"Unknown fields were ignored: {', '.join(report.unknown)}.")
        self._say_refused(report)
        for place in report.unreadable:
            self.say(f"Reading stopped at {place}")
        return ITEM_ERRORS if report.failed else None

    def _say_refused(self, report: Report) -> None:
        for line in report.samples:
            self.say(line)
        more = report.failed + report.duplicate - len(report.samples)
        if more > 0:
            kept = f", kept with run {report.run} in the admin" if report.run else ""
            self.say(f"… and {more} more{kept}.")


def _publish(articles: list[Article], run: ImportRun) -> AbstractContextManager[None]:
    return workflow.publish_as_dated(articles, actor=str(run))


def _counts(report: Report) -> str:
    return (
        f"read {report.read}, created {report.created}, updated {report.updated},"
        f" unchanged {report.unchanged}, duplicate {report.duplicate},"
        f" failed {report.failed}"
    )


def _bytes_of(inputs: list[Input]) -> int | None:
    """Of all of them; None if one has no known end, as a pipe has not."""
    sizes = [each.size for each in inputs]
    known = [size for size in sizes if size is not None]
    return sum(known) if len(known) == len(sizes) else None


def _rate(report: Report) -> str:
    """Records a second since the run was begun here."""
    return f"{report.here / max(report.seconds, 0.001):,.0f}"


def _defaults(settings: Options) -> Defaults:
    try:
        return Defaults(
            source=settings.source,
            date_format=settings.date_format or None,
            zone=timezone.get_default_timezone(),
            now=timezone.now(),
        )
    except ValueError as error:
        raise usage_error(f"--date-format: {error}.") from error


def _go_on(run: Run, options: dict[str, Any]) -> str:
    if options["dry_run"] or run.report.run is None:
        return "Nothing was written."
    again = ["import_articles", *options["paths"], "--resume", str(run.report.run)]
    return f"What is done is kept; go on with: manage.py {shlex.join(again)}"
