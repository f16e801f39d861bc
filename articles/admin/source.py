"""Sources: who may be shown, and how much of them."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest
from django.utils.translation import ngettext

from articles import workflow
from articles.models import Feed, Source

from .fields import NamedForm
from .filters import LanguageFilter


class FeedInline(admin.StackedInline):
    """A source's inlets."""

    model = Feed
    extra = 1


@admin.register(Source)
class SourceAdmin(admin.ModelAdmin):
    """Publishers and what they allow."""

    form = NamedForm
    list_display = ["name", "reuse", "language", "shows_images", "site_url"]
    list_filter = ["reuse", LanguageFilter, "shows_images"]
    search_fields = ["name", "site_url"]
    ordering = ["name"]
    inlines = [FeedInline]
    prepopulated_fields = {"slug": ["name"]}

    def save_model(
        self, request: HttpRequest, obj: Source, form: forms.ModelForm, change: Any
    ) -> None:
        super().save_model(request, obj, form, change)
        if "reuse" in form.changed_data and (number := workflow.withhold(obj)):
            said = ngettext(
                "%d article appears or disappears with this policy.",
                "%d articles appear or disappear with this policy.",
                number,
            )
            self.message_user(request, said % number, messages.WARNING)
