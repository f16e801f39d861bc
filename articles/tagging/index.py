"""Proving and repairing the listing index as a whole."""

from django.db.models import Count, F, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce

from articles.models import Tag, TaggedArticle
from articles.models.tag import mark_first_shown

#: What a row repeats of its article, as pairs of lookups.
_REPEATED = (
    ("listed_at", "content_object__listed_at"),
    ("visible_from", "content_object__visible_from"),
    ("source", "content_object__source"),
    ("category", "content_object__category"),
    ("language", "content_object__language"),
)


def _differs(own: str, articles: str) -> Q:
    """Rows whose column is not what the article says, blanks included."""
    one_blank = Q(**{f"{own}__isnull": True, f"{articles}__isnull": False}) | Q(
        **{f"{own}__isnull": False, f"{articles}__isnull": True}
    )
    return one_blank | ~Q(**{own: F(articles)}) & Q(**{f"{own}__isnull": False})


def _true_count() -> Coalesce:
    rows = TaggedArticle.objects.filter(tag=OuterRef("pk"), listed_at__isnull=False)
    counted = rows.order_by().values("tag").annotate(number=Count("pk"))
    return Coalesce(Subquery(counted.values("number")), 0)


def differences() -> dict[str, int]:
    """How many rows and how many tags' counts are not what they should be."""
    rows = Q()
    for own, articles in _REPEATED:
        rows |= _differs(own, articles)
    counts = Tag.objects.annotate(true_count=_true_count())
    return {
        "rows": TaggedArticle.objects.filter(rows).count(),
        "counts": counts.exclude(listed_count=F("true_count")).count(),
    }


def repair() -> None:
    """Write every row and every count as it should be."""
    TaggedArticle.objects.mirror()
    Tag.objects.update(listed_count=_true_count())
    mark_first_shown(Tag.objects.all())
