"""The tags and sources whose names hold what is asked for.

Looked up at the moment of the question: a tag that gets another name, or is merged
into another, is found by it at once, and no article is written for it.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Q

from articles.models import Source, Tag, TagAlias
from articles.models.search_row import mark
from articles.models.tag import TagQuerySet

from .query import Query, Term

#: Tags, and as many sources, whose names are looked at for one query: the
#: liveliest. A word that more names hold is found in the texts all the same.
MOST_NAMES = 200


@dataclass(frozen=True, slots=True)
class Names:
    """What is called by the words of one query."""

    tags: list[tuple[Tag, list[str]]]
    sources: list[tuple[int, str]]

    def marks(self, term: Term) -> tuple[str, ...]:
        """The marks of all whose name, or one of whose names, holds a term."""
        tags = (
            mark("tag", tag.pk)
            for tag, names in self.tags
            if any(term.in_name in name for name in names)
        )
        sources = (
            mark("source", pk) for pk, name in self.sources if term.in_name in name
        )
        return (*tags, *sources)

    def tags_called(self, query: Query) -> tuple[Tag, ...]:
        """The tags one of whose names holds all that is wanted."""
        return tuple(
            tag
            for tag, names in self.tags
            if any(_holds(name, query) for name in names)
        )


def named(query: Query, tags: TagQuerySet) -> Names:
    """The names of these tags, and of sources, that hold a term of the query.

    Three statements.
    """
    if not query.terms:
        return Names([], [])
    anywhere = _any_of(query.terms)
    aliases: dict[int, list[str]] = {}
    rows = TagAlias.objects.filter(anywhere).order_by("-tag__listed_count", "pk")
    for tag, words in rows.values_list("tag", "words")[:MOST_NAMES]:
        aliases.setdefault(tag, []).append(words)
    called = tags.filter(anywhere | Q(pk__in=list(aliases)))
    liveliest = called.order_by("-listed_count", "pk")[:MOST_NAMES]
    sources = Source.objects.readable().filter(anywhere).order_by("pk")
    return Names(
        tags=[(tag, [tag.words, *aliases.get(tag.pk, [])]) for tag in liveliest],
        sources=list(sources.values_list("pk", "words")[:MOST_NAMES]),
    )


def _any_of(terms: Iterable[Term]) -> Q:
    found = Q()
    for term in terms:
        found |= Q(words__contains=term.in_name)
    return found


def _holds(name: str, query: Query) -> bool:
    return (
        bool(query.wanted)
        and all(term.in_name in name for term in query.wanted)
        and not any(term.in_name in name for term in query.excluded)
    )
