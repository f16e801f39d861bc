"""Completing a tag's name while an editor types it."""

from difflib import get_close_matches

from articles.models import Tag, TagAlias
from articles.names import name_key

#: Choices that fit below a field.
MOST_CHOICES = 10
#: How like two names are, from 0 to 1, before one is taken for a slip of the other:
#: "Semiconductor" and "Semiconducters" are 0.89 alike, "Iran" and "Iraq" 0.75.
ALIKE = 0.8
#: Names that are compared with what was typed; they begin with the same letters.
MOST_COMPARED = 500


def complete(typed: str) -> list[dict[str, object]]:
    """Tags for what was typed: ``{name, alias, pieces}``, the best first.

    The tag of that very name comes first, then names that begin so, then other
    names of a tag, then names that hold it, then names that it may be a slip of;
    among equals the livelier one.
    """
    key = name_key(typed)
    if not key:
        return []
    by_liveliness = Tag.objects.order_by("-listed_count", "name")
    found: dict[int, tuple[Tag, str]] = {}
    same = by_liveliness.filter(key=key)
    beginning = by_liveliness.filter(key__startswith=key)
    for tag in [*same, *beginning[:MOST_CHOICES]]:
        found.setdefault(tag.pk, (tag, ""))
    if len(found) < MOST_CHOICES:
        aliases = TagAlias.objects.filter(key__startswith=key).select_related("tag")
        for alias in aliases.order_by("-tag__listed_count")[:MOST_CHOICES]:
            found.setdefault(alias.tag_id, (alias.tag, alias.name))
    if len(found) < MOST_CHOICES and len(key) > 1:
        for tag in by_liveliness.filter(key__contains=key)[:MOST_CHOICES]:
            found.setdefault(tag.pk, (tag, ""))
    if len(found) < MOST_CHOICES:
        for tag in _alike(key):
            found.setdefault(tag.pk, (tag, ""))
    return [
        {"name": tag.name, "alias": alias, "pieces": tag.listed_count}
        for tag, alias in list(found.values())[:MOST_CHOICES]
    ]


def _alike(key: str) -> list[Tag]:
    """Tags whose name differs from what was typed by a slip of the fingers."""
    if len(key) < 4:
        return []
    begin_alike = Tag.objects.filter(key__startswith=key[:2]).order_by("-listed_count")
    by_key = {tag.key: tag for tag in begin_alike[:MOST_COMPARED]}
    return [by_key[each] for each in get_close_matches(key, by_key, 3, ALIKE)]


def is_known(typed: str) -> bool:
    """Whether what was typed is the name, or another name, of a tag."""
    return Tag.objects.named(typed) is not None
