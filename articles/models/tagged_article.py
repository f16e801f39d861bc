"""The listing index: which article stands under which tag, and since when.

A row mirrors what listings need of its article (``listed_at``, ``visible_from``,
source, category, language), so that a page of a tag is one range of one index.
Every change of an article or of its tags happens inside ``relisting()``, which
keeps the search index true as well.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.db import connections, models, router
from django.db.models import Count, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _
from taggit.managers import _TaggableManager
from taggit.models import ItemBase

from articles.names import name_key

from .edition import Renewal, renewing
from .tag import Tag, follow_listing

#: The columns of an article that its rows in the listing index repeat.
MIRRORED = ("listed_at", "visible_from", "source_id", "category_id", "language")


def _article_model() -> Any:
    """Article, which is defined after this module and imports it."""
    return TaggedArticle._meta.get_field("content_object").related_model


def _search_row_model() -> Any:
    """SearchRow, which is defined after this module and imports it."""
    return _article_model()._meta.get_field("search_row").related_model


class TaggedArticleQuerySet(models.QuerySet):
    def published(self) -> "TaggedArticleQuerySet":
        """The rows that readers may see at this moment."""
        return self.filter(listed_at__isnull=False, visible_from__lte=Now())

    def of(self, articles: Iterable[int]) -> "TaggedArticleQuerySet":
        """The rows of these articles (ids)."""
        return self.filter(content_object__in=list(articles))

    def listed_per_tag(self) -> Counter[int]:
        """``{tag id: number of rows with a date}`` of these rows."""
        rows = self.filter(listed_at__isnull=False).order_by().values_list("tag")
        return Counter(dict(rows.annotate(number=Count("pk"))))

    def mirror(self, articles: Iterable[int] | None = None) -> None:
        """Copy the mirrored columns of these articles (ids), or of all, to their rows.

        Written where they differ alone, and in one statement, which Django has no
        words for: one subquery for each row and column took most of a publication.
        """
        ids = None if articles is None else list(articles)
        if ids == []:
            return
        connection = connections[router.db_for_write(self.model)]
        differ = "IS DISTINCT FROM" if connection.vendor == "postgresql" else "IS NOT"
        own = ", ".join(f"articles_article.{column}" for column in MIRRORED)
        kept = ", ".join(f"articles_taggedarticle.{column}" for column in MIRRORED)
        to = ", ".join(f"{column} = articles_article.{column}" for column in MIRRORED)
        places = ", ".join(["%s"] * len(ids or []))
        among = f" AND articles_taggedarticle.article_id IN ({places})" if ids else ""
        with connection.cursor() as cursor:
            cursor.execute(
                f"UPDATE articles_taggedarticle SET {to} FROM articles_article"
                " WHERE articles_article.id = articles_taggedarticle.article_id"
                f"{among} AND ({kept}) {differ} ({own})",
                ids or [],
            )


class TagOrigin(models.TextChoices):
    HAND = "hand", _("put on by hand")
    IMPORT = "import", _("came with the piece")
    SUGGESTION = "suggestion", _("a suggestion that was accepted")
    MERGE = "merge", _("came with a merged tag")


class TaggedArticle(ItemBase):
    """One article under one tag: taggit's through model, and the listing index."""

    tag = models.ForeignKey(
        Tag,
        verbose_name=_("tag"),
        on_delete=models.CASCADE,
        related_name="tagged_articles",
        # The unique constraint and the listing's index both begin with it.
        db_index=False,
    )
    content_object = models.ForeignKey(
        "articles.Article",
        verbose_name=_("article"),
        on_delete=models.CASCADE,
        related_name="tagged_articles",
        db_column="article_id",
    )
    origin = models.CharField(
        _("origin"), max_length=10, choices=TagOrigin, default=TagOrigin.HAND
    )
    tagged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("tagged by"),
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
    )
    tagged_at = models.DateTimeField(_("tagged at"), auto_now_add=True)

    listed_at = models.DateTimeField(_("listed at"), null=True, editable=False)
    visible_from = models.DateTimeField(_("visible from"), null=True, editable=False)
    source = models.ForeignKey(
        "articles.Source",
        verbose_name=_("source"),
        on_delete=models.PROTECT,
        null=True,
        editable=False,
        related_name="+",
        db_index=False,
    )
    category = models.ForeignKey(
        "articles.Category",
        verbose_name=_("category"),
        on_delete=models.PROTECT,
        null=True,
        editable=False,
        related_name="+",
        db_index=False,
    )
    language = models.CharField(
        _("language"), max_length=35, blank=True, editable=False
    )

    objects = TaggedArticleQuerySet.as_manager()
    natural_key_fields = ["tag_id", "content_object_id"]

    class Meta:
        verbose_name = _("tag on an article")
        verbose_name_plural = _("tags on articles")
        constraints = [
            models.UniqueConstraint(
                fields=["tag", "content_object"], name="tag_stands_once_on_an_article"
            ),
            models.CheckConstraint(
                condition=Q(listed_at__isnull=True, visible_from__isnull=True)
                | Q(listed_at__isnull=False, visible_from__isnull=False),
                name="listed_row_knows_when_it_shows",
            ),
        ]
        indexes = [
            models.Index(
                models.F("tag"),
                models.F("listed_at").desc(),
                models.F("content_object").desc(),
                condition=Q(listed_at__isnull=False),
                include=["visible_from", "source", "category", "language"],
                name="tag_listing",
            )
        ]


@dataclass(slots=True)
class _Relisting:
    """What is being changed: articles (ids), and how many each tag listed of them."""

    ids: set[int] = field(default_factory=set)
    before: Counter[int] = field(default_factory=Counter)
    #: Those that were made with their rows and have not been changed since, and those
    #: of them that no listing shows.
    in_line: set[int] = field(default_factory=set)
    unlisted: set[int] = field(default_factory=set)

    def begin(self, ids: Iterable[int]) -> None:
        """Lock those of these articles that are not part of it yet."""
        ids = set(ids)
        self.in_line -= ids
        self.unlisted -= ids
        new = sorted(ids - self.ids)
        locked = _article_model().objects.filter(pk__in=new).order_by("pk")
        list(locked.select_for_update(no_key=True).values_list("pk", flat=True))
        self.before += TaggedArticle.objects.of(new).listed_per_tag()
        self.ids |= set(new)

    def take(self, ids: Iterable[int], renewal: Renewal) -> None:
        """Let those of these articles be part of it too that were made meanwhile."""
        made = set(ids) - self.ids
        self.ids |= made
        renewal.fresh |= made
        renewal.touched |= made - self.unlisted

    def end(self) -> None:
        """Write both indexes as they should be."""
        changed, counted = sorted(self.ids - self.in_line), self.ids - self.unlisted
        TaggedArticle.objects.mirror(changed)
        listed = TaggedArticle.objects.of(sorted(counted))
        before, after = self.before, listed.listed_per_tag()
        follow_listing({tag: after[tag] - before[tag] for tag in {*before, *after}})
        _search_row_model().objects.mirror(changed)


_under_way: ContextVar[_Relisting | None] = ContextVar("relisting", default=None)


@contextmanager
def relisting(articles: Iterable[int]) -> Iterator[list[int]]:
    """Keep both indexes true around a change to these articles (ids).

    Yields the ids, to which the block adds those of articles it makes. The
    articles stay locked until the end of the transaction, so a second writer
    sees the first one's rows and counts, whatever both do. Within another, the
    indexes are written once, at the end of the outermost block.
    """
    ids = sorted(set(articles))
    with renewing() as renewal:
        if outer := _under_way.get():
            outer.begin(ids)
            renewal.begin(ids)
            yield ids
            outer.take(ids, renewal)
            return
        own = _Relisting()
        own.begin(ids)
        renewal.begin(ids)
        token = _under_way.set(own)
        try:
            yield ids
        finally:
            _under_way.reset(token)
        own.take(ids, renewal)
        own.end()


def are_in_line(articles: Sequence[Any]) -> None:
    """Say of new articles, within ``relisting()``, that both indexes are true."""
    under_way = _under_way.get()
    assert under_way is not None
    under_way.in_line |= {each.pk for each in articles}
    under_way.unlisted |= {each.pk for each in articles if each.listed_at is None}


class ArticleTags(_TaggableManager):
    """``article.tags``: taggit's manager, by any spelling, with the index kept true."""

    def add(self, *tags: Tag | str, **kwargs: Any) -> None:
        with relisting([self.instance.pk]):
            super().add(*tags, **kwargs)

    def remove(self, *tags: Tag | str) -> None:
        named = Tag.objects.by_key(
            name_key(tag if isinstance(tag, str) else tag.name) for tag in tags
        )
        with relisting([self.instance.pk]):
            super().remove(*{tag.name for tag in named.values()})

    def set(self, tags: Iterable[Tag | str], **kwargs: Any) -> None:
        with relisting([self.instance.pk]):
            super().set(tags, **kwargs)

    def clear(self) -> None:
        with relisting([self.instance.pk]):
            super().clear()

    def _to_tag_model_instances(
        self, tags: Iterable[Tag | str], tag_kwargs: dict[str, Any]
    ) -> list[Tag]:
        tags = list(tags)
        names = [tag for tag in tags if isinstance(tag, str)]
        named = Tag.objects.get_or_make(names) if names else {}
        found = [named[name_key(t)] if isinstance(t, str) else t for t in tags]
        return list(dict.fromkeys(found))


class SuggestionState(models.TextChoices):
    OPEN = "open", _("open")
    ACCEPTED = "accepted", _("accepted")
    REJECTED = "rejected", _("rejected")


class TagSuggestion(models.Model):
    """A tag that a phrase in an article's text speaks for."""

    article = models.ForeignKey(
        "articles.Article",
        verbose_name=_("article"),
        on_delete=models.CASCADE,
        related_name="suggestions",
    )
    tag = models.ForeignKey(
        Tag,
        verbose_name=_("tag"),
        on_delete=models.CASCADE,
        related_name="suggestions",
    )
    phrase = models.CharField(_("phrase"), max_length=100)
    found = models.CharField(_("as it stands in the text"), max_length=200)
    state = models.CharField(
        _("state"),
        max_length=10,
        choices=SuggestionState,
        default=SuggestionState.OPEN,
    )

    class Meta:
        verbose_name = _("suggested tag")
        verbose_name_plural = _("suggested tags")
        constraints = [
            models.UniqueConstraint(
                fields=["article", "tag"], name="tag_is_suggested_once"
            ),
        ]
        indexes = [
            models.Index(
                fields=["article"],
                condition=Q(state=SuggestionState.OPEN),
                name="open_suggestions",
            )
        ]

    def __str__(self) -> str:
        return f"#{self.tag} (“{self.found}”)"
