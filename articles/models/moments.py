"""Where an article stands in listings, asked for by its number."""

from datetime import datetime

from django.db.models import QuerySet, Subquery
from django.db.models.functions import Least

from newsroom.prepared import prepared

from .article import Article


def moment_listed(pk: int) -> datetime | None:
    """Where an article (id) stands in listings, or last stood.

    None if it was never public, so that no number tells of a piece to come.
    """
    return next((moment for (moment,) in _asked(pk)), None)


def moment_within(pk: int) -> Subquery:
    """The same as a part of another question, NULL where the article never stood."""
    return Subquery(_moments(pk))


def _moments(pk: int) -> QuerySet:
    once = Article.objects.once_public().filter(pk=pk)
    return once.values_list(Least("source_published_at", "published_at"))


_asked = prepared(_moments)
