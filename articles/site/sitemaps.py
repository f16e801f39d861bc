"""What search engines may list: pages that are ours to list, with their last change."""

from datetime import datetime
from typing import Any

from django.contrib.sitemaps import Sitemap
from django.db.models import Max, QuerySet
from django.urls import reverse

from articles.models import Category, Source, Tag


class TagSitemap(Sitemap):
    """The pages of tags with at least one piece."""

    def items(self) -> QuerySet:
        newest = Max("tagged_articles__listed_at")
        return Tag.objects.listed().annotate(newest=newest).order_by("pk")

    def lastmod(self, tag: Any) -> datetime | None:
        return tag.newest


class SourceSitemap(Sitemap):
    """The pages of sources with at least one piece."""

    def items(self) -> QuerySet:
        newest = Max("articles__listed_at")
        sources = Source.objects.readable().annotate(newest=newest)
        return sources.filter(newest__isnull=False).order_by("pk")

    def lastmod(self, source: Any) -> datetime | None:
        return source.newest


class CategorySitemap(Sitemap):
    """The pages of categories with at least one piece."""

    def items(self) -> QuerySet:
        newest = Max("articles__listed_at")
        categories = Category.objects.annotate(newest=newest)
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
