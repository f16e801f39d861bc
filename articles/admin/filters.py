"""Filters of the editors' lists."""

from typing import Any

from django.contrib import admin
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy

from articles.models import (
    FeedHealth,
    FetchAttempt,
    Source,
    SourceChange,
    SuggestionState,
    TaggedArticle,
    TagSuggestion,
)

#: A list of more sources than this is no filter; the search finds by source.
MOST_SOURCES = 40


class SourceFilter(admin.SimpleListFilter):
    """By publisher, while there are few enough to choose from."""

    title = gettext_lazy("source")
    parameter_name = "source"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        sources = Source.objects.order_by("name").values_list("slug", "name")
        found = list(sources[: MOST_SOURCES + 1])
        if len(found) <= MOST_SOURCES:
            return found
        # One that the address names is shown, as Django drops a filter without
        # choices, and with it what the address asks for.
        if slug := self.value():
            return list(sources.filter(slug=slug)) or [(slug, slug)]
        return []

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


def changes_that_wait() -> Exists:
    """Whether a change at an article's source waits for an editor."""
    return Exists(SourceChange.objects.pending().filter(article=OuterRef("pk")))


class SourceChangeFilter(admin.SimpleListFilter):
    """By whether the source has changed a piece that an editor has touched."""

    title = gettext_lazy("changes at the source")
    parameter_name = "changed"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("yes", gettext_lazy("waits for a decision"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        return queryset.filter(changes_that_wait()) if self.value() else queryset


class HealthFilter(admin.SimpleListFilter):
    """By how a feed is; the worst stands first."""

    title = gettext_lazy("health")
    parameter_name = "health"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return list(FeedHealth.choices)

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        return queryset.filter(health=self.value()) if self.value() else queryset


class FailureFilter(admin.SimpleListFilter):
    """By the kind of failure, among those there were."""

    title = gettext_lazy("kind of failure")
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        known = FetchAttempt.objects.exclude(kind="").order_by("kind")
        return [(k, k) for k in known.values_list("kind", flat=True).distinct()]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        return queryset.filter(kind=self.value()) if self.value() else queryset
