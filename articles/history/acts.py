"""The audit: all acts, and the pieces of each, by keyset and without counting."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import Case, Exists, OuterRef, Q, QuerySet, Subquery, When
from django.utils import timezone

from articles import workflow
from articles.models import Act, Change

from .words import Line, Names, lines

#: Acts, or pieces of an act, on a page.
SHOWN = 50


@dataclass(frozen=True, slots=True)
class ActsQuery:
    """Which acts: of a person or program, of a kind, of a day, about a piece."""

    by_name: str = ""
    kind: str = ""
    day: date | None = None
    number: int | None = None


def page_of_acts(query: ActsQuery, before: int | None = None) -> tuple[list[Act], bool]:
    """Acts, newest first, and whether there are older ones.

    ``before`` is the id of the last act of the page before. Each bears the
    ``headline`` of its piece, if it has but one.
    """
    found = list(rows(query, before)[: SHOWN + 1])
    return found[:SHOWN], len(found) > SHOWN


def rows(query: ActsQuery, before: int | None = None) -> Any:
    """The acts that a page is cut from, newest first: one range of one index."""
    acts = _with_headlines(_matching(query))
    if before is None:
        return acts
    at = Act.objects.filter(pk=before).values_list("at", flat=True).first()
    return acts.filter(~Q(at=at, pk__gte=before), at__lte=at) if at else acts.none()


def own_acts(user_id: int, number: int = 10) -> list[Act]:
    """The last acts of a person (id)."""
    return list(_with_headlines(Act.objects.filter(by=user_id))[:number])


def _matching(query: ActsQuery) -> QuerySet[Act]:
    acts = Act.objects.all()
    if query.by_name:
        acts = acts.filter(by_name=query.by_name)
    if query.kind:
        acts = acts.filter(kind=query.kind)
    if query.day:
        begin, end = (
            timezone.make_aware(datetime.combine(day, time.min))
            for day in (query.day, query.day + timedelta(days=1))
        )
        acts = acts.filter(at__gte=begin, at__lt=end)
    if query.number is not None:
        changes = Change.objects.filter(number=query.number)
        acts = acts.filter(pk__in=changes.values("act"))
    return acts


def _with_headlines(acts: QuerySet[Act]) -> Any:
    own = Change.objects.filter(act=OuterRef("pk"))
    only = When(pieces=1, then=Subquery(own.values("headline")[:1]))
    number = When(pieces=1, then=Subquery(own.values("number")[:1]))
    marked = acts.annotate(headline=Case(only), number=Case(number))
    return marked.select_related("undone_by", "undoes__undoes").order_by("-at", "-pk")


@dataclass(frozen=True, slots=True)
class Piece:
    """One piece of an act, with what the act changed or its undoing would."""

    change: Change
    lines: list[Line]
    why_not: str = ""


def page_of_pieces(
    act: Act, after: int = 0, *, undoing: bool = False
) -> tuple[list[Piece], bool]:
    """The pieces of an act, and whether there are more.

    ``after`` is the id of the last change of the page before. With ``undoing``,
    what taking the act back would change now; what is gone is left out.
    """
    changes = act.changes.filter(pk__gt=after).order_by("pk")
    if undoing:
        changes = changes.exclude(article=None)
    found = list(changes[: SHOWN + 1])
    shown = found[:SHOWN]
    pieces = _undone(shown) if undoing else _done(shown)
    return pieces, len(found) > SHOWN


def left_alone(act: Act) -> list[Change]:
    """The pieces that an act could not bring back of the one it takes back.

    As many as a page shows; [] for an act that takes nothing back.
    """
    if not act.undoes_id:
        return []
    own = Change.objects.filter(act=act, number=OuterRef("number"))
    left = Change.objects.filter(~Exists(own), act=act.undoes_id).order_by("pk")
    return list(left[:SHOWN])


def _done(changes: Iterable[Change]) -> list[Piece]:
    changes = list(changes)
    names = Names(row for each in changes for row in (each.before, each.after))
    return [Piece(each, lines(each.before, each.after, names)) for each in changes]


def _undone(changes: Iterable[Change]) -> list[Piece]:
    ways = workflow.preview_undo(changes)
    names = Names(row for each, back, _ in ways for row in (each.after, back))
    return [
        Piece(each, [] if why else lines(each.after, back, names), why)
        for each, back, why in ways
    ]
