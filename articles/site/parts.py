"""Parts that many pages have in common, kept in each process while they are right.

A card, the menus of a listing, what is told of a tag above its pieces: whichever page
is asked for first makes them, for all the others too. A part's ground holds the
editions it shows (``kept.ground``), so that another edition asks for another part.
"""

import hashlib
from collections.abc import Callable
from typing import Any, TypeVar

from django.conf import settings
from django.core.cache import caches
from django.utils.translation import get_language

from . import kept

Part = TypeVar("Part")


def part(ground: str, *names: Any, make: Callable[[], Part]) -> Part:
    """The part of these names on that ground, in the page's language."""
    if not settings.NEWSROOM_KEEPS_PARTS:
        return make()
    facts = repr((ground, get_language(), *names))
    key = hashlib.sha256(facts.encode()).hexdigest()
    found: Part | None = caches["process"].get(key)
    if found is None:
        found = make()
        caches["process"].set(key, found, timeout=kept.KEPT)
    return found
