"""What each person keeps at the desk: filters under a name, and keys."""

from django.contrib import messages
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from articles import queue
from articles.models import SavedFilter
from articles.roles import person

from . import frame, keys
from .access import BOTH, DOES, at_desk
from .addresses import narrowing
from .forms import KeysForm, SaveFilterForm


@at_desk(methods=DOES)
def save_filter(request: HttpRequest) -> HttpResponse:
    """Keep what the queue is narrowed to under a name, or change that name's."""
    form = SaveFilterForm(request.POST)
    query = narrowing(QueryDict(request.POST.get("query", "")[:1000])).urlencode()
    if not form.is_valid():
        messages.error(request, _("Give the filter a name of at most 50 characters."))
        return redirect(f"{reverse('desk:queue')}?{query}")
    if not queue.makes_sense(QueryDict(query), person(request)):
        messages.error(request, _("Not kept: this filter makes no sense."))
        return redirect(f"{reverse('desk:queue')}?all=1")
    data = form.cleaned_data
    own = SavedFilter.objects.filter(user=person(request))
    try:
        with transaction.atomic():
            if data["is_default"]:
                own.update(is_default=False)
            own.update_or_create(
                name=data["name"],
                defaults={
                    "user": person(request),
                    "query": query,
                    "is_shared": data["is_shared"],
                    "is_default": data["is_default"],
                },
            )
    except IntegrityError:
        # Two windows at once: the other one has kept its own.
        messages.error(request, _("Not kept: it was changed in another window."))
    else:
        messages.success(request, _("Kept “%(name)s”.") % {"name": data["name"]})
    return redirect(f"{reverse('desk:queue')}?{query or 'all=1'}")


@at_desk(methods=DOES)
def drop_filter(request: HttpRequest, pk: int) -> HttpResponse:
    """Forget one of one's own filters."""
    kept = get_object_or_404(SavedFilter, pk=pk, user=person(request))
    kept.delete()
    messages.success(request, _("Forgot “%(name)s”.") % {"name": kept.name})
    return redirect(f"{reverse('desk:queue')}?all=1")


@at_desk(methods=BOTH)
def keyboard(request: HttpRequest) -> HttpResponse:
    """The page on which a person changes their keys, or turns them off."""
    kept = keys.keys_of(person(request))
    form = KeysForm(request.POST or None, initial=KeysForm.initial_of(kept))
    if request.method == "POST" and form.is_valid():
        on = form.cleaned_data["on"]
        keys.keep(person(request), on=on, of=form.chosen)
        messages.success(request, _("Kept your keys."))
        return redirect("desk:queue")
    context = {"form": form, "groups": keys.GROUPS}
    return frame.page(request, "desk/keys.html", _("Keys of the desk"), context)
