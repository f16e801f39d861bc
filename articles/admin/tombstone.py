"""Deleted pieces, which no import brings back while they stand here."""

from typing import Any

from django.contrib import admin
from django.contrib.admin import ModelAdmin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from articles.ingest import fetching
from articles.models import Tombstone

from .article_list import canonical_of
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
    search_help_text = _(
        "A whole address; words of the headline or the address, among the newest 5,000"
    )
    ordering = ["-pk"]
    list_per_page = 50

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """That of a whole address, however old; else as every list of its kind."""
        if "://" in search_term:
            there = queryset.filter(canonical_url=canonical_of(search_term.strip()))
            if there.exists():
                return there, False
        return super().get_search_results(request, queryset, search_term)

    @admin.display(description=_("deleted"), ordering="pk")
    def at_cell(self, tombstone: Tombstone) -> str:
        return moment(tombstone.at)

    @admin.display(description=_("address"), ordering="canonical_url")
    def address_cell(self, tombstone: Tombstone) -> str:
        return tombstone.canonical_url

    @admin.display(description=_("by"))
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
