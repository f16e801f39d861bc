"""Cards as HTML, drawn once for each edition of a piece, and kept.

A page whose edition has changed shows mostly what it showed before: all but the new
card are put together again, not drawn. A card's editions are those of its piece's own
page, which shows all that a card does and more; see decision 0021.
"""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.template.loader import get_template
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from articles import listing
from articles.models import edition

from . import kept, structured
from .parts import PARTS

#: How a card is looked for among the parts, by an article's id.
Keys = dict[int, tuple[Any, ...]]
#: What some cards of a page are beside the others, by an article's id.
Parts = dict[int, str]
FIRST, LEAD = "first", "lead"


@dataclass(frozen=True, slots=True)
class Drawn:
    """A card as HTML, and its piece as programs are told (``structured.item``)."""

    html: SafeString
    item: str


def drawn(
    page: listing.Page, states: tuple[edition.State, ...], *, has_lead: bool
) -> dict[listing.Place, Drawn]:
    """The cards of a page, in its order; those of pieces that are public still.

    ``states`` are the editions of the page. The first one's picture is sent first;
    with ``has_lead`` that card is the page's lead and larger.
    """
    ids = [place.article for place in page.places]
    # The words of a search are marked in it: nobody else has the same card.
    keeps = settings.NEWSROOM_KEEPS_PARTS and not page.asked["q"]
    parts = dict.fromkeys(ids[:1], LEAD if has_lead else FIRST)
    keys = _keys(page.places, states, parts) if keeps else {}
    found = {pk: card for pk, key in keys.items() if (card := PARTS.get(key))}
    missing = [pk for pk in ids if pk not in found]
    if missing:
        new = _draw(missing, page.asked["q"], parts)
        for pk, key in keys.items():
            if pk in new:
                PARTS.set(key, new[pk])
        found |= new
    places = {place.article: place for place in page.places}
    return {places[pk]: found[pk] for pk in ids if pk in found}


def _keys(
    places: list[listing.Place], states: tuple[edition.State, ...], parts: Parts
) -> Keys:
    """Made of all that a card depends on: its editions, language, code and part.

    Each edition was read before the card is drawn, so that what is kept under it is
    never older than it.
    """
    ground = (get_language(), kept.ground(states, edition.SITE))
    return {
        pk: ("card", pk, stamp, parts.get(pk), ground) for _moment, pk, stamp in places
    }


def _draw(ids: list[int], words: str, parts: Parts) -> dict[int, Drawn]:
    template = get_template("site/_card.html")
    found = {}
    for card in listing.cards(ids, words):
        article = card.article
        context = {
            "card": card,
            "is_first_card": article.pk in parts,
            "is_lead": parts.get(article.pk) == LEAD,
            "page_language": get_language(),
        }
        found[article.pk] = Drawn(
            SafeString(template.render(context)),
            structured.item(
                article.get_absolute_url(), card.shown.headline, article.url
            ),
        )
    return found
