"""Sources: who may be shown, and how much of them."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy, ngettext

from articles import workflow
from articles.fields import CleanTexts
from articles.models import Article, Feed, FetchAttempt, Source

from .deleting import DeletesNamed, in_short, kept_by_pieces
from .feed import health_badge, save_feed
from .filters import LanguageFilter
from .former_names import ShowsFormerNames
from .forms import FeedOfSourceForm, NamedForm
from .refusals import RefusesActions

#: What readers may see of a source hangs on these fields.
POLICY = (
    *workflow.SHOWN,
    "shows_images",
    "shares_images",
    "indexing",
    "fetches_full_text",
)


class FeedInline(CleanTexts, admin.StackedInline):
    """A source's inlets; what else there is to set, each one's own page has."""

    model = Feed
    form = FeedOfSourceForm
    extra = 1
    fields = ["url", "title", "is_active", "check_every", "health_line"]
    readonly_fields = ["health_line"]
    ordering = ["pk"]
    show_change_link = True

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        feeds: Any = super().get_queryset(request)
        return feeds.with_health(timezone.now())

    @admin.display(description=gettext_lazy("health"))
    def health_line(self, feed: Feed) -> str:
        return health_badge(feed) if feed.pk else "–"


@admin.register(Source)
class SourceAdmin(RefusesActions, DeletesNamed, CleanTexts, ShowsFormerNames):
    """Publishers and what they allow."""

    form = NamedForm
    list_display = ["name", "reuse", "language", "shows_images", "site_url"]
    list_filter = ["reuse", LanguageFilter, "shows_images"]
    search_fields = ["name", "site_url"]
    ordering = ["name"]
    inlines = [FeedInline]
    prepopulated_fields = {"slug": ["name"]}

    def has_reuse_permission(self, request: HttpRequest) -> bool:
        """Whether this person may say what readers see of a source."""
        return request.user.has_perm("articles.set_reuse")

    def get_readonly_fields(
        self, request: HttpRequest, obj: Source | None = None
    ) -> list[Any]:
        fixed = [] if self.has_reuse_permission(request) else POLICY
        return [*super().get_readonly_fields(request, obj), *fixed]

    def save_model(
        self, request: HttpRequest, obj: Source, form: forms.ModelForm, change: Any
    ) -> None:
        if number := workflow.save_source(obj, form.changed_data):
            said = ngettext(
                "%d article appears or disappears with this policy.",
                "%d articles appear or disappear with this policy.",
                number,
            )
            self.message_user(request, said % number, messages.WARNING)

    def save_formset(
        self, request: HttpRequest, form: Any, formset: Any, change: Any
    ) -> None:
        """Save the feeds, of those that were there only what was changed."""
        formset.save(commit=False)
        for feed in formset.deleted_objects:
            feed.delete()
        for feed in formset.new_objects:
            feed.save()
        for feed, changed in formset.changed_objects:
            save_feed(feed, changed)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        pieces = Article.objects.filter(source__in=objs)
        if kept := kept_by_pieces(self, objs, pieces):
            return kept
        attempts = FetchAttempt.objects.filter(feed__source__in=objs)
        along = {FetchAttempt._meta.verbose_name_plural: attempts}
        if short := in_short(self, request, objs, along):
            return short
        found, counts, lacking, protected = super().get_deleted_objects(objs, request)
        # Nobody deletes attempts for themselves; with their feed they go.
        lacking.discard(FetchAttempt._meta.verbose_name)
        return found, counts, lacking, protected
