"""From a row of a list to its public page."""

from django.contrib.contenttypes.models import ContentType
from django.contrib.contenttypes.views import shortcut
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect

from articles.models import Article, ArticleStatus
from articles.roles import NotPermitted

#: Whoever has a role sees articles; a public address tells what a piece is about.
ASKED = "articles.view_article"


def on_site(
    request: HttpRequest, content_type_id: str, object_id: str
) -> HttpResponseBase:
    """Lead to the public page of a row; Django's own asks for no right at all.

    A piece that readers have no page of yet is shown as they will see it.
    """
    if not request.user.has_perm(ASKED):
        raise NotPermitted(ASKED)
    if waiting := _without_page(content_type_id, object_id):
        return redirect("desk:preview", waiting.pk)
    return shortcut(request, content_type_id, object_id)


def _without_page(content_type_id: str, object_id: str) -> Article | None:
    """The piece of that row if it has no page; a killed one has, which says so."""
    kind = ContentType.objects.get_for_model(Article)
    if content_type_id != str(kind.pk) or not object_id.isdecimal():
        return None
    article = Article.objects.filter(pk=object_id).first()
    if article is None or article.status == ArticleStatus.KILLED:
        return None
    is_public = Article.objects.published().filter(pk=article.pk).exists()
    return None if is_public else article
