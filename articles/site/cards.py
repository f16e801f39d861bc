"""Cards as HTML, drawn once for each edition of a piece, and kept.

A page whose edition has changed shows mostly what it showed before: all but the new
card are put together again, not drawn. A card's editions are those of its piece's own
page, which shows all that a card does and more; see decision 0021.
"""

from dataclasses import dataclass

from django.conf import settings
from django.core.cache import cache
from django.template.loader import get_template
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from articles import listing
from articles.models import Edition, edition

from . import kept

#: How a card is looked for in the cache, by an article's id.
Keys = dict[int, str]
#: What some cards of a page are beside the others, by an article's id.
Parts = dict[int, str]
FIRST, LEAD = "first", "lead"


@dataclass(frozen=True, slots=True)
class Drawn:
    """A card as HTML, and what programs are told of its piece."""

    html: SafeString
    headline: str
    path: str
    original: str


def drawn(page: listing.Page, *, has_lead: bool) -> dict[listing.Place, Drawn]:
    """The cards of a page, in its order; those of pieces that are public still.

    The first one's picture is sent first; with ``has_lead`` that card is the page's
    lead and larger.
    """
    ids = [place.article for place in page.places]
    # The words of a search are marked in it: nobody else has the same card.
    keeps = settings.NEWSROOM_KEEPS_CARDS and not page.asked["q"]
    parts = dict.fromkeys(ids[:1], LEAD if has_lead else FIRST)
    keys = _keys(ids, parts) if keeps else {}
    known = cache.get_many(keys.values()) if keys else {}
    found = {pk: known[key] for pk, key in keys.items() if key in known}
    missing = [pk for pk in ids if pk not in found]
    if missing:
        new = _draw(missing, page.asked["q"], parts)
        if keys:
            cache.set_many({keys[pk]: each for pk, each in new.items()}, kept.KEPT)
        found |= new
    places = {place.article: place for place in page.places}
    return {places[pk]: found[pk] for pk in ids if pk in found}


def _keys(ids: list[int], parts: Parts) -> Keys:
    """Made of all that a card depends on: its editions, language, code and part."""
    names = [edition.SITE, *map(edition.of_article, ids)]
    editions = Edition.objects.filter(name__in=names).order_by()
    stamps = dict(editions.values_list("name", "stamp"))
    ground = f"card:{kept.build()}:{get_language()}:{stamps.get(edition.SITE)}"
    return {
        pk: f"{ground}:{pk}:{stamps.get(edition.of_article(pk))}:{parts.get(pk)}"
        for pk in ids
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
            card.shown.headline,
            article.get_absolute_url(),
            article.url,
        )
    return found
