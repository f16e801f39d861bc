"""How many pieces a tag has to show, without counting them."""

from django.db.models import Count
from django.db.models.functions import Now

from articles.models import Tag, TaggedArticle

#: Tags from which on the question does not name them: reading 10,000 names took
#: PostgreSQL 400 ms, and all that wait are few.
MANY = 100


def waiting_counts(tags: list[Tag]) -> dict[int, int]:
    """``{tag id: listed pieces that do not show yet}``: scheduled or embargoed.

    Begins at the few articles that wait for their hour, not at the tags.
    """
    rows = TaggedArticle.objects.filter(
        content_object__visible_from__gt=Now(),
        content_object__listed_at__isnull=False,
    )
    if len(tags) <= MANY:
        rows = rows.filter(tag__in=tags)
    return dict(rows.order_by().values_list("tag").annotate(number=Count("pk")))


def visible_count(tag: Tag) -> int:
    """How many pieces of a tag readers can see at this moment."""
    return tag.listed_count - waiting_counts([tag]).get(tag.pk, 0)
