"""The editorial workflow: whatever people do to articles.

Every verb is one act, in one transaction, with its history; nothing else writes an
article's status.
"""

from articles.acts import WINDOW

from .claims import Claimed, claim, claimed_by_others, release
from .comments import comment
from .corrections import (
    LONGEST_CORRECTION,
    correct,
    why_not_correct,
    withdraw_correction,
)
from .editing import add, edit, may_edit, not_to_edit, save
from .folding import fold, keep_apart
from .holding import hold, until_when
from .meanwhile import changed_between, written
from .moves import (
    LONGEST_NOTICE,
    MOVES,
    Move,
    may,
    move,
    move_many,
    moves_for,
    publish_as_dated,
)
from .named import SHOWN, delete_named, save_category, save_source, withhold
from .outcomes import ChangedMeanwhile, Clash, NotAllowed, Outcome
from .permissions import lacking, permission_for, permission_of
from .publishing import publish, soon, tag
from .restoring import earlier, restore
from .source_changes import accept_change, dismiss_change
from .taking_down import TakeDown, take_down
from .undoing import last_act, preview_undo, undo, undo_unasked, why_not_undo
from .withdrawal import delete, erase_killed, take_pictures_away

__all__ = [
    "LONGEST_CORRECTION",
    "LONGEST_NOTICE",
    "MOVES",
    "SHOWN",
    "WINDOW",
    "ChangedMeanwhile",
    "Claimed",
    "Clash",
    "Move",
    "NotAllowed",
    "Outcome",
    "TakeDown",
    "accept_change",
    "add",
    "changed_between",
    "claim",
    "claimed_by_others",
    "comment",
    "correct",
    "delete",
    "delete_named",
    "dismiss_change",
    "earlier",
    "edit",
    "erase_killed",
    "fold",
    "hold",
    "keep_apart",
    "lacking",
    "last_act",
    "may",
    "may_edit",
    "move",
    "move_many",
    "moves_for",
    "not_to_edit",
    "permission_for",
    "permission_of",
    "preview_undo",
    "publish",
    "publish_as_dated",
    "release",
    "restore",
    "save",
    "save_category",
    "save_source",
    "soon",
    "tag",
    "take_down",
    "take_pictures_away",
    "undo",
    "undo_unasked",
    "until_when",
    "why_not_correct",
    "why_not_undo",
    "withdraw_correction",
    "withhold",
    "written",
]
