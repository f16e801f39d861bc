"""One article: what its source sent, what the desk makes of it, and its moves."""

from collections.abc import Iterator
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import path, reverse
from django.urls.resolvers import URLPattern
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from articles import workflow
from articles.models import Article, PossibleDuplicate, SuggestionState
from articles.roles import person

from . import source_changes
from .article_history import ArticleHistoryAdmin
from .article_saving import ArticleSavingAdmin
from .corrections import CorrectionsAdmin
from .forms import MoveForm, NewArticleForm
from .posted import posted
from .times import day


@admin.register(Article)
class ArticleAdmin(CorrectionsAdmin, ArticleHistoryAdmin, ArticleSavingAdmin):
    """One article: what the source sent, what the desk makes of it, its moves."""

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
            {
                "fields": [
                    "publish_at",
                    "embargoed_until",
                    "reason",
                    "notice",
                    "take_over",
                ]
            },
        ),
    ]

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
        if not _is_claimed(request, obj):
            absent.add("take_over")
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

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        context["show_save_and_add_another"] = False
        if article := context["original"]:
            if not self.has_change_permission(request, article):
                context["move_form"] = self._move_form(request, article)
            context["moves"] = workflow.moves_for(article, request.user)
            if change := article.source_changes.pending().first():
                context["change_at_source"] = change
                context["changed_columns"] = source_changes.columns(article, change)
        return super().render_change_form(request, context, *args, **kwargs)

    def _move_form(self, request: HttpRequest, article: Article) -> MoveForm:
        """What a move needs to know, of a person who has no form to save."""
        form = MoveForm(initial={"version": article.version})
        if not self.has_publish_permission(request):
            del form.fields["publish_at"]
        if not self.has_kill_permission(request):
            del form.fields["notice"]
        if not _is_claimed(request, article):
            del form.fields["take_over"]
        return form

    def get_urls(self) -> list[URLPattern]:
        own = [
            path(
                f"<int:pk>/source-change/{name}/",
                posted(self.admin_site, view, "admin:articles_article_change"),
                name=f"articles_article_{name}_change",
            )
            for name, view in (
                ("accept", self.accept_change_view),
                ("dismiss", self.dismiss_change_view),
            )
        ]
        return [*own, *super().get_urls()]

    def accept_change_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Take over what the source has changed."""
        said = _("Taken over from the source: %(columns)s.")
        return self._decide(request, pk, workflow.accept_change, said)

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

    def delete_model(self, request: HttpRequest, obj: Article) -> None:
        workflow.delete([obj.pk], by=person(request))


def _is_claimed(request: HttpRequest, article: Article) -> bool:
    """Whether a colleague is at work on the piece."""
    return bool(workflow.claimed_by_others([article.pk], by=person(request)))


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
