"""The parameters that every listing takes, and what makes no sense among them."""

import datetime
import re
from collections.abc import Callable, Mapping
from functools import lru_cache, partial
from typing import Any, NamedTuple

import django_filters
from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from articles.models import Article
from articles.search import LONGEST_QUERY
from newsroom.prepared import prepared

from .days import FIRST_DAY, LAST_DAY, midnight
from .scopes import LED_BY, Scope, Subject, shown_categories, shown_sources

#: Rows of a page: the default and the most (the public contract's figures).
PAGE_SIZE = 20
MOST_ROWS = 100
#: Characters of a value that makes no sense which are shown again.
LONGEST_SHOWN = 60


class InvalidListing(Exception):
    """A parameter of the address makes no sense; ``errors`` says which and why."""

    def __init__(self, errors: Mapping[str, list[str]]) -> None:
        self.errors = dict(errors)
        super().__init__("; ".join(f"{k}: {' '.join(v)}" for k, v in errors.items()))


class Chosen(NamedTuple):
    """The source, or the section, that an address names."""

    pk: int
    slug: str
    name: str

    def __str__(self) -> str:
        return self.name


@prepared
def _sources(slug: str) -> QuerySet:
    return shown_sources().filter(slug=slug).values_list(*Chosen._fields)


@prepared
def _categories(slug: str) -> QuerySet:
    return shown_categories().filter(slug=slug).values_list(*Chosen._fields)


class RowField(forms.CharField):
    """Takes a slug, or a former one, and gives its row; None for a blank.

    ``present`` answers with the row that has a slug; a choice of a model would build
    its question each time, which took half as long as a page. ``rows`` are all that
    may be chosen: one of them may have had the slug before. ``unknown`` is what is
    said of a slug that none has.
    """

    def __init__(
        self,
        *,
        present: Callable[[str], list[Any]],
        rows: Callable[[], Any],
        unknown: Any,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.present, self.rows, self.unknown = present, rows, unknown

    def clean(self, value: Any) -> Chosen | None:
        slug = super().clean(value)
        if not slug:
            return None
        for found in self.present(slug):
            return Chosen(*found)
        if row := self.rows().by_slug([slug]).get(slug):
            return Chosen(row.pk, row.slug, row.name)
        shown = {"slug": slug[:LONGEST_SHOWN]}
        raise forms.ValidationError(self.unknown, code="unknown", params=shown)


class RowFilter(django_filters.Filter):
    field_class = RowField


class NumberField(forms.IntegerField):
    """A number in the one form in which links write it: not 1.0, not 01, not ١."""

    def to_python(self, value: Any) -> int | None:
        said = "" if value is None else str(value).strip()
        if said and not _NUMBER.fullmatch(said):
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid")
        number: int | None = super().to_python(value)
        return number


_NUMBER = re.compile("-?(?:0|[1-9][0-9]*)")


class IntegerFilter(django_filters.Filter):
    field_class = NumberField


_day = partial(
    django_filters.DateFilter,
    input_formats=["%Y-%m-%d"],
    validators=[MinValueValidator(FIRST_DAY), MaxValueValidator(LAST_DAY)],
    widget=forms.DateInput(attrs={"type": "date"}),
)
_number = partial(IntegerFilter, min_value=1)


class ListingFilterBase(django_filters.FilterSet):
    """The filters that every listing takes, and what they take.

    What they do to a listing says ``chosen``: it must know which of them a question
    has a place for.
    """

    source = RowFilter(
        label=gettext_lazy("Source"),
        present=_sources,
        rows=shown_sources,
        unknown=gettext_lazy("There is no source “%(slug)s” here."),
    )
    category = RowFilter(
        label=gettext_lazy("Category"),
        present=_categories,
        rows=shown_categories,
        unknown=gettext_lazy("There is no category “%(slug)s” here."),
    )
    language = django_filters.CharFilter(label=gettext_lazy("Language"), max_length=35)
    q = django_filters.CharFilter(label=gettext_lazy("Words"), max_length=LONGEST_QUERY)
    page_size = _number(max_value=MOST_ROWS)
    after = _number(max_value=2**63 - 1)
    before = _number(max_value=2**63 - 1)


# "from" is a word of the language, so these two cannot stand in a class body.
ListingFilter: Any = type(
    "ListingFilter",
    (ListingFilterBase,),
    {
        "from": _day(label=gettext_lazy("From")),
        "to": _day(label=gettext_lazy("To")),
    },
)


#: What each filter is called, by its parameter.
LABELS = {name: each.label for name, each in ListingFilter.base_filters.items()}
#: Those that say which rows of the result are shown, or are looked for later.
_OF_ROWS = frozenset({"q", "page_size", "after", "before"})
#: What an address asks for that sets no filter.
_NOTHING = {name: "" if name in {"language", "q"} else None for name in LABELS}


@lru_cache
def _form_of(names: frozenset[str]) -> type[forms.Form]:
    """A form of these alone: making those that nobody sets took the longest."""
    taking: Any = type("ListingFilter", (ListingFilterBase,), {})
    filters = ListingFilter.base_filters
    taking.base_filters = {name: filters[name] for name in filters if name in names}
    made: type[forms.Form] = taking(queryset=Article.objects.none()).get_form_class()
    return made


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
    form = _form_of(names)(parameters)
    if not form.is_valid():
        errors = {name: list(map(str, said)) for name, said in form.errors.items()}
        raise InvalidListing(errors)
    asked = _NOTHING | form.cleaned_data
    if asked["after"] and asked["before"]:
        said = _("A page begins after a piece or ends before one, not both.")
        raise InvalidListing({"before": [said]})
    if names <= _OF_ROWS:
        return scope, asked
    return _narrowed(scope, asked), asked


def _narrowed(scope: Scope, asked: Mapping[str, Any]) -> Scope:
    """The part of a scope that is of the source, the section, the days asked for."""
    # A subject is a lookup as well: what an article calls it, and the row's id.
    others = [Subject(kind, asked[kind].pk) for kind in LED_BY if asked[kind]]
    found = scope.read_from(others)
    known = (scope.subject, found.subject)
    found = found.where(*(other for other in others if other not in known))
    if first := asked["from"]:
        found = found.where(("listed_at__gte", midnight(first)))
    if last := asked["to"]:
        end = midnight(last + datetime.timedelta(days=1))
        found = found.where(("listed_at__lt", end))
    if language := asked["language"]:
        found = found.where(("language__under", language))
    return found
