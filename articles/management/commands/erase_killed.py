"""Erase what sources said in killed pieces."""

from typing import Any

from articles import workflow
from articles.management.command import NewsroomCommand


class Command(NewsroomCommand):
    help = (
        "Erase the sources' texts of pieces that were killed more than 24 hours ago,"
        " when a kill cannot be taken back any more. Headlines, addresses and the"
        " history stay. fetch_feeds does the same at each pass; this is for sites that"
        " fetch no feeds."
    )
    examples = """manage.py erase_killed --dry-run
    manage.py erase_killed"""

    def run(self, **options: Any) -> int | None:
        # Files come back by no rollback, so a dry run counts instead.
        articles, pictures = workflow.erase_killed(dry_run=options["dry_run"])
        self.print_report({"articles": articles, "pictures": pictures}, options)
        return None
