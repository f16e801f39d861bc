"""Who else carries a piece: the sources of the pieces that were folded into it."""

from dataclasses import dataclass

from django.db.models import Prefetch, Q
from django.db.models.functions import Now

from articles.models import Article

#: Where a loaded article keeps the pieces folded into it.
LOADED = "told_elsewhere"


@dataclass(frozen=True, slots=True)
class Carrier:
    """A publisher who tells the same, and the address of its piece."""

    name: str
    url: str


def folded() -> Prefetch:
    """For ``prefetch_related`` on articles: what ``carriers`` asks for, one query.

    A folded piece is named by its publisher and its address alone, which every
    policy but "blocked" allows; an embargo hides it as it hides every piece.
    """
    open_now = Q(embargoed_until=None) | Q(embargoed_until__lte=Now())
    pieces = Article.objects.filter(open_now, is_withheld=False)
    pieces = pieces.select_related("source").order_by("source_published_at", "pk")
    needed = ("folded_into", "url", "source__name", "source__reuse")
    return Prefetch("folded", pieces.only(*needed), to_attr=LOADED)


def carriers(article: Article) -> list[Carrier]:
    """Each other publisher of what a piece tells, once, the first to tell it first."""
    found: dict[int, Carrier] = {}
    for each in getattr(article, LOADED):
        if each.source_id != article.source_id and not each.source.is_blocked:
            carrier = Carrier(each.source.name, each.url)
            found.setdefault(each.source_id, carrier)
    return list(found.values())
