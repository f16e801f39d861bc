"""The table of roles: what there is to do, and who may do it."""

from dataclasses import dataclass

from django.core.exceptions import PermissionDenied
from django.db import models
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    """A role is a group of this name; the label is how texts speak of its people."""

    CONTRIBUTORS = "Contributors", _("contributors")
    EDITORS = "Editors", _("editors")
    RIGHTS_MANAGERS = "Rights managers", _("rights managers")
    ADMINISTRATORS = "Administrators", _("administrators")


C, E, R, A = Role


@dataclass(frozen=True, slots=True)
class Task:
    """Something to do: in words that go on after “can”, as rights, and for whom."""

    words: str | Promise
    permissions: tuple[str, ...]
    roles: tuple[Role, ...]


def _every(model: str, *verbs: str, app: str = "articles") -> tuple[str, ...]:
    return tuple(f"{app}.{verb}_{model}" for verb in verbs)


#: Every right of every role. A right stands in one task alone.
TASKS = (
    Task(
        _("see pieces and their history"),
        ("articles.view_article", "articles.view_act"),
        (C, E, R, A),
    ),
    Task(
        _("see tags, categories, sources and feeds"),
        (
            "articles.view_tag",
            "articles.view_category",
            "articles.view_source",
            "articles.view_feed",
        ),
        (C, E, R, A),
    ),
    Task(
        _("read and write notes to colleagues"),
        _every("comment", "view", "add"),
        (C, E, R, A),
    ),
    Task(_("add pieces"), ("articles.add_article",), (C, E, A)),
    Task(
        _("edit, tag and hold pieces that wait"),
        ("articles.change_article",),
        (C, E, A),
    ),
    Task(_("select pieces and put them back"), ("articles.select_article",), (C, E, A)),
    Task(
        _("publish, schedule, embargo and unpublish pieces"),
        ("articles.publish_article",),
        (E, A),
    ),
    Task(
        _("edit and tag pieces that no longer wait"),
        ("articles.revise_article",),
        (E, A),
    ),
    Task(
        _("spike pieces, bring them back, and fold duplicates"),
        ("articles.spike_article",),
        (E, A),
    ),
    Task(_("write corrections"), ("articles.correct_article",), (E, A)),
    Task(
        _("make and change tags, with their aliases and phrases"),
        _every("tag", "add", "change"),
        (E, A),
    ),
    Task(
        _("see imports, attempts to fetch, and deleted pieces"),
        (
            "articles.view_importrun",
            "articles.view_refusedrecord",
            "articles.view_fetchattempt",
            "articles.view_tombstone",
        ),
        (E, R, A),
    ),
    Task(_("kill pieces and take them down"), ("articles.kill_article",), (R, A)),
    Task(_("let deleted pieces come back"), ("articles.delete_tombstone",), (R, A)),
    Task(_("set what may be shown of a source"), ("articles.set_reuse",), (R, A)),
    Task(_("add and change sources"), _every("source", "add", "change"), (R, A)),
    Task(
        _("add, change, fetch and delete feeds"),
        _every("feed", "add", "change", "delete"),
        (R, A),
    ),
    Task(
        _("make, change and delete categories"),
        _every("category", "add", "change", "delete"),
        (A,),
    ),
    Task(
        _("delete pieces, tags and sources"),
        (
            "articles.delete_article",
            "articles.delete_tag",
            "articles.delete_source",
        ),
        (A,),
    ),
    Task(
        _("make accounts and give roles"),
        (
            *_every("user", "view", "add", "change", "delete", app="auth"),
            *_every("group", "view", "add", "change", "delete", app="auth"),
        ),
        (A,),
    ),
)


class NotPermitted(PermissionDenied):
    """The person lacks a right (``app.codename``); the page says who has it."""

    def __init__(self, permission: str) -> None:
        self.permission = permission
        super().__init__(who_can(permission))


def permissions_of(role: Role) -> frozenset[str]:
    """The rights of a role, as ``app.codename``."""
    return frozenset(
        name for task in TASKS if role in task.roles for name in task.permissions
    )


def who_can(permission: str) -> str:
    """“Editors and administrators can publish …”; "" if no task has the right."""
    for task in TASKS:
        if permission in task.permissions:
            said = gettext("%(people)s can %(task)s.")
            people = capfirst(_listed([str(role.label) for role in task.roles]))
            return said % {"people": people, "task": task.words}
    return ""


def _listed(names: list[str]) -> str:
    *others, last = names
    if not others:
        return last
    return gettext("%(others)s and %(last)s") % {
        "others": ", ".join(others),
        "last": last,
    }
