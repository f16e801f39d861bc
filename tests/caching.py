"""What processes keep, for tests that ask as a new one would."""

from django.core.cache import caches

from newsroom.memory import Memory


def forget() -> None:
    """Empty the caches: the shared one, and what this process has kept of its own."""
    for each in caches.all():
        each.clear()
    for memory in Memory.all:
        memory.clear()
