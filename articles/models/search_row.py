"""The search index: for each article the words under which it is found.

A row mirrors what readers may see found of its article, as ``articles.words`` cuts
it; ``relisting()`` keeps it true together with the listing index. Beside the words
stand marks (``tag=7``, ``source=3``), by which a search is narrowed, and through
which it finds names: a tag's names are looked up when somebody asks, so that
renaming one touches no article.

The database derives from ``words`` what it searches in (migration 0013): SQLite an
FTS5 table, through triggers; PostgreSQL a generated ``tsvector`` with a GIN index.
"""

import math
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connections, models
from django.utils.translation import gettext_lazy as _

from articles.markup import plain
from articles.words import BREAK, indexed

from .article import Article
from .rows import insert, insert_values
from .source import Reuse
from .tagged_article import TaggedArticle

#: Bits of a position that hold the article's id; those above hold whole seconds.
#: Enough for 268 million articles and for dates up to the year 2514.
ID_BITS = 28
_ID_MASK = (1 << ID_BITS) - 1
_MOST_SECONDS = (1 << 34) - 1
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
#: How long eras are, as powers of two of a second: 12 days, and three times eight
#: times as long, up to 17 years. Each lies within one of the next longer.
ERAS = (20, 23, 26, 29)
#: PostgreSQL keeps no positions beyond this one, and drops more of one word.
_LAST_PLACE = 16_383
#: What may stand in the mark of a language.
_NOT_IN_LANGUAGE = re.compile("[^a-z0-9-]+")


class Shelf(models.IntegerChoices):
    """Where an article stands: what readers find is on one shelf alone."""

    ASIDE = 0, _("aside")
    LISTED = 1, _("listed")
    WAITING = 2, _("waiting")


def position_of(moment: datetime, article: int) -> int:
    """Where an article stands among all, as one number: by second, then by id."""
    return floor_of(moment) | article


def floor_of(moment: datetime) -> int:
    """The position before all articles of that second."""
    seconds = math.floor((moment - _EPOCH) / timedelta(seconds=1))
    return max(-_MOST_SECONDS, min(seconds, _MOST_SECONDS)) << ID_BITS


def article_at(position: int) -> int:
    """The id of the article that stands at a position."""
    return position & _ID_MASK


@dataclass(frozen=True, slots=True)
class Era:
    """A stretch of time, by which PostgreSQL is led to the newest of what it finds.

    ``length`` is one of ``ERAS``; ``number`` counts such stretches since 1970.
    """

    length: int
    number: int

    @classmethod
    def at(cls, position: int, length: int) -> "Era":
        """The era of that length in which a position lies."""
        return cls(length, position >> (ID_BITS + length))

    @property
    def mark(self) -> str:
        return mark("era", f"{self.length}.{self.number}")

    @property
    def first(self) -> int:
        """The position before all others in it."""
        return self.number << (ID_BITS + self.length)

    @property
    def end(self) -> int:
        """The position at which the next one begins."""
        return (self.number + 1) << (ID_BITS + self.length)

    def parts(self) -> list["Era"]:
        """The shorter eras within it, the oldest first; none in the shortest."""
        shorter = [length for length in ERAS if length < self.length]
        return eras(self.first, self.end, shorter[-1]) if shorter else []


def eras(first: int, end: int, length: int) -> list[Era]:
    """The eras of that length between two positions, the oldest first."""
    numbers = range(Era.at(first, length).number, Era.at(end - 1, length).number + 1)
    return [Era(length, number) for number in numbers]


def mark(kind: str, value: object) -> str:
    """A word of the index that no text holds: ``tag=7``."""
    return f"{kind}={value}"


def language_mark(language: str) -> str:
    return mark("language", _NOT_IN_LANGUAGE.sub("", language.lower()))


class SearchRowQuerySet(models.QuerySet):
    def add(self, pieces: Sequence[Any], tags: Mapping[int, Sequence[int]]) -> None:
        """Write the rows of new articles, which are at hand with their sources and
        with what the database works out; ``tags`` (ids) by article (id).
        """
        has_places = connections[self.db].vendor == "postgresql"
        for piece in pieces:
            whole = piece.source.reuse == Reuse.FULL_TEXT
            piece.text = piece.source_body if whole else ""
        rows = (
            tuple(_columns_of(piece, sorted(tags[piece.pk]), has_places).values())
            for piece in pieces
        )
        # One after the other: PostgreSQL indexes a row while the next one is made.
        insert_values(
            SearchRow,
            ("article", "position", "shelf", "words"),
            rows,
        )

    def mirror(self, articles: Iterable[int]) -> int:
        """Write the rows of these articles (ids) as they should be.

        Returns how many were not.
        """
        new, changed = self._untrue(articles)
        insert(new)
        self.bulk_create(
            changed,
            update_conflicts=True,
            unique_fields=["article"],
            update_fields=["position", "shelf", "words"],
        )
        return len(new) + len(changed)

    def untrue(self, articles: Iterable[int]) -> list["SearchRow"]:
        """Rows, as they should be, of those of these articles (ids) whose are not."""
        new, changed = self._untrue(articles)
        return [*new, *changed]

    def _untrue(self, articles: Iterable[int]) -> tuple[list[Any], list[Any]]:
        """Those that are missing, and those that are there and wrong."""
        ids = list(articles)
        rows: Any = self.filter(pk__in=ids)
        there = {row.pk: row for row in rows}
        true = self._true(ids)
        new = [row for row in true if row.pk not in there]
        changed = [
            row for row in true if row.pk in there and not row.is_like(there[row.pk])
        ]
        return new, changed

    def _true(self, ids: list[int]) -> list["SearchRow"]:
        pieces = Article.objects.using(self.db).filter(pk__in=ids)
        tags = defaultdict(list)
        tagged = TaggedArticle.objects.using(self.db).of(ids).order_by("tag")
        for article, tag in tagged.values_list("content_object", "tag"):
            tags[article].append(tag)
        has_places = connections[self.db].vendor == "postgresql"
        return [
            SearchRow(**_columns_of(piece, tags[piece.pk], has_places))
            for piece in pieces.select_related("source")
            .only(*_READ)
            .annotate(text=_TEXT)
        ]


#: The source's text where its licence lets it be shown; no other is even read.
_TEXT = models.Case(
    models.When(source__reuse=Reuse.FULL_TEXT, then="source_body"),
    default=models.Value(""),
    output_field=models.TextField(),
)
#: What a row is made of, beside that.
_READ = (
    "headline",
    "source_headline",
    "excerpt",
    "source_excerpt",
    "note",
    "category",
    "language",
    "listed_at",
    "waiting_at",
    "created_at",
    "source__reuse",
    "source__excerpt_words",
    "source__excerpt_characters",
)


class SearchRow(models.Model):
    """One article in the search index."""

    article = models.OneToOneField(
        "articles.Article",
        verbose_name=_("article"),
        on_delete=models.CASCADE,
        primary_key=True,
        related_name="search_row",
    )
    position = models.BigIntegerField(_("position"), editable=False)
    shelf = models.PositiveSmallIntegerField(
        _("shelf"), choices=Shelf, default=Shelf.ASIDE, editable=False
    )
    words = models.TextField(_("words"), editable=False)

    objects = SearchRowQuerySet.as_manager()

    class Meta:
        verbose_name = _("row of the search index")
        verbose_name_plural = _("rows of the search index")
        # Nobody edits it: it follows from the articles.
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["position"], name="search_position_is_unique"
            ),
            models.CheckConstraint(
                condition=models.Q(shelf__in=Shelf.values),
                name="search_shelf_is_known",
            ),
        ]
        indexes = [models.Index(fields=["shelf", "-position"], name="search_newest")]

    def __str__(self) -> str:
        return str(self.pk)

    def is_like(self, other: "SearchRow") -> bool:
        """Whether another row says the same."""
        return (self.position, self.shelf, self.words) == (
            other.position,
            other.shelf,
            other.words,
        )


def _columns_of(piece: Any, tags: list[int], has_places: bool) -> dict[str, Any]:
    """The columns of a piece's row, in their order."""
    shelf, moment = Shelf.ASIDE, piece.created_at
    if piece.listed_at:
        shelf, moment = Shelf.LISTED, piece.listed_at
    elif piece.waiting_at:
        shelf, moment = Shelf.WAITING, piece.waiting_at
    position, marks = position_of(moment, piece.pk), _marks_of(piece, tags, shelf)
    if has_places:
        # SQLite's index stands in the order of positions by itself.
        marks += [Era.at(position, length).mark for length in ERAS]
    found = indexed(_texts_of(piece), marks)
    words = _with_places(found) if has_places else " ".join(found)
    return {
        "article_id": piece.pk,
        "position": position,
        "shelf": shelf.value,
        "words": words,
    }


def _texts_of(piece: Any) -> list[str]:
    """What readers may see found: never more than ``rights.permitted()`` shows.

    The source's headline is theirs to be found by, also where we wrote our own.
    """
    texts = [piece.headline, piece.source_headline, piece.shown_excerpt, piece.note]
    return [text for text in (*texts, plain(piece.text)) if text]


def _marks_of(piece: Any, tags: list[int], shelf: Shelf) -> list[str]:
    marks = [
        mark("shelf", shelf.value),
        mark("source", piece.source_id),
        mark("category", piece.category_id),
        *(mark("tag", tag) for tag in tags),
    ]
    if piece.language:
        marks += [
            language_mark(piece.language),
            language_mark(piece.language.split("-")[0]),
        ]
    return marks


def _with_places(found: list[str]) -> str:
    """Words as PostgreSQL reads a ``tsvector``: ``alliance:2,9 =allianc tag=7``.

    What stands behind the last ``BREAK`` stands in no order and has no places.
    """
    ordered = len(found) - found[::-1].index(BREAK) if BREAK in found else 0
    places: dict[str, list[str]] = {}
    for place, word in enumerate(found[:ordered], start=1):
        if word != BREAK and place <= _LAST_PLACE:
            places.setdefault(word, []).append(str(place))
    known = [f"{word}:{','.join(at)}" for word, at in places.items()]
    return " ".join([*known, *found[ordered:]])
