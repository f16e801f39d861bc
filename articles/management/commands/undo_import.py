"""Take an import run back."""

from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.db import transaction

from articles.ingest.undo import CannotUndo, undo
from articles.management.command import POLICY, NewsroomCommand, usage_error
from articles.models import ImportRun


class Command(NewsroomCommand):
    help = (
        "Take one import run back: what it created and nobody has touched since"
        " goes; what was touched stays and is listed."
    )
    examples = """manage.py undo_import 12 --dry-run
    manage.py undo_import 12"""

    def add_own_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("number", type=int, metavar="RUN", help="the run's number")

    def run(self, **options: Any) -> int | None:
        run = ImportRun.objects.filter(pk=options["number"]).first()
        if run is None:
            raise usage_error(f"There is no import run {options['number']}.")
        try:
            with transaction.atomic():
                undone = undo(run)
                transaction.set_rollback(options["dry_run"])
        except CannotUndo as error:
            raise CommandError(f"Not undone: {error}.", returncode=POLICY) from error
        for pk, headline in undone.kept:
            self.say(f"kept, somebody worked on it: article {pk}, {headline}")
        facts = {
            "run": run.pk,
            "articles": undone.articles,
            "sources": undone.sources,
            "categories": undone.categories,
            "tags": undone.tags,
            "kept": len(undone.kept),
        }
        self.print_report(facts, options)
        return None
