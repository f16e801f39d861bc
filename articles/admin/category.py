"""Categories."""

from django.contrib import admin

from articles.fields import CleanTexts
from articles.models import Category

from .forms import NamedForm
from .refusals import RefusesActions
from .renewing import RenewsPages


@admin.register(Category)
class CategoryAdmin(RefusesActions, RenewsPages, CleanTexts, admin.ModelAdmin):
    """Sections of the newsroom."""

    form = NamedForm
    list_display = ["name", "slug"]
    search_fields = ["name"]
    ordering = ["name"]
    prepopulated_fields = {"slug": ["name"]}
