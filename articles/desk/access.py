"""Who gets to the desk: staff who may see articles, and for a deed who may do it."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, JsonResponse
from django.utils.translation import gettext as _

from articles.roles import NotPermitted
from newsroom.admin_site import to_sign_in

from .addresses import back
from .answers import is_script, refused

View = Callable[..., HttpResponse]
#: What reads, and what does something.
READS, DOES, BOTH = ("GET", "HEAD"), ("POST",), ("GET", "HEAD", "POST")


def at_desk(
    permission: str = "articles.view_article", *, methods: tuple[str, ...] = READS
) -> Callable[[View], View]:
    """A view inside the admin, for those who have a permission.

    Who is signed out goes to the sign-in page, and from there on to a page: what was
    posted is not done, and its address is nothing to look at. The desk's script gets
    every refusal in words that it can show.
    """

    def dress(view: View) -> View:
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if request.method not in methods:
                return HttpResponseNotAllowed(methods)
            try:
                if not request.user.has_perm(permission):
                    raise NotPermitted(permission)
                return view(request, *args, **kwargs)
            except NotPermitted as why:
                if not is_script(request):
                    raise
                return refused(request, str(why), status=403)

        inside = admin.site.admin_view(guarded)

        @wraps(view)
        def asked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if admin.site.has_permission(request):
                return inside(request, *args, **kwargs)
            if is_script(request):
                said = _("You are signed out. Sign in again; nothing was done.")
                return JsonResponse({"said": said, "done": False}, status=401)
            if request.method == "POST":
                return to_sign_in(request, back(request))
            return inside(request, *args, **kwargs)

        return asked

    return dress
