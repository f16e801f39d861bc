"""Categories."""

from django.contrib import admin

from articles.models import Category

from .forms import NamedForm


@admin.register(Category)
class CategoryAdmin(admin.ModelAdmin):
    """Sections of the newsroom."""

    form = NamedForm
    list_display = ["name", "slug"]
    search_fields = ["name"]
    ordering = ["name"]
    prepopulated_fields = {"slug": ["name"]}
