"""What a piece is known by beside its address, and what must not come back."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from .article import Article
from .feed import Feed
from .fields import AddressField
from .source import Source


class FormerAddress(models.Model):
    """An address that an article had at its source before it moved."""

    article = models.ForeignKey(
        Article,
        verbose_name=_("article"),
        on_delete=models.CASCADE,
        related_name="former_addresses",
    )
    canonical_url = models.CharField(_("canonical address"), max_length=2000)
    until = models.DateTimeField(_("until"))

    class Meta:
        verbose_name = _("former address")
        verbose_name_plural = _("former addresses")
        constraints = [
            models.UniqueConstraint(
                fields=["canonical_url"], name="former_address_is_of_one_article"
            )
        ]

    def __str__(self) -> str:
        return self.canonical_url


class FormerId(models.Model):
    """An id that the source gave an article before it gave it another."""

    article = models.ForeignKey(
        Article,
        verbose_name=_("article"),
        on_delete=models.CASCADE,
        related_name="former_ids",
    )
    source = models.ForeignKey(
        Source, verbose_name=_("source"), on_delete=models.CASCADE, related_name="+"
    )
    external_id = models.CharField(_("the source's id"), max_length=500)
    until = models.DateTimeField(_("until"))

    class Meta:
        verbose_name = _("former id")
        verbose_name_plural = _("former ids")
        constraints = [
            models.UniqueConstraint(
                fields=["source", "external_id"], name="former_id_is_of_one_article"
            )
        ]

    def __str__(self) -> str:
        return self.external_id


class Sighting(models.Model):
    """An article that another source carries as well, under the same address."""

    article = models.ForeignKey(
        Article,
        verbose_name=_("article"),
        on_delete=models.CASCADE,
        related_name="sightings",
    )
    source = models.ForeignKey(
        Source,
        verbose_name=_("source"),
        on_delete=models.CASCADE,
        related_name="sightings",
    )
    feed = models.ForeignKey(
        Feed,
        verbose_name=_("feed"),
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
    )
    url = AddressField(_("address"))
    headline = models.CharField(_("headline"), max_length=500)
    seen_at = models.DateTimeField(_("first seen"))

    class Meta:
        verbose_name = _("sighting")
        verbose_name_plural = _("sightings")
        constraints = [
            models.UniqueConstraint(
                fields=["article", "source"], name="article_is_seen_once_per_source"
            )
        ]

    def __str__(self) -> str:
        return f"{self.source}: {self.headline}"


class Tombstone(models.Model):
    """A piece that was deleted, killed or taken down: no import brings it back.

    Deleting the tombstone lets it come again.
    """

    canonical_url = models.CharField(_("canonical address"), max_length=2000)
    source = models.ForeignKey(
        Source,
        verbose_name=_("source"),
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="tombstones",
        help_text=_("None: the address was taken down before anything came from it."),
    )
    external_id = models.CharField(_("the source's id"), max_length=500, blank=True)
    headline = models.CharField(_("headline"), max_length=500, blank=True)
    at = models.DateTimeField(_("deleted"))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("by"),
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
    )
    by_name = models.CharField(_("name of the actor"), max_length=200)
    reason = models.TextField(_("reason"), blank=True)

    class Meta:
        verbose_name = _("deleted piece")
        verbose_name_plural = _("deleted pieces")
        constraints = [
            models.UniqueConstraint(
                fields=["canonical_url"], name="tombstone_address_is_unique"
            )
        ]
        indexes = [
            models.Index(
                fields=["source", "external_id"],
                condition=~models.Q(external_id=""),
                name="tombstone_by_external_id",
            )
        ]

    def __str__(self) -> str:
        return self.headline or self.canonical_url
