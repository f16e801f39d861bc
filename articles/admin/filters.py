"""Filters of the editors' lists."""

from typing import Any

from django.contrib import admin
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy

from articles.models import (
    FeedHealth,
    FetchAttempt,
    ImportRun,
    Source,
    SourceChange,
    SuggestionState,
    TaggedArticle,
    TagSuggestion,
)

from .counting import MOST_COUNTED, newest_of

#: Runs that a filter offers.
MOST_RUNS = 20
#: More digits than any row's number has.
MOST_DIGITS = 18
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
            ("none", gettext_lazy("without tags, of the newest 5,000")),
            ("suggested", gettext_lazy("with suggestions")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        if self.value() == "none":
            # Of rows that are not there, no index tells.
            tagged = TaggedArticle.objects.filter(content_object=OuterRef("pk"))
            rows = newest_of(queryset, "source_published_at")
            return rows.filter(~Exists(tagged))
        if self.value() == "suggested":
            open_ones = TagSuggestion.objects.filter(state=SuggestionState.OPEN)
            latest = open_ones.order_by("-article").values("article")[:MOST_COUNTED]
            return queryset.filter(pk__in=latest)
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
        if not self.value():
            return queryset
        return queryset.filter(pk__in=SourceChange.objects.pending().values("article"))


class HealthFilter(admin.SimpleListFilter):
    """By how a feed is; the worst stands first."""

    title = gettext_lazy("health")
    parameter_name = "health"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return list(FeedHealth.choices)

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        return queryset.filter(health=self.value()) if self.value() else queryset


class FailureFilter(admin.SimpleListFilter):
    """By the kind of failure, among those there were of late."""

    title = gettext_lazy("kind of failure")
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        known = newest_of(FetchAttempt.objects.all()).exclude(kind="").order_by("kind")
        return [(k, k) for k in known.values_list("kind", flat=True).distinct()]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        return queryset.filter(kind=self.value()) if self.value() else queryset


class RunFilter(admin.SimpleListFilter):
    """By the import run: the latest, and the one that the address names."""

    title = gettext_lazy("run")
    parameter_name = "run__id__exact"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        latest = ImportRun.objects.order_by("-pk")
        runs = {str(run.pk): str(run) for run in latest[:MOST_RUNS]}
        if (asked := self.value()) and asked.isdecimal() and len(asked) < MOST_DIGITS:
            runs |= {str(run.pk): str(run) for run in latest.filter(pk=int(asked))}
        return list(runs.items())

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        if not (asked := self.value()):
            return queryset
        known = asked.isdecimal() and len(asked) < MOST_DIGITS
        return queryset.filter(run=int(asked)) if known else queryset.none()
