"""Sources and feeds from an OPML or CSV list."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser
from django.db import transaction

from articles.ingest import sources
from articles.management.command import ITEM_ERRORS, NewsroomCommand, usage_error


class Command(NewsroomCommand):
    help = (
        "Import sources and their feeds from an OPML list, or from CSV with the"
        f" columns {', '.join(sources.COLUMNS)}. What is there already stays as it is."
    )
    examples = """manage.py import_sources feeds.opml --dry-run
    manage.py import_sources sources.csv"""

    def add_own_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("path", metavar="FILE", help="FILE.opml or FILE.csv")

    def run(self, **options: Any) -> int | None:
        path = Path(options["path"])
        try:
            with transaction.atomic():
                report = sources.import_rows(_rows(path))
                transaction.set_rollback(options["dry_run"])
        except sources.Unreadable as error:
            raise usage_error(f"{path} cannot be read: {error}.") from error
        except OSError as error:
            raise usage_error(f"{path} cannot be read: {error.strerror}.") from error
        for told in report.refused + report.hints:
            self.say(f"{path}: {told}")
        if not report.read:
            self.say(f"{path}: no source is in it.")
        self.print_report(
            {
                "read": report.read,
                "sources_created": report.sources_created,
                "feeds_created": report.feeds_created,
                "unchanged": report.unchanged,
                "failed": report.failed,
            },
            options,
        )
        return ITEM_ERRORS if report.failed else None


def _rows(path: Path) -> Iterator[sources.Row]:
    ending = path.suffix.lower()
    if ending in {".opml", ".xml"}:
        with path.open("rb") as file:
            yield from sources.read_opml(file.read(sources.MOST_BYTES + 1))
    elif ending == ".csv":
        with path.open(encoding="utf-8-sig", newline="") as text:
            yield from sources.read_csv(text)
    else:
        raise usage_error(f"{path}: its name must end in .opml, .xml or .csv.")
