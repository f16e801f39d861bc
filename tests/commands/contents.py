"""What a database holds, by natural values: no ids, no times of arrival."""

from typing import Any

from articles.models import Article, Category, Source, Tag, TaggedArticle, TagSuggestion

COLUMNS = {
    Article: (
        "canonical_url",
        "url",
        "source__name",
        "source__slug",
        "category__name",
        "source_category",
        "source_headline",
        "source_excerpt",
        "source_body",
        "source_tags",
        "source_published_at",
        "status",
        "published_at",
        "author",
        "language",
    ),
    TaggedArticle: (
        "content_object__canonical_url",
        "tag__name",
        "origin",
        "listed_at",
        "visible_from",
        "source__name",
        "category__name",
        "language",
    ),
    Tag: ("name", "slug", "listed_count"),
    Source: ("name", "slug", "reuse"),
    Category: ("name", "slug"),
    TagSuggestion: ("article__canonical_url", "tag__name", "phrase", "found", "state"),
}


def contents(using: str = "default") -> dict[str, list[tuple[Any, ...]]]:
    """The rows of each model, sorted, by the model's name."""
    return {
        model.__name__: sorted(
            model.objects.using(using).values_list(*columns), key=repr
        )
        for model, columns in COLUMNS.items()
    }
