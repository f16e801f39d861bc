"""Editions: which state of a listing a page shows, so that a kept page is never old.

A listing's edition is a random number, and another one after every change of what
it shows: a page that was kept, or that a browser has, is right while the editions it
was drawn from are those of this moment. Whoever changes what readers see renews
them in the transaction of the change: ``relisting()`` for articles and their tags,
``renew_all`` for what stands on many pages, such as a name or a policy.
"""

import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from django.apps import apps
from django.db import models, transaction

#: Stands for all that any page may show: names, policies, addresses.
SITE = "site"
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


#: Articles that are looked up by one statement.
BATCH = 500


@dataclass(slots=True)
class Renewal:
    """What a transaction renews: ``names`` of editions, and all that shows ``touched``.

    ``fresh`` are articles (ids) that were not public when it began. Their pages have
    been drawn by nobody, so a large archive needs a row for few of its pieces.
    """

    names: set[str] = field(default_factory=set)
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

    def _look(self, ids: Iterable[int]) -> set[int]:
        """Name the listings that show these articles; those that are public.

        And those they are folded into, whose cards name them.
        """
        ids = list(ids)
        articles: Any = apps.get_model("articles", "Article").objects
        # Two questions: with an OR across the join all articles would be read, which
        # took 280 ms of each publication with 100,000 pieces waiting.
        leads = articles.filter(pk__in=ids, folded_into__isnull=False)
        ids += leads.order_by().values_list("folded_into", flat=True)
        public = articles.filter(pk__in=ids, listed_at__isnull=False).order_by()
        sources = dict(public.values_list("pk", "source__slug"))
        if not sources:
            return set()
        self.names |= {EVERYTHING, *map(of_source, sources.values())}
        categories = public.values_list("category__slug", flat=True)
        self.names |= set(map(of_category, categories))
        tagged: Any = apps.get_model("articles", "TaggedArticle").objects
        slugs = tagged.of(sources).order_by().values_list("tag__slug", flat=True)
        self.names |= set(map(of_tag, slugs.distinct()))
        return set(sources)


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
            _write(renewal.names)


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


def _write(names: Iterable[str]) -> None:
    Edition.objects.bulk_create(
        [Edition(name=name, stamp=secrets.randbits(62)) for name in sorted(names)],
        update_conflicts=True,
        unique_fields=["name"],
        update_fields=["stamp"],
    )
