"""Attempts to fetch feeds, to look at."""

from django.contrib import admin
from django.http import HttpRequest
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from articles.models import FetchAttempt, FetchOutcome

from .filters import FailureFilter
from .read_only import ReadOnlyAdmin
from .times import labelled, moment


def pieces(attempt: FetchAttempt) -> str:
    """What became of the pieces of an attempt, in words; "" if it got none."""
    if not attempt.items:
        return ""
    count = ngettext("%d piece", "%d pieces", attempt.items) % attempt.items
    parts = [
        (_("%d new"), attempt.created),
        (_("%d changed"), attempt.updated),
        (_("%d as before"), attempt.unchanged),
        (_("%d here already"), attempt.duplicate),
        (_("%d refused"), attempt.refused),
    ]
    return f"{count}: {', '.join(text % number for text, number in parts if number)}"


def outcome(attempt: FetchAttempt) -> str:
    """How an attempt ended, with the kind of failure."""
    words = FetchOutcome(attempt.outcome).label
    return f"{words} ({attempt.kind})" if attempt.kind else str(words)


@admin.register(FetchAttempt)
class FetchAttemptAdmin(ReadOnlyAdmin):
    """What came of each try, and why."""

    list_display = [
        "at_cell",
        "feed_link",
        "outcome_cell",
        "status_cell",
        "told_cell",
        "next_cell",
    ]
    fields = [
        "feed_link",
        "at_cell",
        "outcome_cell",
        "http_status",
        "told_cell",
        "notes_cell",
        "size_cell",
        "next_cell",
    ]
    list_filter = ["outcome", FailureFilter]
    list_select_related = ["feed"]
    search_fields = ["reason"]
    search_help_text = gettext_lazy("Words of the reason, among the newest 5,000")
    # As they were made: the newest has the greatest number.
    ordering = ["-pk"]
    list_per_page = 50

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        # A feed's page leads to its own attempts.
        return lookup == "feed__id__exact" or super().lookup_allowed(
            lookup, value, request
        )

    @admin.display(description=gettext_lazy("at"), ordering="pk")
    def at_cell(self, attempt: FetchAttempt) -> str:
        return moment(attempt.at)

    @admin.display(description=gettext_lazy("feed"))
    def feed_link(self, attempt: FetchAttempt) -> str:
        url = reverse("admin:articles_feed_change", args=[attempt.feed_id])
        return format_html('<a href="{}">{}</a>', url, attempt.feed)

    @admin.display(description=gettext_lazy("outcome"))
    def outcome_cell(self, attempt: FetchAttempt) -> str:
        return outcome(attempt)

    @admin.display(description=gettext_lazy("status"))
    def status_cell(self, attempt: FetchAttempt) -> str:
        return labelled(_("HTTP status"), str(attempt.http_status or "–"))

    @admin.display(description=gettext_lazy("what came of it"))
    def told_cell(self, attempt: FetchAttempt) -> str:
        told = [text for text in (pieces(attempt), attempt.reason) if text]
        return format_html_join("", "<div>{}</div>", ((text,) for text in told)) or "–"

    @admin.display(description=gettext_lazy("pieces left out"))
    def notes_cell(self, attempt: FetchAttempt) -> str:
        return (
            format_html_join("", "<div>{}</div>", ((n,) for n in attempt.notes)) or "–"
        )

    @admin.display(description=gettext_lazy("size and time"))
    def size_cell(self, attempt: FetchAttempt) -> str:
        return _("%(size)s in %(seconds).1f s") % {
            "size": filesizeformat(attempt.bytes),
            "seconds": attempt.seconds,
        }

    @admin.display(description=gettext_lazy("next check"))
    def next_cell(self, attempt: FetchAttempt) -> str:
        return labelled(_("Next check"), moment(attempt.next_check_at))
