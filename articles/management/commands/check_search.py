"""Prove that the search index is true, or make it so."""

from typing import Any

from django.core.management.base import CommandParser

from articles import search
from articles.management.command import ITEM_ERRORS, NewsroomCommand


class Command(NewsroomCommand):
    help = (
        "Compare the search index with the articles; exit code 1 if anything differs."
        " --repair makes it true, in batches and beside a running site: so an older"
        " site is indexed after its upgrade."
    )
    examples = """manage.py check_search
    manage.py check_search --repair"""

    def add_own_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--repair", action="store_true", help="write what is right")

    def run(self, **options: Any) -> int | None:
        repair = options["repair"]
        found = search.check(repair=repair, dry_run=options["dry_run"])
        self.print_report(found | {"repaired": repair}, options)
        return ITEM_ERRORS if any(found.values()) and not repair else None
