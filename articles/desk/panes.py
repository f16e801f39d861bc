"""One piece beside the queue: its text, its words, its tags, what resembles it."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.template.loader import render_to_string
from django.utils.html import strip_tags
from django.utils.translation import gettext as _

from articles import queue, workflow
from articles.differences import Piece as Stretch
from articles.differences import compare as differing
from articles.fields import typed_into
from articles.models import Article
from articles.piece import page_of
from articles.rights import Channel, permitted
from articles.roles import person

from . import frame
from .access import at_desk
from .addresses import back
from .answers import is_script
from .forms import WordsForm

#: Characters of a source's text that the pane shows; the rest is a link away.
MOST_TEXT = 20_000


@dataclass(frozen=True, slots=True)
class Compared:
    """One text of two pieces, in stretches that say what differs."""

    label: str
    here: list[Stretch]
    there: list[Stretch]


def likest(article: int) -> list[int]:
    """The id of the piece that an article resembles most, in a list; [] for none."""
    found = queue.twins([article]).get(article, [])
    return [each.article.pk for each in found[:1]]


def context_of(request: HttpRequest, article: Article) -> dict[str, Any]:
    """What the pane's template shows of an article."""
    [piece] = queue.pieces([article])
    return {
        "piece": piece,
        "read": permitted(article, Channel.PAGE),
        "source_text": strip_tags(article.source_body)[:MOST_TEXT],
        "comments": article.comments.order_by("at", "pk"),
        "form": WordsForm(instance=article, prefix=None),
        "back": back(request),
    }


@at_desk()
def pane(request: HttpRequest, pk: int) -> HttpResponse:
    """One piece: as a part of the desk for its script, else as a page."""
    article = get_object_or_404(Article, pk=pk)
    context = context_of(request, article)
    if is_script(request):
        return render(request, "desk/_pane.html", context)
    title = article.shown_headline
    context["last_act"] = workflow.last_act(person(request))
    return frame.page(request, "desk/piece.html", title, context)


@at_desk()
def compare(request: HttpRequest, pk: int) -> HttpResponse:
    """A piece beside another (``?other=<id>``), else our words beside the source's."""
    article = get_object_or_404(Article.objects.select_related("source"), pk=pk)
    given = request.GET.get("other", "")
    others = [int(given)] if given.isdecimal() and len(given) < 19 else likest(pk)
    other = None
    if others:
        loaded = Article.objects.select_related("source")
        other = get_object_or_404(loaded, pk=others[0])
    context = {
        "article": article,
        "other": other,
        "compared": list(_compared(article, other)),
        "back": back(request),
    }
    if is_script(request):
        return render(request, "desk/_compare.html", context)
    return frame.page(request, "desk/compare.html", _("Compare"), context)


def _compared(article: Article, other: Article | None) -> list[Compared]:
    if other is None:
        pairs = [
            (_("Headline"), article.headline, article.source_headline),
            (_("Excerpt"), article.excerpt, article.source_excerpt),
        ]
        pairs = [(label, ours, theirs) for label, ours, theirs in pairs if ours]
    else:
        pairs = [
            (_("Headline"), article.source_headline, other.source_headline),
            (_("Excerpt"), article.source_excerpt, other.source_excerpt),
            (_("Text"), strip_tags(article.source_body), strip_tags(other.source_body)),
        ]
    return [
        Compared(label, *differing(one, two)) for label, one, two in pairs if one or two
    ]


@at_desk()
def preview(request: HttpRequest, pk: int) -> HttpResponse:
    """The public page of a piece as it would be now, whatever its state."""
    loaded = Article.objects.select_related("source", "category", "image")
    article = get_object_or_404(loaded, pk=pk)
    article.listed_at = article.listed_at or article.waiting_at or article.created_at
    response = render(request, "desk/preview.html", page_of(article))
    response.headers["X-Robots-Tag"] = "noindex"
    return response


def gone(request: HttpRequest) -> HttpResponse:
    """What a person has written on a piece that was deleted meanwhile (410)."""
    if is_script(request):
        said = _(
            "The piece has been deleted. Copy what you have written, if you need it."
        )
        return JsonResponse({"done": False, "said": said}, status=410)
    context = {"typed": typed_into(WordsForm, request.POST), "back": back(request)}
    template = "admin/articles/article/gone.html"
    return frame.page(request, template, _("The piece is gone"), context, status=410)


def conflict(request: HttpRequest, pk: int, form: WordsForm, said: str) -> HttpResponse:
    """Both texts of a piece that two people have edited, with nothing lost (409)."""
    now = Article.objects.select_related("source", "category", "image").get(pk=pk)
    compared = [
        Compared(
            str(bound.label), *differing(bound.data or "", getattr(now, bound.name))
        )
        for bound in form
        if (bound.data or "").strip() != getattr(now, bound.name)
    ]
    last = now.changes.select_related("act").order_by("-version").first()
    context = context_of(request, now) | {
        "compared": compared,
        "said": said,
        "form": form,
        "changed_by": last.act.by_name if last else "",
    }
    if is_script(request):
        html = render_to_string("desk/_pane.html", context, request)
        answer = {"done": False, "said": said, "pane": html}
        return JsonResponse(answer, status=409)
    title = now.shown_headline
    return frame.page(request, "desk/piece.html", title, context, status=409)
