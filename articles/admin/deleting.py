"""Deleting in the admin what stands by its name on many of the reader's pages."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest

from articles import workflow


class DeletesNamed:
    """Delete by the workflow's verb, on a page of its own as from the list."""

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        workflow.delete_named(type(obj).objects.filter(pk=obj.pk))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet) -> None:
        workflow.delete_named(queryset)
