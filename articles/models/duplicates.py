"""Pieces that tell the same: what they are found by, and what was decided."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Self

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from .article import Article


class TextBand(models.Model):
    """A mark of a recent piece: two pieces that share one are compared.

    There are up to 24 of each piece, and none of an old one. They are found by their
    key and go with their piece, so the rows hold nothing else.
    """

    pk = models.CompositePrimaryKey("key", "article_id")
    key = models.BigIntegerField(_("key"))
    article = models.ForeignKey(
        Article,
        verbose_name=_("article"),
        on_delete=models.CASCADE,
        related_name="text_bands",
    )

    class Meta:
        verbose_name = _("band of a text")
        verbose_name_plural = _("bands of texts")

    def __str__(self) -> str:
        return f"{self.article_id}/{self.key}"


class DuplicateState(models.TextChoices):
    OPEN = "open", _("not decided")
    FOLDED = "folded", _("folded into one")
    APART = "apart", _("not the same")


@dataclass(frozen=True, slots=True)
class Resemblance:
    """That a piece may tell the same as ``article``."""

    article: Article
    likeness: float


class PossibleDuplicateQuerySet(models.QuerySet):
    def open(self) -> Self:
        return self.filter(state=DuplicateState.OPEN)

    def of(self, articles: Collection[int]) -> Self:
        """Pairs in which one of these articles (ids) stands, first or second."""
        return self.filter(Q(article__in=articles) | Q(other__in=articles))

    def resemblances(self, articles: Collection[int]) -> dict[int, list[Resemblance]]:
        """By article (ids) what each may tell the same as, the most alike first.

        Articles without any are left out. The others come with headline, source and
        status, all by one query. A piece that is folded into one that is named here
        too is not named beside it.
        """
        found: dict[int, list[Resemblance]] = {}
        pairs: Any = self.of(articles).select_related(*_SHOWN).only(*_COLUMNS)
        for pair in pairs:
            for one, other in (
                (pair.article, pair.other),
                (pair.other, pair.article),
            ):
                found.setdefault(one.pk, []).append(Resemblance(other, pair.likeness))
        return {pk: _without_folded(found[pk]) for pk in articles if pk in found}


_SHOWN = ("article__source", "other__source")
_COLUMNS = (
    "likeness",
    *(
        f"{side}__{name}"
        for side in ("article", "other")
        for name in (
            "headline",
            "source_headline",
            "status",
            "folded_into_id",
            "source__name",
            "source__slug",
        )
    ),
)


def _without_folded(found: list[Resemblance]) -> list[Resemblance]:
    named = {each.article.pk for each in found}
    kept = [each for each in found if each.article.folded_into_id not in named]
    return sorted(kept, key=lambda each: (-each.likeness, -each.article.pk))


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
        indexes = [
            models.Index(
                fields=["article", "other"],
                condition=Q(state=DuplicateState.OPEN),
                name="open_possible_duplicate",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.article_id} ~ {self.other_id} ({self.likeness:.2f})"
