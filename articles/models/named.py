"""What sources, categories and tags have in common: a name, its key, its slug."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, Generic, TypeVar

from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from articles.names import name_key, slug_for, words_of
from articles.words import indexed


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
    """Finding by any spelling of a name, and making what is not there.

    Other and former names, and former slugs, find a row as its own do (``aliases``).
    """

    def by_key(self, keys: Iterable[str]) -> dict[str, Row]:
        """The rows with a name of one of these keys, by key; their own come first."""
        return self._by("key", keys)

    def by_slug(self, slugs: Iterable[str]) -> dict[str, Row]:
        """The rows with these slugs, or that had them once, by the slug asked for."""
        return self._by("slug", slugs)

    def _by(self, field: str, values: Iterable[str]) -> dict[str, Row]:
        # An alias may lack either.
        asked = set(values) - {""}
        own = self.filter((f"{field}__in", asked))
        found = {getattr(row, field): row for row in own}
        # After the rows' own: what is renamed between the two stands in one of them.
        if others := asked - found.keys():
            once = self.filter((f"aliases__{field}__in", others))
            rows: Any = once.annotate(once=F(f"aliases__{field}"))
            found |= {row.once: row for row in rows}
        return found

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

    def numbers(self, names: Iterable[str], **fields: Any) -> dict[str, int]:
        """The ``pk`` of the row of each name, by the name's key; as ``get_or_make``."""
        wanted = {name_key(name): name for name in reversed(list(names))}
        rows: Any = self.filter(key__among=set(wanted) - {""})
        found = dict(rows.values_list("key", "pk"))
        new = [wanted[key] for key in reversed(wanted) if key not in found]
        made = self.get_or_make(new, **fields) if new else {}
        return found | {key: row.pk for key, row in made.items()}

    def _make_plain(
        self, names: Mapping[str, str], fields: dict[str, Any]
    ) -> dict[str, Row]:
        """Make those of these names together whose slugs are free, by key.

        None of them if another process makes one of the same at this moment.
        """
        slugs = {key: slug_for(name) for key, name in names.items()}
        times = Counter(slugs.values())
        taken = self._taken("in", list(times)) if len(names) > 1 else set(times)
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
        except IntegrityError:
            return {}
        return {name_key(row.name): row for row in made}  # type: ignore[attr-defined]

    def _make(self, name: str, fields: dict[str, Any]) -> Row:
        key = name_key(name)
        for _attempt in range(5):
            try:
                with transaction.atomic(using=self.db):
                    return self.create(name=name, slug=self.free_slug(name), **fields)
            except IntegrityError:
                # Another process made the same name, or took the same slug.
                if same := self.by_key([key]).get(key):
                    return same
        raise RuntimeError(f"no free slug for {name!r} after five attempts")

    def free_slug(self, name: str) -> str:
        """The slug for a name, with -2, -3 … behind it if others have or had it."""
        slug = slug_for(name)
        stem = slug[:90].rstrip("-")
        taken = self._taken("startswith", stem)
        if slug not in taken:
            return slug
        number = 2
        while f"{stem}-{number}" in taken:
            number += 1
        return f"{stem}-{number}"

    def _taken(self, lookup: str, asked: Any) -> set[str]:
        """The slugs, and former slugs, that are asked for by this lookup."""
        taken: set[str] = set()
        for field in ("slug", "aliases__slug"):
            rows = self.model._default_manager.filter((f"{field}__{lookup}", asked))
            taken |= set(rows.values_list(field, flat=True))
        return taken


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

    def clean(self) -> None:
        """Refuse a name or a slug that another row had: it leads there."""
        super().clean()
        errors = {}
        if other := self._former_of_another("key", name_key(self.name)):
            said = _("“%(other)s” was called so before, and still goes by that name.")
            errors["name"] = said % {"other": other}
        if other := self._former_of_another("slug", self.slug):
            said = _("“%(other)s” stood at that address, which still leads to it.")
            errors["slug"] = said % {"other": other}
        if errors:
            raise ValidationError(errors)

    def _former_of_another(self, field: str, value: str) -> "Named | None":
        """Another row that had this key, or this slug."""
        others = type(self)._default_manager.exclude(pk=self.pk)
        return others.filter((f"aliases__{field}", value)).first() if value else None


class FormerName(models.Model):
    """A name that a row had before, or a slug: it goes on leading there.

    One of them, for either may come back alone. ``workflow.named`` writes them.
    """

    name = models.CharField(_("former name"), max_length=200, blank=True)
    key = NameKeyField()
    slug = models.SlugField(
        _("former slug"), max_length=100, allow_unicode=True, blank=True
    )

    class Meta:
        abstract = True
        default_permissions = ()

    def __str__(self) -> str:
        return self.name or f"/{self.slug}/"


def former_constraints(model: str) -> list[models.BaseConstraint]:
    """The constraints of a ``FormerName``; ``model`` begins their names."""
    return [
        models.UniqueConstraint(
            fields=["key"],
            condition=~models.Q(key=""),
            name=f"{model}_former_name_is_unique",
        ),
        models.UniqueConstraint(
            fields=["slug"],
            condition=~models.Q(slug=""),
            name=f"{model}_former_slug_is_unique",
        ),
        models.CheckConstraint(
            condition=models.Q(key="") ^ models.Q(slug=""),
            name=f"{model}_alias_is_a_name_or_a_slug",
        ),
    ]


def named_constraints(model: str) -> list[models.BaseConstraint]:
    """The constraints every named model carries; ``model`` begins their names."""
    return [
        models.UniqueConstraint(fields=["key"], name=f"{model}_name_is_unique"),
        models.CheckConstraint(condition=~models.Q(key=""), name=f"{model}_has_a_name"),
        models.CheckConstraint(
            condition=~models.Q(slug=""), name=f"{model}_has_a_slug"
        ),
    ]
