"""From a row of a list to its public page."""

from django.contrib.contenttypes.views import shortcut
from django.http import HttpRequest, HttpResponseBase

from articles.roles import NotPermitted

#: Whoever has a role sees articles; a public address tells what a piece is about.
ASKED = "articles.view_article"


def on_site(
    request: HttpRequest, content_type_id: str, object_id: str
) -> HttpResponseBase:
    """Lead to the public page of a row; Django's own asks for no right at all."""
    if not request.user.has_perm(ASKED):
        raise NotPermitted(ASKED)
    return shortcut(request, content_type_id, object_id)
