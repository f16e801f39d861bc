"""The history of a piece, and its earlier versions brought back."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path
from django.urls.resolvers import URLPattern
from django.utils.translation import gettext as _

from articles import history, workflow
from articles.acts import snapshots
from articles.models import Article
from articles.roles import person

from .article_list import ArticleListAdmin


class ArticleHistoryAdmin(ArticleListAdmin):
    """What was done to a piece, and the way back."""

    def get_urls(self) -> list[URLPattern]:
        own = path(
            "<int:pk>/restore/<int:version>/",
            self.admin_site.admin_view(self.restore_view),
            name="articles_article_restore",
        )
        return [own, *super().get_urls()]

    def history_view(
        self,
        request: HttpRequest,
        object_id: str,
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """One timeline, newest first: acts, and changes at the source."""
        article = self.get_object(request, object_id)
        if article is None:
            raise Http404(_("There is no such piece; it may have been deleted."))
        if not self.has_view_or_change_permission(request, article):
            raise PermissionDenied
        try:
            before = request.GET.get("before", "")
            page = history.of_article(article, request.user, before)
        except ValueError as why:
            raise Http404(str(why)) from why
        context = {
            **self.admin_site.each_context(request),
            "title": _("History of “%(headline)s”") % {"headline": article},
            "opts": self.opts,
            "object": article,
            "page": page,
            "has_change_permission": self.has_change_permission(request, article),
            "may_see_acts": request.user.has_perm("articles.view_act"),
            **(extra_context or {}),
        }
        template = "admin/articles/article/object_history.html"
        return TemplateResponse(request, template, context)

    def restore_view(self, request: HttpRequest, pk: int, version: int) -> HttpResponse:
        """What bringing a version back would change, and, when posted, the change."""
        article = get_object_or_404(Article, pk=pk)
        may_edit = self.has_change_permission(request, article)
        if not (
            may_edit if request.method == "POST" else self.has_view_permission(request)
        ):
            raise PermissionDenied
        if version > article.version:
            raise Http404(_("There is no such version."))
        if request.method == "POST":
            if answer := self._restore(request, article, version):
                return answer
            article.refresh_from_db()
        values = workflow.earlier(pk, version)
        now = {k: v for k, v in snapshots([pk])[pk].items() if k in values}
        names = history.Names([now, values])
        context = {
            **self.admin_site.each_context(request),
            "title": _("Restore version %(number)d") % {"number": version},
            "opts": self.opts,
            "object": article,
            "version": version,
            "lines": history.lines(now, values, names),
            "has_change_permission": may_edit,
        }
        template = "admin/articles/article/restore.html"
        return TemplateResponse(request, template, context)

    def _restore(
        self, request: HttpRequest, article: Article, version: int
    ) -> HttpResponse | None:
        """Bring the version back; None if the piece is not what the person saw."""
        seen = request.POST.get("seen", "")
        try:
            workflow.restore(
                article,
                version,
                by=person(request),
                seen=int(seen) if seen.isdecimal() else -1,
            )
        except workflow.ChangedMeanwhile:
            said = _("It has changed since this page was shown; this is how it is now.")
            self.message_user(request, said, messages.WARNING)
            return None
        said = _("Version %(number)d is restored.") % {"number": version}
        self.message_user(request, said, messages.SUCCESS)
        return redirect("admin:articles_article_history", article.pk)
