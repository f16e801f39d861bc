"""The history of articles: who did what, when and why."""

from typing import Self

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from .article import Article, ArticleStatus


class HistoryQuerySet(models.QuerySet):
    def newest_first(self) -> Self:
        return self.order_by("-at", "-pk")


class StatusChange(models.Model):
    """Who moved which article from where to where, when and why.

    Rows are only ever added. They name the article and the actor in text as
    well, and so outlive both.
    """

    article = models.ForeignKey(
        Article,
        verbose_name=_("article"),
        on_delete=models.SET_NULL,
        null=True,
        related_name="status_changes",
    )
    headline = models.CharField(_("headline"), max_length=500)
    action = models.CharField(_("action"), max_length=20)
    before = models.CharField(_("before"), max_length=12, choices=ArticleStatus)
    after = models.CharField(_("after"), max_length=12, choices=ArticleStatus)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("by"),
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
    )
    by_name = models.CharField(_("name of the actor"), max_length=200)
    at = models.DateTimeField(_("at"))
    reason = models.TextField(_("reason"), blank=True)

    objects = HistoryQuerySet.as_manager()

    class Meta:
        verbose_name = _("status change")
        verbose_name_plural = _("status changes")
        indexes = [
            models.Index(fields=["article", "-at"], name="history_of_an_article")
        ]

    def __str__(self) -> str:
        return f"{self.headline}: {self.before} → {self.after}"
