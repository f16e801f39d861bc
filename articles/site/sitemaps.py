"""What search engines may list: pages that are ours to list, with their last change."""

from datetime import datetime
from typing import Any

from django.contrib.sitemaps import Sitemap
from django.db.models import Max, Q, QuerySet
from django.db.models.functions import Now
from django.urls import reverse

from articles.models import Category, Source, Tag


def _newest(path: str) -> Max:
    """When the newest piece on a page was listed, of those that show by now.

    A page whose only piece waits for its hour is not named before it.
    """
    shown = Q(**{f"{path}__visible_from__lte": Now()})
    return Max(f"{path}__listed_at", filter=shown)


class TagSitemap(Sitemap):
    """The pages of tags with at least one piece."""

    def items(self) -> QuerySet:
        tags = Tag.objects.listed().annotate(newest=_newest("tagged_articles"))
        return tags.filter(newest__isnull=False).order_by("pk")

    def lastmod(self, tag: Any) -> datetime | None:
        return tag.newest


class SourceSitemap(Sitemap):
    """The pages of sources with at least one piece."""

    def items(self) -> QuerySet:
        sources = Source.objects.readable().annotate(newest=_newest("articles"))
        return sources.filter(newest__isnull=False).order_by("pk")

    def lastmod(self, source: Any) -> datetime | None:
        return source.newest


class CategorySitemap(Sitemap):
    """The pages of categories with at least one piece."""

    def items(self) -> QuerySet:
        categories = Category.objects.annotate(newest=_newest("articles"))
        return categories.filter(newest__isnull=False).order_by("pk")

    def lastmod(self, category: Any) -> datetime | None:
        return category.newest


class IndexSitemap(Sitemap):
    """The home page and the list of tags."""

    def items(self) -> list[str]:
        return ["articles:home", "articles:tags"]

    def location(self, name: str) -> str:
        return reverse(name)


SITEMAPS = {
    "index": IndexSitemap,
    "tags": TagSitemap,
    "sources": SourceSitemap,
    "categories": CategorySitemap,
}
