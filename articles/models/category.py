"""Sections of the newsroom, such as Business or Politics."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from newsroom.addresses import address_of

from .named import (
    FormerName,
    Named,
    NamedQuerySet,
    former_constraints,
    named_constraints,
)

#: The category of a piece whose source names none (the record format's rule).
DEFAULT_CATEGORY = "General"


class CategoryQuerySet(NamedQuerySet["Category"]):
    """Sections, by any spelling of their names."""


class Category(Named):
    """A section."""

    description = models.TextField(_("description"), blank=True)

    objects = CategoryQuerySet.as_manager()

    class Meta:
        verbose_name = _("category")
        verbose_name_plural = _("categories")
        constraints = named_constraints("category")

    def get_absolute_url(self) -> str:
        return address_of("articles:category", slug=self.slug)


class CategoryAlias(FormerName):
    """A name or a slug that a section had."""

    category = models.ForeignKey(
        Category,
        verbose_name=_("category"),
        on_delete=models.CASCADE,
        related_name="aliases",
    )

    class Meta(FormerName.Meta):
        verbose_name = _("former name of a category")
        verbose_name_plural = _("former names of categories")
        constraints = former_constraints("category")
