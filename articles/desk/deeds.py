"""What editors do at the desk: each a form that is posted, by a key or by hand.

Nothing is decided here. A view reads the form, calls one verb of the workflow, and
answers with what became of the pieces.
"""

from collections.abc import Callable
from functools import wraps

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from articles import history, workflow
from articles.fields import TagNamesField
from articles.models import Act, Article, Tag
from articles.names import name_key
from articles.roles import NotPermitted, person
from articles.workflow import Outcome

from . import answers, panes
from .access import DOES, at_desk
from .forms import Chosen, NoteForm, WordsForm, held_until, numbers

Said = tuple[Outcome, str]
Deed = Callable[[HttpRequest, Chosen], Said]


def deed(kind: str) -> Callable[[Deed], Callable[..., HttpResponse]]:
    """A view that does one thing with the chosen pieces, for those who may."""

    def dress(do: Deed) -> Callable[..., HttpResponse]:
        @at_desk(workflow.permission_for(kind), methods=DOES)
        @wraps(do)
        def view(request: HttpRequest) -> HttpResponse:
            try:
                chosen = Chosen.of(request.POST)
                _refuse(request, kind, chosen.ids)
                outcome, said = do(request, chosen)
            except ValidationError as error:
                return answers.refused(request, " ".join(error.messages))
            except workflow.NotAllowed as why:
                return answers.refused(request, str(why), status=409)
            if outcome.claimed and not answers.is_script(request):
                return answers.claimed(request, said, outcome, chosen.versions)
            return answers.done(request, said, outcome, dict.fromkeys(chosen.ids))

        return view

    return dress


def _refuse(request: HttpRequest, kind: str, ids: list[int]) -> None:
    """Raise NotPermitted if this is not the person's to do with all these pieces."""
    if lacks := workflow.lacking(kind, ids, by=person(request)):
        raise NotPermitted(lacks)


def _about(ids: list[int], one: str, many: str, **facts: str) -> str:
    """What was done, with the headline of a single piece or the number of many."""
    if len(ids) == 1:
        article = Article.objects.only("headline", "source_headline").get(pk=ids[0])
        return one % {**facts, "headline": article.shown_headline}
    return many % {**facts, "number": len(ids)}


@deed("publish")
def publish(request: HttpRequest, chosen: Chosen) -> Said:
    """Publish with the suggested tags, or with those ticked of them."""
    accepted, rejected = None, []
    if "offered" in request.POST:
        accepted = numbers(request.POST, "accepted")
        rejected = [t for t in numbers(request.POST, "offered") if t not in accepted]
    outcome = workflow.publish(
        chosen.ids,
        by=person(request),
        accepted=accepted,
        rejected=rejected,
        at=workflow.soon(),
        **chosen.seen,
    )
    many = ngettext(
        "Published %(number)d piece.",
        "Published %(number)d pieces.",
        len(outcome.moved),
    )
    return outcome, _about(outcome.moved, _("Published “%(headline)s”."), many)


@deed("spike")
def spike(request: HttpRequest, chosen: Chosen) -> Said:
    """Reject pieces; they can be brought back."""
    outcome = workflow.move_many(chosen.ids, "spike", by=person(request), **chosen.seen)
    many = ngettext(
        "Spiked %(number)d piece.", "Spiked %(number)d pieces.", len(outcome.moved)
    )
    return outcome, _about(outcome.moved, _("Spiked “%(headline)s”."), many)


@deed("select")
def shortlist(request: HttpRequest, chosen: Chosen) -> Said:
    """Shortlist pieces; if all of them are shortlisted, put them back."""
    new = Article.objects.filter(pk__in=chosen.ids).exclude(status="selected")
    action = "select" if new.exists() else "release"
    outcome = workflow.move_many(chosen.ids, action, by=person(request), **chosen.seen)
    if action == "select":
        one, many = (
            _("Shortlisted “%(headline)s”."),
            _("Shortlisted %(number)d pieces."),
        )
    else:
        one, many = _("Put back “%(headline)s”."), _("Put back %(number)d pieces.")
    return outcome, _about(outcome.moved, one, many)


@deed("hold")
def hold(request: HttpRequest, chosen: Chosen) -> Said:
    """Take pieces out of the queue until a moment."""
    until = held_until(request.POST)
    outcome = workflow.hold(chosen.ids, until, by=person(request), **chosen.seen)
    moment = date_format(localtime(until), "Y-m-d H:i")
    one = _("Held “%(headline)s” until %(moment)s.")
    many = _("Held %(number)d pieces until %(moment)s.")
    return outcome, _about(outcome.moved, one, many, moment=moment)


@deed("resume")
def resume(request: HttpRequest, chosen: Chosen) -> Said:
    """Bring held pieces back into the queue."""
    outcome = workflow.hold(chosen.ids, None, by=person(request), **chosen.seen)
    one, many = _("“%(headline)s” waits again."), _("%(number)d pieces wait again.")
    return outcome, _about(outcome.moved, one, many)


@deed("fold")
def fold(request: HttpRequest, chosen: Chosen) -> Said:
    """Fold one piece into another, by default into the likest."""
    into = numbers(request.POST, "into") or panes.likest(chosen.only)
    if not into:
        raise workflow.NotAllowed(_("Nothing here resembles it."))
    outcome = workflow.fold(chosen.only, into[0], by=person(request), **chosen.seen)
    chosen.ids.append(into[0])
    return outcome, _about(outcome.moved, _("Folded “%(headline)s”."), "")


@deed("apart")
def keep_apart(request: HttpRequest, chosen: Chosen) -> Said:
    """Say that a piece and another tell different things."""
    other = numbers(request.POST, "into")
    if not other:
        raise ValidationError(_("Say from which piece."))
    outcome = workflow.keep_apart(
        chosen.only, other[0], by=person(request), take_over=chosen.take_over
    )
    chosen.ids.append(other[0])
    said = _("“%(headline)s” is not the same, and is not paired with it again.")
    return outcome, _about(outcome.moved, said, "")


@deed("tag")
def tag(request: HttpRequest, chosen: Chosen) -> Said:
    """Put tags on by name, take others off."""
    names = TagNamesField().clean(request.POST.get("tags", ""))
    off = numbers(request.POST, "off")
    if not names and not off:
        raise ValidationError(_("Write a tag first."))
    outcome = workflow.tag(
        chosen.ids, on=names, off=off, by=person(request), **chosen.seen
    )
    if names:
        one, many = (
            _("Tagged “%(headline)s” with %(tags)s."),
            _("Tagged %(number)d pieces."),
        )
        # A tag may have been found by another of its names.
        known = Tag.objects.by_key(map(name_key, names))
        tags = [known.get(name_key(name), name) for name in names]
        shown = ", ".join(f"#{each}" for each in dict.fromkeys(tags))
        return outcome, _about(outcome.moved, one, many, tags=shown)
    one, many = _("Took a tag off “%(headline)s”."), _("Took tags off %(number)d.")
    return outcome, _about(outcome.moved, one, many)


@deed("claim")
def claim(request: HttpRequest, chosen: Chosen) -> Said:
    """Claim a piece, or give up one's claim on it."""
    by, pk = person(request), chosen.only
    if request.POST.get("release"):
        workflow.release(pk, by=by)
        said = _("You are not at work on “%(headline)s” any more.")
    else:
        try:
            workflow.claim(pk, by=by, take_over=chosen.take_over)
        except workflow.Claimed as colleague:
            outcome = Outcome()
            outcome.leave_to(colleague, pk)
            return outcome, ""
        said = _("You are at work on “%(headline)s”.")
    return Outcome(moved=[pk]), _about([pk], said, "")


@deed("comment")
def comment(request: HttpRequest, chosen: Chosen) -> Said:
    """Leave a note to colleagues."""
    form = NoteForm(request.POST)
    if not form.is_valid():
        raise ValidationError(list(form.errors["text"]))
    workflow.comment(chosen.only, form.cleaned_data["text"], by=person(request))
    said = _("Noted at “%(headline)s”.")
    return Outcome(moved=[chosen.only]), _about([chosen.only], said, "")


@at_desk(workflow.permission_for("edit"), methods=DOES)
def edit(request: HttpRequest) -> HttpResponse:
    """Save headline, excerpt and note.

    If a colleague has saved other words meanwhile, both texts are shown.
    """
    try:
        chosen = Chosen.of(request.POST)
        article = Article.objects.filter(pk=chosen.only).first()
    except ValidationError as error:
        return answers.refused(request, " ".join(error.messages))
    if article is None:
        return panes.gone(request)
    _refuse(request, "edit", [article.pk])
    form = WordsForm(request.POST, instance=article)
    if not form.is_valid():
        faults = [str(text) for errors in form.errors.values() for text in errors]
        return answers.refused(request, " ".join(faults))
    try:
        act = workflow.save(
            form.instance,
            form.changed_data,
            by=person(request),
            seen=chosen.versions.get(article.pk),
        )
    except workflow.ChangedMeanwhile as why:
        return panes.conflict(request, article.pk, form, str(why))
    except workflow.NotAllowed as why:
        return answers.refused(request, str(why), status=409)
    said = _("Saved “%(headline)s”.") % {"headline": form.instance.shown_headline}
    outcome = Outcome(moved=[article.pk], act=act)
    return answers.done(request, said, outcome, [article.pk])


@at_desk(methods=DOES)
def undo(request: HttpRequest, act: int | None = None) -> HttpResponse:
    """Take an act back; without its number the person's last one."""
    by = person(request)
    again = bool(request.POST.get("again"))
    try:
        tried = numbers(request.POST, "before")
    except ValidationError as error:
        return answers.refused(request, " ".join(error.messages))
    if act is None:
        last = workflow.last_act(
            by, taken_back=again, before=tried[0] if tried else None
        )
        if last is None:
            return answers.refused(request, _("There is nothing to undo."), status=409)
        act = last.pk
    found = get_object_or_404(Act, pk=act)
    try:
        outcome = workflow.undo_unasked(found, by=by)
    except workflow.NotAllowed as why:
        return answers.refused(request, str(why), status=409, act=act)
    outcome.act = outcome.act or found
    said = _taken_back(found, outcome.moved, again)
    return answers.done(request, said, outcome, outcome.moved, come_back=True)


def _taken_back(act: Act, moved: list[int], again: bool) -> str:
    """That an act was taken back, or done again, and what it was."""
    while act.undoes:
        act = act.undoes
    number = len(moved)
    if again:
        one = _("Done again: “%(headline)s” (%(what)s).")
        many = ngettext(
            "Done again: %(number)d piece (%(what)s).",
            "Done again: %(number)d pieces (%(what)s).",
            number,
        )
    else:
        one = _("Undone: “%(headline)s” (%(what)s).")
        many = ngettext(
            "Undone: %(number)d piece (%(what)s).",
            "Undone: %(number)d pieces (%(what)s).",
            number,
        )
    return _about(moved, one, many, what=history.kind_words(act.kind))
