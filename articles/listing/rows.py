"""Where a page of a listing begins, and the rows from there on, both ways.

A page is one range of one index, however deep: ``listed_at`` and the article's
id order the rows, and the number of an article says where the page begins. That
cursor survives edits, can be bookmarked and cannot carry a hostile date.
"""

import datetime
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from articles.models import Article
from newsroom.prepared import prepared

from .filters import InvalidListing
from .scopes import Place, Scope, Subject


def rows(scope: Scope, after: int | None) -> QuerySet:
    """A scope's rows, newest first, from behind the cursor on."""
    return older_than(scope, place_of(after, "after") if after else None)


def newer(scope: Scope, before: int) -> QuerySet:
    """A scope's rows above the cursor, the nearest first: oldest first, that is."""
    return newer_than(scope, place_of(before, "before"))


def older_than(scope: Scope, place: Place | None) -> QuerySet:
    """A scope's rows, newest first, below a place or from the top."""
    found = scope.rows
    if place:
        # Not Q(date__lt) | Q(date, id__lt): PostgreSQL would read, then drop, every
        # newer row (7.4 ms against 0.07 ms, 48,000 rows deep). This form begins
        # where the index says.
        found = found.filter(listed_at__lte=place.moment).exclude(
            **{"listed_at": place.moment, f"{scope.id_field}__gte": place.article}
        )
    return found.order_by("-listed_at", f"-{scope.id_field}")


def newer_than(scope: Scope, place: Place) -> QuerySet:
    """A scope's rows above a place, the nearest first; the index read backwards."""
    found = scope.rows.filter(listed_at__gte=place.moment).exclude(
        **{"listed_at": place.moment, f"{scope.id_field}__lte": place.article}
    )
    return found.order_by("listed_at", scope.id_field)


def below(scope: Scope, place: Place | None, number: int) -> list[Place]:
    """So many places below one, or from the top, newest first."""
    return _places(scope, place, number, is_above=False)


def above(scope: Scope, place: Place, number: int) -> list[Place]:
    """So many places above one, the nearest first."""
    return _places(scope, place, number, is_above=True)


def _places(
    scope: Scope, place: Place | None, number: int, *, is_above: bool
) -> list[Place]:
    if scope.is_whole:
        values = (*scope.subject.ids, *(place or ()))
        rows: Any = _places_of(
            *values,
            kind=scope.subject.kind,
            is_above=is_above,
            number=number,
            has_place=place is not None,
        )
    else:
        rows = _columns(scope, place, is_above)[:number]
    return [Place(*row) for row in rows]


@prepared
def _places_of(
    *values: Any, kind: str, is_above: bool, number: int, has_place: bool
) -> QuerySet:
    ids, place = (values[:-2], Place(*values[-2:])) if has_place else (values, None)
    return _columns(Scope(Subject(kind, *ids)), place, is_above)[:number]


def _columns(scope: Scope, place: Place | None, is_above: bool) -> QuerySet:
    """All that a page reads of its rows."""
    found = newer_than(scope, place) if is_above and place else older_than(scope, place)
    return found.values_list("listed_at", scope.id_field)


def newest_within(
    scope: Scope, begin: datetime.datetime, end: datetime.datetime, number: int
) -> list[datetime.datetime]:
    """The dates of so many rows from one moment up to another, newest first."""
    if scope.is_whole:
        rows: Any = _within(
            *scope.subject.ids, begin, end, kind=scope.subject.kind, number=number
        )
    else:
        rows = _dates(scope, begin, end)[:number]
    return [at for (at,) in rows]


@prepared
def _within(*values: Any, kind: str, number: int) -> QuerySet:
    *ids, begin, end = values
    return _dates(Scope(Subject(kind, *ids)), begin, end)[:number]


def _dates(scope: Scope, begin: Any, end: Any) -> QuerySet:
    return older_than(between(scope, begin, end), None).values_list("listed_at")


def between(scope: Scope, begin: datetime.datetime, end: datetime.datetime) -> Scope:
    """The part of a scope from one moment up to another, which is outside."""
    return scope.of(scope.rows.filter(listed_at__gte=begin, listed_at__lt=end))


def place_of(article: int, name: str) -> Place:
    """Where the cursor's article stands, or stood before it was unpublished.

    ``name`` is the parameter that InvalidListing speaks of if it never did.
    """
    moment = Article.objects.moment_listed(article)
    if moment is None:
        raise InvalidListing({name: [_("No piece of that number was listed.")]})
    return Place(moment, article)
