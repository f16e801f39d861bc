"""How many pieces a tag has to show, without counting them."""

from django.db.models import Count, QuerySet
from django.db.models.functions import Now

from articles.models import Article, Tag, TaggedArticle
from newsroom.prepared import prepared

#: Tags from which on the question does not name them: reading 10,000 names took
#: PostgreSQL 400 ms, and all that wait are few.
MANY = 100


def shown_tags(tags: list[Tag]) -> list[Tag]:
    """The tags that have something to show by now, each with ``visible_count``."""
    waiting = _waiting_counts(tags) if tags else {}
    for tag in tags:
        tag.visible_count = tag.listed_count - waiting.get(tag.pk, 0)
    return [tag for tag in tags if tag.visible_count > 0]


def visible_count(tag: Tag) -> int:
    """How many pieces of a tag readers can see at this moment."""
    return tag.listed_count - sum(number for _tag, number in _waiting_of(tag.pk))


def _waiting_counts(tags: list[Tag]) -> dict[int, int]:
    """``{tag id: listed pieces that do not show yet}``: scheduled or embargoed.

    Begins at the few articles that wait for their hour, not at the tags.
    """
    rows = _waiting()
    return dict(rows.filter(tag__in=tags) if len(tags) <= MANY else rows)


def _waiting() -> QuerySet:
    """Pairs of a tag (id) and the number of its pieces that wait."""
    waiting = Article.objects.filter(listed_at__isnull=False, visible_from__gt=Now())
    # Without a join: SQLite would look at the article of each row of a tag.
    rows = TaggedArticle.objects.filter(content_object__in=waiting.values("pk"))
    return rows.order_by().values_list("tag").annotate(number=Count("pk"))


@prepared
def _waiting_of(tag: int) -> QuerySet:
    return _waiting().filter(tag=tag)
