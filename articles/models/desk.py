"""What the desk keeps for its people: claims, notes to colleagues, filters, keys."""

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from .article import Article


class ClaimQuerySet(models.QuerySet):
    def standing(self) -> Self:
        """Those that have not run out, by the database's clock."""
        return self.filter(until__gt=Now())


class Claim(models.Model):
    """Who is at work on a piece. It runs out by itself and can be taken over."""

    article = models.OneToOneField(
        Article,
        verbose_name=_("article"),
        on_delete=models.CASCADE,
        related_name="claim",
    )
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("by"),
        on_delete=models.CASCADE,
        related_name="+",
    )
    until = models.DateTimeField(_("until"))

    objects = ClaimQuerySet.as_manager()

    class Meta:
        verbose_name = _("claim")
        verbose_name_plural = _("claims")

    def __str__(self) -> str:
        return f"{self.article_id}: {self.by}"


class Comment(models.Model):
    """A note to colleagues about a piece; no reader ever sees it."""

    article = models.ForeignKey(
        Article,
        verbose_name=_("article"),
        on_delete=models.CASCADE,
        related_name="comments",
    )
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("by"),
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
    )
    by_name = models.CharField(_("name of the author"), max_length=200)
    at = models.DateTimeField(_("at"))
    text = models.TextField(_("text"), max_length=5000)

    class Meta:
        verbose_name = _("note to colleagues")
        verbose_name_plural = _("notes to colleagues")
        constraints = [
            models.CheckConstraint(condition=~Q(text=""), name="comment_says_something")
        ]
        indexes = [models.Index(fields=["article", "at"], name="comments_in_order")]

    def __str__(self) -> str:
        return f"{self.by_name}: {self.text[:50]}"


class SavedFilterQuerySet(models.QuerySet):
    def open_to(self, user_id: int) -> Self:
        """A person's own filters and those that colleagues share, in their order."""
        mine = Q(user=user_id)
        return self.filter(mine | Q(is_shared=True)).order_by("position", "pk")


class SavedFilter(models.Model):
    """A view of the desk's queue under a name; ``query`` is its query string."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("whose"),
        on_delete=models.CASCADE,
        related_name="saved_filters",
    )
    name = models.CharField(_("name"), max_length=50)
    query = models.CharField(_("query"), max_length=1000, blank=True)
    is_shared = models.BooleanField(_("shared with all"), default=False)
    is_default = models.BooleanField(_("opens the desk"), default=False)
    position = models.PositiveSmallIntegerField(_("position"), default=0)

    objects = SavedFilterQuerySet.as_manager()

    class Meta:
        verbose_name = _("saved filter")
        verbose_name_plural = _("saved filters")
        constraints = [
            models.UniqueConstraint(
                fields=["user", "name"], name="saved_filter_name_is_unique_per_person"
            ),
            models.UniqueConstraint(
                fields=["user"],
                condition=Q(is_default=True),
                name="one_filter_opens_the_desk",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class DeskPreferences(models.Model):
    """How a person works at the desk: keys on or off, and those they changed."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        verbose_name=_("whose"),
        on_delete=models.CASCADE,
        related_name="desk_preferences",
    )
    keys_on = models.BooleanField(_("keys are on"), default=True)
    keymap = models.JSONField(_("changed keys"), default=dict, blank=True)

    class Meta:
        verbose_name = _("desk preferences")
        verbose_name_plural = _("desk preferences")

    def __str__(self) -> str:
        return str(self.user)
