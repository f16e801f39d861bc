"""Cards: what a listing shows of a piece, loaded by the pieces' numbers."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import QuerySet

from articles.models import Article, Tag
from articles.rights import Channel, Permitted, permitted, tags_shown
from articles.search import Marked, marked
from newsroom.prepared import loaded

from .carriers import Carrier, carriers

#: What a card of a listing does not show and a page need not read.
UNREAD = ("source_body", "source_tags")


@dataclass(frozen=True, slots=True)
class Card:
    """One piece of a listing: the article, what may be shown of it, who has it too."""

    article: Article
    shown: Permitted
    tags: list[Tag]
    carriers: list[Carrier]
    #: The same texts with the words of a search, where there is one.
    marked: Marked | None = None


def cards(articles: Sequence[int], words: str = "") -> list[Card]:
    """The cards of these articles (ids), in this order, with the words of a search.

    Three queries, however many. A piece that is not public any more is left out.
    """
    found = {each.pk: each for each in _shown(*articles)} if articles else {}
    tags, others = tags_shown(found), carriers(found)
    shown = (pk for pk in articles if pk in found)
    return [_card(found[pk], tags[pk], others[pk], words) for pk in shown]


@loaded(Article, "source", "category", "image", without=UNREAD)
def _shown(*articles: int) -> QuerySet:
    # Asked for by their numbers, so that joins lead no planner astray.
    return Article.objects.published().filter(pk__in=articles).order_by()


def _card(article: Article, tags: list[Tag], others: list[Carrier], words: str) -> Card:
    """A listing's view of one loaded article, with the words of a search marked."""
    shown = permitted(article, Channel.LISTING)
    return Card(
        article=article,
        shown=shown,
        tags=tags,
        carriers=others,
        marked=marked(shown, words),
    )
