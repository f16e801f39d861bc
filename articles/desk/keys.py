"""The keys of the desk: what each does, and which of them a person has changed."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.contrib.auth.models import User
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from articles.models import DeskPreferences


@dataclass(frozen=True, slots=True)
class Command:
    """Something a key does at the desk; ``name`` is what scripts know it by.

    ``kind`` is that of the act, whose right it asks for; "" if it asks for none.
    What ``decides`` is of use to who may decide on pieces.
    """

    name: str
    key: str
    label: str | Promise
    kind: str = ""
    decides: bool = False


@dataclass(frozen=True, slots=True)
class Keys:
    """One person's keys: ``{command: key}``, and whether they are on at all."""

    on: bool
    of: Mapping[str, str]


#: In groups as the help shows them. ``p`` stays free: it means "previous" in other
#: readers and must never publish. Miniflux, FreshRSS and mail programs gave the rest.
GROUPS: tuple[tuple[str | Promise, tuple[Command, ...]], ...] = (
    (
        _("Move"),
        (
            Command("next", "j", _("Next piece")),
            Command("previous", "k", _("Previous piece")),
            Command("open", "o", _("Read it here")),
            Command("source", "v", _("Open it at its source")),
            Command("preview", "w", _("See it as readers will")),
            Command("compare", "d", _("Compare")),
            Command("search", "/", _("Search")),
        ),
    ),
    (
        _("Decide"),
        (
            Command("publish", "a", _("Publish with the ticked tags"), "publish"),
            Command("spike", "e", _("Spike"), "spike"),
            Command("hold", "h", _("Hold until …"), "hold"),
            Command("shortlist", "s", _("Shortlist, or put back"), "select"),
            Command("fold", "m", _("Fold into the likest piece"), "fold"),
            Command("undo", "z", _("Undo"), decides=True),
            Command("redo", "Z", _("Do it again"), decides=True),
        ),
    ),
    (
        _("Work on it"),
        (
            Command("edit", "i", _("Edit headline, excerpt, note"), "edit"),
            Command("tags", "t", _("Tags"), "tag"),
            Command("note", "n", _("Note to colleagues"), "comment"),
            Command("claim", "c", _("Claim, or give up the claim"), "claim"),
            Command("select", "x", _("Tick"), decides=True),
            Command("select-range", "X", _("Tick to here"), decides=True),
        ),
    ),
    (
        _("Go"),
        (
            Command("go", "g", _("Go: then q queue, a articles, s sources, t tags")),
            Command("filter", "f", _("Saved filter: then 1 to 9")),
            Command("help", "?", _("This help")),
        ),
    ),
)
COMMANDS = {command.name: command for _label, group in GROUPS for command in group}
#: Keys that have a fixed meaning: figures tick suggestions, the others are the
#: browser's and the page's own.
RESERVED = frozenset("123456789")


def keys_of(user: User) -> Keys:
    """A person's keys: the defaults, with what they have changed."""
    kept = DeskPreferences.objects.filter(user=user).first()
    changed = kept.keymap if kept else {}
    of = {name: changed.get(name, each.key) for name, each in COMMANDS.items()}
    return Keys(on=kept.keys_on if kept else True, of=of)


def conflicts(of: Mapping[str, str]) -> dict[str, list[str]]:
    """``{key: names of the commands}`` for keys that more than one command has."""
    by_key: dict[str, list[str]] = {}
    for name, key in of.items():
        by_key.setdefault(key, []).append(name)
    return {key: names for key, names in by_key.items() if len(names) > 1}


def keep(user: User, *, on: bool, of: Mapping[str, str]) -> None:
    """Store a person's keys; only what differs from the defaults is kept."""
    changed = {name: key for name, key in of.items() if COMMANDS[name].key != key}
    DeskPreferences.objects.update_or_create(
        user=user, defaults={"keys_on": on, "keymap": changed}
    )
