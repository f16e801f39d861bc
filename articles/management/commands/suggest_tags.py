"""Compute tag suggestions again."""

from typing import Any

from django.core.management.base import CommandParser
from django.db import transaction

from articles.management.command import NewsroomCommand, moment
from articles.models import SuggestionState, TagSuggestion
from articles.tagging import suggestions


class Command(NewsroomCommand):
    help = "Compute the tag suggestions of all pieces that wait at the desk again."
    examples = """manage.py suggest_tags
    manage.py suggest_tags --since 2026-11-01"""

    def add_own_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--since", metavar="DATE", help="only pieces that arrived since then"
        )

    def run(self, **options: Any) -> int | None:
        since = moment("--since", options["since"]) if options["since"] else None
        with transaction.atomic():
            looked_at = suggestions.recompute(since=since)
            waiting = TagSuggestion.objects.filter(state=SuggestionState.OPEN)
            facts = {"articles": looked_at, "suggestions": waiting.count()}
            transaction.set_rollback(options["dry_run"])
        self.print_report(facts, options)
        return None
