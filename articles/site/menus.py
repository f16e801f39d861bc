"""What the form of a listing offers: the same for all listings, and on each page."""

from typing import Any, NamedTuple

from django.db.models import QuerySet
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from articles import listing
from articles.models import edition
from newsroom.prepared import prepared

from . import kept
from .languages import languages_to_choose
from .parts import part

#: A menu of sources longer than this helps nobody; the address still filters.
MOST_SOURCES = 50


class Choice(NamedTuple):
    """One line of a menu."""

    slug: str
    name: str


def menus(states: tuple[edition.State, ...], asked: dict[str, Any]) -> SafeString:
    """The menus of the form, with what is chosen in them.

    ``states`` are the editions of the page, that of the menus among them.
    """
    ground = kept.ground(states, edition.SITE, edition.MENUS)
    source, category, language = (
        getattr(asked[name], "slug", asked[name]) or ""
        for name in ("source", "category", "language")
    )

    def drawn() -> SafeString:
        chosen = {"source": source, "category": category, "language": language}
        return render_to_string("site/_menus.html", _offered(language) | chosen)

    return part(ground, "menus", source, category, language, make=drawn)


def _offered(language: str) -> dict[str, Any]:
    """The lines of the menus; the chosen language, whatever it is, among the others."""
    rows = _sources()
    if len(rows) <= MOST_SOURCES:
        sources = [Choice(slug, name) for slug, name, _ in rows]
        languages = {language for _, _, language in rows}
    else:
        sources, languages = [], {language for (language,) in _languages()}
    return {
        "sources": sources,
        "categories": [Choice(*row) for row in _categories()],
        "languages": languages_to_choose(languages, language),
    }


@prepared
def _sources() -> QuerySet:
    rows = listing.shown_sources().order_by("name")
    return rows.values_list("slug", "name", "language")[: MOST_SOURCES + 1]


@prepared
def _languages() -> QuerySet:
    return listing.shown_sources().order_by().values_list("language").distinct()


@prepared
def _categories() -> QuerySet:
    return listing.shown_categories().order_by("name").values_list("slug", "name")
