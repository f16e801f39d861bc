"""Articles as records that import_articles reads."""

from typing import Any

from django.core.management.base import CommandParser

from articles import export
from articles.management.command import NewsroomCommand, moment, usage_error
from articles.models import Source

from .merge_tags import tag_named


class Command(NewsroomCommand):
    help = "Write articles to stdout as the records that import_articles reads."
    examples = """manage.py export_articles > everything.ndjson
    manage.py export_articles --tag JapanUSAlliance --format csv > alliance.csv
    manage.py export_articles --source pacific-ledger --since 2026-11-01"""
    writes = False

    def add_format(self, parser: CommandParser) -> None:
        parser.add_argument("--format", choices=["ndjson", "csv"], default="ndjson")

    def add_own_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--tag", metavar="TAG", help="slug or name")
        parser.add_argument("--source", metavar="SLUG")
        parser.add_argument(
            "--since", metavar="DATE", help="published at its source since then"
        )

    def run(self, **options: Any) -> int | None:
        source = None
        if slug := options["source"]:
            source = Source.objects.by_slug([slug]).get(slug)
            if source is None:
                raise usage_error(f"There is no source {slug!r}.")
        rows = export.records(
            tag=tag_named(options["tag"]) if options["tag"] else None,
            source=source,
            since=moment("--since", options["since"]) if options["since"] else None,
        )
        write = export.write_csv if options["format"] == "csv" else export.write_ndjson
        written = write(rows, self.stdout)
        self.say(f"{written} articles.")
        return None
