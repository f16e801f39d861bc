"""The queue: the page, more rows of it, and what has come in meanwhile."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from articles import queue, workflow
from articles.models import Article, SavedFilter
from articles.roles import person
from articles.workflow import permission_for

from . import frame, panes
from .access import at_desk
from .addresses import narrowing
from .forms import SaveFilterForm
from .keys import GROUPS, Command, keys_of

#: Deeds on ticked pieces, which undo takes back.
DECIDING = ("publish", "spike", "select", "hold")
#: Deeds for which a page has a button, if the person may.
DEEDS = ("publish", "spike", "select", "hold", "fold", "edit", "claim", "comment")


@at_desk()
def desk(request: HttpRequest) -> HttpResponse:
    """The queue with the piece in focus beside it."""
    if not request.GET and (kept := _default(request)):
        if queue.makes_sense(QueryDict(kept.query), person(request)):
            return redirect(f"{reverse('desk:queue')}?{kept.query}")
        said = _("Your filter “%(name)s” no longer holds; this is all that waits.")
        messages.warning(request, said % {"name": kept.name})
    try:
        page = queue.page(request.GET, person(request))
    except queue.InvalidQueue as error:
        context: dict[str, Any] = {"errors": error.errors}
        return frame.page(request, "desk/invalid.html", _("Desk"), context, status=400)
    context = {
        "page": page,
        "query": narrowing(request.GET).urlencode(),
        "is_narrowed": bool({*narrowing(request.GET)} - {"only"}),
        "next_query": _with(request.GET, after=page.next),
        "newest": queue.newest_id(),
        "waiting": queue.count({}, person(request)),
        "found": queue.count(request.GET, person(request)),
        "most_counted": queue.MOST_COUNTED,
        "saved": _saved(request),
        "save_form": SaveFilterForm(),
        "groups": _groups(request),
        "script": _for_script(request),
        "decides": decides(request),
        "last_act": workflow.last_act(person(request)),
        "may": {
            kind: request.user.has_perm(workflow.permission_for(kind)) for kind in DEEDS
        },
    }
    if focused := _in_focus(request, page):
        context |= panes.context_of(request, focused)
    return frame.page(request, "desk/queue.html", _("Desk"), context)


@at_desk()
def more(request: HttpRequest) -> HttpResponse:
    """The rows behind a cursor, for the script: HTML, and the next cursor."""
    try:
        page = queue.page(request.GET, person(request))
    except queue.InvalidQueue as error:
        return JsonResponse({"said": str(error)}, status=400)
    response = render(request, "desk/_rows.html", {"page": page})
    response.headers["X-Next"] = str(page.next or "")
    return response


@at_desk()
def news(request: HttpRequest) -> HttpResponse:
    """How many pieces have come in since ``newest``, and the counts of filters."""
    newest = request.GET.get("newest", "")
    if not (newest.isdecimal() and len(newest) < 19):
        return JsonResponse({"said": _("Say since which piece.")}, status=400)
    try:
        arrived = queue.arrived_since(request.GET, int(newest), person(request))
    except queue.InvalidQueue as error:
        return JsonResponse({"said": str(error)}, status=400)
    return JsonResponse(
        {
            "new": arrived,
            "waiting": queue.count({}, person(request)),
            "filters": {str(each.pk): number for each, number in _saved(request)},
        }
    )


def _for_script(request: HttpRequest) -> dict[str, Any]:
    """What the desk's script knows: keys, addresses, and the words it says itself."""
    kept = keys_of(person(request))
    claims = request.user.has_perm(permission_for("claim"))
    return {
        "keys": kept.of,
        "on": kept.on,
        "user": person(request).pk,
        "news": reverse("desk:news"),
        "piece": reverse("desk:piece", args=[0]),
        # Who may not claim a piece is at work on it without.
        "claim": reverse("desk:claim") if claims else "",
        "go": {
            "q": reverse("desk:queue"),
            "a": reverse("admin:articles_article_changelist"),
            "s": reverse("admin:articles_source_changelist"),
            "t": reverse("admin:articles_tag_changelist"),
        },
        "words": {
            "undoes": _("Undo takes back what was done before it."),
            "unloaded": _("The piece could not be loaded. Try again."),
            "shut": _(
                "What you type decides nothing: Enter tries again, Escape ends it."
            ),
            "astray": _("What you type decides nothing until you press Escape."),
            "keys_again": _("The keys decide again."),
            "signed_out": _(
                "Not done: you are signed out. Sign in in another tab, then try again."
            ),
            "failed": _("Not done: the server did not answer as it should. Try again."),
            "offline": _("Not done: no connection to the server. Try again."),
            "nothing": _("Nothing to undo."),
            "end": _("That is the end of the queue."),
            "ticked": _("ticked"),
        },
    }


def _groups(request: HttpRequest) -> list[tuple[Any, list[Command]]]:
    """The commands this person can use, in groups."""

    def may(command: Command) -> bool:
        if command.decides:
            return decides(request)
        kind = command.kind
        return not kind or request.user.has_perm(permission_for(kind))

    return [(label, list(filter(may, group))) for label, group in GROUPS]


def decides(request: HttpRequest) -> bool:
    """Whether this person does anything here that is done with many, or undone."""
    return any(request.user.has_perm(permission_for(kind)) for kind in DECIDING)


def _with(parameters: QueryDict, **changes: Any) -> str:
    query = narrowing(parameters)
    for name, value in changes.items():
        if value is not None:
            query[name] = str(value)
    return query.urlencode()


def _default(request: HttpRequest) -> SavedFilter | None:
    own = person(request).pk
    kept: SavedFilter | None = SavedFilter.objects.filter(
        user=own, is_default=True
    ).first()
    return kept if kept and kept.query else None


def _saved(request: HttpRequest) -> list[tuple[SavedFilter, int]]:
    """The person's filters, each with how many pieces it finds."""
    found = []
    for each in SavedFilter.objects.open_to(person(request).pk)[:9]:
        try:
            number = queue.count(QueryDict(each.query), person(request))
        except queue.InvalidQueue:
            # What it named, a source for instance, is gone.
            number = 0
        found.append((each, number))
    return found


def _in_focus(request: HttpRequest, page: queue.Page) -> Article | None:
    """The piece that the address names, else the first of the queue."""
    given = request.GET.get("piece", "")
    if given.isdecimal() and len(given) < 19:
        return get_object_or_404(Article, pk=int(given))
    if not page.pieces:
        return None
    return get_object_or_404(Article, pk=page.pieces[0].article.pk)
