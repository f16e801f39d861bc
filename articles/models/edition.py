"""Editions: which state of a listing a page shows, so that a kept page is never old.

A listing's edition is a random number, and another one after every change of what
it shows: a page that was kept, or that a browser has, is right while the editions it
was drawn from are those of this moment. Whoever changes what readers see renews
them in the transaction of the change: ``relisting()`` for articles and their tags,
``renew_all`` for what stands on many pages, such as a name or a policy.

Time changes listings too, when the hour of a piece comes. Such hours are noted
beforehand (``Appearance``); they are few, and each renews all pages.
"""

import secrets
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any

from django.apps import apps
from django.db import connections, models, transaction
from django.db.models import Max
from django.db.models.functions import Cast, Concat, Now

from newsroom.replica import alias

#: Stands for all that any page may show: names, policies, addresses.
SITE = "site"
#: Stands for what the menus of every listing offer: what has something to read.
MENUS = "menus"
#: The listing of everything: the home page, a search, the list of tags.
EVERYTHING = "everything"


def of_tag(slug: str) -> str:
    """The name of a tag's listing among the editions."""
    return f"tags/{slug}"


def of_source(slug: str) -> str:
    return f"sources/{slug}"


def of_category(slug: str) -> str:
    return f"categories/{slug}"


def of_article(pk: int) -> str:
    return f"articles/{pk}"


class Edition(models.Model):
    """The present edition of one listing, or of one article's page.

    What has never changed since it was first shown has no row.
    """

    name = models.CharField(max_length=120, primary_key=True)
    stamp = models.BigIntegerField()

    class Meta:
        verbose_name = "edition"

    def __str__(self) -> str:
        return self.name


class AppearanceManager(models.Manager):
    def note(self, hours: Iterable[datetime]) -> None:
        """Add hours that are to come; of those that have, the last one is enough."""
        come = self.filter(at__lte=Now())
        last = come.aggregate(last=Max("at"))["last"]
        if last:
            come.filter(at__lt=last).delete()
        self.bulk_create([self.model(at=at) for at in hours], ignore_conflicts=True)


class Appearance(models.Model):
    """An hour at which pieces come to show that were published for it beforehand."""

    at = models.DateTimeField(primary_key=True)

    objects = AppearanceManager()

    class Meta:
        verbose_name = "appearance"

    def __str__(self) -> str:
        return str(self.at)


#: An edition of this moment: its name and number, and the last hour that has come.
State = tuple[str, int, Any]

#: Asked for by every page before anything else, so it is written by hand: building it
#: took four times as long as its answer. The hour is the database's, as in listings.
_STATES = """
SELECT name, stamp, (SELECT MAX(at) FROM articles_appearance WHERE at <= {now})
FROM articles_edition WHERE name IN ({places}) ORDER BY name
"""
_NOW = {
    "postgresql": "STATEMENT_TIMESTAMP()",
    "sqlite": "STRFTIME('%%Y-%%m-%%d %%H:%%M:%%f', 'NOW')",
}


def states(names: Iterable[str]) -> tuple[State, ...]:
    """The editions of the site and of these names at this moment.

    A name that has no row has never changed.
    """
    asked = sorted({SITE, *names})
    connection = connections[alias()]
    with connection.cursor() as cursor:
        cursor.execute(_question(connection.vendor, len(asked)), asked)
        return tuple(cursor.fetchall())


@lru_cache
def _question(vendor: str, number: int) -> str:
    """The question after so many editions."""
    return _STATES.format(now=_NOW[vendor], places=", ".join(["%s"] * number))


def stamp_of(article: str) -> models.Subquery:
    """The number of the edition of an article's page, nothing if it never changed.

    ``article`` is what rows call the article's id.
    """
    number = Cast(models.OuterRef(article), models.CharField())
    name = Concat(models.Value("articles/"), number)
    stamp = Edition.objects.filter(name=name).values("stamp")[:1]
    # Of no kind of field: of a number Django would convert each once more.
    return models.Subquery(stamp, output_field=models.Field())


#: Articles that are looked up by one statement.
BATCH = 500
#: Whoever changes more than this changes every page.
MANY = 2_000
_WAITS = models.ExpressionWrapper(
    models.Q(visible_from__gt=Now()), output_field=models.BooleanField()
)
#: Who is in the menus of every listing while it has pieces: what articles call it.
NAMED = ("source", "category")


@dataclass(slots=True)
class Renewal:
    """What a transaction renews: ``names`` of editions, and all that shows ``touched``.

    ``hours`` are those at which its articles will show, and ``shown`` the sources and
    categories (ids) under which they do. ``fresh`` are articles (ids) that were not
    public when it began. Their pages have been drawn by nobody, so a large archive
    needs a row for few of its pieces.
    """

    names: set[str] = field(default_factory=set)
    hours: set[datetime] = field(default_factory=set)
    shown: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))
    touched: set[int] = field(default_factory=set)
    fresh: set[int] = field(default_factory=set)

    def begin(self, articles: Iterable[int]) -> None:
        """Before these articles (ids) change: renew where they show now, and after."""
        new = set(articles) - self.touched
        shown = self._look(new)
        self.fresh |= new - shown
        self.names |= set(map(of_article, shown - self.fresh))
        self.touched |= new

    def end(self) -> None:
        """After the change: where do the touched articles show by now?"""
        touched = sorted(self.touched)
        for start in range(0, len(touched), BATCH):
            shown = self._look(touched[start : start + BATCH])
            self.names |= set(map(of_article, shown - self.fresh))
        if any(self._changes_menus(kind) for kind in NAMED):
            self.names.add(MENUS)

    def _look(self, ids: Iterable[int]) -> set[int]:
        """Name the listings that show these articles, and their hours to come.

        Returns those that are public, with those they are folded into, whose cards
        name them.
        """
        ids = list(ids)
        articles: Any = apps.get_model("articles", "Article").objects
        # Two questions: with an OR across the join all articles would be read, which
        # took 280 ms of each publication with 100,000 pieces waiting.
        folded = articles.filter(pk__in=ids, folded_into__isnull=False).order_by()
        if leads := list(folded.values_list("folded_into", flat=True)):
            ids += leads
            hidden = folded.filter(embargoed_until__gt=Now())
            self.hours |= set(hidden.values_list("embargoed_until", flat=True))
        public = articles.filter(pk__in=ids, listed_at__isnull=False).order_by()
        public = public.annotate(waits=_WAITS)
        columns = ("pk", *NAMED, "source__slug", "category__slug")
        shown = set()
        for row in public.values_list("waits", "visible_from", *columns):
            waits, moment, pk, source, category, of, section = row
            shown.add(pk)
            if waits:
                self.hours.add(moment)
            self.shown["source"].add(source)
            self.shown["category"].add(category)
            self.names |= {of_source(of), of_category(section), EVERYTHING}
        if shown:
            tagged: Any = apps.get_model("articles", "TaggedArticle").objects
            slugs = tagged.of(shown).order_by().values_list("tag__slug", flat=True)
            self.names |= set(map(of_tag, slugs.distinct()))
        return shown

    def _changes_menus(self, kind: str) -> bool:
        """Whether a source, or a category, may have got its first piece or lost it.

        That is one which has nothing to read but what was touched.
        """
        if not self.shown[kind] or len(self.touched) > MANY:
            return bool(self.shown[kind])
        articles: Any = apps.get_model("articles", "Article").objects
        others = articles.published().filter(**{kind: models.OuterRef("pk")})
        others = others.exclude(pk__in=self.touched)
        named = articles.model._meta.get_field(kind).related_model.objects
        return bool(
            named.filter(pk__in=self.shown[kind])
            .exclude(models.Exists(others))
            .exists()
        )


_under_way: ContextVar[Renewal | None] = ContextVar("editions to renew", default=None)


@contextmanager
def renewing() -> Iterator[Renewal]:
    """Renew the editions that the block adds to what is yielded, at its end.

    One transaction, and in it at the end of the outermost block and in one order:
    two writers who change the same listings wait for one another, instead of each
    holding what the other needs.
    """
    with transaction.atomic():
        if outer := _under_way.get():
            yield outer
            return
        renewal = Renewal()
        token = _under_way.set(renewal)
        try:
            yield renewal
        finally:
            _under_way.reset(token)
        renewal.end()
        if renewal.names:
            _write(renewal.names, renewal.hours)


def renew_editions(articles: Iterable[int]) -> None:
    """Let the pages that show these articles (ids) be drawn anew.

    For what is told with an article and stands elsewhere, such as a correction.
    """
    with renewing() as renewal:
        renewal.touched |= set(articles)


def renew_all() -> None:
    """Let every page be drawn anew, for what may stand on any of them has changed."""
    with renewing() as renewal:
        renewal.names.add(SITE)


def _write(names: set[str], hours: set[datetime]) -> None:
    Edition.objects.bulk_create(
        [Edition(name=name, stamp=secrets.randbits(62)) for name in sorted(names)],
        update_conflicts=True,
        unique_fields=["name"],
        update_fields=["stamp"],
    )
    if hours:
        Appearance.objects.note(hours)
