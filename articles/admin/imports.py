"""Import runs, to look at."""

from django.contrib import admin
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from articles.models import ImportRun, RefusedRecord

from .filters import RunFilter
from .read_only import ReadOnlyAdmin


@admin.register(ImportRun)
class ImportRunAdmin(ReadOnlyAdmin):
    """What each run read, and what came of it."""

    list_display = [
        "__str__",
        "started_at",
        "state",
        "read",
        "created",
        "updated",
        "unchanged",
        "duplicate",
        "failed",
        "refused_link",
    ]
    list_filter = ["state"]
    ordering = ["-pk"]

    @admin.display(description=_("refused and duplicate"))
    def refused_link(self, run: ImportRun) -> str:
        if not run.failed + run.duplicate:
            return "–"
        url = reverse("admin:articles_refusedrecord_changelist")
        return format_html(
            '<a href="{}?run__id__exact={}">{}</a>', url, run.pk, _("show")
        )


@admin.register(RefusedRecord)
class RefusedRecordAdmin(ReadOnlyAdmin):
    """Records that became no article, with the reason."""

    list_display = ["__str__", "outcome", "reason", "run"]
    list_filter = ["outcome", RunFilter]
    list_select_related = ["run"]
    search_fields = ["reason", "raw"]
    search_help_text = _("Words of the reason or the record, among the newest 5,000")
    ordering = ["-pk"]
