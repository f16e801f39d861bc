"""Who else carries a piece: the sources of the pieces that were folded into it."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import F, Q, QuerySet
from django.db.models.functions import Now

from articles.models import Article, Reuse
from newsroom.prepared import prepared


@dataclass(frozen=True, slots=True)
class Carrier:
    """A publisher who tells the same, and the address of its piece."""

    name: str
    url: str


def carriers(articles: Iterable[int]) -> dict[int, list[Carrier]]:
    """Each other publisher of what these pieces (ids) tell, once, the first to tell
    it first. One query, however many.
    """
    found: dict[int, dict[int, Carrier]] = {pk: {} for pk in articles}
    for pk, source, name, url in _folded(*found) if found else ():
        found[pk].setdefault(source, Carrier(name, url))
    return {pk: list(others.values()) for pk, others in found.items()}


@prepared
def _folded(*articles: int) -> QuerySet:
    """The pieces of others that were folded into these: into which, whose, and where.

    A folded piece is named by its publisher and its address alone, which every
    policy but "blocked" allows; an embargo hides it as it hides every piece.
    """
    open_now = Q(embargoed_until=None) | Q(embargoed_until__lte=Now())
    pieces = Article.objects.filter(
        open_now, folded_into__in=articles, is_withheld=False
    )
    others = pieces.exclude(source=F("folded_into__source"))
    named = others.exclude(source__reuse=Reuse.BLOCKED)
    first_told = named.order_by("source_published_at", "pk")
    return first_told.values_list("folded_into", "source", "source__name", "url")
