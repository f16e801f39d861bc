"""The queue's addresses: what narrows it, and where a form leads back to."""

from collections.abc import Mapping
from urllib.parse import urlsplit

from django.http import HttpRequest, QueryDict
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

#: Parameters that say which result; the others only say which rows of it.
NARROWING = ("source", "category", "language", "age", "only", "q", "order")


def narrowing(parameters: Mapping[str, str]) -> QueryDict:
    """The parameters that say what the queue is narrowed to, and nothing else."""
    kept = QueryDict(mutable=True)
    for name in NARROWING:
        if value := parameters.get(name, ""):
            kept[name] = value
    return kept


def queue_of(parameters: Mapping[str, str]) -> str:
    """The address of the queue as these parameters narrow it."""
    query = narrowing(parameters).urlencode()
    return f"{reverse('desk:queue')}?{query}" if query else reverse("desk:queue")


def piece_of(article: int, parameters: Mapping[str, str]) -> str:
    """The address of a piece (id), as opened from the queue that these narrow."""
    own = reverse("desk:piece", args=[article])
    query = narrowing(parameters).urlencode()
    return f"{own}?{query}" if query else own


def stands_at(request: HttpRequest) -> QueryDict:
    """What the queue is narrowed to on the page that a request comes from."""
    return narrowing(QueryDict(urlsplit(request.headers.get("Referer", "")).query))


def back(request: HttpRequest) -> str:
    """Where a plain form wants to go on: a page of the desk, and no other.

    A page that was opened from the queue leads back to the queue as it was narrowed.
    """
    wanted = request.POST.get("next", "")
    if wanted.startswith(reverse("desk:queue")) and url_has_allowed_host_and_scheme(
        wanted, allowed_hosts=None
    ):
        return wanted
    return queue_of(request.GET)
