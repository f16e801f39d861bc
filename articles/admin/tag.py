"""Tags: their pages, their other names, the phrases that suggest them."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path
from django.urls.resolvers import URLPattern
from django.utils.text import smart_split, unescape_string_literal
from django.utils.translation import gettext_lazy as _

from articles.fields import CleanTexts
from articles.models import Tag, TagAlias, TaggedArticle, TagPhrase, TagSuggestion
from articles.names import name_key
from articles.tagging import tags
from articles.tagging.lookup import complete, is_known

from .counting import BoundedAdmin
from .deleting import DeletesNamed, in_short
from .forms import NamedForm
from .refusals import RefusesActions


class OfTagInline(CleanTexts, admin.StackedInline):
    """What belongs to a tag: who may change the tag may change this."""

    extra = 1

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_change_permission(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        right = "articles.change_tag" if obj else "articles.add_tag"
        return request.user.has_perm(right)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_change_permission(request, obj)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("articles.view_tag") or (
            self.has_change_permission(request, obj)
        )


class AliasForm(NamedForm):
    """Another name, which no tag and no other alias has."""

    def clean_name(self) -> str:
        name = super().clean_name()
        tag = Tag.objects.filter(pk=self.instance.tag_id).first()
        if tag and tag.key == name_key(name):
            raise ValidationError(_("That is the tag's own name."))
        return name


class AliasFormSet(forms.BaseInlineFormSet):
    """The other names of one tag."""

    def clean(self) -> None:
        super().clean()
        seen: set[str] = set()
        for form in self.forms:
            if form in self.deleted_forms or not form.cleaned_data.get("name"):
                continue
            key = name_key(form.cleaned_data["name"])
            if key in seen:
                form.add_error("name", _("That name stands here twice."))
            seen.add(key)


class AliasInline(OfTagInline):
    """Other names; each leads to the tag's page."""

    model = TagAlias
    form = AliasForm
    formset = AliasFormSet
    fields = ["name"]


class PhraseInline(OfTagInline):
    """Text that suggests the tag."""

    model = TagPhrase


@admin.register(Tag)
class TagAdmin(RefusesActions, DeletesNamed, CleanTexts, BoundedAdmin):
    """Subjects."""

    form = NamedForm
    list_display = ["name", "slug", "listed_count", "other_names", "is_internal"]
    list_filter = ["is_internal"]
    #: That there is a search, Django reads from this.
    search_fields = ["name"]
    ordering = ["-listed_count", "name"]
    inlines = [AliasInline, PhraseInline]
    list_per_page = 50
    fields = ["name", "slug", "description", "guidance", "is_internal"]

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).prefetch_related("aliases")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Tag], search_term: str
    ) -> tuple[QuerySet[Tag], bool]:
        """Those that hold each word in a name or a phrase: three tables, no join."""
        for word in smart_split(search_term):
            word = unescape_string_literal(word) if word[0] in "\"'" else word
            aliases = TagAlias.objects.filter(name__icontains=word)
            phrases = TagPhrase.objects.filter(text__icontains=word)
            queryset = queryset.filter(
                Q(name__icontains=word)
                | Q(pk__in=aliases.values("tag"))
                | Q(pk__in=phrases.values("tag"))
            )
        return queryset, False

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        along = {
            TaggedArticle._meta.verbose_name_plural: TaggedArticle.objects.filter(
                tag__in=objs
            ),
            TagSuggestion._meta.verbose_name_plural: TagSuggestion.objects.filter(
                tag__in=objs
            ),
        }
        short = in_short(self, request, objs, along)
        return short or super().get_deleted_objects(objs, request)

    @admin.display(description=_("other names"))
    def other_names(self, tag: Tag) -> str:
        return ", ".join(alias.name for alias in tag.aliases.all())

    def get_form(
        self,
        request: HttpRequest,
        obj: Tag | None = None,
        change: bool = False,
        **kwargs: Any,
    ) -> type[forms.ModelForm]:
        form = super().get_form(request, obj, change, **kwargs)
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
        typed = request.GET.get("q", "")[:100]
        said = _("Nothing is called #%(name)s yet: it would be a new tag.")
        new = "" if is_known(typed) else said % {"name": typed.strip().lstrip("#")}
        return JsonResponse({"tags": complete(typed), "new": new})
