"""Make tags other names of one tag."""

from dataclasses import asdict
from typing import Any

from django.core.management.base import CommandParser
from django.db import transaction

from articles.management.command import NewsroomCommand, usage_error
from articles.models import Tag
from articles.tagging import tags


def tag_named(name: str) -> Tag:
    """The tag with this slug or name, by any spelling; a usage error if none."""
    if tag := Tag.objects.filter(slug=name).first():
        return tag
    if tag := Tag.objects.named(name):
        return tag
    raise usage_error(f"There is no tag {name!r}.")


class Command(NewsroomCommand):
    help = (
        "Merge tags into one: their pieces, phrases and aliases move, and their"
        " addresses lead to its page. --dry-run shows the counts."
    )
    examples = (
        """manage.py merge_tags us-japan japan-us --into JapanUSAlliance --dry-run"""
    )

    def add_own_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("tags", nargs="+", metavar="FROM", help="slugs or names")
        parser.add_argument("--into", required=True, metavar="TAG")

    def run(self, **options: Any) -> int | None:
        into = tag_named(options["into"])
        merged = [tag_named(name) for name in options["tags"]]
        with transaction.atomic():
            preview = tags.merge(merged, into)
            transaction.set_rollback(options["dry_run"])
        self.print_report({"into": into.name} | asdict(preview), options)
        return None
