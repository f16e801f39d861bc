"""Tags that stand together with others."""

from collections.abc import Iterable

from django.db.models import Count

from articles.models import Tag

from .rows import older_than
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
    newest = older_than(scope, None).values(scope.id_field)[:LOOKED_AT]
    beside = Tag.objects.public().filter(tagged_articles__content_object__in=newest)
    beside = beside.exclude(pk__in=[tag.pk for tag in tags])
    counted = beside.annotate(together=Count("tagged_articles"))
    return list(counted.order_by("-together", "listed_count", "name")[:MOST_RELATED])
