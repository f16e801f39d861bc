"""What a source or a section was called before."""

from typing import Any

from django.contrib import admin
from django.utils.translation import gettext_lazy as _


class ShowsFormerNames(admin.ModelAdmin):
    """A form that shows the names and the slugs that go on leading to its row."""

    readonly_fields = ["former_names"]

    @admin.display(description=_("former names"))
    def former_names(self, row: Any) -> str:
        return ", ".join(map(str, row.aliases.order_by("pk"))) if row.pk else ""
