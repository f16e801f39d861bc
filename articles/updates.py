"""When readers were last told something new of a piece."""

from collections.abc import Iterable
from datetime import datetime

from django.db.models import F, Max, Q, QuerySet
from django.db.models.functions import Coalesce

from articles.models import (
    Article,
    Change,
    Correction,
    Reuse,
    SourceChange,
    SourceChangeState,
)

#: The desk's words that readers see.
WORDS = ("headline", "excerpt", "note")

#: A change at the source that readers see: what the desk's own words do not cover.
_SEEN = Q(after__has_key="source_headline", article__headline="") | Q(
    ~Q(article__source__reuse=Reuse.HEADLINE),
    after__has_key="source_excerpt",
    article__excerpt="",
)
_TEXT = Q(after__has_key="source_body", article__source__reuse=Reuse.FULL_TEXT)


def latest(
    articles: Iterable[int] | QuerySet, *, with_text: bool = False
) -> dict[int, datetime]:
    """``{article id: moment}`` of those whose words were changed.

    A correction counts, told or withdrawn, a change of headline, excerpt or note,
    and what a source changed in words that are shown; with ``with_text`` those of
    the full text, which feeds do not carry. Moves, tags and pictures do not: no
    reader has to read a piece again for them. ``articles`` are ids, or a queryset
    of them. Three queries, however many.
    """
    edits = Change.objects.filter(article__in=articles, after__has_any_keys=WORDS)
    theirs = SourceChange.objects.filter(
        _SEEN | _TEXT if with_text else _SEEN,
        article__in=articles,
        state__in=[SourceChangeState.APPLIED, SourceChangeState.ACCEPTED],
    ).annotate(moment=Coalesce("decided_at", "at"))
    told = Correction.objects.filter(article__in=articles)
    found: dict[int, datetime] = {}
    for rows in (
        edits.annotate(moment=F("act__at")),
        theirs,
        told.annotate(moment=Coalesce("withdrawn_at", "at")),
    ):
        newest = rows.order_by().values_list("article").annotate(Max("moment"))
        for article, moment in newest:
            found[article] = max(moment, found.get(article, moment))
    return found


def updated_at(article: Article, found: dict[int, datetime]) -> datetime:
    """When readers were last told something new, by ``latest``'s answer.

    Never before the piece's own date.
    """
    return max(article.listed_at, found.get(article.pk, article.listed_at))
