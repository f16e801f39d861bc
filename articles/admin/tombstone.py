"""Deleted pieces, which no import brings back while they stand here."""

from typing import Any

from django.contrib import admin
from django.contrib.admin import ModelAdmin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from articles.ingest import fetching
from articles.models import Tombstone

from .filters import SourceFilter
from .read_only import ReadOnlyAdmin
from .times import moment


@admin.register(Tombstone)
class TombstoneAdmin(ReadOnlyAdmin):
    """What an editor deleted; deleted here too, it may come back."""

    list_display = ["headline", "source", "address_cell", "at_cell", "by_cell"]
    list_filter = [SourceFilter]
    list_select_related = ["source"]
    search_fields = ["headline", "canonical_url"]
    search_help_text = _("Words of the headline, the address")
    ordering = ["-at", "-pk"]
    list_per_page = 50
    show_full_result_count = False

    @admin.display(description=_("deleted"), ordering="at")
    def at_cell(self, tombstone: Tombstone) -> str:
        return moment(tombstone.at)

    @admin.display(description=_("address"), ordering="canonical_url")
    def address_cell(self, tombstone: Tombstone) -> str:
        return tombstone.canonical_url

    @admin.display(description=_("by"), ordering="by_name")
    def by_cell(self, tombstone: Tombstone) -> str:
        return tombstone.by_name

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return ModelAdmin.has_delete_permission(self, request, obj)

    def delete_model(self, request: HttpRequest, obj: Tombstone) -> None:
        self.delete_queryset(request, Tombstone.objects.filter(pk=obj.pk))

    def delete_queryset(
        self, request: HttpRequest, queryset: QuerySet[Tombstone]
    ) -> None:
        fetching.let_come_back(queryset)

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        actions = super().get_actions(request)
        if delete := actions.get("delete_selected"):
            label = str(_("Let the chosen pieces come back"))
            actions["delete_selected"] = (delete[0], delete[1], label)
        return actions
