"""Corrections of one piece: on its page, beside the form and outside of it."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path
from django.urls.resolvers import URLPattern
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from articles import workflow
from articles.fields import LinesField
from articles.models import Article, Correction, CorrectionKind
from articles.roles import person

from .posted import posted

#: The page of a piece, by its name.
PIECE = "admin:articles_article_change"


class CorrectionForm(forms.Form):
    """What readers are told."""

    kind = forms.ChoiceField(
        label=gettext_lazy("Kind"),
        choices=CorrectionKind,
        help_text=gettext_lazy(
            "A correction mends a fault of ours; a clarification adds what was missing."
        ),
    )
    text = LinesField(
        label=gettext_lazy("What readers are told"),
        max_length=workflow.LONGEST_CORRECTION,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("Shown at once, with today's date."),
    )


class CorrectionsAdmin(admin.ModelAdmin):
    """The part of an article's page that is about its corrections."""

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        context |= self._corrections(request, context["original"])
        return super().render_change_form(request, context, *args, **kwargs)

    def _corrections(
        self, request: HttpRequest, article: Article | None
    ) -> dict[str, Any]:
        if article is None:
            return {}
        may = has_correct_permission(request)
        return {
            "corrections": list(article.corrections.newest_first()),
            "may_correct": may,
            "correction_form": CorrectionForm()
            if may and not workflow.why_not_correct(article)
            else None,
        }

    def get_urls(self) -> list[URLPattern]:
        own = [
            path(
                "<int:pk>/correct/",
                posted(self.admin_site, self.correct_view, PIECE),
                name="articles_article_correct",
            ),
            path(
                "<int:pk>/correction/<int:number>/withdraw/",
                posted(self.admin_site, self.withdraw_correction_view, PIECE),
                name="articles_article_withdraw_correction",
            ),
        ]
        return [*own, *super().get_urls()]

    def correct_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Tell readers; what cannot be told yet is shown again, with the reason."""
        article = self._piece(request, pk)
        form = CorrectionForm(request.POST)
        if form.is_valid():
            text, kind = form.cleaned_data["text"], form.cleaned_data["kind"]
            try:
                workflow.correct(article.pk, text, kind=kind, by=person(request))
            except workflow.NotAllowed as why:
                form.add_error(None, str(why))
            else:
                said = _("Readers are told: %(text)s") % {"text": text}
                self.message_user(request, said, messages.SUCCESS)
                return redirect(PIECE, pk)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Correct a piece"),
            "opts": self.opts,
            "original": article,
            "correction_form": form,
        }
        template = "admin/articles/article/correct.html"
        return TemplateResponse(request, template, context)

    def withdraw_correction_view(
        self, request: HttpRequest, pk: int, number: int
    ) -> HttpResponse:
        """Take a correction away from readers."""
        article = self._piece(request, pk)
        correction = get_object_or_404(Correction, pk=number, article=article)
        try:
            workflow.withdraw_correction(correction, by=person(request))
        except workflow.NotAllowed as why:
            self.message_user(request, str(why), messages.ERROR)
        else:
            said = _("Withdrawn: readers do not see it any more.")
            self.message_user(request, said, messages.SUCCESS)
        return redirect(PIECE, pk)

    def _piece(self, request: HttpRequest, pk: int) -> Article:
        if not has_correct_permission(request):
            raise PermissionDenied
        return get_object_or_404(Article, pk=pk)


def has_correct_permission(request: HttpRequest) -> bool:
    return request.user.has_perm("articles.correct_article")
