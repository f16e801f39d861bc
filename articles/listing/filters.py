"""The parameters that every listing takes, and what makes no sense among them."""

import datetime
from collections.abc import Mapping
from functools import lru_cache, partial
from typing import Any

import django_filters
from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from articles.models import Category, Source
from articles.search import LONGEST_QUERY

from .days import FIRST_DAY, LAST_DAY, midnight
from .scopes import Scope, with_pieces

#: Rows of a page: the default and the most (the public contract's figures).
PAGE_SIZE = 20
MOST_ROWS = 100


class InvalidListing(Exception):
    """A parameter of the address makes no sense; ``errors`` says which and why."""

    def __init__(self, errors: Mapping[str, list[str]]) -> None:
        self.errors = dict(errors)
        super().__init__("; ".join(f"{k}: {' '.join(v)}" for k, v in errors.items()))


def _filter_language(rows: QuerySet, name: str, value: str) -> QuerySet:
    """``en`` finds en, en-GB and en-US."""
    return rows.filter(Q(language=value) | Q(language__startswith=f"{value}-"))


def _filter_from(rows: QuerySet, name: str, day: datetime.date) -> QuerySet:
    return rows.filter(listed_at__gte=midnight(day))


def _filter_to(rows: QuerySet, name: str, day: datetime.date) -> QuerySet:
    return rows.filter(listed_at__lt=midnight(day + datetime.timedelta(days=1)))


def _untouched(rows: QuerySet, name: str, value: int) -> QuerySet:
    """Cursors and ``page_size`` say which rows of the result, not which result.

    The words of ``q`` are looked for when it is known which rows those are.
    """
    return rows


class IntegerFilter(django_filters.Filter):
    field_class = forms.IntegerField


_day = partial(
    django_filters.DateFilter,
    input_formats=["%Y-%m-%d"],
    validators=[MinValueValidator(FIRST_DAY), MaxValueValidator(LAST_DAY)],
    widget=forms.DateInput(attrs={"type": "date"}),
)
_number = partial(IntegerFilter, method=_untouched, min_value=1)


class ListingFilterBase(django_filters.FilterSet):
    """The filters that every listing takes, on articles and on the listing index."""

    source = django_filters.ModelChoiceFilter(
        label=gettext_lazy("Source"),
        queryset=with_pieces(Source.objects.readable(), "source"),
        to_field_name="slug",
    )
    category = django_filters.ModelChoiceFilter(
        label=gettext_lazy("Category"),
        queryset=with_pieces(Category.objects.all(), "category"),
        to_field_name="slug",
    )
    language = django_filters.CharFilter(
        label=gettext_lazy("Language"), max_length=35, method=_filter_language
    )
    q = django_filters.CharFilter(
        label=gettext_lazy("Words"), max_length=LONGEST_QUERY, method=_untouched
    )
    page_size = _number(max_value=MOST_ROWS)
    after = _number(max_value=2**63 - 1)
    before = _number(max_value=2**63 - 1)

    def __init__(self, *args: Any, path: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.path = path


# "from" is a word of the language, so these two cannot stand in a class body.
ListingFilter: Any = type(
    "ListingFilter",
    (ListingFilterBase,),
    {
        "from": _day(label=gettext_lazy("From"), method=_filter_from),
        "to": _day(label=gettext_lazy("To"), method=_filter_to),
    },
)


#: What each filter is called, by its parameter.
LABELS = {name: each.label for name, each in ListingFilter.base_filters.items()}
#: Those that say which rows of the result are shown, or are looked for later.
_OF_ROWS = frozenset({"q", "page_size", "after", "before"})
#: What an address asks for that sets no filter.
_NOTHING = {name: "" if name in {"language", "q"} else None for name in LABELS}


@lru_cache
def _taking(names: frozenset[str]) -> Any:
    """A filter set of these alone: making those that nobody sets took the longest."""
    taking: Any = type("ListingFilter", (ListingFilterBase,), {})
    filters = ListingFilter.base_filters
    taking.base_filters = {name: filters[name] for name in filters if name in names}
    return taking


def chosen(parameters: Mapping[str, str], scope: Scope) -> tuple[Scope, dict[str, Any]]:
    """The part of a listing that these parameters ask for, and what each of them says.

    Raises InvalidListing for a value that makes no sense; parameters that are no
    filters are left alone, and so are blank ones: a form without JavaScript sends
    every field that was left empty, and a redirect would cost each of its readers
    a second request.
    """
    names = frozenset(name for name in LABELS if parameters.get(name))
    if not names:
        return scope, dict(_NOTHING)
    filters = _taking(names)(parameters, queryset=scope.rows, path=scope.path)
    if not filters.is_valid():
        raise InvalidListing(filters.errors)
    asked = _NOTHING | filters.form.cleaned_data
    if asked["after"] and asked["before"]:
        said = _("A page begins after a piece or ends before one, not both.")
        raise InvalidListing({"before": [said]})
    if names <= _OF_ROWS:
        return scope, asked
    return scope.of(filters.qs), asked
