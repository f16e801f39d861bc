"""Where an article stands in listings, asked for by its number."""

from datetime import datetime

from django.db.models import QuerySet

from newsroom.prepared import prepared

from .article import Article


def moment_listed(pk: int) -> datetime | None:
    """Where an article (id) stands in listings, or last stood.

    None if it was never public, so that no number tells of a piece to come.
    """
    return min(
        (moment for row in _dates_once_public(pk) for moment in row), default=None
    )


@prepared
def _dates_once_public(pk: int) -> QuerySet:
    once = Article.objects.once_public().filter(pk=pk)
    return once.values_list("source_published_at", "published_at")
