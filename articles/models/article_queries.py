"""The statuses of articles, and the questions that are asked of their table."""

from typing import TYPE_CHECKING, Any, Self

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from .article import Article


class ArticleStatus(models.TextChoices):
    INGESTED = "ingested", _("ingested")
    SELECTED = "selected", _("selected")
    PUBLISHED = "published", _("published")
    SPIKED = "spiked", _("spiked")
    UNPUBLISHED = "unpublished", _("unpublished")
    KILLED = "killed", _("killed")


class ArticleQuerySet(models.QuerySet):
    def published(self) -> Self:
        """What the public may read at this moment.

        The database's clock decides, so a queryset made once never goes stale.
        """
        return self.filter(listed_at__isnull=False, visible_from__lte=Now())

    def once_public(self) -> Self:
        """What the public could read at some time, and may know of.

        What was unpublished or killed since is among it; no piece that is still to
        appear, is under embargo or of a blocked source.
        """
        is_open = Q(embargoed_until=None) | Q(embargoed_until__lte=Now())
        return self.filter(is_open, published_at__lte=Now(), is_withheld=False)

    def waiting(self) -> Self:
        """What nobody has decided on yet, held pieces included."""
        return self.filter(status__in=[ArticleStatus.INGESTED, ArticleStatus.SELECTED])

    def queued(self) -> Self:
        """What stands in the desk's queue at this moment."""
        held = Q(held_until__gt=Now())
        return self.filter(~held, waiting_at__isnull=False)

    def with_possible_duplicates(self) -> Self:
        """What may tell the same as another piece, with nobody's decision on it."""
        # The model of the pairs imports that of articles, which imports this.
        pair: Any = self.model._meta.get_field("resembles").related_model
        pairs = pair.objects.open()
        ids = pairs.values("article").union(pairs.values("other"))
        return self.filter(pk__in=ids)

    def at(self, address: str) -> "Article | None":
        """The piece that has this canonical address, or had it before.

        Two questions: no index answers both at once.
        """
        rows: Any = self
        formerly = rows.filter(former_addresses__canonical_url=address)
        return rows.filter(canonical_url=address).first() or formerly.first()

    def newest_first(self) -> Self:
        """By the source's time; a piece without one stands at its arrival."""
        return self.order_by("-source_published_at", "-pk")

    def for_comparing(self) -> Self:
        """With all that is compared with what their sources send."""
        return self.select_related("source", "category")

    def for_admin_list(self) -> Self:
        """With all that a row of the admin's list shows."""
        return self.select_related("source", "category").prefetch_related(
            "tags", "suggestions__tag"
        )
