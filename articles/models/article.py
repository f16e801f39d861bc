"""Articles: one row per piece, from ingest to its tag pages and beyond."""

from django.db import models
from django.db.models import Case, F, Q, When
from django.db.models.functions import Coalesce, Greatest, Least
from django.utils.translation import gettext_lazy as _
from taggit.managers import TaggableManager

from articles.names import slug_for
from newsroom.addresses import address_of

from .article_queries import ArticleQuerySet, ArticleStatus
from .fields import AddressField
from .tagged_article import ArticleTags, TaggedArticle

#: Changes of a piece in a row that its source gives no date for, before it is
#: taken for a text that differs at each look, such as one with a clock in it.
MOST_SILENT_UPDATES = 24

#: When an article counts for listings: published, and its source not blocked.
_LISTED = Q(status=ArticleStatus.PUBLISHED, is_withheld=False)

#: When it stands in the desk's queue, unless it is held.
_WAITING = Q(
    status__in=[ArticleStatus.INGESTED, ArticleStatus.SELECTED], is_withheld=False
)


class Article(models.Model):  # type: ignore[django-manager-missing]
    """A piece of news.

    ``source_*`` fields belong to the importer, ``headline``, ``excerpt`` and
    ``note`` to people; what is shown is ours, else theirs. ``status`` is
    written by ``articles.workflow`` alone.
    """

    # From the source.
    source = models.ForeignKey(
        "articles.Source",
        verbose_name=_("source"),
        on_delete=models.PROTECT,
        related_name="articles",
    )
    feed = models.ForeignKey(
        "articles.Feed",
        verbose_name=_("feed"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        editable=False,
        related_name="articles",
    )
    url = AddressField(_("address at the source"))
    canonical_url = models.CharField(
        _("canonical address"),
        max_length=2000,
        editable=False,
        help_text=_("Without tracking and the like: the piece's identity."),
    )
    external_id = models.CharField(_("the source's id"), max_length=500, blank=True)
    external_key = models.CharField(
        max_length=500,
        blank=True,
        editable=False,
        help_text=_("The source's id without scheme and host, which change."),
    )
    source_headline = models.CharField(_("source's headline"), max_length=500)
    source_excerpt = models.TextField(_("source's excerpt"), blank=True)
    source_body = models.TextField(_("source's text"), blank=True)
    source_category = models.CharField(
        _("source's category"), max_length=100, blank=True
    )
    source_tags = models.JSONField(_("source's tags"), default=list, blank=True)
    source_published_at = models.DateTimeField(_("published at the source"))
    source_date_text = models.CharField(
        _("date as the source wrote it"), max_length=100, blank=True
    )
    date_is_estimated = models.BooleanField(
        _("date is estimated"),
        default=False,
        help_text=_("The source gave no date; this is the time of import."),
    )
    author = models.CharField(_("byline"), max_length=200, blank=True)
    language = models.CharField(_("language"), max_length=35, blank=True)
    image_url = AddressField(_("picture at the source"), blank=True)
    source_updated_at = models.DateTimeField(
        _("changed at the source"), null=True, blank=True, editable=False
    )
    source_digest = models.CharField(max_length=80, blank=True, editable=False)
    record_digest = models.CharField(
        max_length=32,
        blank=True,
        default="",
        editable=False,
        help_text=_("Of the record that an import last made or updated it from."),
    )
    silent_updates = models.PositiveSmallIntegerField(
        _("changes without a date, in a row"),
        default=0,
        editable=False,
        help_text=_("At 24 the piece no longer follows its source."),
    )
    page_due_at = models.DateTimeField(
        _("its page is to be fetched from"),
        null=True,
        editable=False,
        help_text=_("For its full text, where a licence allows that."),
    )
    image_wanted = models.BooleanField(
        _("picture is to be fetched"), default=False, editable=False
    )
    image_tries = models.PositiveSmallIntegerField(default=0, editable=False)
    image_retry_at = models.DateTimeField(null=True, editable=False)
    image_problem = models.CharField(
        _("why it has no picture"), max_length=300, blank=True, editable=False
    )

    # From the desk.
    headline = models.CharField(
        _("headline"),
        max_length=500,
        blank=True,
        help_text=_("Ours. Blank: the source's own."),
    )
    excerpt = models.TextField(
        _("excerpt"),
        blank=True,
        help_text=_("Ours, in our own words. Blank: the source's, as far as allowed."),
    )
    note = models.TextField(
        _("why it matters"),
        blank=True,
        help_text=_("The desk's own sentence, shown beside the source's text."),
    )
    category = models.ForeignKey(
        "articles.Category",
        verbose_name=_("category"),
        on_delete=models.PROTECT,
        related_name="articles",
    )
    tags = TaggableManager(
        verbose_name=_("tags"),
        through=TaggedArticle,
        manager=ArticleTags,
        blank=True,
        help_text=_("Names with commas between them."),
    )
    image = models.ForeignKey(
        "articles.Image",
        verbose_name=_("picture"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="articles",
    )
    image_alt = models.CharField(
        _("picture in words"),
        max_length=500,
        blank=True,
        help_text=_("For readers who do not see it. Blank: it only decorates."),
    )
    image_caption = models.CharField(_("caption"), max_length=1000, blank=True)
    image_credit = models.CharField(_("picture credit"), max_length=200, blank=True)

    notice = models.TextField(
        _("public notice"),
        blank=True,
        help_text=_("What readers find at the address of a killed piece."),
    )

    # Editorial state.
    status = models.CharField(
        _("status"),
        max_length=12,
        choices=ArticleStatus,
        default=ArticleStatus.INGESTED,
        editable=False,
    )
    published_at = models.DateTimeField(_("published here"), null=True, blank=True)
    embargoed_until = models.DateTimeField(
        _("embargoed until"),
        null=True,
        blank=True,
        help_text=_("Hidden from every page until then, whatever its status."),
    )
    held_until = models.DateTimeField(
        _("held until"),
        null=True,
        blank=True,
        editable=False,
        help_text=_("Out of the desk's queue until then."),
    )
    folded_into = models.ForeignKey(
        "self",
        verbose_name=_("folded into"),
        on_delete=models.SET_NULL,
        null=True,
        editable=False,
        related_name="folded",
        help_text=_("The piece that tells the same, and is shown instead."),
    )
    version = models.PositiveIntegerField(
        _("version"),
        default=0,
        editable=False,
        help_text=_("Grows with every editorial act; a save names the one it saw."),
    )
    is_withheld = models.BooleanField(
        _("withheld"),
        default=False,
        editable=False,
        help_text=_("Its source's reuse policy lets nothing be shown."),
    )
    # Generated by the database from the fields above: no write can forget them.
    listed_at = models.GeneratedField(
        verbose_name=_("listed at"),
        expression=Case(
            When(_LISTED, then=Least("source_published_at", "published_at"))
        ),
        output_field=models.DateTimeField(null=True),
        db_persist=True,
    )
    visible_from = models.GeneratedField(
        verbose_name=_("visible from"),
        expression=Case(
            When(
                _LISTED,
                then=Greatest(
                    "published_at", Coalesce("embargoed_until", "published_at")
                ),
            )
        ),
        output_field=models.DateTimeField(null=True),
        db_persist=True,
    )

    waiting_at = models.GeneratedField(
        verbose_name=_("waiting since"),
        expression=Case(
            When(_WAITING, then=Least("source_published_at", "created_at"))
        ),
        output_field=models.DateTimeField(null=True),
        db_persist=True,
    )

    created_at = models.DateTimeField(_("arrived"), auto_now_add=True)
    needs_suggestions = models.BooleanField(
        _("wants tag suggestions"), default=True, editable=False
    )
    edited_at = models.DateTimeField(
        _("last touched by a person"), null=True, editable=False
    )
    needs_comparing = models.BooleanField(
        _("wants to be compared with others"), default=True, editable=False
    )
    made_by_run = models.ForeignKey(
        "articles.ImportRun",
        verbose_name=_("import run"),
        on_delete=models.SET_NULL,
        null=True,
        editable=False,
        related_name="articles",
    )

    objects = ArticleQuerySet.as_manager()

    class Meta:
        verbose_name = _("article")
        verbose_name_plural = _("articles")
        permissions = [
            ("select_article", _("Can select articles for publication")),
            # change_article is for what waits; this is for what was decided on.
            ("revise_article", _("Can edit articles that no longer wait")),
            ("publish_article", _("Can publish and unpublish articles")),
            ("spike_article", _("Can spike articles and bring them back")),
            ("kill_article", _("Can kill articles for good")),
            ("correct_article", _("Can write corrections of articles")),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["canonical_url"], name="article_address_is_unique"
            ),
            models.CheckConstraint(
                condition=~Q(source_headline=""), name="article_has_a_headline"
            ),
            models.CheckConstraint(
                condition=Q(status__in=ArticleStatus.values),
                name="article_status_is_known",
            ),
            models.CheckConstraint(
                condition=~Q(status=ArticleStatus.PUBLISHED)
                | Q(published_at__isnull=False),
                name="published_article_has_a_date",
            ),
            models.CheckConstraint(
                condition=Q(folded_into__isnull=True) | Q(status=ArticleStatus.SPIKED),
                name="folded_article_is_spiked",
            ),
            models.CheckConstraint(
                condition=~Q(folded_into=F("id")),
                name="article_is_not_folded_into_itself",
            ),
        ]
        indexes = [
            # With what a listing is filtered by, PostgreSQL reads no article to find
            # the places of a page: by source and category at once a page of the
            # busiest of a million pieces' tags looks at 10,000 rows.
            models.Index(
                F("listed_at").desc(),
                F("id").desc(),
                condition=Q(listed_at__isnull=False),
                include=["visible_from", "source", "category", "language"],
                name="article_listing",
            ),
            models.Index(
                F("source"),
                F("listed_at").desc(),
                F("id").desc(),
                condition=Q(listed_at__isnull=False),
                include=["visible_from", "category", "language"],
                name="article_listing_by_source",
            ),
            models.Index(
                F("category"),
                F("listed_at").desc(),
                F("id").desc(),
                condition=Q(listed_at__isnull=False),
                include=["visible_from", "source", "language"],
                name="article_listing_by_category",
            ),
            # The pieces that wait for their hour are few; counts subtract them.
            models.Index(
                fields=["visible_from"],
                condition=Q(listed_at__isnull=False),
                name="article_visible_from",
            ),
            # Of those that are folded alone: of the index of all SQLite's statistics
            # say that one value, none, has every row, and it reads all articles.
            models.Index(
                fields=["folded_into"],
                condition=Q(folded_into__isnull=False),
                name="article_folded",
            ),
            models.Index(
                fields=["id"],
                condition=Q(needs_suggestions=True),
                name="article_needs_suggestions",
            ),
            models.Index(
                fields=["id"],
                condition=Q(needs_comparing=True),
                name="article_needs_comparing",
            ),
            models.Index(
                F("waiting_at").desc(),
                F("id").desc(),
                condition=Q(waiting_at__isnull=False),
                name="article_waiting",
            ),
            models.Index(
                F("source"),
                F("waiting_at").desc(),
                F("id").desc(),
                condition=Q(waiting_at__isnull=False),
                name="article_waiting_by_source",
            ),
            models.Index(
                F("category"),
                F("waiting_at").desc(),
                F("id").desc(),
                condition=Q(waiting_at__isnull=False),
                name="article_waiting_by_category",
            ),
            # The beginning of a language is asked for too: en finds en-GB.
            models.Index(
                fields=["language", "-waiting_at", "-id"],
                opclasses=["varchar_pattern_ops", "timestamptz_ops", "int8_ops"],
                condition=Q(waiting_at__isnull=False),
                name="article_waiting_by_language",
            ),
            models.Index(
                fields=["-waiting_at", "-id"],
                condition=Q(status=ArticleStatus.SELECTED),
                name="article_shortlisted",
            ),
            models.Index(
                fields=["held_until"],
                condition=Q(held_until__isnull=False),
                name="article_held",
            ),
            models.Index(
                fields=["id"],
                condition=Q(image_wanted=True),
                name="article_image_wanted",
            ),
            models.Index(
                fields=["page_due_at"],
                condition=Q(page_due_at__isnull=False),
                name="article_page_due",
            ),
            models.Index(
                fields=["source", "external_key"],
                condition=~Q(external_key=""),
                name="article_by_external_key",
            ),
            models.Index(
                fields=["-source_published_at", "-id"], name="article_newest_first"
            ),
            models.Index(
                fields=["status", "-source_published_at", "-id"],
                name="article_newest_by_status",
            ),
            models.Index(
                fields=["source", "-source_published_at", "-id"],
                name="article_newest_by_source",
            ),
            models.Index(
                fields=["category", "-source_published_at", "-id"],
                name="article_newest_by_category",
            ),
            models.Index(
                fields=["language", "-source_published_at", "-id"],
                name="article_newest_by_language",
            ),
            models.Index(fields=["created_at"], name="article_arrived"),
        ]

    def __str__(self) -> str:
        return self.shown_headline

    def get_absolute_url(self) -> str:
        return address_of("articles:article", pk=self.pk, slug=self.slug)

    @property
    def is_frozen(self) -> bool:
        """Whether it changed so often without a word that it is followed no more."""
        return self.silent_updates >= MOST_SILENT_UPDATES

    @property
    def shown_headline(self) -> str:
        """Ours, else the source's."""
        return self.headline or self.source_headline

    @property
    def shown_excerpt(self) -> str:
        """Ours in full; else the source's, cut to what it allows."""
        return self.excerpt or self.source.allowed_excerpt(self.source_excerpt)

    @property
    def slug(self) -> str:
        """The last part of its address; the id before it is what counts."""
        return slug_for(self.shown_headline)[:80].strip("-") or "article"
