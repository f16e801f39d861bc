"""What readers are told about pieces: on their pages, in feeds, and all together."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from django import forms
from django.db.models import Prefetch, QuerySet, prefetch_related_objects
from django.utils import timezone
from django.utils.translation import gettext as _

from articles import listing
from articles.listing import (
    MOST_ROWS,
    PAGE_SIZE,
    UNREAD,
    Card,
    InvalidListing,
    NumberField,
    Scope,
)
from articles.models import Article, Correction

#: For how long feeds send a piece again in which something was corrected, however far
#: down it stands by then, and the most of them: readers ask at least once a week.
SENT_AGAIN = timedelta(days=7)
MOST_SENT_AGAIN = 20


@dataclass(frozen=True, slots=True)
class Page:
    """Some corrections, newest first; ``older`` is the next page's cursor."""

    corrections: list[Correction]
    older: int | None
    is_first: bool


class Parameters(forms.Form):
    """What the address may ask for."""

    page_size = NumberField(required=False, min_value=1, max_value=MOST_ROWS)
    after = NumberField(required=False, min_value=1, max_value=2**63 - 1)


def page(parameters: Mapping[str, str]) -> Page:
    """The newest corrections of pieces that can be read, or those behind a cursor.

    Raises InvalidListing for a value that makes no sense.
    """
    asked = Parameters(parameters)
    if not asked.is_valid():
        raise InvalidListing({k: list(map(str, v)) for k, v in asked.errors.items()})
    size = asked.cleaned_data["page_size"] or PAGE_SIZE
    after = asked.cleaned_data["after"]
    pieces = Prefetch("article", Article.objects.defer(*UNREAD))
    found = list(rows(after).prefetch_related(pieces)[: size + 1])
    return Page(
        corrections=found[:size],
        older=found[size - 1].pk if len(found) > size else None,
        is_first=after is None,
    )


def rows(after: int | None) -> QuerySet[Correction]:
    """The corrections that are shown, newest first, from behind the cursor on."""
    shown = Correction.objects.public().newest_first()
    if after is None:
        return shown
    # Also behind one that was withdrawn since: its moment stays.
    cursor = Correction.objects.filter(pk=after).only("at").first()
    if cursor is None:
        raise InvalidListing({"after": [_("There is no correction of that number.")]})
    return shown.filter(at__lte=cursor.at).exclude(at=cursor.at, pk__gte=after)


def of_piece(article: Article) -> list[Correction]:
    """What readers of this piece are told, newest first.

    Our own words: no source's policy cuts them, but who may not see the piece does
    not see them either.
    """
    if article.source.is_blocked:
        return []
    standing = [each for each in article.corrections.all() if not each.withdrawn_at]
    return sorted(standing, key=lambda each: (each.at, each.pk), reverse=True)


def for_feed(scope: Scope, cards: list[Card]) -> list[Card]:
    """These cards of a listing with their corrections, and behind them older pieces
    in which something was corrected or a correction withdrawn lately."""
    since = timezone.now() - SENT_AGAIN
    lately = Correction.objects.changed_since(since).order_by("-at", "-pk")
    ids = dict.fromkeys(lately.values_list("article", flat=True)[: 5 * MOST_SENT_AGAIN])
    for card in cards:
        ids.pop(card.article.pk, None)
    if ids:
        again = scope.rows.filter(**{f"{scope.id_field}__in": list(ids)})
        newest = again.order_by("-listed_at").values_list(scope.id_field, flat=True)
        cards = [*cards, *listing.cards(list(newest[:MOST_SENT_AGAIN]))]
    prefetch_related_objects([card.article for card in cards], "corrections")
    return cards
