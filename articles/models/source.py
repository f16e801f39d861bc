"""Who the news comes from, through which inlets, and what we may show of it."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from articles.excerpts import boundaries, words_or_graphemes
from newsroom.addresses import address_of

from .fields import AddressField
from .named import (
    FormerName,
    Named,
    NamedQuerySet,
    NameWordsField,
    former_constraints,
    named_constraints,
)


class Reuse(models.TextChoices):
    """What a publisher lets us show; ``articles.rights`` enforces it."""

    HEADLINE = "headline", _("headline and link only")
    EXCERPT = "excerpt", _("headline, excerpt and picture")
    FULL_TEXT = "full_text", _("full text")
    BLOCKED = "blocked", _("nothing: hidden everywhere")


class Indexing(models.TextChoices):
    """What search engines may do with a publisher's full texts on our pages.

    ``articles.site.policy`` turns it into tags and sitemaps. It counts under the
    reuse policy for full texts only.
    """

    NONE = "none", _("not listed by search engines")
    NO_NEWS = "no_news", _("listed, but not by news searches")
    PUBLISHER = "publisher", _("listed at the publisher’s own address")
    OWN = "own", _("our own work: listed everywhere")


class SourceQuerySet(NamedQuerySet["Source"]):
    def readable(self) -> "SourceQuerySet":
        """Sources that have a public page."""
        return self.exclude(reuse=Reuse.BLOCKED)


class Source(Named):
    """A publisher."""

    site_url = AddressField(_("website"), blank=True)
    description = models.TextField(_("description"), blank=True)
    language = models.CharField(
        _("language"),
        max_length=35,
        blank=True,
        help_text=_("Of its pieces that name none themselves: en, ja, pt-BR …"),
    )
    reuse = models.CharField(
        _("reuse policy"),
        max_length=10,
        choices=Reuse,
        default=Reuse.EXCERPT,
        help_text=_("What readers may see of this publisher's pieces, on every page."),
    )
    # 25 words or 80 characters: no law gives a number; the cautious figures of
    # the trade's advice on quoting (Isbell 2010; EU 2019/790 Art. 15 leaves
    # "very short extracts" open).
    excerpt_words = models.PositiveSmallIntegerField(
        _("words of an excerpt"),
        default=25,
        validators=[MinValueValidator(1), MaxValueValidator(500)],
    )
    excerpt_characters = models.PositiveSmallIntegerField(
        _("characters of an excerpt"),
        default=80,
        validators=[MinValueValidator(1), MaxValueValidator(2000)],
        help_text=_("For scripts without blanks, such as Japanese."),
    )
    shows_images = models.BooleanField(_("pictures may be shown"), default=True)
    shares_images = models.BooleanField(
        _("pictures may be shared"),
        default=False,
        help_text=_(
            "Away from our pages: in feeds, and where others show a link to a piece."
        ),
    )
    indexing = models.CharField(
        _("full texts in search engines"),
        max_length=10,
        choices=Indexing,
        default=Indexing.NONE,
        help_text=_("As the licence says. Counts under full text only."),
    )
    fetches_full_text = models.BooleanField(
        _("full texts are fetched"),
        default=False,
        help_text=_(
            "From the pieces' own pages, where a licence allows the full text to be"
            " shown. Counts under that reuse policy only."
        ),
    )
    note = models.TextField(
        _("note"), blank=True, help_text=_("For colleagues: contract, contact, terms.")
    )

    words = NameWordsField()

    objects = SourceQuerySet.as_manager()

    class Meta:
        verbose_name = _("source")
        verbose_name_plural = _("sources")
        permissions = [("set_reuse", _("Can set what may be shown of a source"))]
        constraints = [
            *named_constraints("source"),
            models.CheckConstraint(
                condition=Q(reuse__in=Reuse.values), name="source_reuse_is_known"
            ),
            models.CheckConstraint(
                condition=Q(indexing__in=Indexing.values),
                name="source_indexing_is_known",
            ),
        ]

    @property
    def is_blocked(self) -> bool:
        """Whether its pieces are withheld: nothing of them may be shown."""
        return self.reuse == Reuse.BLOCKED

    @property
    def initial(self) -> str:
        """What a reader takes for the first letter of its name, in capitals."""
        return self.name[: next(iter(boundaries(self.name, 1)), 0)].upper()

    @property
    def allows_images(self) -> bool:
        """Whether readers may see its pictures."""
        return self.shows_images and self.reuse in {Reuse.EXCERPT, Reuse.FULL_TEXT}

    @property
    def is_own(self) -> bool:
        """Whether it is this newsroom itself, which then is named as publisher."""
        return self.indexing == Indexing.OWN

    @property
    def wants_full_text(self) -> bool:
        """Whether the pieces' own pages may be fetched for their text."""
        return self.fetches_full_text and self.reuse == Reuse.FULL_TEXT

    def allowed_excerpt(self, text: str) -> str:
        """As much of one of its excerpts as readers may see."""
        if self.reuse == Reuse.FULL_TEXT:
            return text
        if self.reuse == Reuse.EXCERPT:
            return words_or_graphemes(text, self.excerpt_words, self.excerpt_characters)
        return ""

    def get_absolute_url(self) -> str:
        return address_of("articles:source", slug=self.slug)


class SourceAlias(FormerName):
    """A name or a slug that a source had: records go on finding it by either."""

    source = models.ForeignKey(
        Source,
        verbose_name=_("source"),
        on_delete=models.CASCADE,
        related_name="aliases",
    )

    class Meta(FormerName.Meta):
        verbose_name = _("former name of a source")
        verbose_name_plural = _("former names of sources")
        constraints = former_constraints("source")
