"""Deleting in the admin what stands by its name on many of the reader's pages."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.text import capfirst

from articles import workflow
from articles.models import SearchRow, TextBand

#: Rows that are made of a piece's words, and tell nobody what is lost.
DERIVED = (TextBand, SearchRow)


class DeletesNamed:
    """Delete by the workflow's verb, on a page of its own as from the list."""

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        workflow.delete_named(type(obj).objects.filter(pk=obj.pk))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet) -> None:
        workflow.delete_named(queryset)


def without_derived(
    found: list[Any], counts: dict[Any, int]
) -> tuple[list[Any], dict[Any, int]]:
    """What Django's page lists before it deletes, without what is derived."""
    names = [f"{capfirst(model._meta.verbose_name)}: " for model in DERIVED]
    hidden = {model._meta.verbose_name_plural for model in DERIVED}
    kept = {name: count for name, count in counts.items() if name not in hidden}
    return _without(found, tuple(names)), kept


def _without(found: list[Any], names: tuple[str, ...]) -> list[Any]:
    """Lines and lists of lines; a list left empty goes too."""
    left = [_without(each, names) if isinstance(each, list) else each for each in found]
    return [each for each in left if each and not str(each).startswith(names)]
