"""The roles as groups of the database, kept true to the table."""

from dataclasses import dataclass

from django.apps import apps
from django.contrib.auth.management import create_permissions
from django.contrib.auth.models import AnonymousUser, Group, Permission, User
from django.db import DEFAULT_DB_ALIAS, transaction

from .tasks import TASKS, Role, permissions_of


@dataclass(frozen=True, slots=True)
class Difference:
    """How a role's group differed: not there, rights missing, rights too many."""

    role: Role
    is_new: bool
    missing: tuple[str, ...]
    surplus: tuple[str, ...]


def sync(using: str = DEFAULT_DB_ALIAS) -> list[Difference]:
    """Give each role's group the rights of the table and no others.

    Makes groups and rights that are not there; people stay in their groups, and
    groups of other names stay as they are. Returns what differed.
    """
    with transaction.atomic(using=using):
        _make_permissions(using)
        rows = Permission.objects.using(using).values_list(
            "content_type__app_label", "codename", "pk"
        )
        ids = {f"{app}.{codename}": pk for app, codename, pk in rows}
        found = [_sync_role(role, ids, using) for role in Role]
    return [each for each in found if each.is_new or each.missing or each.surplus]


def _make_permissions(using: str) -> None:
    """What ``migrate`` does at its end; a migration cannot wait for that."""
    for app in sorted({name.split(".")[0] for t in TASKS for name in t.permissions}):
        create_permissions(apps.get_app_config(app), verbosity=0, using=using)


def _sync_role(role: Role, ids: dict[str, int], using: str) -> Difference:
    group, is_new = Group.objects.using(using).get_or_create(name=role.value)
    held = group.permissions.order_by().values_list("pk", flat=True)
    names = {pk: name for name, pk in ids.items()}
    has, should = {names[pk] for pk in held}, permissions_of(role)
    group.permissions.set([ids[name] for name in should])
    return Difference(
        role, is_new, tuple(sorted(should - has)), tuple(sorted(has - should))
    )


def names_of(user: User | AnonymousUser) -> list[str]:
    """The names of a person's groups, in their order."""
    return list(user.groups.order_by("name").values_list("name", flat=True))
