"""Tags that stand together with others."""

from collections import Counter
from collections.abc import Iterable

from django.db.models import QuerySet

from articles.models import Tag, TaggedArticle

from .rows import asked, downwards
from .scopes import Scope

#: The newest pieces that are looked at for the tags that stand beside their own.
LOOKED_AT = 100
#: Related tags that a heading shows.
MOST_RELATED = 5


def related(scope: Scope, tags: Iterable[Tag]) -> list[Tag]:
    """The tags that most of the newest pieces of a scope carry beside these.

    The newest 100 pieces say what a subject stands with now, and cost the same
    whether it has 200 pieces or 200,000: one range of the index, and the tags of
    100 pieces. Of tags that are met as often the rarer one comes first: it says
    more about this subject than one that stands on everything. Each of them has
    something to show, since a piece that shows carries it.
    """
    together = Counter(pk for (pk,) in asked(_beside, scope))
    for tag in tags:
        del together[tag.pk]
    # Some of the first may be internal; and with the last all that are met as often.
    near = together.most_common(MOST_RELATED * 2)
    found = _named(pk for pk in together if together[pk] >= near[-1][1])
    if len(found) < MOST_RELATED < len(together):
        found = _named(together)
    return sorted(found, key=lambda tag: -together[tag.pk])[:MOST_RELATED]


def _beside(scope: Scope) -> QuerySet:
    """The tags (ids) on the newest pieces of a scope, as often as they stand there."""
    newest = downwards(scope, None).values(scope.id_field)[:LOOKED_AT]
    # Without a join: SQLite would begin at the tags, and look for each on every piece.
    beside = TaggedArticle.objects.filter(content_object__in=newest)
    return beside.order_by().values_list("tag")


def _named(ids: Iterable[int]) -> list[Tag]:
    """Those of these tags that readers may know of, the rarest first."""
    found = Tag.objects.public().filter(pk__in=list(ids))
    rarest_first = found.order_by("listed_count", "name")
    return list(rarest_first.only("name", "slug", "listed_count"))
