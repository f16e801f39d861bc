"""The reader's listings: home, tags, sources, categories, search, and their days."""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.formats import date_format
from django.utils.safestring import SafeString
from django.utils.timezone import localtime
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from articles import listing
from articles.models import Category, Source, Tag

from . import kept
from .addresses import KEPT, Address, invalid, period_of, query, with_query
from .cards import Drawn, drawn
from .languages import language_name
from .menus import menus
from .named import with_category, with_source
from .parts import part
from .tags import MOST_TAGS, slug_of, with_tags
from .template_tags import moment

#: Tags shown on the home page.
LIVELIEST = 14
#: What the form of a listing asks for where nothing is chosen.
_BLANK = dict.fromkeys(KEPT, "")
#: The parameters that choose pieces, in the order of their chips.
FILTERS = ("source", "category", "language", "from", "to", "q")


@dataclass(frozen=True, slots=True)
class Chip:
    """One choice a reader has made, and the address without it."""

    label: str
    value: str
    url: str


@kept.page(kept.of_everything)
def home(request: HttpRequest, **numbers: int) -> HttpResponse:
    """The newest pieces and the liveliest tags; those of a day or a month alone."""
    # What is lively is so today, not on the day of the page.
    liveliest = [] if numbers else part(_ground(request), "liveliest", make=_liveliest)
    return _listing(
        request,
        listing.everything(),
        "site/home.html",
        {"liveliest": liveliest},
        Address("home"),
        numbers,
    )


def _ground(request: HttpRequest) -> tuple[Any, ...]:
    return kept.ground(kept.states_of(request))


def _liveliest() -> list[Tag]:
    return listing.shown_tags(list(Tag.objects.liveliest()[:LIVELIEST]))


@kept.page(kept.of_tags)
@with_tags
def tag_detail(request: HttpRequest, tags: list[Tag], **numbers: int) -> HttpResponse:
    """The newest pieces on one subject, or on what several have in common."""
    scope = listing.of_tags(tags)
    tag = tags[0] if len(tags) == 1 else None
    ground, slugs = _ground(request), [each.slug for each in tags]
    context = {
        "tag": tag,
        "tags": tags,
        "name": " + #".join(each.name for each in tags),
        "count": part(ground, "count", *slugs, make=lambda: listing.visible_count(tag))
        if tag and not numbers
        else None,
        "related": part(ground, "related", *slugs, make=lambda: _related(scope, tags)),
        "chips": _tag_chips(request, tags, numbers),
    }
    address = Address("tag", {"slug": slug_of(tags)})
    return _listing(request, scope, "site/tag_detail.html", context, address, numbers)


class Related(NamedTuple):
    """A related tag; ``among`` is the address of its pieces among those of a page,
    "" if that would name too many tags."""

    name: str
    url: str
    among: str


def _related(scope: listing.Scope, tags: list[Tag]) -> SafeString:
    """The related tags as they stand on a page of these tags."""
    narrows = len(tags) < MOST_TAGS

    def among(tag: Tag) -> str:
        return Address("tag", {"slug": slug_of([*tags, tag])}).url()

    found = [
        Related(tag.name, tag.get_absolute_url(), among(tag) if narrows else "")
        for tag in listing.related(scope, tags)
    ]
    return render_to_string("site/_related.html", {"related": found})


@kept.page(kept.of_source)
@with_source
def source_detail(request: HttpRequest, source: Source, **numbers: int) -> HttpResponse:
    """The newest pieces of one publisher."""
    return _listing(
        request,
        listing.of_source(source),
        "site/source_detail.html",
        {"source": source},
        Address("source", {"slug": source.slug}),
        numbers,
    )


@kept.page(kept.of_category)
@with_category
def category_detail(
    request: HttpRequest, category: Category, **numbers: int
) -> HttpResponse:
    """The newest pieces of one section."""
    return _listing(
        request,
        listing.of_category(category),
        "site/category_detail.html",
        {"category": category},
        Address("category", {"slug": category.slug}),
        numbers,
    )


@kept.page(kept.of_everything)
def search(request: HttpRequest) -> HttpResponse:
    """Pieces that hold the reader's words, and tags that are called so."""
    address = Address("search", has_periods=False)
    scope = listing.everything()
    return _listing(request, scope, "site/search.html", {}, address, {})


class Group(NamedTuple):
    """Cards under one heading, which is of a day or a month."""

    period: str
    heading: SafeString
    cards: SafeString


def _listing(
    request: HttpRequest,
    scope: listing.Scope,
    template: str,
    context: dict[str, Any],
    address: Address,
    numbers: dict[str, int],
) -> HttpResponse:
    """One page of a listing; ``numbers`` are those of the day or month it is of."""
    period = period_of(**numbers)
    try:
        page = listing.page(scope, request.GET, period)
    except listing.InvalidListing as error:
        return invalid(request, error)
    chips = [*context.pop("chips", []), *_chips(request, page, address, period)]
    has_lead = address.kind == "home" and page.is_first and not chips
    states = kept.states_of(request)
    cards = drawn(page, states, has_lead=has_lead)
    if period and not page.places and page.is_first and not any(_chosen(page)):
        # Days without end could be asked for; only those with pieces are pages.
        raise Http404("No piece is of that time.")
    context |= {
        "page": page,
        "has_lead": has_lead,
        "period": period,
        "place": _place(page, period),
        "chips": chips,
        "is_filtered": bool(chips) or not page.is_first,
        "cards": list(cards.values()),
        "groups": _groups(request, page, cards, address, period),
        "newer_query": _on(request, before=page.newer),
        "older_query": _on(request, after=page.older),
        "newest_query": query(request.GET),
        "bare_url": address.url(),
        "chosen": _BLANK | request.GET.dict(),
        "updated": _told(page),
        **_neighbours(request, page, address, period),
        "menus": menus(states, page.asked),
    }
    response = render(request, template, context)
    if page.is_cut:
        # At another moment there may be more.
        response.headers["Cache-Control"] = "no-store"
    return response


def _on(request: HttpRequest, **cursor: int | None) -> str:
    """The query of the page behind a cursor, "" where there is none."""
    return query(request.GET, **cursor) if any(cursor.values()) else ""


def _chips(
    request: HttpRequest,
    page: listing.Page,
    address: Address,
    period: listing.Period | None,
) -> list[Chip]:
    """What the reader has chosen, each with the way to take it away alone."""
    chips = []
    if period:
        url = with_query(address.url(), query(request.GET))
        label = _("Month") if period.is_month else _("Day")
        chips.append(Chip(label, _written(period), url))
    for name, value in _chosen(page):
        url = with_query(request.path, query(request.GET, **{name: None}))
        said = language_name(value) if name == "language" else _said(value)
        chips.append(Chip(str(listing.LABELS[name]), said, url))
    return chips


def _chosen(page: listing.Page) -> list[tuple[str, Any]]:
    """The filters that are set, with what they are set to."""
    return [(name, page.asked[name]) for name in FILTERS if page.asked[name]]


def _tag_chips(
    request: HttpRequest, tags: list[Tag], numbers: dict[str, int]
) -> list[Chip]:
    """The tags of an address that names several, each with the way to the others."""
    if len(tags) == 1:
        return []

    def without(tag: Tag) -> str:
        slug = slug_of([each for each in tags if each != tag])
        path = Address("tag", {"slug": slug}).url(period_of(**numbers))
        return with_query(path, query(request.GET))

    return [Chip("", f"#{tag.name}", without(tag)) for tag in tags]


def _said(value: Any) -> str:
    is_day = hasattr(value, "isoformat")
    return date_format(value, "SHORT_DATE_FORMAT") if is_day else str(value)


def _written(period: listing.Period) -> str:
    month, day = "YEAR_MONTH_FORMAT", "SHORT_DATE_FORMAT"
    return date_format(period.first, month if period.is_month else day)


def _heading(said: str, period: listing.Period, url: str) -> SafeString:
    """The heading of a day or a month; no link where ``url`` is ""."""

    def draw() -> SafeString:
        name = "YEAR_MONTH_FORMAT" if period.is_month else "DATE_FORMAT"
        written = date_format(period.first, name)
        context = {"period": said, "name": written, "url": url}
        return render_to_string("site/_heading.html", context)

    return part(kept.build(), "heading", said, url, make=draw)


def _place(page: listing.Page, period: listing.Period | None) -> str:
    """Which part of the listing this is, for the title; "" for its beginning."""
    said = [_written(period)] if period else []
    if page.places and not page.is_first:
        newest = date_format(localtime(page.places[0].moment), "DATETIME_FORMAT")
        said.append(_("up to %(moment)s") % {"moment": newest})
    return ", ".join(said)


class Told(NamedTuple):
    """A moment, for programs and in words."""

    moment: str
    said: str


def _told(page: listing.Page) -> Told | None:
    """When a listing got its newest piece."""
    if page.updated_at is None:
        return None
    at = moment(localtime(page.updated_at))
    return Told(at, _told_in(get_language(), at))


@lru_cache(maxsize=2_000)
def _told_in(language: str | None, said: str) -> str:
    return date_format(datetime.fromisoformat(said), "DATETIME_FORMAT")


def _groups(
    request: HttpRequest,
    page: listing.Page,
    cards: dict[listing.Place, Drawn],
    address: Address,
    period: listing.Period | None,
) -> list[Group]:
    """The cards of a page under their headings."""

    def heading(of: listing.Period) -> SafeString:
        leads_on = address.has_periods and of != period
        return _heading(str(of), of, address.url(of) if leads_on else "")

    def is_sparse(scope: listing.Scope, month: listing.Period) -> bool:
        def judge() -> bool:
            return listing.is_sparse_whole(scope, month)

        if scope.narrowed is not None:
            return judge()
        of = (scope.subject, scope.lookups)
        return part(_ground(request), "sparse", of, month, make=judge)

    return [
        Group(str(group.period), heading(group.period), shown)
        for group in listing.groups(page, period, is_sparse)
        if (shown := _together(cards, group.places))
    ]


def _together(
    cards: dict[listing.Place, Drawn], places: list[listing.Place]
) -> SafeString:
    """The cards of these places that are public still."""
    return SafeString("".join(cards[each].html for each in places if each in cards))


def _neighbours(
    request: HttpRequest,
    page: listing.Page,
    address: Address,
    period: listing.Period | None,
) -> dict[str, Any]:
    """The nearest days, or months, with pieces: ``(period, address)`` or None."""
    # With words, a look at each day before it would be needed to know the next one.
    if period is None or page.asked["q"]:
        return {"earlier": None, "later": None}
    found = listing.neighbours(page.scope, period)
    earlier, later = (
        (each, with_query(address.url(each), query(request.GET))) if each else None
        for each in found
    )
    return {"earlier": earlier, "later": later}
