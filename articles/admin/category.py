"""Categories."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from articles import workflow
from articles.fields import CleanTexts
from articles.models import Article, Category

from .deleting import DeletesNamed, kept_by_pieces
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

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        pieces = Article.objects.filter(category__in=objs)
        kept = kept_by_pieces(self, objs, pieces)
        return kept or super().get_deleted_objects(objs, request)
