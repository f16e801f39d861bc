"""How the desk answers a deed: to its script in JSON, to a plain form by a page."""

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _

from articles import queue
from articles.models import Act, Article
from articles.roles import person
from articles.workflow import Outcome
from newsroom.errors import bad_request

from . import frame
from .addresses import back, narrowing, piece_of, queue_of, stands_at

#: Rows that an answer draws anew; of a larger batch the page shows the rest when it is
#: loaded the next time.
MOST_ROWS = 200
#: Refusals that are shown one by one; of a batch of hundreds the rest is counted.
MOST_REFUSALS = 20


def is_script(request: HttpRequest) -> bool:
    """Whether the desk's own script asks, and not a plain form."""
    return request.headers.get("X-Requested-With") == "desk"


def not_taken(request: HttpRequest, exception: Exception) -> HttpResponse:
    """A request that Django does not take (400), in words that the script can show."""
    if not is_script(request):
        return bad_request(request, exception)
    said = _("Not done: that is more than can be sent at once. Send less.")
    return JsonResponse({"said": said, "done": False}, status=400)


def refused(
    request: HttpRequest, said: str, status: int = 400, act: int | None = None
) -> HttpResponse:
    """Nothing was done, and why; ``act`` is that which could not be taken back."""
    if is_script(request):
        return JsonResponse({"said": said, "done": False, "act": act}, status=status)
    messages.error(request, said)
    return redirect(back(request))


def done(
    request: HttpRequest,
    said: str,
    outcome: Outcome,
    ids: Iterable[int],
    *,
    come_back: bool = False,
) -> HttpResponse:
    """What became of these pieces (ids): rows anew of those that still wait.

    Pieces that ``come_back`` do so where the queue as it is narrowed shows them;
    others stay in sight until they are decided on. 409 where nothing could be done.
    """
    why = _reasons(outcome)
    if not (outcome.moved or why):
        why = [{"piece": 0, "why": _("It is gone.")}]
    if not is_script(request):
        if outcome.moved:
            messages.success(request, said)
        for line in [each["why"] for each in why]:
            messages.warning(request, line)
        return redirect(_onward(request, outcome))
    act = outcome.act
    answer = {
        "done": bool(outcome.moved),
        "said": said if outcome.moved else " ".join(each["why"] for each in why),
        "refused": why,
        "claimed": outcome.claimed,
        "act": act.pk if act else None,
        "undo": undo_of(act) if act and outcome.moved else None,
        "rows": _rows(request, ids, come_back),
    }
    return JsonResponse(answer, status=200 if outcome.moved else 409)


def claimed(
    request: HttpRequest, said: str, outcome: Outcome, versions: dict[int, int]
) -> HttpResponse:
    """Asks, on a page, whether to do the same with pieces of colleagues as well.

    ``versions`` are those in which the person has seen them. Whatever else the form
    held is sent once more, with ``take_over``.
    """
    if outcome.moved:
        messages.success(request, said)
    others = [(pk, why) for pk, why in outcome.refused if pk not in outcome.claimed]
    for each in _reasons(Outcome(refused=others)):
        messages.warning(request, each["why"])
    taken = [(pk, why) for pk, why in outcome.refused if pk in outcome.claimed]
    fields = [
        (name, value)
        for name, values in request.POST.lists()
        if name not in {"piece", "csrfmiddlewaretoken"}
        for value in values
    ]
    pieces = [
        f"{pk}:{versions[pk]}" if pk in versions else str(pk) for pk, _why in taken
    ]
    context = {
        "why": [each["why"] for each in _reasons(Outcome(refused=taken))],
        "fields": [*fields, *(("piece", each) for each in pieces), ("take_over", "1")],
        "back": back(request),
    }
    title = _("A colleague is at work on it")
    return frame.page(request, "desk/claimed.html", title, context, status=409)


def _onward(request: HttpRequest, outcome: Outcome) -> str:
    """Where a plain form goes on: where it came from; but at the next piece of the
    queue, or the queue at its end, where it wants that (``then=next``) and its piece
    was decided on."""
    came_from = back(request)
    if request.POST.get("then") != "next" or not outcome.moved:
        return came_from
    seen = narrowing(QueryDict(urlsplit(came_from).query))
    try:
        article = queue.following(outcome.moved[-1], seen, person(request))
    except queue.InvalidQueue:
        return came_from
    if article is None:
        messages.info(request, _("That is the end of the queue."))
        return queue_of(seen)
    return piece_of(article, seen)


def undo_of(act: Act) -> str:
    """Where an act is taken back."""
    return reverse("desk:undo", args=[act.pk])


def _reasons(outcome: Outcome) -> list[dict[str, Any]]:
    shown = outcome.refused[:MOST_REFUSALS]
    named = Article.objects.filter(pk__in=[pk for pk, _why in shown])
    names = {article.pk: article.shown_headline for article in named}
    reasons: list[dict[str, Any]] = [
        {"piece": pk, "why": f"“{names.get(pk, pk)}”: {why}"} for pk, why in shown
    ]
    if more := len(outcome.refused) - len(shown):
        reasons.append(
            {"piece": 0, "why": _("… and %(more)d more were left.") % {"more": more}}
        )
    return reasons


def _rows(
    request: HttpRequest, ids: Iterable[int], come_back: bool
) -> dict[str, str | None]:
    """``{article id: its row in the queue}``; None for what has no place there."""
    ids = list(ids)[:MOST_ROWS]
    seen = stands_at(request)
    if not come_back:
        seen = narrowing({"only": "held"} if seen.get("only") == "held" else {})
    try:
        waiting = queue.among(ids, seen, person(request)).defer(*queue.UNREAD)
    except queue.InvalidQueue:
        waiting = queue.among(ids, {}, person(request)).defer(*queue.UNREAD)
    drawn: dict[str, str | None] = {str(pk): None for pk in ids}
    for piece in queue.pieces(waiting):
        drawn[str(piece.article.pk)] = row(request, piece)
    return drawn


def row(request: HttpRequest, piece: queue.Piece) -> str:
    return render_to_string("desk/_row.html", {"piece": piece}, request)
