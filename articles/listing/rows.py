"""Where a page of a listing begins, and the rows from there on, both ways.

A page is one range of one index, however deep: ``listed_at`` and the article's
id order the rows, and the number of an article says where the page begins. That
cursor survives edits, can be bookmarked and cannot carry a hostile date.
"""

import datetime
from dataclasses import replace

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from articles.models import Article

from .filters import InvalidListing
from .scopes import Place, Scope


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


def places(scope: Scope, rows: QuerySet) -> list[Place]:
    """Where the pieces of some of a scope's rows stand: all that a page reads."""
    return [Place(*row) for row in rows.values_list("listed_at", scope.id_field)]


def between(scope: Scope, begin: datetime.datetime, end: datetime.datetime) -> Scope:
    """The part of a scope from one moment up to another, which is outside."""
    return replace(
        scope, rows=scope.rows.filter(listed_at__gte=begin, listed_at__lt=end)
    )


def place_of(article: int, name: str) -> Place:
    """Where the cursor's article stands, or stood before it was unpublished.

    ``name`` is the parameter that InvalidListing speaks of if it never did.
    """
    moment = Article.objects.moment_listed(article)
    if moment is None:
        raise InvalidListing({name: [_("No piece of that number was listed.")]})
    return Place(moment, article)
