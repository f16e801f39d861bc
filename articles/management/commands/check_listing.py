"""Prove that the listing index is true, or make it so."""

from typing import Any

from django.core.management.base import CommandParser
from django.db import transaction

from articles.management.command import ITEM_ERRORS, NewsroomCommand
from articles.tagging import index


class Command(NewsroomCommand):
    help = (
        "Compare the listing index and the tags' counts with the articles; exit"
        " code 1 if anything differs. --repair makes it true."
    )
    examples = """manage.py check_listing
    manage.py check_listing --repair"""

    def add_own_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--repair", action="store_true", help="write what is right")

    def run(self, **options: Any) -> int | None:
        with transaction.atomic():
            found = index.differences()
            if options["repair"]:
                index.repair()
            transaction.set_rollback(options["dry_run"])
        self.print_report(found | {"repaired": options["repair"]}, options)
        return ITEM_ERRORS if any(found.values()) and not options["repair"] else None
