"""Articles: finding what waits, tagging it, and moving it on."""

from datetime import datetime
from typing import Any, cast

from django.contrib import admin, messages
from django.contrib.admin.actions import delete_selected
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from articles import search, workflow
from articles.fields import CleanTexts, LineField, LinesField, TagNamesField
from articles.ingest.identity import canonical_url
from articles.models import (
    Article,
    ArticleQuerySet,
    ArticleStatus,
    Reuse,
    SuggestionState,
)
from articles.roles import person, who_can

from .counting import BoundedAdmin
from .deleting import in_short, without_derived
from .filters import (
    LanguageFilter,
    SourceChangeFilter,
    SourceFilter,
    TaggingFilter,
    changes_that_wait,
)
from .forms import ArticleActionForm
from .refusals import RefusesActions

#: More digits than any article's number has.
MOST_DIGITS = 18
#: The name under which the list carries the version of each of its rows.
SEEN = "seen"


class ArticleListAdmin(RefusesActions, CleanTexts, BoundedAdmin):
    """The article list is the desk of the stock admin."""

    action_form = ArticleActionForm
    list_display = [
        "headline_cell",
        "source_cell",
        "category_cell",
        "status_cell",
        "date_cell",
        "tags_cell",
        "suggestions_cell",
    ]
    list_filter = [
        "status",
        SourceFilter,
        "category",
        LanguageFilter,
        ("created_at", admin.DateFieldListFilter),
        SourceChangeFilter,
        # It looks through what the others leave, and so stands behind them.
        TaggingFilter,
    ]
    #: The search asks its index; that there is one, Django reads from this.
    search_fields = ["headline"]
    search_help_text = gettext_lazy(
        "Words of the texts, the tags or the source; a whole address, or a number"
    )
    list_per_page = 50
    ordering = ["-source_published_at", "-pk"]
    actions = [
        "publish_selected",
        "publish_with_suggestions",
        "select_selected",
        "spike_selected",
        "unspike_selected",
        "unpublish_selected",
        "kill_selected",
        "tag_selected",
        "delete_selected",
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        articles = cast(ArticleQuerySet, super().get_queryset(request))
        marked = articles.for_admin_list().annotate(is_changed=changes_that_wait())
        return marked.defer("source_body")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet, search_term: str
    ) -> tuple[QuerySet, bool]:
        """The newest pieces that hold the words; the one of an address, or a number."""
        ids = search.found(search_term)
        if ids is None:
            return queryset, False
        known = search_term.strip()
        if known.isascii() and known.isdecimal() and len(known) < MOST_DIGITS:
            ids.append(int(known))
        elif "://" in known and (piece := Article.objects.at(canonical_of(known))):
            ids.append(piece.pk)
        return queryset.filter(pk__in=ids), False

    @admin.display(description=gettext_lazy("headline"))
    def headline_cell(self, article: Article) -> str:
        return article.shown_headline

    # Only the date orders a list: of other columns there is no index, and no need.

    @admin.display(description=gettext_lazy("source"))
    def source_cell(self, article: Article) -> str:
        return format_html(
            '<span class="publisher">{}</span> <span class="badge badge-{}">{}</span>',
            article.source.name,
            article.source.reuse,
            Reuse(article.source.reuse).name.lower().replace("_", " "),
        )

    @admin.display(description=gettext_lazy("category"))
    def category_cell(self, article: Article) -> str:
        return str(article.category)

    @admin.display(description=gettext_lazy("status"))
    def status_cell(self, article: Article) -> str:
        status = format_html(
            '<span class="status status-{}">{}</span>', article.status, _state(article)
        )
        if not getattr(article, "is_changed", False):
            return status
        mark = '{} <span class="badge badge-changed">{}</span>'
        return format_html(mark, status, _("changed at the source"))

    @admin.display(description=gettext_lazy("date"), ordering="source_published_at")
    def date_cell(self, article: Article) -> str:
        moment = timezone.localtime(article.source_published_at)
        text = moment.strftime("%Y-%m-%d %H:%M")
        return f"{text} ?" if article.date_is_estimated else text

    @admin.display(description=gettext_lazy("tags"))
    def tags_cell(self, article: Article) -> str:
        names = ((tag.name,) for tag in article.tags.all())
        return format_html_join(" ", '<span class="tag">#{}</span>', names)

    @admin.display(description=gettext_lazy("suggested"))
    def suggestions_cell(self, article: Article) -> str:
        return format_html_join(
            " ",
            '<span class="suggested">#{} <span class="why">“{}”</span></span>',
            (
                (each.tag, each.found)
                for each in article.suggestions.all()
                if each.state == SuggestionState.OPEN
            ),
        )

    def action_checkbox(self, obj: Article) -> SafeString:
        seen = format_html(
            '<input type="hidden" name="{}" value="{}:{}">', SEEN, obj.pk, obj.version
        )
        return format_html("{}{}", super().action_checkbox(obj), seen)

    def _move(self, request: HttpRequest, queryset: QuerySet, action: str) -> None:
        try:
            outcome = workflow.move_many(
                _ids(queryset),
                action,
                by=person(request),
                reason=LineField(required=False).clean(request.POST.get("reason"))[
                    :1000
                ],
                notice=LinesField(required=False).clean(request.POST.get("notice")),
                versions=_seen(request),
                take_over=_takes_over(request),
            )
        except workflow.NotAllowed as why:
            self.message_user(request, str(why), messages.ERROR)
            return
        self._report(request, outcome, workflow.MOVES[action].label)

    def _report(
        self, request: HttpRequest, outcome: workflow.Outcome, label: str | Promise
    ) -> None:
        if moved := len(outcome.moved):
            done = ngettext(
                "%(label)s: %(moved)d article.", "%(label)s: %(moved)d articles.", moved
            )
            said = done % {"label": label, "moved": moved}
            self.message_user(request, said, messages.SUCCESS)
        for pk, why in outcome.refused[:10]:
            said = _("Article %(number)s: %(why)s") % {"number": pk, "why": why}
            self.message_user(request, said, messages.WARNING)
        if (more := len(outcome.refused) - 10) > 0:
            said = _("… and %(more)d more were left alone.") % {"more": more}
            self.message_user(request, said, messages.WARNING)

    @admin.action(description=gettext_lazy("Publish"), permissions=["publish"])
    def publish_selected(self, request: HttpRequest, queryset: QuerySet) -> None:
        self._move(request, queryset, "publish")

    @admin.action(
        description=gettext_lazy("Publish with the suggested tags"),
        permissions=["publish"],
    )
    def publish_with_suggestions(
        self, request: HttpRequest, queryset: QuerySet
    ) -> None:
        outcome = workflow.publish(
            _ids(queryset),
            by=person(request),
            versions=_seen(request),
            take_over=_takes_over(request),
        )
        self._report(request, outcome, workflow.MOVES["publish"].label)

    @admin.action(description=gettext_lazy("Select"), permissions=["select"])
    def select_selected(self, request: HttpRequest, queryset: QuerySet) -> None:
        self._move(request, queryset, "select")

    @admin.action(description=gettext_lazy("Spike"), permissions=["spike"])
    def spike_selected(self, request: HttpRequest, queryset: QuerySet) -> None:
        self._move(request, queryset, "spike")

    @admin.action(description=gettext_lazy("Bring back spiked"), permissions=["spike"])
    def unspike_selected(self, request: HttpRequest, queryset: QuerySet) -> None:
        self._move(request, queryset, "unspike")

    @admin.action(description=gettext_lazy("Unpublish"), permissions=["publish"])
    def unpublish_selected(self, request: HttpRequest, queryset: QuerySet) -> None:
        self._move(request, queryset, "unpublish")

    @admin.action(
        description=gettext_lazy("Kill for good (needs a reason)"),
        permissions=["kill"],
    )
    def kill_selected(self, request: HttpRequest, queryset: QuerySet) -> None:
        self._move(request, queryset, "kill")

    @admin.action(description=gettext_lazy("Put on the tags"), permissions=["change"])
    def tag_selected(self, request: HttpRequest, queryset: QuerySet) -> None:
        try:
            self._tag(request, queryset)
        except ValidationError as error:
            self.message_user(request, " ".join(error.messages), messages.ERROR)

    def _tag(self, request: HttpRequest, queryset: QuerySet) -> None:
        names = TagNamesField().clean(request.POST.get("tags", ""))
        if not names:
            said = _("Write the tags beside the action.")
            self.message_user(request, said, messages.WARNING)
            return
        if not (ids := _ids(self._editable(request, queryset))):
            return
        outcome = workflow.tag(
            ids,
            on=names,
            by=person(request),
            versions=_seen(request),
            take_over=_takes_over(request),
        )
        label = _("Tags put on (%(names)s)") % {"names": ", ".join(names)}
        self._report(request, outcome, label)

    @admin.action(
        description=gettext_lazy("Delete selected articles"), permissions=["delete"]
    )
    def delete_selected(
        self, request: HttpRequest, queryset: QuerySet
    ) -> HttpResponse | None:
        """Django's page that asks first; then as far as nothing has changed since."""
        *_rest, lacking, protected = self.get_deleted_objects(queryset, request)
        if not request.POST.get("post") or lacking or protected:
            return delete_selected(self, request, queryset)
        outcome = workflow.delete(
            _ids(queryset), by=person(request), versions=_seen(request)
        )
        self._report(request, outcome, _("Deleted"))
        return None

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        if short := in_short(self, request, objs, {_("articles"): objs}):
            return short
        found, counts, *rest = super().get_deleted_objects(objs, request)
        return *without_derived(found, counts), *rest

    # Acts are the history of articles: the admin's own log would only repeat them.

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        return None

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        return None

    def log_deletions(self, request: HttpRequest, queryset: QuerySet) -> Any:
        return None

    def _editable(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        """Those that this person may edit; says which others there are, and why."""
        if fixed := workflow.not_to_edit(_ids(queryset), by=request.user):
            said = _("Left alone, as they no longer wait: %(pieces)s. %(who)s")
            facts = {
                "pieces": ", ".join(map(str, fixed[:10])) + (" …" * (len(fixed) > 10)),
                "who": who_can("articles.revise_article"),
            }
            self.message_user(request, said % facts, messages.WARNING)
        return queryset.order_by().exclude(pk__in=fixed)

    def has_change_permission(
        self, request: HttpRequest, obj: Article | None = None
    ) -> bool:
        if obj is None:
            return super().has_change_permission(request)
        return workflow.may_edit(request.user, obj.status)

    def has_publish_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("articles.publish_article")

    def has_select_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("articles.select_article")

    def has_spike_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("articles.spike_article")

    def has_kill_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("articles.kill_article")


def canonical_of(address: str) -> str:
    """An address as a piece's identity has it; as it stands if it is none."""
    try:
        return canonical_url(address)
    except ValueError:
        return address


def _state(article: Article) -> str:
    """The status in words, with what hides a published piece."""
    if article.status == ArticleStatus.PUBLISHED and article.is_withheld:
        return _("published, source blocked")
    if article.status == ArticleStatus.PUBLISHED and _is_ahead(article.published_at):
        return _("scheduled")
    if _is_ahead(article.embargoed_until):
        return _("%(status)s, embargoed") % {"status": article.get_status_display()}
    return article.get_status_display()


def _is_ahead(moment: datetime | None) -> bool:
    return moment is not None and moment > timezone.now()


def _ids(articles: QuerySet) -> list[int]:
    return list(articles.order_by().values_list("pk", flat=True))


def _takes_over(request: HttpRequest) -> bool:
    """Whether the person means pieces too that a colleague is at work on."""
    return bool(request.POST.get("take_over"))


def _seen(request: HttpRequest) -> dict[int, int]:
    """``{article id: version}`` of the rows that the list has shown."""
    pairs = (text.split(":") for text in request.POST.getlist(SEEN))
    return {
        int(pair[0]): int(pair[1])
        for pair in pairs
        if len(pair) == 2 and all(part.isdecimal() for part in pair)
    }
