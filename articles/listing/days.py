"""Days and months of a listing, in the site's time zone."""

import datetime
from collections.abc import Collection
from dataclasses import dataclass
from itertools import groupby

from django.utils import timezone

from .scopes import Place

#: Days a listing may name: wide enough for any archive, and inside what both
#: databases can shift between time zones.
FIRST_DAY = datetime.date(1800, 1, 1)
LAST_DAY = datetime.date(2999, 12, 31)

#: The pieces of a day, in the mean of a month's days that have any, from which the
#: days have headings of their own; below it the month has one (the trade's figure:
#: the Guardian's tag pages).
FULL_DAY = 2
#: Rows after which a month is full, whatever days they are of.
ENOUGH = FULL_DAY * 31

ONE_DAY = datetime.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Period:
    """A day or a month: ``first`` is its first day."""

    first: datetime.date
    is_month: bool = False

    @classmethod
    def of(cls, year: int, month: int, day: int | None = None) -> "Period":
        """The day, or the month, of these numbers; ValueError if there is none."""
        first = datetime.date(year, month, day or 1)
        if not FIRST_DAY <= first <= LAST_DAY:
            raise ValueError(f"{first} lies outside of what a listing may name")
        return cls(first, is_month=day is None)

    def __str__(self) -> str:
        return self.first.isoformat()[:7] if self.is_month else self.first.isoformat()

    @property
    def begin(self) -> datetime.datetime:
        return midnight(self.first)

    @property
    def end(self) -> datetime.datetime:
        """The first moment that no longer belongs to it."""
        if self.is_month:
            return midnight((self.first + 31 * ONE_DAY).replace(day=1))
        return midnight(self.first + ONE_DAY)

    def like(self, day: datetime.date) -> "Period":
        """The period of the same kind that a day lies in."""
        return month_of(day) if self.is_month else Period(day)


@dataclass(frozen=True, slots=True)
class Group:
    """Pieces of a page that stand under one heading."""

    period: Period
    places: list[Place]


def midnight(day: datetime.date) -> datetime.datetime:
    """The beginning of a day in the site's zone."""
    return datetime.datetime.combine(
        day, datetime.time.min, tzinfo=timezone.get_default_timezone()
    )


def day_of(moment: datetime.datetime) -> datetime.date:
    return moment.astimezone(timezone.get_default_timezone()).date()


def month_of(day: datetime.date) -> Period:
    return Period(day.replace(day=1), is_month=True)


Day = tuple[datetime.date, list[Place]]


def by_day(places: list[Place]) -> list[Day]:
    """Pieces in their order, by their day."""
    days = groupby(places, lambda place: day_of(place.moment))
    return [(day, list(found)) for day, found in days]


def by_month(days: list[Day]) -> dict[Period, list[int]]:
    """How many pieces each day of a month has, of those that have any."""
    months: dict[Period, list[int]] = {}
    for day, found in days:
        months.setdefault(month_of(day), []).append(len(found))
    return months


def is_sparse(numbers: Collection[int]) -> bool:
    """Whether a month whose days have so many pieces has one heading for all of them.

    Where all are of one day, the day says more and the month saves nothing.
    """
    return len(numbers) > 1 and sum(numbers) < FULL_DAY * len(numbers)


def grouped(days: list[Day], sparse: set[Period]) -> list[Group]:
    """Pieces under their days, or under their month where that is sparse."""
    made: list[Group] = []
    for day, found in days:
        month = month_of(day)
        if month not in sparse:
            made.append(Group(Period(day), found))
        elif made and made[-1].period == month:
            made[-1].places.extend(found)
        else:
            made.append(Group(month, found))
    return made
