"""Where a listing stands: its page, its days and months, and what they ask for."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from articles.listing import InvalidListing, Period
from newsroom.addresses import address_of

#: The parameters that a link within a listing takes along, in the order in which
#: they stand in it. Cursors are not among them, and neither is what is blank or
#: unknown: so one page has one address, whatever led to it.
KEPT = ("source", "category", "language", "from", "to", "q", "page_size")


@dataclass(frozen=True)
class Address:
    """The address of a listing: its name among the site's, and the parts of it."""

    kind: str
    parts: Mapping[str, Any] = field(default_factory=dict)
    has_periods: bool = True

    def url(self, period: Period | None = None) -> str:
        """The path of the listing, or of one day or month of it."""
        if period is None:
            return self._whole
        first = period.first
        numbers = f"{first.year}/{first.month:02}/"
        return self._whole + numbers + ("" if period.is_month else f"{first.day:02}/")

    @cached_property
    def _whole(self) -> str:
        return address_of(f"articles:{self.kind}", **self.parts)


def period_of(**numbers: int) -> Period | None:
    """The day or month that an address names, None if it names none.

    Raises Http404 for a day that no calendar has.
    """
    if not numbers:
        return None
    try:
        return Period.of(**numbers)
    except ValueError as error:
        raise Http404("There is no such day.") from error


def query(asked: Mapping[str, str], **changes: str | int | None) -> str:
    """The query of an address that asks for the same, but for these changes.

    None leaves a parameter out.
    """
    kept = {name: asked[name] for name in KEPT if name in asked} | changes
    return urlencode({name: value for name, value in kept.items() if value})


def with_query(path: str, query: str) -> str:
    return f"{path}?{query}" if query else path


def moved(request: HttpRequest, slug: str) -> HttpResponse:
    """To the same address with this slug for good: day, format, query, language stay.

    Browsers ask each time whether that still holds: a slug may be given back, and two
    moves that they remember would lead in a circle.
    """
    match = request.resolver_match
    if match is None:
        raise Http404("No address of a listing.")
    path = reverse(match.view_name, kwargs={**match.kwargs, "slug": slug})
    answer = redirect(with_query(path, request.META["QUERY_STRING"]), permanent=True)
    answer.headers["Cache-Control"] = "no-cache"
    return answer


def invalid(request: HttpRequest, error: InvalidListing) -> HttpResponse:
    """The page that says what makes no sense in an address."""
    told = {"errors": error.errors, "path": request.path}
    return render(request, "site/invalid.html", told, status=400)
