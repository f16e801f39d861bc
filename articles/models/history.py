"""The history of articles: who did what, when and why."""

from typing import Self

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.utils.translation import gettext_lazy as _

from .article import Article


class HistoryQuerySet(models.QuerySet):
    def newest_first(self) -> Self:
        return self.order_by("-at", "-pk")


class Act(models.Model):
    """One deed of one person, or of a program, on one piece or on many.

    Rows are only ever added. The actor is named in text as well, and so outlives
    the account. ``pieces`` says how many changes belong to it.
    """

    kind = models.CharField(_("what"), max_length=20)
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
    undoes = models.OneToOneField(
        "self",
        verbose_name=_("takes back"),
        on_delete=models.PROTECT,
        null=True,
        related_name="undone_by",
    )
    pieces = models.PositiveIntegerField(_("pieces"), default=0)

    objects = HistoryQuerySet.as_manager()

    class Meta:
        verbose_name = _("act")
        verbose_name_plural = _("acts")
        indexes = [
            models.Index(fields=["-at", "-id"], name="acts_newest_first"),
            models.Index(fields=["by", "-at", "-id"], name="acts_of_a_person"),
            # By name, since accounts come and go.
            models.Index(fields=["by_name", "-at", "-id"], name="acts_by_name"),
            models.Index(fields=["kind", "-at", "-id"], name="acts_of_a_kind"),
        ]

    def __str__(self) -> str:
        return f"{self.kind}, {self.by_name}"


class Change(models.Model):
    """What an act changed in one piece: the columns that differ, before and after.

    ``before`` and ``after`` have the same keys; ``articles.acts`` says which there
    may be. ``number`` is the piece's id and stays when the piece has gone.
    """

    act = models.ForeignKey(
        Act,
        verbose_name=_("act"),
        on_delete=models.PROTECT,
        related_name="changes",
        # The index below begins with it.
        db_index=False,
    )
    article = models.ForeignKey(
        Article,
        verbose_name=_("article"),
        on_delete=models.SET_NULL,
        null=True,
        related_name="changes",
        # The unique constraint begins with it.
        db_index=False,
    )
    number = models.BigIntegerField(_("number of the article"))
    headline = models.CharField(_("headline"), max_length=500)
    version = models.PositiveIntegerField(_("version"))
    before = models.JSONField(_("before"), default=dict, encoder=DjangoJSONEncoder)
    after = models.JSONField(_("after"), default=dict, encoder=DjangoJSONEncoder)

    class Meta:
        verbose_name = _("change of a piece")
        verbose_name_plural = _("changes of pieces")
        constraints = [
            models.UniqueConstraint(
                fields=["article", "version"], name="version_of_a_piece_is_made_once"
            )
        ]
        indexes = [
            models.Index(fields=["act", "id"], name="changes_of_an_act"),
            models.Index(fields=["number", "-id"], name="changes_of_a_number"),
        ]

    def __str__(self) -> str:
        return f"{self.headline} ({self.version})"


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
