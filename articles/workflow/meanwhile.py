"""What has become of a piece since a person looked at it."""

from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext

from articles.acts import COLUMNS, TAGS, Snapshot, as_json, same
from articles.models import Article, Change, Tag
from articles.names import name_key

from .outcomes import ChangedMeanwhile, Clash


def changed_between(article: int, seen: int, until: int) -> set[str]:
    """The columns of an article (id) that changed after one version, up to another."""
    changes = Change.objects.filter(
        article=article, version__gt=seen, version__lte=until
    )
    return {name for after in changes.values_list("after", flat=True) for name in after}


def clashes(
    article: int, mine: Snapshot, now: Snapshot, *, seen: int, every: bool = False
) -> list[Clash]:
    """Where what a person wants to write meets what has changed since they looked.

    ``mine`` and ``now`` are values as snapshots hold them, ``seen`` is the version
    the person looked at. With ``every``, what they do not write counts as well.
    A column that both have brought to the same value is none.
    """
    first: Snapshot = {}
    last: dict[str, Change] = {}
    later = Change.objects.filter(article=article, version__gt=seen)
    for change in later.select_related("act").order_by("version"):
        for name, value in change.before.items():
            first.setdefault(name, value)
            last[name] = change
    return [
        Clash(name, mine.get(name, first[name]), now[name], last[name])
        for name in (*COLUMNS, TAGS)
        if name in last
        and (every or name in mine)
        and not same(name, first[name], now[name])
        and not (name in mine and same(name, mine[name], now[name]))
    ]


def refuse_overwriting(
    article: int,
    mine: Snapshot,
    now: Snapshot,
    *,
    seen: int | None,
    every: bool = False,
) -> None:
    """Raise ChangedMeanwhile if there are clashes. The article is locked."""
    if seen is None:
        return
    if found := clashes(article, mine, now, seen=seen, every=every):
        version = Article.objects.values_list("version", flat=True).get(pk=article)
        why = gettext("Someone else has changed it meanwhile.")
        raise ChangedMeanwhile(why, found, version)


def written(
    article: Article, fields: Iterable[str], tags: Iterable[str] | None = None
) -> Snapshot:
    """What a person writes into these fields, and as tags, as snapshots hold it."""
    columns: list[Any] = [Article._meta.get_field(name) for name in fields]
    names = [column.attname for column in columns if column.attname in COLUMNS]
    mine = as_json({name: getattr(article, name) for name in names})
    if tags is not None:
        mine[TAGS] = _named(tags)
    return mine


def _named(names: Iterable[str]) -> list[Snapshot]:
    """Tags by their names, whether they are there yet or not."""
    names = list(names)
    known = Tag.objects.by_key(map(name_key, names))
    tags = []
    for name in names:
        tag = known.get(name_key(name))
        tags.append({"tag": tag.pk if tag else None, "name": tag.name if tag else name})
    return tags
