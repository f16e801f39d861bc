"""Filters of the editors' lists."""

from typing import Any

from django.contrib import admin
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy

from articles.models import Source, SuggestionState, TaggedArticle, TagSuggestion

#: A list of more sources than this is no filter; the search finds by source.
MOST_SOURCES = 40


class SourceFilter(admin.SimpleListFilter):
    """By publisher, while there are few enough to choose from."""

    title = gettext_lazy("source")
    parameter_name = "source"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        sources = Source.objects.order_by("name").values_list("slug", "name")
        found = list(sources[: MOST_SOURCES + 1])
        return found if len(found) <= MOST_SOURCES else []

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        return queryset.filter(source__slug=self.value()) if self.value() else queryset


class LanguageFilter(admin.SimpleListFilter):
    """By language, as the sources name them."""

    title = gettext_lazy("language")
    parameter_name = "language"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        known = Source.objects.exclude(language="").order_by("language")
        languages = known.values_list("language", flat=True).distinct()
        return [(language, language) for language in languages]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        return queryset.filter(language=self.value()) if self.value() else queryset


class TaggingFilter(admin.SimpleListFilter):
    """By what is still to do about a piece's tags."""

    title = gettext_lazy("tags")
    parameter_name = "tagging"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [
            ("none", gettext_lazy("without tags")),
            ("suggested", gettext_lazy("with suggestions")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        if self.value() == "none":
            tagged = TaggedArticle.objects.filter(content_object=OuterRef("pk"))
            return queryset.filter(~Exists(tagged))
        if self.value() == "suggested":
            suggested = TagSuggestion.objects.filter(
                article=OuterRef("pk"), state=SuggestionState.OPEN
            )
            return queryset.filter(Exists(suggested))
        return queryset
