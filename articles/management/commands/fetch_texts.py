"""Fetch full texts from the pages of licensed pieces."""

from dataclasses import asdict
from typing import Any

from django.core.management.base import CommandParser

from articles.ingest import full_text
from articles.management.command import (
    ITEM_ERRORS,
    NewsroomCommand,
    slugs_of_sources,
    usage_error,
)


class Command(NewsroomCommand):
    help = (
        "Fetch the full texts of new pieces from their own pages, for sources that"
        " allow it: those with the reuse policy full_text and “full texts are"
        " fetched”. A site's robots.txt is obeyed. A piece that a person has touched"
        " keeps its text; the other one waits for an editor."
    )
    examples = """manage.py fetch_texts
    manage.py fetch_texts --source pacific-ledger --limit 50
    manage.py fetch_texts --dry-run --format json"""

    def add_own_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--source",
            action="extend",
            nargs="+",
            metavar="SLUG",
            default=[],
            help="only pieces of these sources",
        )
        parser.add_argument(
            "--limit", type=int, metavar="N", help="fetch at most N pages"
        )

    def run(self, **options: Any) -> int | None:
        sources = slugs_of_sources(options["source"])
        if options["limit"] is not None and options["limit"] < 1:
            raise usage_error("--limit takes a number from 1.")
        try:
            report = full_text.fetch_due(
                sources=sources,
                limit=options["limit"],
                dry_run=options["dry_run"],
            )
        except full_text.NotExtracted as error:
            raise usage_error(f"{error}.") from error
        facts = asdict(report)
        samples = facts.pop("samples")
        self.print_report(facts, options)
        for line in samples:
            self.say(line)
        return ITEM_ERRORS if report.failed else None
