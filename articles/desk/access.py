"""Who gets to the desk: staff who may see articles, and for a deed who may do it."""

from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from django.contrib import admin
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _

from .answers import is_script, refused

View = Callable[..., HttpResponse]


def person(request: HttpRequest) -> User:
    """Who acts; ``at_desk`` lets nobody in who is not signed in."""
    return cast(User, request.user)


def at_desk(permission: str = "articles.view_article") -> Callable[[View], View]:
    """A view inside the admin, for those who have a permission.

    Who is signed out goes to the sign-in page, and the desk's script is told so.
    """

    def dress(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not request.user.has_perm(permission):
                if is_script(request):
                    return refused(request, _("You may not do that."), status=403)
                raise PermissionDenied
            return view(request, *args, **kwargs)

        inside = admin.site.admin_view(guarded)

        @wraps(view)
        def asked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if is_script(request) and not admin.site.has_permission(request):
                said = _("You are signed out. Sign in again; nothing was done.")
                return JsonResponse({"said": said, "done": False}, status=401)
            return inside(request, *args, **kwargs)

        return asked

    return dress
