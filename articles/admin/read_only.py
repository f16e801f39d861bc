"""Screens to look at."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest

from .counting import BoundedAdmin, newest_of
from .refusals import RefusesActions


class ReadOnlyAdmin(RefusesActions, BoundedAdmin):
    """What happened; nobody changes it."""

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Words are looked for in the newest rows: no index holds them."""
        rows = newest_of(queryset) if search_term else queryset
        return super().get_search_results(request, rows, search_term)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
