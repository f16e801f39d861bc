"""Corrections: what readers are told about a piece after it was published."""

from datetime import datetime
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from .article import Article


class CorrectionKind(models.TextChoices):
    CORRECTION = "correction", _("correction")
    CLARIFICATION = "clarification", _("clarification")


class CorrectionQuerySet(models.QuerySet):
    def standing(self) -> Self:
        """What readers are told; a withdrawn one stays for the desk alone."""
        return self.filter(withdrawn_at__isnull=True)

    def public(self) -> Self:
        """Those that stand, of pieces that the public may read at this moment."""
        pieces = Article.objects.published().filter(pk=OuterRef("article"))
        return self.standing().filter(Exists(pieces))

    def changed_since(self, moment: datetime) -> Self:
        """Those that readers were told, or that were withdrawn, since that moment."""
        return self.filter(Q(at__gte=moment) | Q(withdrawn_at__gte=moment))

    def newest_first(self) -> Self:
        return self.order_by("-at", "-pk")


class Correction(models.Model):
    """A fault of ours that was mended (correction), or context that was missing."""

    article = models.ForeignKey(
        Article,
        verbose_name=_("article"),
        on_delete=models.CASCADE,
        related_name="corrections",
    )
    kind = models.CharField(
        _("kind"),
        max_length=15,
        choices=CorrectionKind,
        default=CorrectionKind.CORRECTION,
    )
    text = models.TextField(_("text"), max_length=2000)
    at = models.DateTimeField(_("at"))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("by"),
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
    )
    by_name = models.CharField(_("name of the author"), max_length=200)
    withdrawn_at = models.DateTimeField(_("withdrawn"), null=True, blank=True)

    objects = CorrectionQuerySet.as_manager()

    class Meta:
        verbose_name = _("correction")
        verbose_name_plural = _("corrections")
        constraints = [
            models.CheckConstraint(
                condition=~Q(text=""), name="correction_says_something"
            ),
            models.CheckConstraint(
                condition=Q(kind__in=CorrectionKind.values),
                name="correction_kind_is_known",
            ),
        ]
        indexes = [
            models.Index(fields=["-at", "-id"], name="corrections_newest_first"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.text[:50]}"

    @property
    def changed_at(self) -> datetime:
        """When readers were last told something else: by it, or by its withdrawal."""
        return self.withdrawn_at or self.at
