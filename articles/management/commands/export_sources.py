"""Sources and feeds as OPML or CSV."""

from typing import Any

from django.core.management.base import CommandParser

from articles.ingest import sources
from articles.management.command import NewsroomCommand


class Command(NewsroomCommand):
    help = "Write all sources and their feeds to stdout, for import_sources to read."
    examples = """manage.py export_sources > feeds.opml
    manage.py export_sources --format csv > sources.csv"""
    writes = False

    def add_format(self, parser: CommandParser) -> None:
        parser.add_argument("--format", choices=["opml", "csv"], default="opml")

    def run(self, **options: Any) -> int | None:
        text = (
            sources.write_csv() if options["format"] == "csv" else sources.write_opml()
        )
        self.stdout.write(text, ending="")
        return None
