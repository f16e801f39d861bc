"""The history of one article: what people and what its source did, as one line."""

import re
from collections import deque
from dataclasses import dataclass, field
from datetime import datetime

from django.contrib.auth.models import AnonymousUser, User
from django.db.models import Q, Subquery
from django.utils import timezone
from django.utils.translation import gettext as _

from articles import workflow
from articles.models import Act, Article, Change, SourceChange, SourceChangeState

from .words import Line, Names, act_words, lines, told

#: Entries on a page.
SHOWN = 50
#: Where a page ends: a version, and a change at the source.
_CURSOR = re.compile(r"([0-9]{1,9})\.([0-9]{1,18})")


@dataclass(slots=True)
class Entry:
    """One thing that became of a piece: an act, or a change at its source.

    ``no_undo`` says why an act of the last day cannot be taken back by this person.
    """

    at: datetime
    by_name: str
    words: str
    lines: list[Line]
    act: Act | None = None
    version: int | None = None
    others: int = 0
    can_undo: bool = False
    no_undo: str = ""


@dataclass(slots=True)
class Page:
    """Some of a history, newest first; ``older`` leads to what came before."""

    entries: list[Entry] = field(default_factory=list)
    older: str = ""


def of_article(article: Article, user: User | AnonymousUser, before: str = "") -> Page:
    """A page of an article's history, for this person to look at.

    ``before`` is the ``older`` of the page before it. Raises ValueError if it is
    none.
    """
    version, source = _places(before)
    acts = article.changes.select_related("act__undone_by", "act__undoes__undoes")
    if version:
        acts = acts.filter(version__lt=version)
    at_source = article.source_changes.all()
    if source:
        moment = Subquery(at_source.filter(pk=source).values("at"))
        at_source = at_source.filter(~Q(at=moment, pk__gte=source), at__lte=moment)
    done = deque(acts.order_by("-version")[: SHOWN + 1])
    changed = deque(at_source.order_by("-at", "-pk")[: SHOWN + 1])
    rows: list[Change | SourceChange] = []
    while len(rows) < SHOWN and (done or changed):
        if done and (not changed or done[0].act.at >= changed[0].at):
            version = done[0].version
            rows.append(done.popleft())
        else:
            source = changed[0].pk
            rows.append(changed.popleft())
    what = told(row for row in rows if isinstance(row, Change))
    entries = [
        _done(row, what[row.pk], user) if isinstance(row, Change) else _changed(row)
        for row in rows
    ]
    return Page(entries, f"{version}.{source}" if done or changed else "")


def _places(cursor: str) -> tuple[int, int]:
    """The last version and the last change at the source of a page; 0 for none.

    Each goes on by an order of its own: clocks may differ between two acts, and
    versions do not.
    """
    if not cursor:
        return 0, 0
    if not (found := _CURSOR.fullmatch(cursor)):
        raise ValueError(_("This is no place in a history."))
    return int(found[1]), int(found[2])


def _done(change: Change, what: list[Line], user: User | AnonymousUser) -> Entry:
    act = change.act
    why = workflow.why_not_undo(act, user)
    is_recent = act.at > timezone.now() - workflow.WINDOW
    return Entry(
        at=act.at,
        by_name=act.by_name,
        words=act_words(act),
        lines=what,
        act=act,
        version=change.version,
        others=max(act.pieces - 1, 0),
        can_undo=not why,
        no_undo=why if is_recent else "",
    )


def _changed(change: SourceChange) -> Entry:
    names = Names([])
    state = SourceChangeState(change.state).label
    words = _("changed at the source; %(state)s") % {"state": state}
    if change.decided_at:
        words = _("changed at the source; %(state)s: %(who)s, %(when)s") % {
            "state": state,
            "who": change.decided_by_name,
            "when": names.text("source_updated_at", change.decided_at),
        }
    what = lines(change.before, change.after, names)
    return Entry(change.at, "", words, what)
