"""What has a page that lists pieces, with how many it shows by now, and since when."""

from typing import Any

from django.db.models import Count, Max, Q, QuerySet
from django.db.models.functions import Now

from articles.models import Category, Source, Tag


def _shown(path: str) -> dict[str, Any]:
    """``shown``: how many pieces there are by now; ``changed``: when the last came."""
    by_now = Q(**{f"{path}__visible_from__lte": Now()})
    return {
        "shown": Count(path, filter=by_now),
        "changed": Max(f"{path}__visible_from", filter=by_now),
    }


def tags() -> QuerySet[Any]:
    rows: Any = Tag.objects.listed()
    return rows.annotate(**_shown("tagged_articles"))


def sources() -> QuerySet[Any]:
    rows: Any = Source.objects.readable()
    return rows.annotate(**_shown("articles"))


def categories() -> QuerySet[Any]:
    return Category.objects.annotate(**_shown("articles"))
