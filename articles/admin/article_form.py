"""One article: what its source sent, what the desk makes of it, and its moves."""

from collections.abc import Iterator
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.urls.resolvers import URLPattern
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from articles import workflow
from articles.models import (
    Article,
    ArticleStatus,
    PossibleDuplicate,
    SuggestionState,
)
from articles.roles import NotPermitted
from articles.tagging import suggestions, tags

from . import source_changes
from .article_list import ArticleListAdmin, person, tagged_text
from .corrections import CorrectionsAdmin
from .forms import EDITED, ArticleForm, MoveForm, NewArticleForm
from .times import day


@admin.register(Article)
class ArticleAdmin(CorrectionsAdmin, ArticleListAdmin):
    """One article: what the source sent, what the desk makes of it, its moves."""

    form = ArticleForm
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
            {"fields": ["publish_at", "embargoed_until", "reason", "notice"]},
        ),
    ]

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
        absent = set()
        if not obj.suggestions.filter(state=SuggestionState.OPEN).exists():
            absent |= {"accepted", "dismissed"}
        if not self.has_publish_permission(request):
            absent.add("publish_at")
        if not self.has_kill_permission(request):
            absent.add("notice")
        if not self.has_change_permission(request, obj):
            # There is nothing in them to look at; those of a move stand beside it.
            absent |= {"accepted", "dismissed", "picture", *MoveForm.base_fields}
        shown = [
            (head, [name for name in options["fields"] if name not in absent])
            for head, options in sets
        ]
        return [(head, {"fields": names}) for head, names in shown if names]

    def get_readonly_fields(
        self, request: HttpRequest, obj: Article | None = None
    ) -> list[Any]:
        # An embargo says when a piece may be public: it is part of publishing.
        fixed = [] if self.has_publish_permission(request) else ["embargoed_until"]
        return [*super().get_readonly_fields(request, obj), *fixed]

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        article = self.get_object(request, object_id)
        context: dict[str, Any] = {"show_save_and_add_another": False}
        if article and (moved := self._move_without_saving(request, article)):
            return moved
        if article and self.has_change_permission(request, article):
            if article.needs_suggestions:
                suggestions.refresh_one(article)
        else:
            context["move_form"] = form = MoveForm()
            if not self.has_publish_permission(request):
                del form.fields["publish_at"]
        if article:
            context["moves"] = workflow.moves_for(article, request.user)
            if change := article.source_changes.pending().first():
                context["change_at_source"] = change
                context["changed_columns"] = source_changes.columns(article, change)
        return super().change_view(
            request, object_id, form_url, context | (extra_context or {})
        )

    def _move_without_saving(
        self, request: HttpRequest, article: Article
    ) -> HttpResponse | None:
        """The move of a person who has no form to save, as they may not edit.

        None for everybody else. Raises NotPermitted if the move is not theirs.
        """
        move = workflow.MOVES.get(request.POST.get("_move", ""))
        if not (move and self.has_view_or_change_permission(request, article)):
            return None
        if not workflow.may(request.user, move):
            raise NotPermitted(f"articles.{move.permission}")
        if self.has_change_permission(request, article):
            return None
        return self.response_change(request, article)

    def get_urls(self) -> list[URLPattern]:
        own = [
            path(
                f"<int:pk>/source-change/{name}/",
                self.admin_site.admin_view(view),
                name=f"articles_article_{name}_change",
            )
            for name, view in (
                ("accept", self.accept_change_view),
                ("dismiss", self.dismiss_change_view),
            )
        ]
        return [*own, *super().get_urls()]

    @method_decorator(require_POST)
    def accept_change_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Take over what the source has changed."""
        said = _("Taken over from the source: %(columns)s.")
        return self._decide(request, pk, workflow.accept_change, said)

    @method_decorator(require_POST)
    def dismiss_change_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Turn down what the source has changed."""
        said = _("Turned down, and not shown again: %(columns)s.")
        return self._decide(request, pk, workflow.dismiss_change, said)

    def _decide(
        self, request: HttpRequest, pk: int, verb: source_changes.Verb, said: str
    ) -> HttpResponse:
        article = get_object_or_404(Article, pk=pk)
        if not self.has_change_permission(request, article):
            raise PermissionDenied
        try:
            change = source_changes.decide(request, article, verb)
        except workflow.NotAllowed as why:
            self.message_user(request, str(why), messages.ERROR)
        else:
            columns = source_changes.labels(change)
            self.message_user(request, said % {"columns": columns}, messages.SUCCESS)
        return redirect("admin:articles_article_change", pk)

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
            *_whereabouts(article),
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
            return article.image_problem or "–"
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
            workflow.add(obj, by=person(request))
            return
        fields = [name for name in form.changed_data if name in EDITED]
        if image := form.cleaned_data.get("picture"):
            obj.image = image
            fields.append("image")
        # Of a living piece the notice is written by its kill.
        is_killed = obj.status == ArticleStatus.KILLED
        rewrites = is_killed and "notice" in form.changed_data
        if rewrites and self.has_kill_permission(request):
            obj.notice = form.cleaned_data["notice"]
            fields.append("notice")
        if form.changed_data:
            workflow.edit(obj, fields, by=person(request))

    def save_related(
        self, request: HttpRequest, form: Any, formsets: Any, change: bool
    ) -> None:
        if not change:
            suggestions.refresh_one(form.instance)
            return
        data = form.cleaned_data
        if "tags" in form.changed_data:
            on, off = tags.set_tags(form.instance, data["tags"], by=person(request))
            form.tagged_text = tagged_text(on, off)
        tags.decide(
            form.instance,
            accepted=map(int, data.get("accepted", [])),
            rejected=map(int, data.get("dismissed", [])),
            by=person(request),
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
        asked = MoveForm(request.POST)
        if not asked.is_valid():
            for problems in asked.errors.values():
                self.message_user(request, " ".join(map(str, problems)), messages.ERROR)
            return HttpResponseRedirect(request.path)
        try:
            workflow.move(
                obj,
                action,
                by=person(request),
                reason=asked.cleaned_data["reason"],
                at=asked.cleaned_data["publish_at"],
                notice=asked.cleaned_data["notice"],
            )
        except workflow.NotAllowed as why:
            said = _("The form is saved, but the article stays where it is. %(why)s")
            self.message_user(request, said % {"why": why}, messages.ERROR)
            return HttpResponseRedirect(request.path)
        said = _("%(move)s: “%(headline)s”.") % {"move": move.label, "headline": obj}
        self.message_user(request, f"{said} {_when(obj)}".strip(), messages.SUCCESS)
        return HttpResponseRedirect(request.path)

    def delete_model(self, request: HttpRequest, obj: Article) -> None:
        workflow.delete([obj.pk], by=person(request))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet) -> None:
        ids = list(queryset.order_by().values_list("pk", flat=True))
        workflow.delete(ids, by=person(request))

    def history_view(
        self,
        request: HttpRequest,
        object_id: str,
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        response = super().history_view(request, object_id, extra_context)
        if isinstance(response, TemplateResponse) and response.context_data:
            article = response.context_data["object"]
            edits = response.context_data["action_list"]
            newest = edits.paginator.object_list.order_by("-action_time", "-pk")
            ordered = self.get_paginator(request, newest, edits.paginator.per_page)
            response.context_data |= {
                "action_list": ordered.get_page(edits.number),
                "source_changes": [
                    (change, source_changes.labels(change))
                    for change in article.source_changes.newest_first()
                ],
                "moves": article.changes.select_related("act")
                .filter(after__has_key="status")
                .order_by("-version")[:500],
                "taggings": article.tagged_articles.select_related(
                    "tag", "tagged_by"
                ).order_by("-tagged_at"),
            }
        return response


def _when(article: Article) -> str:
    """When readers see a piece that has just been published, if not at once."""
    if article.status != ArticleStatus.PUBLISHED:
        return ""
    if article.visible_from is None:
        return _("Readers do not see it: its source is blocked.")
    if article.visible_from <= timezone.now():
        return ""
    moment = timezone.localtime(article.visible_from)
    return _("It shows from %(moment)s on.") % {"moment": f"{moment:%Y-%m-%d %H:%M %Z}"}


def _whereabouts(article: Article) -> Iterator[tuple[str, str]]:
    """Where else the piece is or was, as far as there is something to say."""
    if sightings := article.sightings.select_related("source").order_by("seen_at"):
        line = '<p>{}, {}: <a href="{}" rel="noopener noreferrer">{}</a></p>'
        links = (
            (seen.source, day(seen.seen_at), seen.url, seen.headline)
            for seen in sightings
        )
        yield _("Also carried by"), format_html_join("", line, links)
    pairs = PossibleDuplicate.objects.open()
    if alike := pairs.resemblances([article.pk]).get(article.pk):
        line = '<p><a href="{}">{}</a> ({}, {}, {} %)</p>'
        others = (
            (
                reverse("admin:articles_article_change", args=[each.article.pk]),
                each.article,
                each.article.source,
                each.article.get_status_display(),
                round(100 * each.likeness),
            )
            for each in alike
        )
        yield _("Possibly the same as"), format_html_join("", line, others)
    if former := article.former_addresses.order_by("-until"):
        line = "<p>{} ({})</p>"
        addresses = (
            (each.canonical_url, _("until %s") % day(each.until)) for each in former
        )
        yield _("Former addresses"), format_html_join("", line, addresses)
    if article.is_frozen:
        said = _("It no longer follows its source: it changed %d times without a date.")
        yield (_("Frozen"), said % article.silent_updates)
