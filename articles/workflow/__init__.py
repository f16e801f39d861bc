"""The editorial workflow: whatever people do to articles.

Every verb is one act, in one transaction, with its history; nothing else writes an
article's status.
"""

from .claims import Claimed, claim, claims, release
from .editing import add, edit, hold
from .folding import fold, keep_apart
from .moves import (
    MOVES,
    Move,
    may,
    move,
    move_many,
    moves_for,
    publish_as_dated,
    withhold,
)
from .outcomes import ChangedMeanwhile, NotAllowed, Outcome
from .publishing import publish, tag
from .source_changes import accept_change, dismiss_change
from .undoing import WINDOW, permission_of, restore, undo, why_not_undo
from .withdrawal import delete

__all__ = [
    "MOVES",
    "WINDOW",
    "ChangedMeanwhile",
    "Claimed",
    "Move",
    "NotAllowed",
    "Outcome",
    "accept_change",
    "add",
    "claim",
    "claims",
    "delete",
    "dismiss_change",
    "edit",
    "fold",
    "hold",
    "keep_apart",
    "may",
    "move",
    "move_many",
    "moves_for",
    "permission_of",
    "publish",
    "publish_as_dated",
    "release",
    "restore",
    "tag",
    "undo",
    "why_not_undo",
    "withhold",
]
