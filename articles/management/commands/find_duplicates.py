"""Look for possible duplicates again."""

from datetime import datetime
from typing import Any

from django.core.management.base import CommandParser
from django.db import transaction

from articles.likeness import pairs
from articles.management.command import NewsroomCommand, moment
from articles.models import PossibleDuplicate


class Command(NewsroomCommand):
    help = (
        "Compare all pieces of the last 14 days with one another again. What editors"
        " have decided on two pieces stays."
    )
    examples = """manage.py find_duplicates
    manage.py find_duplicates --since 2026-11-01"""

    def add_own_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--since", metavar="DATE", help="only pieces that arrived since then"
        )

    def run(self, **options: Any) -> int | None:
        since = moment("--since", options["since"]) if options["since"] else None
        if options["dry_run"]:
            with transaction.atomic():
                facts = self._find(since)
                transaction.set_rollback(True)
        else:
            # Each batch is kept as soon as it is done.
            facts = self._find(since)
        self.print_report(facts, options)
        return None

    def _find(self, since: datetime | None) -> dict[str, int]:
        compared = pairs.recompute(since=since)
        return {
            "articles": compared,
            "possible_duplicates": PossibleDuplicate.objects.open().count(),
        }
