"""Saving and deleting what stands by its name on many of the reader's pages."""

from collections.abc import Iterable
from typing import Any

from django.db.models import Q, QuerySet

from articles.models import Article, Category, Source, relisting, renew_all, renewing

#: How much of a source's texts readers may see, and so find, hangs on these fields.
SHOWN = frozenset({"reuse", "excerpt_words", "excerpt_characters"})
#: How many articles one transaction relists when a whole source changes.
RELIST_BATCH = 1000


def save_source(source: Source, changed: Iterable[str] = ()) -> int:
    """Save a source of which these fields are others now.

    Returns how many articles appear or disappear by that. Raises ValidationError for
    a name or a slug that another source had.
    """
    with renewing():
        _save(source)
        renew_all()
        return 0 if SHOWN.isdisjoint(changed) else withhold(source)


def save_category(category: Category) -> None:
    """Save a section: menus and the cards of its pieces name it.

    Raises ValidationError for a name or a slug that another section had.
    """
    with renewing():
        _save(category)
        renew_all()


def _save(row: Source | Category) -> None:
    """Save it, so that the name and the slug it has had go on leading to it."""
    stored = type(row)._default_manager.select_for_update(no_key=True)
    old = stored.filter(pk=row.pk).first()
    row.clean()
    row.save()
    if old is None:
        return
    own = row.aliases
    own.filter(Q(key=row.key) | Q(slug=row.slug)).delete()
    if old.key != row.key:
        own.create(name=old.name)
    if old.slug != row.slug:
        own.create(slug=old.slug)


def delete_named(rows: QuerySet[Any]) -> None:
    """Delete sources, categories or tags.

    Raises ProtectedError while pieces belong to a source or a category.
    """
    with renewing():
        rows.delete()
        renew_all()


def withhold(source: Source) -> int:
    """Bring a source's articles in line with its reuse policy.

    A blocked source's pieces leave every listing; one that is no longer blocked
    gets them back. All of them are searched in as far as the policy now lets them
    be shown. Returns how many articles left a listing or came back.
    """
    withheld = source.is_blocked
    changed, last = 0, 0
    while True:
        rows = Article.objects.filter(source=source, pk__gt=last).order_by("pk")
        ids = list(rows.values_list("pk", flat=True)[:RELIST_BATCH])
        if not ids:
            return changed
        with relisting(ids):
            others = Article.objects.filter(~Q(is_withheld=withheld), pk__in=ids)
            changed += others.update(is_withheld=withheld)
        last = ids[-1]
