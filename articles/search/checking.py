"""Proving and repairing the search index as a whole, in batches."""

from collections.abc import Iterator
from typing import Any

from django.db import models, transaction

from articles.models import Article, SearchRow, Source, Tag, TagAlias
from articles.models.named import words_of_name

from . import index

#: Rows that are compared, and written, in one transaction.
BATCH = 500


def check(*, repair: bool = False, dry_run: bool = False) -> dict[str, int]:
    """How many rows and names are not what they should be, and what is derived.

    ``index`` is 1 if the database has lost what it derives from the rows. With
    ``repair`` all of it is written, batch by batch, each in a transaction of its
    own: the site may run meanwhile, and a run that was stopped is run again.
    """
    found = {"rows": 0, "names": 0, "index": 0}
    for ids in _batches(Article.objects.all()):
        with transaction.atomic():
            if repair:
                locked = Article.objects.filter(pk__in=ids).order_by("pk")
                list(locked.select_for_update(no_key=True).values_list("pk"))
                found["rows"] += SearchRow.objects.mirror(ids)
                transaction.set_rollback(dry_run)
            else:
                found["rows"] += len(SearchRow.objects.untrue(ids))
    models_with_names: tuple[type[models.Model], ...] = (Tag, TagAlias, Source)
    for model in models_with_names:
        for ids in _batches(model._default_manager.all()):
            with transaction.atomic():
                found["names"] += _names(model, ids, repair)
                transaction.set_rollback(dry_run)
    with transaction.atomic():
        found["index"] = 0 if index.is_whole() else 1
        if found["index"] and repair:
            index.rebuild()
        transaction.set_rollback(dry_run)
    return found


def _names(model: type[models.Model], ids: list[int], repair: bool) -> int:
    rows: Any = model._default_manager.filter(pk__in=ids).only("name", "words")
    wrong: list[models.Model] = []
    for row in rows:
        words = words_of_name(row.name)
        if row.words != words:
            row.words = words
            wrong.append(row)
    if repair and wrong:
        model._default_manager.bulk_update(wrong, ["words"])
    return len(wrong)


def _batches(rows: models.QuerySet) -> Iterator[list[int]]:
    """The ids of rows, in their order and in batches."""
    last = 0
    while True:
        behind = rows.filter(pk__gt=last).order_by("pk")
        ids = list(behind.values_list("pk", flat=True)[:BATCH])
        if not ids:
            return
        yield ids
        last = ids[-1]
