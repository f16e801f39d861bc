"""New articles, written once and as they stay: their rows, tags and both indexes.

``relisting()`` brings rows into line with what has become of their articles. Of those
that are new everything is at hand, so nothing is read again and nothing written twice;
on PostgreSQL a row that is written and then updated is two in each of its indexes.
"""

from collections.abc import Mapping, Sequence

from django.utils import timezone

from .article import Article
from .rows import insert, insert_values
from .search_row import SearchRow
from .tagged_article import MIRRORED, TaggedArticle, TagOrigin, are_in_line

#: What the database works out of an article.
_GENERATED = ("listed_at", "visible_from", "waiting_at")
_OF_A_TAGGING = ("tag", "content_object", "origin", "tagged_by", "tagged_at")
_MIRRORING = tuple(name.removesuffix("_id") for name in MIRRORED)


def arrive(
    articles: Sequence[Article], tags: Mapping[str, Sequence[int]], origin: TagOrigin
) -> None:
    """Insert new articles with their tags (ids), by canonical address, within
    ``relisting()``; their sources are at hand. Raises IntegrityError.
    """
    if not articles:
        return
    insert(articles)
    _read_generated(articles)
    now = timezone.now()
    worn = {each.pk: tags.get(each.canonical_url, ()) for each in articles}
    insert_values(
        TaggedArticle,
        (*_OF_A_TAGGING, *_MIRRORING),
        (
            (tag, each.pk, origin.value, None, now, *mirrored)
            for each in articles
            for mirrored in [[getattr(each, name) for name in MIRRORED]]
            for tag in worn[each.pk]
        ),
    )
    SearchRow.objects.add(articles, worn)
    are_in_line(articles)


def _read_generated(articles: Sequence[Article]) -> None:
    rows = Article.objects.filter(pk__among={each.pk for each in articles})
    found = {pk: rest for pk, *rest in rows.values_list("pk", *_GENERATED)}
    for each in articles:
        for name, value in zip(_GENERATED, found[each.pk], strict=True):
            setattr(each, name, value)
