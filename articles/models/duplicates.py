"""Pieces that tell the same: what they are found by, and what was decided."""

from typing import Self

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from .article import Article


class TextBand(models.Model):
    """One band of a text's signature: two texts that share one are compared."""

    article = models.ForeignKey(
        Article,
        verbose_name=_("article"),
        on_delete=models.CASCADE,
        related_name="text_bands",
    )
    band = models.PositiveSmallIntegerField(_("band"))
    key = models.BigIntegerField(_("key"))

    class Meta:
        verbose_name = _("band of a text")
        verbose_name_plural = _("bands of texts")
        indexes = [models.Index(fields=["band", "key"], name="text_band_by_key")]

    def __str__(self) -> str:
        return f"{self.article_id}/{self.band}"


class DuplicateState(models.TextChoices):
    OPEN = "open", _("not decided")
    FOLDED = "folded", _("folded into one")
    APART = "apart", _("not the same")


class PossibleDuplicateQuerySet(models.QuerySet):
    def open(self) -> Self:
        return self.filter(state=DuplicateState.OPEN)


class PossibleDuplicate(models.Model):
    """Two pieces that may tell the same; the one with the greater id comes first."""

    article = models.ForeignKey(
        Article,
        verbose_name=_("article"),
        on_delete=models.CASCADE,
        related_name="resembles",
        # The unique constraint begins with it.
        db_index=False,
    )
    other = models.ForeignKey(
        Article,
        verbose_name=_("other article"),
        on_delete=models.CASCADE,
        related_name="resembled_by",
    )
    likeness = models.FloatField(_("likeness"), help_text=_("From 0 to 1."))
    state = models.CharField(
        _("state"), max_length=10, choices=DuplicateState, default=DuplicateState.OPEN
    )

    objects = PossibleDuplicateQuerySet.as_manager()

    class Meta:
        verbose_name = _("possible duplicate")
        verbose_name_plural = _("possible duplicates")
        constraints = [
            models.UniqueConstraint(
                fields=["article", "other"], name="possible_duplicate_stands_once"
            ),
            models.CheckConstraint(
                condition=Q(article__gt=F("other")),
                name="newer_piece_of_a_pair_comes_first",
            ),
            models.CheckConstraint(
                condition=Q(state__in=DuplicateState.values),
                name="possible_duplicate_state_is_known",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.article_id} ~ {self.other_id} ({self.likeness:.2f})"
