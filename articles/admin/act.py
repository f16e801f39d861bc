"""The audit: every act, its pieces, and the way back for all of them at once."""

import re
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import admin, messages
from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path
from django.urls.resolvers import URLPattern
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from articles import history, workflow
from articles.models import Act
from articles.roles import NotPermitted, person

from .read_only import ReadOnlyAdmin

#: Colleagues who are offered to choose from; another's name can be in the address.
MOST_PEOPLE = 100
#: Pieces that the message after an undo names one by one.
NAMED = 10


class ActsForm(forms.Form):
    """Which acts to show. What makes no sense is said beside its field."""

    by = forms.ChoiceField(label=gettext_lazy("Who"), required=False)
    kind = forms.ChoiceField(label=gettext_lazy("What"), required=False)
    day = forms.DateField(
        label=gettext_lazy("Day"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    number = forms.IntegerField(
        label=gettext_lazy("Number of the piece"),
        required=False,
        min_value=1,
        max_value=2**63 - 1,
    )
    before = forms.IntegerField(
        required=False,
        min_value=1,
        max_value=2**63 - 1,
        widget=forms.HiddenInput,
    )

    def __init__(self, data: Any) -> None:
        super().__init__(data, label_suffix="")
        every = [("", _("all"))]
        self.fields["by"].choices = every + _people(data)  # type: ignore[attr-defined]
        self.fields["kind"].choices = every + [  # type: ignore[attr-defined]
            (kind, words) for kind, words in history.KINDS.items()
        ]

    @property
    def query(self) -> history.ActsQuery:
        data = self.cleaned_data
        return history.ActsQuery(data["by"], data["kind"], data["day"], data["number"])

    def address_of(self, before: int) -> str:
        """The query string of the acts before this one."""
        kept = {k: v for k, v in self.cleaned_data.items() if v and k != "before"}
        return urlencode({**kept, "before": before})


def _people(data: Any) -> list[tuple[str, str]]:
    """Staff, and whoever the address names: the account may be gone by now."""
    staff = get_user_model().objects.filter(is_staff=True).order_by("username")
    names = list(staff.values_list("username", flat=True)[:MOST_PEOPLE])
    if (asked := data.get("by")) and asked not in names:
        names.append(asked)
    return [(name, name) for name in names]


@admin.register(Act)
class ActAdmin(ReadOnlyAdmin):
    """What was done by whom, when and why; it outlives pieces and accounts."""

    def get_urls(self) -> list[URLPattern]:
        own = path(
            "<int:pk>/undo/",
            self.admin_site.admin_view(self.undo_view),
            name="articles_act_undo",
        )
        return [own, *super().get_urls()]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Acts, newest first. Nothing is counted: the table only grows."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        self._refuse_actions(request)
        form = ActsForm(request.GET)
        acts: list[Act] = []
        older = ""
        if form.is_valid():
            acts, is_more = history.page_of_acts(
                form.query, form.cleaned_data["before"]
            )
            older = form.address_of(acts[-1].pk) if is_more else ""
        context = self._context(request, _("Acts"), form=form, older=older)
        context["acts"] = [(act, history.act_words(act)) for act in acts]
        return TemplateResponse(request, "admin/articles/act/change_list.html", context)

    def change_view(
        self, request: HttpRequest, object_id: str, *_args: Any, **_kwargs: Any
    ) -> HttpResponse:
        """One act: its pieces with what changed, and whether it can be undone."""
        if not self.has_view_permission(request) or request.method == "POST":
            raise PermissionDenied
        act = _act(object_id)
        pieces, is_more = history.page_of_pieces(act, _place(request))
        why = workflow.why_not_undo(act, request.user)
        is_recent = act.at > timezone.now() - workflow.WINDOW
        title = f"{act.by_name}: {history.act_words(act)}"
        context = self._context(request, title, act=act, pieces=pieces)
        context["words"] = history.act_words(act)
        context["left_alone"] = history.left_alone(act)
        context["can_undo"] = not why
        context["no_undo"] = why if is_recent else ""
        context["more"] = pieces[-1].change.pk if is_more else None
        return TemplateResponse(request, "admin/articles/act/change_form.html", context)

    def undo_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """What taking an act back would change, and, when posted, the change."""
        act = _act(str(pk))
        if not request.user.has_perm("articles.view_article"):
            raise PermissionDenied
        if not request.user.has_perm(asked := workflow.permission_of(act)):
            raise NotPermitted(asked)
        if request.method == "POST":
            return self._undo(request, act)
        pieces, is_more = history.page_of_pieces(act, _place(request), undoing=True)
        title = _("Take back: %(what)s") % {"what": history.act_words(act)}
        context = self._context(request, title, act=act, pieces=pieces)
        context["words"] = history.act_words(act)
        context["no_undo"] = workflow.why_not_undo(act, request.user)
        context["more"] = pieces[-1].change.pk if is_more else None
        context["gone"] = act.changes.filter(article=None).exists()
        context["back"] = _back(request.GET.get("back", ""))
        return TemplateResponse(request, "admin/articles/act/undo.html", context)

    def _undo(self, request: HttpRequest, act: Act) -> HttpResponse:
        try:
            outcome = workflow.undo(act, by=person(request))
        except workflow.NotAllowed as why:
            self.message_user(request, str(why), messages.ERROR)
        else:
            self._report(request, act, outcome)
            act = outcome.act or act
        if back := _back(request.POST.get("back", "")):
            return redirect("admin:articles_article_history", back)
        if self.has_view_permission(request):
            return redirect("admin:articles_act_change", act.pk)
        return redirect("admin:index")

    def _report(
        self, request: HttpRequest, act: Act, outcome: workflow.Outcome
    ) -> None:
        """How many pieces were brought back, which were left alone, and why."""
        number = len(outcome.moved)
        said = ngettext(
            "Taken back (%(what)s): %(number)d article.",
            "Taken back (%(what)s): %(number)d articles.",
            number,
        )
        said %= {"what": history.act_words(act), "number": number}
        level = messages.SUCCESS if number else messages.WARNING
        self.message_user(request, said, level)
        named = [pk for pk, _why in outcome.refused[:NAMED]]
        headlines = dict(
            act.changes.filter(number__in=named).values_list("number", "headline")
        )
        for pk, why in outcome.refused[:NAMED]:
            said = _("Left alone: article %(number)d, “%(headline)s”. %(why)s")
            said %= {"number": pk, "headline": headlines[pk], "why": why}
            self.message_user(request, said, messages.WARNING)
        if (more := len(outcome.refused) - NAMED) > 0:
            said = _("… and %(more)d more were left alone.") % {"more": more}
            self.message_user(request, said, messages.WARNING)

    def _context(self, request: HttpRequest, title: str, **more: Any) -> dict[str, Any]:
        own = {"title": title, "opts": self.opts}
        own["may_see_acts"] = self.has_view_permission(request)
        return {**self.admin_site.each_context(request), **own, **more}


def _act(object_id: str) -> Act:
    """The act of that number, or 404."""
    if not re.fullmatch(r"[0-9]{1,18}", object_id):
        raise Http404(_("There is no such act."))
    acts = Act.objects.select_related("undone_by", "undoes__undoes")
    return get_object_or_404(acts, pk=object_id)


def _back(text: str) -> int | None:
    """The number of the piece whose history the person came from."""
    return int(text) if re.fullmatch(r"[0-9]{1,18}", text) else None


def _place(request: HttpRequest) -> int:
    """The change after which a page goes on."""
    after = request.GET.get("after", "0")
    if not re.fullmatch(r"[0-9]{1,18}", after):
        raise Http404(_("This is no place in a history."))
    return int(after)
