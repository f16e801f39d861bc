"""What sources, categories and tags have in common: a name, its key, its slug."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, Generic, TypeVar

from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction
from django.utils.translation import gettext_lazy as _

from articles.names import name_key, slug_for, words_of
from articles.words import indexed

from .edition import renew_all


class NameKeyField(models.CharField):
    """The key of the model's ``name``, kept in step with it on every write.

    Derived like ``auto_now``: in ``pre_save``, so that ``bulk_create`` and
    ``update_or_create`` fill it as well.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", 200)
        kwargs["editable"] = False
        super().__init__(*args, **kwargs)

    def pre_save(self, model_instance: models.Model, add: bool) -> str:
        key = name_key(model_instance.name)[: self.max_length]  # type: ignore[attr-defined]
        setattr(model_instance, self.attname, key)
        return key


class NameWordsField(models.TextField):
    """The words of the model's ``name``, by which search finds it; kept like its key.

    A blank before and behind each word, so that `` japan us `` is looked for as it
    stands. A hashtag is found by its words as well.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs |= {"editable": False, "default": ""}
        super().__init__(*args, **kwargs)

    def pre_save(self, model_instance: models.Model, add: bool) -> str:
        words = words_of_name(model_instance.name)  # type: ignore[attr-defined]
        setattr(model_instance, self.attname, words)
        return words


def words_of_name(name: str) -> str:
    """A name as ``NameWordsField`` keeps it."""
    return f" {' '.join(indexed(dict.fromkeys([name, words_of(name)])))} "


def validate_name(name: str) -> None:
    """Refuse a name without anything to make an address from, such as "!!!"."""
    if not name_key(name) or not slug_for(name):
        raise ValidationError(
            _("“%(name)s” has no letter, digit or symbol to make an address from."),
            code="no_address",
            params={"name": name},
        )


def validate_slug(slug: str) -> None:
    """Letters of any script, digits, hyphens and underscores, in lower case."""
    if slug != slug.lower() or slug != slug.strip("-"):
        raise ValidationError(
            _("Write the address in lower case, without a hyphen at either end."),
            code="invalid",
        )


Row = TypeVar("Row", bound="models.Model")


class NamedQuerySet(models.QuerySet[Row], Generic[Row]):
    """Finding by any spelling of a name, and making what is not there."""

    #: Whether pages name a row before any piece belongs to it.
    is_in_menus = True

    def by_key(self, keys: Iterable[str]) -> dict[str, Row]:
        """The rows whose name has one of these keys, by key."""
        rows = self.filter(key__in=set(keys))
        return {row.key: row for row in rows}  # type: ignore[attr-defined]

    def named(self, name: str) -> Row | None:
        """The row of that name, by any spelling."""
        return self.by_key([name_key(name)]).get(name_key(name))

    def get_or_make(self, names: Iterable[str], **fields: Any) -> dict[str, Row]:
        """A row for each name, by the name's key; made with ``fields`` if new.

        Raises ValidationError for a name from which no address can be made.
        """
        wanted = {name_key(name): name for name in reversed(list(names))}
        found = self.by_key(wanted)
        new = {key: wanted[key] for key in reversed(wanted) if key not in found}
        for name in new.values():
            validate_name(name)
        found |= self._make_plain(new, fields)
        for key in [key for key in new if key not in found]:
            found[key] = self._make(new[key], fields)
        return found

    def _make_plain(
        self, names: Mapping[str, str], fields: dict[str, Any]
    ) -> dict[str, Row]:
        """Make those of these names together whose slugs are free, by key.

        None of them if another process makes one of the same at this moment.
        """
        slugs = {key: slug_for(name) for key, name in names.items()}
        times = Counter(slugs.values())
        others = self.model._default_manager.filter(slug__in=times)
        taken = set(others.values_list("slug", flat=True)) if len(names) > 1 else times
        rows: list[Any] = [
            self.model(name=names[key], slug=slug, **fields)
            for key, slug in slugs.items()
            if times[slug] == 1 and slug not in taken
        ]
        if not rows:
            return {}
        try:
            with transaction.atomic(using=self.db):
                made = self.bulk_create(rows)
                if self.is_in_menus:
                    renew_all()
        except IntegrityError:
            return {}
        return {name_key(row.name): row for row in made}  # type: ignore[attr-defined]

    def _make(self, name: str, fields: dict[str, Any]) -> Row:
        key = name_key(name)
        for _attempt in range(5):
            try:
                with transaction.atomic(using=self.db):
                    made = self.create(name=name, slug=self.free_slug(name), **fields)
                    if self.is_in_menus:
                        renew_all()
                    return made
            except IntegrityError:
                # Another process made the same name, or took the same slug.
                if same := self.by_key([key]).get(key):
                    return same
        raise RuntimeError(f"no free slug for {name!r} after five attempts")

    def free_slug(self, name: str) -> str:
        """The slug for a name, with -2, -3 … behind it if others have it."""
        slug = slug_for(name)
        stem = slug[:90].rstrip("-")
        others = self.model._default_manager.filter(slug__startswith=stem)
        taken = set(others.values_list("slug", flat=True))
        if slug not in taken:
            return slug
        number = 2
        while f"{stem}-{number}" in taken:
            number += 1
        return f"{stem}-{number}"


class MadeByRun(models.Model):
    """What an import may make along the way, and its undoing take away again."""

    made_by_run = models.ForeignKey(
        "articles.ImportRun",
        verbose_name=_("made by run"),
        on_delete=models.SET_NULL,
        null=True,
        editable=False,
        related_name="+",
    )

    class Meta:
        abstract = True


class Named(MadeByRun):
    """A name, unique however it is spelled, and the slug of its address."""

    name = models.CharField(_("name"), max_length=200, validators=[validate_name])
    key = NameKeyField()
    slug = models.SlugField(
        _("slug"),
        max_length=100,
        unique=True,
        allow_unicode=True,
        validators=[validate_slug],
        help_text=_("The last part of the page's address."),
    )

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.name


def named_constraints(model: str) -> list[models.BaseConstraint]:
    """The constraints every named model carries; ``model`` begins their names."""
    return [
        models.UniqueConstraint(fields=["key"], name=f"{model}_name_is_unique"),
        models.CheckConstraint(condition=~models.Q(key=""), name=f"{model}_has_a_name"),
        models.CheckConstraint(
            condition=~models.Q(slug=""), name=f"{model}_has_a_slug"
        ),
    ]
