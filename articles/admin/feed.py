"""Feeds: how each is, what came of its last fetches, and what to do about it."""

from collections.abc import Iterable
from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Case, QuerySet, Value, When
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import path, reverse
from django.urls.resolvers import URLPattern
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from articles.fields import CleanTexts
from articles.ingest import fetching
from articles.models import Feed, FeedHealth, FetchAttempt
from articles.models.feed import FeedQuerySet

from . import fetch_now
from .counting import BoundedAdmin
from .deleting import in_short
from .fetch_attempt import outcome, pieces
from .filters import HealthFilter, SourceFilter
from .forms import FeedForm
from .posted import posted
from .refusals import RefusesActions
from .times import labelled, moment

#: Attempts that a feed's page shows; the list of attempts has the others.
SHOWN_ATTEMPTS = 20
#: A shape for each health, so that it does not hang on a colour.
SHAPES = {
    FeedHealth.GONE: "✕",
    FeedHealth.FAILING: "▲",
    FeedHealth.QUIET: "◔",
    FeedHealth.MOVED: "➜",
    FeedHealth.FLAWED: "◆",
    FeedHealth.GOOD: "●",
    FeedHealth.NEW: "○",
    FeedHealth.OFF: "–",
}


def health_badge(feed: Feed) -> str:
    """The feed's health as a shape and in words; its query has ``with_health``."""
    health = FeedHealth(feed.health)  # type: ignore[attr-defined]
    return format_html(
        '<span class="health health-{}"><span aria-hidden="true">{}</span> {}</span>',
        health.value,
        SHAPES[health],
        health.label,
    )


def save_feed(feed: Feed, changed: Iterable[str]) -> None:
    """Save what a person changed in these fields; a new address starts afresh.

    Only the named columns are written: a fetch may be writing the others.
    """
    fields = set(changed)
    if "url" in fields:
        fields |= {"host", "verifies_certificate"}
    if "username" in fields:
        fields.add("password")
    if not fields:
        return
    feed.save(update_fields=fields)
    if "url" in fields:
        fetching.revive(feed)


@admin.register(Feed)
class FeedAdmin(RefusesActions, CleanTexts, BoundedAdmin):
    """Inlets, the settings of each, and its state, which fetching alone writes."""

    form = FeedForm
    list_display = [
        "feed_cell",
        "source_cell",
        "state_cell",
        "success_cell",
        "news_cell",
        "next_cell",
    ]
    list_filter = [HealthFilter, "is_active", SourceFilter]
    list_select_related = ["source"]
    search_fields = ["title", "url", "source__name"]
    search_help_text = gettext_lazy("Words of the title, the address, the source")
    ordering = ["source__name", "pk"]
    list_per_page = 50
    actions = ["fetch_selected"]
    readonly_fields = [
        "health_line",
        "problem_line",
        "password_line",
        "times_line",
        "failures_line",
        "rhythm_line",
    ]
    fieldsets = [
        (None, {"fields": ["source", "title", "url", "is_active", "check_every"]}),
        (
            gettext_lazy("Access"),
            {"fields": ["username", "password", "verifies_certificate"]},
        ),
        (
            gettext_lazy("State"),
            {
                "fields": [
                    "health_line",
                    "problem_line",
                    "times_line",
                    "failures_line",
                    "rhythm_line",
                ]
            },
        ),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        feeds = cast(FeedQuerySet, super().get_queryset(request))
        worst_first = [When(health=name, then=n) for n, name in enumerate(FeedHealth)]
        return feeds.with_health(timezone.now()).annotate(
            rank=Case(*worst_first, default=Value(len(FeedHealth)))
        )

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        # A filter typed into the address could guess a password letter by letter.
        if lookup.startswith("password"):
            return False
        return super().lookup_allowed(lookup, value, request)

    @admin.display(description=gettext_lazy("feed"), ordering="title")
    def feed_cell(self, feed: Feed) -> str:
        return format_html(
            '<span class="feed-title">{}</span> <span class="address">{}</span>{}',
            feed.title or feed.host,
            feed.url,
            _certificate_badge(feed),
        )

    @admin.display(description=gettext_lazy("source"), ordering="source__name")
    def source_cell(self, feed: Feed) -> str:
        url = reverse("admin:articles_source_change", args=[feed.source_id])
        return format_html('<a href="{}">{}</a>', url, feed.source)

    @admin.display(description=gettext_lazy("state"), ordering="rank")
    def state_cell(self, feed: Feed) -> str:
        cell = '{}<span class="problem">{}</span>'
        return format_html(cell, health_badge(feed), self._problem(feed))

    @admin.display(description=gettext_lazy("health"))
    def health_line(self, feed: Feed) -> str:
        return health_badge(feed)

    @admin.display(description=gettext_lazy("problem"))
    def problem_line(self, feed: Feed) -> str:
        return self._problem(feed) or "–"

    def _problem(self, feed: Feed) -> str:
        if not _is_sent_elsewhere(feed):
            return feed.problem
        said = _("Its server sends us to %(url)s.") % {"url": feed.moved_to}
        return f"{feed.problem} {said}".strip()

    @admin.display(description=gettext_lazy("last fetched"), ordering="last_success_at")
    def success_cell(self, feed: Feed) -> str:
        return labelled(_("Last fetched"), moment(feed.last_success_at))

    @admin.display(description=gettext_lazy("last new piece"), ordering="last_new_at")
    def news_cell(self, feed: Feed) -> str:
        return labelled(_("Last new piece"), moment(feed.last_new_at))

    @admin.display(description=gettext_lazy("next check"), ordering="next_check_at")
    def next_cell(self, feed: Feed) -> str:
        return labelled(_("Next check"), self._next(feed))

    def _next(self, feed: Feed) -> str:
        if not feed.is_active or feed.gone_at:
            return _("none")
        if feed.next_check_at <= timezone.now():
            return _("due now")
        return moment(feed.next_check_at)

    @admin.display(description=gettext_lazy("times"))
    def times_line(self, feed: Feed) -> str:
        times = [
            (_("Last tried"), moment(feed.last_attempt_at)),
            (_("Last fetched"), moment(feed.last_success_at)),
            (_("Last new piece"), moment(feed.last_new_at)),
            (_("Next check"), self._next(feed)),
        ]
        rows = format_html_join("", "<dt>{}</dt><dd>{}</dd>", times)
        return format_html('<dl class="facts">{}</dl>', rows)

    @admin.display(description=gettext_lazy("failures in a row"))
    def failures_line(self, feed: Feed) -> str:
        if not feed.failures:
            return "0"
        said = _("%(number)d, since %(since)s")
        return said % {"number": feed.failures, "since": moment(feed.failing_since)}

    @admin.display(description=gettext_lazy("usual time between pieces"))
    def rhythm_line(self, feed: Feed) -> str:
        if not feed.usual_gap:
            return _("not known yet")
        said = _("%(hours).1f hours; no new piece by %(quiet)s would be strange")
        hours = feed.usual_gap.total_seconds() / 3600
        return said % {"hours": hours, "quiet": moment(feed.quiet_from)}

    @admin.display(description=gettext_lazy("password"))
    def password_line(self, feed: Feed) -> str:
        return _("stored, and not shown") if feed.password else _("none")

    def has_trust_permission(self, request: HttpRequest) -> bool:
        """Whether this person may fetch from a server that cannot prove its name.

        It is the right to say what a publisher may do here: whoever has it answers
        for the source.
        """
        return request.user.has_perm("articles.change_source")

    def get_readonly_fields(
        self, request: HttpRequest, obj: Feed | None = None
    ) -> list[Any]:
        fixed = [] if self.has_trust_permission(request) else ["verifies_certificate"]
        return [*super().get_readonly_fields(request, obj), *fixed]

    def get_fieldsets(self, request: HttpRequest, obj: Feed | None = None) -> Any:
        settings, access, state = super().get_fieldsets(request, obj)
        if obj is None:
            return [settings, access]
        if not self.has_change_permission(request, obj):
            # Who may only look would be shown the password as it is.
            access = (
                access[0],
                {"fields": ["username", "password_line", "verifies_certificate"]},
            )
        return [settings, access, state]

    def save_model(
        self, request: HttpRequest, obj: Feed, form: forms.ModelForm, change: bool
    ) -> None:
        if change:
            save_feed(obj, form.changed_data)
        else:
            obj.save()

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        attempts = FetchAttempt.objects.filter(feed__in=objs)
        along = {FetchAttempt._meta.verbose_name_plural: attempts}
        if short := in_short(self, request, objs, along):
            return short
        found, counts, lacking, protected = super().get_deleted_objects(objs, request)
        # Nobody deletes attempts for themselves; with their feed they go.
        lacking.discard(FetchAttempt._meta.verbose_name)
        return found, counts, lacking, protected

    @admin.action(description=gettext_lazy("Fetch now"), permissions=["change"])
    def fetch_selected(self, request: HttpRequest, queryset: QuerySet) -> None:
        ids = list(queryset.order_by().values_list("pk", flat=True))
        self._fetch(request, ids)

    def _fetch(self, request: HttpRequest, ids: list[int]) -> None:
        for level, said in fetch_now.fetch(ids):
            self.message_user(request, said, level)

    def get_urls(self) -> list[URLPattern]:
        own = [
            path(
                f"<int:pk>/{name}/",
                posted(self.admin_site, view, "admin:articles_feed_change"),
                name=f"articles_feed_{name}",
            )
            for name, view in (
                ("fetch", self.fetch_view),
                ("revive", self.revive_view),
                ("move", self.move_view),
                ("stay", self.stay_view),
            )
        ]
        return [*own, *super().get_urls()]

    def _may_change(self, request: HttpRequest, pk: int) -> Feed:
        feed = get_object_or_404(Feed, pk=pk)
        if not self.has_change_permission(request, feed):
            raise PermissionDenied
        return feed

    def fetch_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Fetch a feed now."""
        self._fetch(request, [self._may_change(request, pk).pk])
        return redirect("admin:articles_feed_change", pk)

    def revive_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Forget what went wrong with a feed, and fetch it now."""
        fetching.revive(self._may_change(request, pk))
        self._fetch(request, [pk])
        return redirect("admin:articles_feed_change", pk)

    def move_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Take over the address to which a feed's server sends us."""
        feed = self._may_change(request, pk)
        try:
            fetching.take_new_address(feed)
        except ValidationError as why:
            self.message_user(request, " ".join(why.messages), messages.ERROR)
        else:
            said = _("From now on it is fetched from %(url)s.") % {"url": feed.url}
            self.message_user(request, said, messages.SUCCESS)
        return redirect("admin:articles_feed_change", pk)

    def stay_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Keep a feed's address, wherever its server sends us."""
        feed = self._may_change(request, pk)
        fetching.keep_address(feed)
        said = _("It is fetched from %(url)s as before.") % {"url": feed.url}
        self.message_user(request, said, messages.SUCCESS)
        return redirect("admin:articles_feed_change", pk)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        if feed := context["original"]:
            newest = feed.attempts.newest_first()[:SHOWN_ATTEMPTS]
            context |= {
                "attempts": [(each, outcome(each), pieces(each)) for each in newest],
                "tools": _tools(feed),
            }
        return super().render_change_form(request, context, *args, **kwargs)


def _tools(feed: Feed) -> list[tuple[str, str]]:
    """What can be done with a feed as it is: address and label."""
    tools = []
    if feed.gone_at or feed.failures:
        tools.append(("revive", _("Try again")))
    elif feed.is_active:
        tools.append(("fetch", _("Fetch now")))
    if _is_sent_elsewhere(feed):
        tools.append(("move", _("Take over the new address")))
        tools.append(("stay", _("Keep the address")))
    return [
        (reverse(f"admin:articles_feed_{name}", args=[feed.pk]), label)
        for name, label in tools
    ]


def _is_sent_elsewhere(feed: Feed) -> bool:
    """Whether its server names another address that nobody has turned down."""
    return bool(feed.moved_to and feed.moved_seen)


def _certificate_badge(feed: Feed) -> str:
    if feed.verifies_certificate:
        return ""
    mark = ' <span class="badge badge-warning">⚠ {}</span>'
    return format_html(mark, _("certificate not checked"))
