"""Categories."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from articles import workflow
from articles.fields import CleanTexts
from articles.models import Category

from .deleting import DeletesNamed
from .former_names import ShowsFormerNames
from .forms import NamedForm
from .refusals import RefusesActions


@admin.register(Category)
class CategoryAdmin(RefusesActions, DeletesNamed, CleanTexts, ShowsFormerNames):
    """Sections of the newsroom."""

    form = NamedForm
    list_display = ["name", "slug"]
    search_fields = ["name"]
    ordering = ["name"]
    prepopulated_fields = {"slug": ["name"]}

    def save_model(
        self, request: HttpRequest, obj: Category, form: Any, change: bool
    ) -> None:
        workflow.save_category(obj)
