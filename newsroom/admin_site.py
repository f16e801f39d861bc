"""The admin's door: who was signed out while they typed is told that nothing is saved.

Django leads them to the sign-in without a word, and from there back to the page,
which then shows what stood there before.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

from django.contrib import messages
from django.contrib.admin import sites
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _

View = TypeVar("View", bound=Callable[..., HttpResponseBase])


class AdminSite(sites.AdminSite):
    """Django's, whose every view tells who posts to it signed out what became of it."""

    def admin_view(self, view: View, cacheable: bool = False) -> View:
        inside = super().admin_view(view, cacheable)

        @wraps(inside)
        def asked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            is_lost = request.method == "POST" and not self.has_permission(request)
            if is_lost and request.path != reverse("admin:logout"):
                return to_sign_in(request, request.get_full_path())
            return inside(request, *args, **kwargs)

        return cast(View, asked)


def to_sign_in(request: HttpRequest, page: str) -> HttpResponse:
    """To the sign-in, which leads on to a page (its address): what was sent is lost."""
    said = _("You were signed out. Nothing of what you sent was saved.")
    messages.warning(request, said)
    return redirect_to_login(page, reverse("admin:login"))
