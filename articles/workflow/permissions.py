"""Which permission each verb asks for: one table for every interface."""

from collections.abc import Iterable

from django.contrib.auth.models import AnonymousUser, User

from articles.models import Act

from .editing import not_to_edit
from .moves import MOVES

#: Verbs that are no moves, by the kind of act they are noted as. Kinds that stand
#: neither here nor among the moves ask for ``change_article``.
OTHERS = {
    "fold": "spike_article",
    "apart": "spike_article",
    "takedown": MOVES["kill"].permission,
    "delete": "delete_article",
    "add": "add_article",
    "correct": "correct_article",
    "withdraw_correction": "correct_article",
    "comment": "add_comment",
}
#: Kinds that change words or tags: of what was decided on they ask for more.
EDITS = ("edit", "tag")


def permission_for(kind: str) -> str:
    """The permission, ``app.codename``, that a kind of act asks for."""
    move = MOVES.get(kind)
    name = move.permission if move else OTHERS.get(kind, "change_article")
    return f"articles.{name}"


def lacking(kind: str, ids: Iterable[int], *, by: User | AnonymousUser) -> str:
    """The permission that a person lacks for an act on these articles (ids), or ""."""
    asked = permission_for(kind)
    if not by.has_perm(asked):
        return asked
    if kind in EDITS and not_to_edit(ids, by=by):
        return "articles.revise_article"
    return ""


def permission_of(act: Act) -> str:
    """The permission that an act asked for, and its taking back asks for too."""
    while act.undoes:
        act = act.undoes
    return permission_for(act.kind)
