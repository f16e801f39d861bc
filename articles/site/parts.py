"""Parts that many pages have in common, kept in each process while they are right.

A card, the menus of a listing, what is told of a tag above its pieces: whichever page
is asked for first makes them, for all the others too. A part's ground holds the
editions it shows (``kept.ground``), so that another edition asks for another part.
"""

from collections.abc import Callable, Hashable
from typing import Any, TypeVar

from django.conf import settings
from django.utils.translation import get_language

from newsroom.memory import Memory

from . import kept

Part = TypeVar("Part")
#: A card has some 3 kB.
PARTS = Memory[Any](room=5_000, seconds=kept.KEPT)


def part(
    ground: Hashable,
    *names: Hashable,
    make: Callable[[], Part],
    memory: Memory[Any] = PARTS,
) -> Part:
    """The part of these names on that ground, in the page's language."""
    if not settings.NEWSROOM_KEEPS_PARTS:
        return make()
    key = (ground, get_language(), *names)
    found: Part | None = memory.get(key)
    if found is None:
        found = make()
        memory.set(key, found)
    return found
