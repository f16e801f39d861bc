"""Screens to look at."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from .refusals import RefusesActions


class ReadOnlyAdmin(RefusesActions, admin.ModelAdmin):
    """What happened; nobody changes it."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
