"""Completing a tag's name while an editor types it."""

from articles.models import Tag, TagAlias
from articles.names import name_key

#: Choices that fit below a field.
MOST_CHOICES = 10


def complete(typed: str) -> list[dict[str, object]]:
    """Tags for what was typed: ``{name, alias, pieces}``, the best first.

    The tag of that very name comes first, then names that begin so, then other
    names of a tag, then names that hold it; among equals the livelier one.
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
    return [
        {"name": tag.name, "alias": alias, "pieces": tag.listed_count}
        for tag, alias in list(found.values())[:MOST_CHOICES]
    ]
