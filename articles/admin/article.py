"""Articles: finding what waits, tagging it, and moving it on."""

from datetime import datetime
from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from articles import workflow
from articles.models import (
    Article,
    ArticleStatus,
    Reuse,
    SuggestionState,
    Tag,
    relisting,
)
from articles.models.article import ArticleQuerySet
from articles.tagging import suggestions, tags

from .article_forms import (
    EDITED,
    ArticleActionForm,
    ArticleForm,
    MoveForm,
    NewArticleForm,
)
from .fields import TagNamesField
from .filters import LanguageFilter, SourceFilter, TaggingFilter


@admin.register(Article)
class ArticleAdmin(admin.ModelAdmin):
    """The article list is the desk of the stock admin."""

    form = ArticleForm
    action_form = ArticleActionForm
    list_display = [
        "headline_cell",
        "source_cell",
        "category",
        "status_cell",
        "date_cell",
        "tags_cell",
        "suggestions_cell",
    ]
    list_filter = [
        "status",
        TaggingFilter,
        SourceFilter,
        "category",
        LanguageFilter,
        ("created_at", admin.DateFieldListFilter),
    ]
    search_fields = ["headline", "source_headline", "source__name", "url"]
    search_help_text = gettext_lazy("Words of the headline, the source, the address")
    list_per_page = 50
    show_full_result_count = False
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
    ]
    readonly_fields = [
        "status_line",
        "source_facts",
        "source_text",
        "picture_preview",
        "reader_link",
    ]
    fieldsets = [
        (
            None,
            {"fields": ["status_line", "headline", "tags", "accepted", "dismissed"]},
        ),
        (gettext_lazy("Text"), {"fields": ["note", "excerpt", "category"]}),
        (
            gettext_lazy("From the source"),
            {"fields": ["source_facts", "source_text", "reader_link"]},
        ),
        (
            gettext_lazy("Picture"),
            {
                "fields": [
                    "picture_preview",
                    "picture",
                    "image_alt",
                    "image_caption",
                    "image_credit",
                ]
            },
        ),
        (
            gettext_lazy("Publication"),
            {"fields": ["publish_at", "embargoed_until", "reason"]},
        ),
    ]

    # The list.

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        articles = cast(ArticleQuerySet, super().get_queryset(request))
        return articles.for_admin_list().defer("source_body")

    @admin.display(description=gettext_lazy("headline"), ordering="source_headline")
    def headline_cell(self, article: Article) -> str:
        return article.shown_headline

    @admin.display(description=gettext_lazy("source"), ordering="source__name")
    def source_cell(self, article: Article) -> str:
        return format_html(
            '<span class="publisher">{}</span> <span class="badge badge-{}">{}</span>',
            article.source.name,
            article.source.reuse,
            Reuse(article.source.reuse).name.lower().replace("_", " "),
        )

    @admin.display(description=gettext_lazy("status"), ordering="status")
    def status_cell(self, article: Article) -> str:
        return format_html(
            '<span class="status status-{}">{}</span>', article.status, _state(article)
        )

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

    # The actions.

    def _move(self, request: HttpRequest, queryset: QuerySet, action: str) -> None:
        ids = list(queryset.order_by().values_list("pk", flat=True))
        reason = request.POST.get("reason", "")[:1000]
        try:
            outcome = workflow.move_many(
                ids, action, by=_person(request), reason=reason
            )
        except workflow.NotAllowed as why:
            self.message_user(request, str(why), messages.ERROR)
            return
        self._report(request, action, outcome)

    def _report(
        self, request: HttpRequest, action: str, outcome: workflow.Outcome
    ) -> None:
        label = workflow.MOVES[action].label
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
            said = _("… and %(more)d more could not be moved.") % {"more": more}
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
        ids = list(queryset.order_by().values_list("pk", flat=True))
        tags.accept_suggestions(ids, by=_person(request))
        self._move(request, queryset, "publish")

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
            names = TagNamesField().clean(request.POST.get("tags", ""))
        except ValidationError as error:
            self.message_user(request, " ".join(error.messages), messages.ERROR)
            return
        if not names:
            self.message_user(
                request, _("Write the tags beside the action."), messages.WARNING
            )
            return
        chosen = list(dict.fromkeys(Tag.objects.get_or_make(names).values()))
        ids = list(queryset.order_by().values_list("pk", flat=True))
        new = tags.tag_articles(ids, chosen, by=_person(request))
        LogEntry.objects.log_actions(
            _person(request).pk, queryset, CHANGE, _tagged_text(names, [])
        )
        said = _("%(new)d taggings are new on %(pieces)d articles.")
        self.message_user(
            request, said % {"new": new, "pieces": len(ids)}, messages.SUCCESS
        )

    def has_publish_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("articles.publish_article")

    def has_select_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("articles.select_article")

    def has_spike_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("articles.spike_article")

    def has_kill_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("articles.kill_article")

    # One article.

    def get_form(
        self,
        request: HttpRequest,
        obj: Article | None = None,
        change: bool = False,
        **kwargs: Any,
    ) -> type[forms.ModelForm]:
        if obj is None:
            kwargs["form"] = NewArticleForm
        return super().get_form(request, obj, change, **kwargs)

    def get_fieldsets(self, request: HttpRequest, obj: Article | None = None) -> Any:
        if obj is None:
            fields = [*NewArticleForm.Meta.fields, "source_published_at"]
            return [(None, {"fields": fields})]
        sets = super().get_fieldsets(request, obj)
        if obj.suggestions.filter(state=SuggestionState.OPEN).exists():
            return sets
        absent = {"accepted", "dismissed"}
        head, options = sets[0]
        shown = [name for name in options["fields"] if name not in absent]
        return [(head, {"fields": shown}), *sets[1:]]

    def get_object(self, *args: Any, **kwargs: Any) -> Article | None:
        article = super().get_object(*args, **kwargs)
        if article and article.needs_suggestions:
            suggestions.refresh_one(article)
        return article

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        article = self.get_object(request, object_id)
        moves = workflow.moves_for(article, request.user) if article else []
        context = {"moves": moves, "show_save_and_add_another": False}
        return super().change_view(
            request, object_id, form_url, context | (extra_context or {})
        )

    @admin.display(description=gettext_lazy("status"))
    def status_line(self, article: Article) -> str:
        return self.status_cell(article)

    @admin.display(description=gettext_lazy("facts"))
    def source_facts(self, article: Article) -> str:
        facts = [
            (_("Headline"), article.source_headline),
            (_("Source"), f"{article.source} ({article.source.get_reuse_display()})"),
            (_("Byline"), article.author or "–"),
            (_("Language"), article.language or "–"),
            (_("Date"), self.date_cell(article)),
            (_("Category"), article.source_category or "–"),
            (_("Tags"), ", ".join(article.source_tags) or "–"),
            (_("Import run"), article.made_by_run or "–"),
        ]
        rows = format_html_join("", "<dt>{}</dt><dd>{}</dd>", facts)
        return format_html(
            '<dl class="facts">{}</dl>'
            '<p><a href="{}" rel="noopener noreferrer">{}</a></p>',
            rows,
            article.url,
            article.url,
        )

    @admin.display(description=gettext_lazy("text"))
    def source_text(self, article: Article) -> str:
        # Escaped: editors read the source's text here, readers never do.
        return format_html(
            "<p>{}</p><details><summary>{}</summary>"
            '<pre class="source" tabindex="0">{}</pre></details>',
            article.source_excerpt or "–",
            _("Full text, as stored"),
            article.source_body or "–",
        )

    @admin.display(description=gettext_lazy("picture"))
    def picture_preview(self, article: Article) -> str:
        if not article.image:
            return "–"
        return format_html(
            '<img class="preview" src="{}" alt="{}" width="{}" height="{}">',
            article.image.file.url,
            article.image_alt,
            article.image.width,
            article.image.height,
        )

    @admin.display(description=gettext_lazy("for readers"))
    def reader_link(self, article: Article) -> str:
        if not Article.objects.published().filter(pk=article.pk).exists():
            return _("not public")
        return format_html(
            '<a href="{}">{}</a>', article.get_absolute_url(), _("the public page")
        )

    def save_model(
        self, request: HttpRequest, obj: Article, form: forms.ModelForm, change: bool
    ) -> None:
        if not change:
            obj.is_withheld = obj.source.is_blocked
            obj.edited_at = timezone.now()
            obj.save()
            return
        fields = [name for name in form.changed_data if name in EDITED]
        if image := form.cleaned_data.get("picture"):
            obj.image = image
            fields.append("image")
        workflow.edit(obj, fields)

    def save_related(
        self, request: HttpRequest, form: Any, formsets: Any, change: bool
    ) -> None:
        if not change:
            suggestions.refresh_one(form.instance)
            return
        data = form.cleaned_data
        if "tags" in form.changed_data:
            on, off = tags.set_tags(form.instance, data["tags"], by=_person(request))
            form.tagged_text = _tagged_text(on, off)
        tags.decide(
            form.instance,
            accepted=map(int, data.get("accepted", [])),
            rejected=map(int, data.get("dismissed", [])),
            by=_person(request),
        )

    def construct_change_message(
        self, request: HttpRequest, form: Any, formsets: Any, add: bool = False
    ) -> Any:
        if text := getattr(form, "tagged_text", ""):
            fields = [name for name in form.changed_data if name != "tags"]
            return " ".join(
                [text, _("Changed: %s.") % ", ".join(fields)] if fields else [text]
            )
        return super().construct_change_message(request, form, formsets, add)

    def response_change(self, request: HttpRequest, obj: Article) -> HttpResponse:
        action = request.POST.get("_move", "")
        if action not in workflow.MOVES:
            return super().response_change(request, obj)
        move = workflow.MOVES[action]
        if not workflow.may(request.user, move):
            self.message_user(request, _("You may not do that."), messages.ERROR)
            return HttpResponseRedirect(request.path)
        asked = MoveForm(request.POST)
        asked.is_valid()
        try:
            workflow.move(
                obj,
                action,
                by=_person(request),
                reason=asked.cleaned_data["reason"],
                at=asked.cleaned_data["publish_at"],
            )
        except workflow.NotAllowed as why:
            said = _("The form is saved, but the article stays where it is. %(why)s")
            self.message_user(request, said % {"why": why}, messages.ERROR)
            return HttpResponseRedirect(request.path)
        said = _("%(move)s: “%(headline)s”.") % {"move": move.label, "headline": obj}
        self.message_user(request, said, messages.SUCCESS)
        return HttpResponseRedirect(request.path)

    def delete_model(self, request: HttpRequest, obj: Article) -> None:
        with relisting([obj.pk]):
            obj.delete()

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet) -> None:
        ids = list(queryset.order_by().values_list("pk", flat=True))
        with relisting(ids):
            Article.objects.filter(pk__in=ids).delete()

    def history_view(
        self,
        request: HttpRequest,
        object_id: str,
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        response = super().history_view(request, object_id, extra_context)
        if isinstance(response, TemplateResponse) and response.context_data:
            article = response.context_data["object"]
            response.context_data |= {
                "moves": article.status_changes.newest_first()[:500],
                "taggings": article.tagged_articles.select_related(
                    "tag", "tagged_by"
                ).order_by("-tagged_at"),
            }
        return response


def _person(request: HttpRequest) -> User:
    """Who acts; the admin lets nobody in who is not signed in."""
    return cast(User, request.user)


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


def _tagged_text(on: list[str], off: list[str]) -> str:
    """A line for the history about tags put on and taken off."""
    parts = []
    if on:
        parts.append(_("Tags put on: %s.") % ", ".join(on))
    if off:
        parts.append(_("Tags taken off: %s.") % ", ".join(off))
    return " ".join(parts)
