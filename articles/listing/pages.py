"""One page of a listing: its cards, its groups, and the ways on from it."""

import datetime
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.db.models import QuerySet

from articles.models import Tag
from articles.models.search_row import language_mark, mark
from articles.search import Narrowed, Span, narrowed

from .cards import Card, cards
from .counts import shown_tags
from .days import (
    ENOUGH,
    Day,
    Group,
    Period,
    by_day,
    by_month,
    day_of,
    grouped,
    is_sparse,
    midnight,
)
from .filters import PAGE_SIZE, chosen
from .rows import between, newest_within, places, refuse_unlisted
from .scopes import Place, Scope

#: Tags that a search names above what it found.
MOST_CALLED = 8


@dataclass(frozen=True)
class Page:
    """Some pieces of a listing, newest first: where they stand, and their cards.

    ``older`` and ``newer`` are the cursors (article ids) of the next pages on
    either side, None where nothing follows. ``asked`` holds what the address asks
    for, by parameter; ``scope`` is the listing with its filters.
    """

    places: list[Place]
    older: int | None
    newer: int | None
    asked: dict[str, Any]
    scope: Scope
    is_first: bool
    #: Whether a search was stopped, as it took too long: there may be more.
    is_cut: bool = False
    #: Tags that the words of a search call by one of their names.
    named: tuple[Tag, ...] = ()

    @cached_property
    def cards(self) -> list[Card]:
        """Loaded when they are asked for: who keeps cards need not ask."""
        return cards([place.article for place in self.places], self.asked["q"])

    @cached_property
    def called(self) -> list[Tag]:
        """The liveliest tags that the words call, of those with something to show."""
        return shown_tags(list(self.named))[:MOST_CALLED]

    @property
    def updated_at(self) -> datetime.datetime | None:
        return self.places[0].moment if self.places else None

    @property
    def whole_count(self) -> int | None:
        """How many pieces the listing has, where this page holds all of them."""
        is_all = self.is_first and not self.older and not self.is_cut
        return len(self.places) if is_all else None


def page(
    scope: Scope, parameters: Mapping[str, str], period: Period | None = None
) -> Page:
    """One page of a listing, or of one period of it, as the parameters ask for it.

    Raises InvalidListing for a value that makes no sense; parameters that are
    no filters are left alone.
    """
    filtered, asked = chosen(parameters, scope)
    size = asked["page_size"] or PAGE_SIZE
    part = between(filtered, period.begin, period.end) if period else filtered
    is_whole = True
    named: tuple[Tag, ...] = ()
    if asked["q"]:
        rows, is_whole, named = with_words(part, asked, size, period)
        part = part.of(rows)
    shown, has_newer, has_older = _read(part, asked["after"], asked["before"], size)
    return Page(
        places=shown,
        older=shown[-1].article if has_older else None,
        newer=shown[0].article if has_newer else None,
        asked=asked,
        scope=filtered,
        is_first=not (asked["after"] or asked["before"]),
        is_cut=not is_whole,
        named=named,
    )


def with_words(
    scope: Scope, asked: Mapping[str, Any], size: int, period: Period | None
) -> Narrowed:
    """The rows of a scope that hold the words asked for, as a page needs them."""
    kinds = [kind for kind in ("source", "category") if asked[kind]]
    marks = [*scope.marks, *(mark(kind, asked[kind].pk) for kind in kinds)]
    if asked["language"]:
        marks.append(language_mark(asked["language"]))
    begin, end = asked["from"], asked["to"]
    since = [midnight(begin)] if begin else []
    until = [midnight(end + datetime.timedelta(days=1))] if end else []
    if period:
        since, until = [*since, period.begin], [*until, period.end]
    span = Span(
        size,
        after=asked["after"],
        before=asked["before"],
        since=max(since, default=None),
        until=min(until, default=None),
    )
    return narrowed(scope.rows, asked["q"], span, id_field=scope.id_field, marks=marks)


def _read(
    scope: Scope, after: int | None, before: int | None, size: int
) -> tuple[list[Place], bool, bool]:
    """The pieces of a page, newest first, and whether newer and older ones follow.

    One row more than is shown tells whether the listing goes on, and the cursor's own
    piece, which is read as well, that there is something to go back to. Where it has
    gone, that is asked for.
    """
    cursor, is_upwards = before or after, bool(before)
    number = size + 2 if cursor else size + 1
    found = places(scope, cursor, number, is_upwards=is_upwards)
    if cursor and not found:
        refuse_unlisted(cursor, "before" if before else "after")
    is_there = found[:1] != [] and found[0].article == cursor
    rest = found[1:] if is_there else found
    shown, goes_on = rest[:size], len(rest) > size
    goes_back = is_there and shown != []
    if cursor and shown and not is_there:
        # What the page begins with is one; another says that it goes on there.
        behind = places(scope, shown[0], 2, is_upwards=not is_upwards)
        goes_back = len(behind) > 1
    if is_upwards:
        return shown[::-1], goes_on, goes_back
    return shown, goes_back, goes_on


def groups(
    page: Page,
    period: Period | None = None,
    is_sparse_month: Callable[[Scope, Period], bool] | None = None,
) -> list[Group]:
    """A page's pieces under their days, or under their month where that is sparse.

    On the page of one day (``period``) that day is the group. ``is_sparse_month`` may
    remember what this module's own has said of a listing.
    """
    is_of_a_day = period is not None and not period.is_month
    judge = is_sparse_month or is_sparse_whole
    days = by_day(page.places)
    return grouped(days, set() if is_of_a_day else _sparse_months(page, days, judge))


def _sparse_months(
    page: Page, days: list[Day], judge: Callable[[Scope, Period], bool]
) -> set[Period]:
    """The months of a page that have one heading for all their days.

    A month must be judged as a whole, or the same month would be cut into days on
    one page and not on the next. Whatever lies between two other months of the
    page is whole; of the first and the last, which may go on beyond it, dates are
    read until the month is full: at most 62 entries of the listing's index.
    """
    months = by_month(days)
    cut = set()
    if months and page.newer:
        cut.add(next(iter(months)))
    if months and page.older:
        cut.add(next(reversed(months)))
    return {
        month
        for month, numbers in months.items()
        if (
            judge(page.scope, month)
            if month in cut and sum(numbers) < ENOUGH
            else is_sparse(numbers)
        )
    }


def is_sparse_whole(scope: Scope, month: Period) -> bool:
    """Whether a month of a listing has one heading, by its newest pieces."""
    newest = newest_within(scope, month.begin, month.end, ENOUGH)
    return is_sparse(Counter(map(day_of, newest)).values())


def neighbours(scope: Scope, period: Period) -> tuple[Period | None, Period | None]:
    """The nearest periods of the same kind that have pieces: before it, and after.

    One entry of the listing's index each.
    """
    earlier = scope.rows.filter(listed_at__lt=period.begin)
    later = scope.rows.filter(listed_at__gte=period.end)
    earlier = earlier.order_by("-listed_at", f"-{scope.id_field}")
    later = later.order_by("listed_at", scope.id_field)
    before, after = (
        period.like(day_of(at)) if (at := _first(rows)) else None
        for rows in (earlier, later)
    )
    return before, after


def _first(rows: QuerySet) -> datetime.datetime | None:
    """The date of the first row; in the index's order, which ``exists()`` drops."""
    return next(iter(rows.values_list("listed_at", flat=True)[:1]), None)
