"""Taking back: any act within a day."""

from collections.abc import Iterable

from django.contrib.auth.models import AnonymousUser, User
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from articles.acts import (
    APART,
    COLUMNS,
    CORRECTIONS,
    SUGGESTIONS,
    TAGS,
    WINDOW,
    Snapshot,
    acting,
    same,
    snapshots,
)
from articles.models import Act, Article, ArticleStatus, Change

from .editing import may_edit
from .moves import BATCH, WAITING
from .outcomes import NotAllowed, Outcome
from .permissions import permission_of
from .writing_back import LEADS, gone_from, with_pictures_left, write_back

#: What is gone with an act of these kinds cannot be brought back from its note, and
#: what came with it does not go by itself.
FINAL = {
    "delete": _("What was deleted cannot be brought back."),
    "add": _("A piece that was added is not taken back: spike it, or delete it."),
}
#: What is taken back by a key, unasked: what the desk has a key for, wherever it was
#: done. Other acts, such as a kill, are taken back in the history, which asks.
UNASKED = (
    *("publish", "spike", "select", "release", "hold", "resume"),
    *("fold", "apart", "edit", "tag"),
)


def why_not_undo(act: Act, user: User | AnonymousUser) -> str:
    """Why this person cannot take this act back; "" if they can."""
    if act.kind in FINAL:
        return str(FINAL[act.kind])
    if hasattr(act, "undone_by"):
        return gettext("It has been taken back already.")
    if act.at < timezone.now() - WINDOW:
        return gettext("It is more than 24 hours old.")
    if not _may_undo(act, user):
        return gettext("You may not do that.")
    return ""


def last_act(
    user: User,
    *,
    taken_back: bool = False,
    before: int | None = None,
) -> Act | None:
    """This person's newest act that still stands and can be taken back by a key.

    With ``taken_back`` it is their newest taking back: to take that back is to do
    it again. ``before`` is an act (id) that was tried already, and those behind it
    are looked at. Of what was taken back and done again the last counts.
    """
    recent = Act.objects.filter(by=user, at__gte=timezone.now() - WINDOW)
    if before is not None:
        recent = recent.filter(pk__lt=before)
    undone = Act.objects.filter(undoes=OuterRef("pk"))
    acts = recent.filter(~Exists(undone)).select_related("undoes__undoes")
    for act in acts.newest_first()[:BATCH]:
        first, is_taken_back = _first(act)
        if first.kind in UNASKED and is_taken_back == taken_back:
            return act
    return None


def _first(act: Act) -> tuple[Act, bool]:
    """What an act takes back in the end, and whether it leaves that taken back."""
    is_taken_back = False
    while act.undoes:
        act, is_taken_back = act.undoes, not is_taken_back
    return act, is_taken_back


def undo_unasked(act: Act, *, by: User) -> Outcome:
    """Take back by a key what this person has done, of what is ``UNASKED``.

    As ``undo`` does it. Raises NotAllowed for what others have done and for all other
    kinds: what that would change is shown first, in the history.
    """
    if act.by_id != by.pk or _first(act)[0].kind not in UNASKED:
        raise NotAllowed(
            gettext("This is taken back in the history, which asks first.")
        )
    return undo(act, by=by)


def _may_undo(act: Act, user: User | AnonymousUser) -> bool:
    permission = permission_of(act)
    if permission != "articles.change_article":
        return user.has_perm(permission)
    pieces = Article.objects.filter(changes__act=act)
    decided = pieces.exclude(status__in=WAITING).values_list("status", flat=True)
    return may_edit(user, decided.first() or WAITING[0])


def undo(act: Act, *, by: User) -> Outcome:
    """Take an act back; taking that back does it again.

    A piece that has been changed since in what the act changed is left alone and
    listed. What was killed comes back unpublished: nothing withdrawn shows again
    without a second decision. Raises NotAllowed where ``why_not_undo`` says so.
    """
    outcome = Outcome()
    with transaction.atomic():
        act = Act.objects.select_for_update(no_key=True).get(pk=act.pk)
        if why := why_not_undo(act, by):
            raise NotAllowed(why)
        changes = list(act.changes.exclude(article=None).order_by("pk"))
        columns = _columns_beside(changes)
        with acting("undo", [], by=by, undoes=act, columns=columns) as recording:
            for start in range(0, len(changes), BATCH):
                batch = changes[start : start + BATCH]
                recording.include(change.number for change in batch)
                _undo_batch(batch, recording.before, outcome)
    outcome.act = recording.act
    return outcome


def _columns_beside(changes: list[Change]) -> tuple[str, ...]:
    """The columns that an act has changed beside the desk's own."""
    names = {name for change in changes for name in change.after}
    return tuple(sorted(names - {*COLUMNS, TAGS, SUGGESTIONS, CORRECTIONS, APART}))


def _undo_batch(
    changes: list[Change], now: dict[int, Snapshot], outcome: Outcome
) -> None:
    back: dict[int, Snapshot] = {}
    for change, values, why in _way_back(changes, now):
        if why:
            outcome.refused.append((change.number, why))
        else:
            back[change.number] = values
    write_back(back, now)
    outcome.moved += back


def preview_undo(changes: Iterable[Change]) -> list[tuple[Change, Snapshot, str]]:
    """What taking back these changes would write into each piece, or why it cannot.

    Pieces that are gone are left out.
    """
    there = [change for change in changes if change.article_id]
    return _way_back(there, snapshots(change.number for change in there))


def _way_back(
    changes: list[Change], now: dict[int, Snapshot]
) -> list[tuple[Change, Snapshot, str]]:
    values = with_pictures_left(_unkilled(change) for change in changes)
    gone = gone_from(values)
    found = []
    for change, row in zip(changes, values, strict=True):
        current = now[change.number]
        if any(not same(name, current[name], v) for name, v in change.after.items()):
            why = gettext("It has been changed since.")
        else:
            lost = (name for name in LEADS if (name, row.get(name)) in gone)
            why = next((str(LEADS[name][1]) for name in lost), "")
        found.append((change, row, why))
    return found


def _unkilled(change: Change) -> Snapshot:
    killed = change.after.get("status") == ArticleStatus.KILLED
    if killed and change.before["status"] == ArticleStatus.PUBLISHED:
        return change.before | {"status": ArticleStatus.UNPUBLISHED}
    return change.before
