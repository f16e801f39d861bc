"""Tags: their pages, their other names, the phrases that suggest them."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path
from django.urls.resolvers import URLPattern
from django.utils.translation import gettext_lazy as _

from articles.models import Tag, TagAlias, TagPhrase
from articles.tagging import tags
from articles.tagging.lookup import complete


class AliasInline(admin.TabularInline):
    """Other names; each leads to the tag's page."""

    model = TagAlias
    fields = ["name"]
    extra = 1


class PhraseInline(admin.TabularInline):
    """Text that suggests the tag."""

    model = TagPhrase
    extra = 1


@admin.register(Tag)
class TagAdmin(admin.ModelAdmin):
    """Subjects."""

    list_display = ["name", "slug", "listed_count", "other_names"]
    search_fields = ["name", "aliases__name", "phrases__text"]
    ordering = ["-listed_count", "name"]
    inlines = [AliasInline, PhraseInline]
    list_per_page = 50
    show_full_result_count = False
    fields = ["name", "slug", "description", "guidance"]

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).prefetch_related("aliases")

    @admin.display(description=_("other names"))
    def other_names(self, tag: Tag) -> str:
        return ", ".join(alias.name for alias in tag.aliases.all())

    def get_form(
        self, request: HttpRequest, obj: Tag | None = None, **kwargs: Any
    ) -> type[forms.ModelForm]:
        form = super().get_form(request, obj, **kwargs)
        if "slug" in form.base_fields:
            form.base_fields["slug"].required = obj is not None
            if obj is None:
                form.base_fields["slug"].help_text = _("Blank: made from the name.")
        return form

    def save_model(
        self, request: HttpRequest, obj: Tag, form: forms.ModelForm, change: bool
    ) -> None:
        if not change:
            obj.slug = obj.slug or Tag.objects.free_slug(obj.name)
            obj.save()
            return
        tags.change(obj, name=obj.name, slug=obj.slug)

    def get_urls(self) -> list[URLPattern]:
        own = path(
            "names/",
            self.admin_site.admin_view(self.names_view),
            name="articles_tag_names",
        )
        return [own, *super().get_urls()]

    def names_view(self, request: HttpRequest) -> HttpResponse:
        """Tags whose name or alias begins with, or holds, what was typed."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        found = complete(request.GET.get("q", "")[:100])
        return JsonResponse({"tags": found})
