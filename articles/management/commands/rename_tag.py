"""Give a tag another name."""

from typing import Any

from django.core.management.base import CommandParser
from django.db import transaction

from articles.management.command import NewsroomCommand
from articles.tagging import tags

from .merge_tags import tag_named


class Command(NewsroomCommand):
    help = "Rename a tag; its old name and address go on leading to its page."
    examples = """manage.py rename_tag "US-Japan alliance" JapanUSAlliance"""

    def add_own_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("old", metavar="OLD", help="slug or name")
        parser.add_argument("new", metavar="NEW", help="the new name")

    def run(self, **options: Any) -> int | None:
        tag = tag_named(options["old"])
        before = {"before": tag.name, "address_before": tag.get_absolute_url()}
        with transaction.atomic():
            tags.rename(tag, options["new"])
            pieces = tag.tagged_articles.count()
            transaction.set_rollback(options["dry_run"])
        after = {"after": tag.name, "address_after": tag.get_absolute_url()}
        self.print_report(before | after | {"articles": pieces}, options)
        return None
