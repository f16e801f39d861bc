"""The history of articles: who did what, when and why."""

from typing import Self

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
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


class SourceChangeState(models.TextChoices):
    PENDING = "pending", _("waits for an editor")
    APPLIED = "applied", _("taken over by itself")
    ACCEPTED = "accepted", _("taken over by an editor")
    DISMISSED = "dismissed", _("turned down by an editor")


class SourceChangeQuerySet(models.QuerySet):
    def pending(self) -> Self:
        return self.filter(state=SourceChangeState.PENDING)

    def newest_first(self) -> Self:
        return self.order_by("-at", "-pk")


class SourceChange(models.Model):
    """What a source changed in a piece that we have.

    A piece that no person has touched follows its source; of one that somebody
    has, the change waits until an editor takes it over or turns it down.
    ``before`` and ``after`` hold the columns that differ, by name.
    """

    article = models.ForeignKey(
        Article,
        verbose_name=_("article"),
        on_delete=models.CASCADE,
        related_name="source_changes",
    )
    state = models.CharField(_("state"), max_length=10, choices=SourceChangeState)
    before = models.JSONField(_("before"), default=dict, encoder=DjangoJSONEncoder)
    after = models.JSONField(_("after"), default=dict, encoder=DjangoJSONEncoder)
    digest = models.CharField(max_length=80)
    at = models.DateTimeField(_("seen"))
    decided_at = models.DateTimeField(_("decided"), null=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("decided by"),
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
    )
    decided_by_name = models.CharField(
        _("name of who decided"), max_length=200, blank=True
    )

    objects = SourceChangeQuerySet.as_manager()

    class Meta:
        verbose_name = _("change at the source")
        verbose_name_plural = _("changes at the source")
        constraints = [
            models.UniqueConstraint(
                fields=["article"],
                condition=models.Q(state=SourceChangeState.PENDING),
                name="one_source_change_waits_per_article",
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=SourceChangeState.values),
                name="source_change_state_is_known",
            ),
        ]
        indexes = [models.Index(fields=["article", "-at"], name="source_changes")]

    def __str__(self) -> str:
        return f"{self.article_id}: {self.get_state_display()}"
