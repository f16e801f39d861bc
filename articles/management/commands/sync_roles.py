"""The roles' groups, true to the table in the code."""

from typing import Any

from django.db import transaction

from articles import roles
from articles.management.command import NewsroomCommand


class Command(NewsroomCommand):
    help = (
        "Give the groups of the roles (Contributors, Editors, Rights managers,"
        " Administrators) the rights that the roles have, and no others. People stay"
        " in their groups; other groups stay as they are."
    )
    examples = """manage.py sync_roles --dry-run
    manage.py sync_roles --format json"""

    def run(self, **options: Any) -> int | None:
        with transaction.atomic():
            found = roles.sync()
            transaction.set_rollback(options["dry_run"])
        for each in found:
            for name in each.missing:
                self.say(f"{each.role.value}: lacked {name}")
            for name in each.surplus:
                self.say(f"{each.role.value}: had {name}, which is not its own")
        self.print_report(
            {
                "roles": len(roles.Role),
                "created": sum(each.is_new for each in found),
                "given": sum(len(each.missing) for each in found),
                "taken": sum(len(each.surplus) for each in found),
            },
            options,
        )
        return None
