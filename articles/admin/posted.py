"""Addresses of the admin that are posted to, and never looked at."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.admin import AdminSite
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_POST

from newsroom.admin_site import to_sign_in

View = Callable[..., HttpResponse]


def posted(site: AdminSite, view: View, page: str) -> View:
    """A view of a row (``pk``) that takes POST alone, for those who are signed in.

    ``page`` names the row's page. Who was signed out meanwhile is led there by signing
    in: nothing was done, and this address would answer them with 405.
    """
    inside = site.admin_view(require_POST(view))

    @wraps(view)
    def asked(request: HttpRequest, pk: int, **kwargs: Any) -> HttpResponse:
        if request.method == "POST" and not site.has_permission(request):
            return to_sign_in(request, reverse(page, args=[pk]))
        return inside(request, pk=pk, **kwargs)

    return asked
