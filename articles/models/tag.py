"""Tags: their names, their other names, and the phrases that suggest them."""

import re
from collections.abc import Iterable
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Min, OuterRef, Q, Subquery
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from taggit.models import TagBase

from articles.names import name_key, slug_for
from newsroom.addresses import address_of

from .named import (
    MadeByRun,
    NamedQuerySet,
    NameKeyField,
    NameWordsField,
    named_constraints,
    validate_name,
    validate_slug,
)


class TagQuerySet(NamedQuerySet["Tag"]):
    def public(self) -> "TagQuerySet":
        """Tags that readers may know of."""
        return self.filter(is_internal=False)

    def listed(self) -> "TagQuerySet":
        """Tags for readers with at least one piece that is public or waits for its
        hour."""
        return self.public().filter(listed_count__gt=0)

    def not_shown_yet(self) -> "TagQuerySet":
        """Tags under which nobody has been able to read anything so far."""
        return self.filter(Q(shown_from=None) | Q(shown_from__gt=Now()))

    def liveliest(self) -> "TagQuerySet":
        """The tags with most pieces first."""
        return self.listed().order_by("-listed_count", "name")


class Tag(MadeByRun, TagBase):  # type: ignore[django-manager-missing]
    """A subject, with a page of its own.

    ``listed_count`` counts the rows of the listing index that carry a date:
    pieces that are public, or will be when their hour comes. ``shown_from`` is when
    the first of them showed, or will if nothing comes between; once that moment has
    passed it stays, whatever becomes of the piece.
    """

    name = models.CharField(
        _("name"), max_length=100, unique=True, validators=[validate_name]
    )
    key = NameKeyField(max_length=100)
    words = NameWordsField()
    slug = models.SlugField(
        _("slug"),
        max_length=100,
        unique=True,
        allow_unicode=True,
        validators=[validate_slug],
        help_text=_("The last part of the page's address."),
    )
    description = models.TextField(
        _("description"), blank=True, help_text=_("Shown to readers under the heading.")
    )
    guidance = models.TextField(
        _("guidance"), blank=True, help_text=_("For editors: when to use this tag.")
    )
    is_internal = models.BooleanField(
        _("internal"),
        default=False,
        help_text=_("For the desk alone: readers never see it, and it has no page."),
    )
    listed_count = models.PositiveIntegerField(
        _("pieces listed"), default=0, editable=False
    )
    shown_from = models.DateTimeField(
        _("first shown"),
        null=True,
        editable=False,
        help_text=_("When readers could read the first piece under it."),
    )

    objects = TagQuerySet.as_manager()

    class Meta:
        verbose_name = _("tag")
        verbose_name_plural = _("tags")
        constraints = named_constraints("tag")
        indexes = [models.Index(fields=["-listed_count", "name"], name="tag_liveliest")]

    @property
    def was_ever_shown(self) -> bool:
        """Whether readers have been able to read something under it."""
        return self.shown_from is not None and self.shown_from <= timezone.now()

    def get_absolute_url(self) -> str:
        return address_of("articles:tag", slug=self.slug)

    def slugify(self, tag: str, i: int | None = None) -> str:
        """taggit's hook; raises ValidationError where no address can be made."""
        validate_name(tag)
        slug = slug_for(tag)
        return slug if i is None else f"{slug[:90].rstrip('-')}-{i + 1}"

    def clean(self) -> None:
        super().clean()
        alias = TagAlias.objects.filter(key=name_key(self.name)).exclude(tag=self.pk)
        if other := alias.select_related("tag").first():
            raise ValidationError(
                {
                    "name": _("“%(name)s” is another name of #%(tag)s.")
                    % {"name": self.name, "tag": other.tag}
                }
            )


class TagAlias(models.Model):
    """Another name of a tag, or the slug it had before; both lead to its page."""

    tag = models.ForeignKey(
        Tag, verbose_name=_("tag"), on_delete=models.CASCADE, related_name="aliases"
    )
    name = models.CharField(_("name"), max_length=100, validators=[validate_name])
    key = NameKeyField(max_length=100)
    words = NameWordsField()
    slug = models.SlugField(
        _("former slug"), max_length=100, allow_unicode=True, blank=True
    )

    class Meta:
        verbose_name = _("alias")
        verbose_name_plural = _("aliases")
        constraints = [
            models.UniqueConstraint(fields=["key"], name="tag_alias_is_unique"),
            models.UniqueConstraint(
                fields=["slug"], condition=~Q(slug=""), name="former_slug_is_unique"
            ),
            models.CheckConstraint(condition=~Q(key=""), name="tag_alias_has_a_name"),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        super().clean()
        same = Tag.objects.filter(key=name_key(self.name)).exclude(pk=self.tag_id)
        if other := same.first():
            raise ValidationError(
                {"name": _("A tag of that name exists: #%(tag)s.") % {"tag": other}}
            )


class TagPhrase(models.Model):
    """Text that suggests a tag wherever it stands in a piece."""

    tag = models.ForeignKey(
        Tag, verbose_name=_("tag"), on_delete=models.CASCADE, related_name="phrases"
    )
    text = models.CharField(_("phrase"), max_length=100, validators=[validate_name])

    class Meta:
        verbose_name = _("phrase")
        verbose_name_plural = _("phrases")
        constraints = [
            models.UniqueConstraint(
                fields=["tag", "text"], name="tag_phrase_stands_once"
            ),
        ]

    def __str__(self) -> str:
        return self.text


def follow_listing(shifts: dict[int, int]) -> None:
    """Keep what tags know of their pieces true: ``{tag id: difference of the count}``.

    The rows are locked in the order of their ids, so that two processes which
    change the same tags wait for one another instead of for ever.
    """
    shifted = [tag for tag, shift in shifts.items() if shift]
    concerned = (
        Tag.objects.filter(pk__in=shifted)
        | Tag.objects.filter(pk__in=shifts).not_shown_yet()
    )
    # no_key: a tagging being inserted elsewhere only needs the tag to stay.
    locked = concerned.order_by("pk").select_for_update(no_key=True)
    ids = list(locked.values_list("pk", flat=True)) if shifts else []
    by_shift: dict[int, list[int]] = {}
    for tag in ids:
        by_shift.setdefault(shifts[tag], []).append(tag)
    for shift, tags in by_shift.items():
        if shift:
            shifted_tags = Tag.objects.filter(pk__in=tags)
            shifted_tags.update(listed_count=F("listed_count") + shift)
    mark_first_shown(Tag.objects.filter(pk__in=ids))


def mark_first_shown(tags: TagQuerySet) -> None:
    """Write down when the first piece of these tags shows, unless one has shown."""
    rows = Tag._meta.get_field("tagged_articles").related_model._default_manager
    soonest = (
        rows.filter(tag=OuterRef("pk"), listed_at__isnull=False)
        .order_by()
        .values("tag")
        .annotate(soonest=Min("visible_from"))
    )
    waiting = tags.not_shown_yet()
    waiting.update(shown_from=Subquery(soonest.values("soonest")))


#: A name between commas; in quotation marks it may hold some itself, and marks doubled.
_NAME = re.compile(r'\s*[#＃]*"((?:[^"]|"")*)"\s*(?:,|\Z)|([^,]*)(?:,|\Z)')


def parse_tag_names(value: Any) -> list[str]:
    """Names from what editors type: commas between them, ``#`` optional.

    A name that holds a comma stands in quotation marks: "Washington, D.C.".
    """
    parts = (
        plain if plain is not None else quoted.replace('""', '"')
        for quoted, plain in (found.groups() for found in _NAME.finditer(str(value)))
    )
    names = (part.strip().lstrip("#＃").strip() for part in parts)
    return list(dict.fromkeys(name for name in names if name))


def written_tag_names(names: Iterable[str]) -> str:
    """Names as editors type them: ``parse_tag_names`` reads them again."""
    return ", ".join(map(_written, names))


def _written(name: str) -> str:
    if "," not in name and not name.startswith('"'):
        return name
    return '"{}"'.format(name.replace('"', '""'))
