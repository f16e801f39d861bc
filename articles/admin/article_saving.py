"""Saving an article's form, as one act, and what is shown if a colleague was faster."""

from dataclasses import dataclass
from typing import Any, cast

from django import forms
from django.contrib import messages
from django.contrib.admin.utils import flatten_fieldsets
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from articles import history, workflow
from articles.differences import compare
from articles.fields import typed_into
from articles.models import Act, Article, ArticleStatus
from articles.roles import NotPermitted, person
from articles.tagging import suggestions

from .article_list import ArticleListAdmin
from .forms import ArticleForm, MoveForm, NewArticleForm, asked_action

#: The page of a piece that was deleted while somebody typed into its form.
GONE = "admin/articles/article/gone.html"
#: Where a request keeps why it could not be done, while its form is shown once more.
REFUSAL = "_refusal"


@dataclass(frozen=True, slots=True)
class Side:
    """One column that has changed meanwhile: what I typed, and what stands there."""

    label: str
    mine: SafeString
    theirs: SafeString
    act: Act
    is_mine: bool


class ArticleSavingAdmin(ArticleListAdmin):
    """The form of a piece, saved whole or not at all."""

    form = ArticleForm

    def get_form(
        self,
        request: HttpRequest,
        obj: Article | None = None,
        change: bool = False,
        **kwargs: Any,
    ) -> type[forms.ModelForm]:
        if obj is None:
            kwargs["form"] = NewArticleForm
        form: Any = super().get_form(request, obj, change, **kwargs)
        form.refusal = getattr(request, REFUSAL, None)
        if obj:
            # Django leaves in what a form declares, whether it is shown or not.
            shown = flatten_fieldsets(self.get_fieldsets(request, obj))
            for name in {*MoveForm.base_fields} - {"version", *shown}:
                del form.base_fields[name]
        return form

    def change_view(
        self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """The form; where the workflow refuses it, once more with all that was typed.

        Whether a colleague was faster is known only when the piece is locked, which
        is later than a form is checked.
        """
        article = self.get_object(request, object_id)
        if article is None and request.method == "POST":
            return self._gone(request)
        if article and (moved := self._move_without_saving(request, article)):
            return moved
        may_edit = article and self.has_change_permission(request, article)
        if article and article.needs_suggestions and may_edit:
            suggestions.refresh_one(article)
        try:
            return super().change_view(request, object_id, *args, **kwargs)
        except workflow.NotAllowed as why:
            setattr(request, REFUSAL, why)
        answer = super().change_view(request, object_id, *args, **kwargs)
        if answer.status_code == 200:
            answer.status_code = 409
        return answer

    def _gone(self, request: HttpRequest) -> HttpResponse:
        """What a person has typed into the form of a piece that is not there (410)."""
        if not self.has_change_permission(request):
            raise NotPermitted("articles.change_article")
        context = self.admin_site.each_context(request) | {
            "title": _("The piece is gone"),
            "typed": typed_into(ArticleForm, request.POST),
            "back": reverse("admin:articles_article_changelist"),
        }
        return render(request, GONE, context, status=410)

    def _move_without_saving(
        self, request: HttpRequest, article: Article
    ) -> HttpResponse | None:
        """The move of a person who has no form to save, as they may not edit.

        None for everybody else. Raises NotPermitted if the move is not theirs.
        """
        move = workflow.MOVES.get(asked_action(request.POST))
        if not (move and self.has_view_or_change_permission(request, article)):
            return None
        if not workflow.may(request.user, move):
            raise NotPermitted(f"articles.{move.permission}")
        if self.has_change_permission(request, article):
            return None
        form = MoveForm(request.POST)
        if not form.is_valid():
            for problems in form.errors.values():
                self.message_user(request, " ".join(map(str, problems)), messages.ERROR)
            return HttpResponseRedirect(request.path)
        data = form.cleaned_data
        try:
            workflow.save(
                article,
                [],
                by=person(request),
                seen=data["version"],
                action=move.action,
                reason=data["reason"],
                at=data["publish_at"],
                notice=data["notice"],
                take_over=data["take_over"],
            )
        except workflow.NotAllowed as why:
            said = _("The article stays where it is. %(why)s") % {"why": why}
            self.message_user(request, said, messages.ERROR)
            return HttpResponseRedirect(request.path)
        return self.response_change(request, article)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        refusal = getattr(request, REFUSAL, None)
        if isinstance(refusal, workflow.ChangedMeanwhile):
            form = cast(ArticleForm, context["adminform"].form)
            context |= _conflict(form, refusal)
        return super().render_change_form(request, context, *args, **kwargs)

    def save_model(
        self, request: HttpRequest, obj: Article, form: forms.ModelForm, change: bool
    ) -> None:
        if not change:
            workflow.add(obj, by=person(request))
            return
        form = cast(ArticleForm, form)
        data, fields = form.cleaned_data, form.fields_written()
        tags = data["tags"] if "tags" in form.changed_data else None
        seen = data["version"]
        if decision := form.decision:
            if decision.side == "theirs":
                theirs = workflow.changed_between(obj.pk, seen, decision.version)
                fields = [name for name in fields if _column(name) not in theirs]
                tags = None if "tags" in theirs else tags
            seen = decision.version
        workflow.save(
            obj,
            fields,
            by=person(request),
            seen=seen,
            tags=tags,
            accepted=map(int, data.get("accepted", [])),
            rejected=map(int, data.get("dismissed", [])),
            action=form.action,
            reason=data["reason"],
            at=data.get("publish_at"),
            notice=data.get("notice", ""),
            take_over=data.get("take_over", False),
        )

    def save_related(
        self, request: HttpRequest, form: Any, formsets: Any, change: bool
    ) -> None:
        if not change:
            suggestions.refresh_one(form.instance)

    def response_change(self, request: HttpRequest, obj: Article) -> HttpResponse:
        action = asked_action(request.POST)
        if not action and "_decision" not in request.POST:
            return super().response_change(request, obj)
        said = _("Saved: “%(headline)s”.") % {"headline": obj}
        if action:
            label = workflow.MOVES[action].label
            said = _("%(move)s: “%(headline)s”.") % {"move": label, "headline": obj}
            said = f"{said} {_when(obj)}".strip()
        self.message_user(request, said, messages.SUCCESS)
        return HttpResponseRedirect(request.path)


def _column(field: str) -> str:
    """The column in which snapshots hold a field."""
    column: Any = Article._meta.get_field(field)
    return str(column.attname)


def _conflict(
    form: ArticleForm, refusal: workflow.ChangedMeanwhile
) -> dict[str, list[Side] | str | int | None]:
    """What the page shows of a conflict."""
    move = workflow.MOVES.get(form.action)
    touched = {_column(name) for name in form.fields_written()} | (
        {"tags"} if "tags" in form.changed_data else set()
    )
    values = [
        row
        for each in refusal.clashes
        for row in ({each.name: each.mine}, {each.name: each.theirs})
    ]
    names = history.Names(values)
    return {
        "conflict": [_side(each, names, touched) for each in refusal.clashes],
        "conflict_version": refusal.version,
        "conflict_is_mine": any(each.name in touched for each in refusal.clashes),
        "conflict_action": form.action,
        "conflict_label": str(move.label) if move else "",
    }


def _side(clash: workflow.Clash, names: history.Names, touched: set[str]) -> Side:
    mine, theirs = compare(
        names.text(clash.name, clash.mine), names.text(clash.name, clash.theirs)
    )
    return Side(
        capfirst(history.column_label(clash.name)),
        history.marked(mine, "mark"),
        history.marked(theirs, "mark"),
        clash.change.act,
        clash.name in touched,
    )


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
