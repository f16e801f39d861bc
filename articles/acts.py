"""Acts: whatever people do to articles is noted here, whole, and once.

A verb wraps its writing in ``acting``. What differs afterwards is one ``Act`` with
one ``Change`` for each piece: enough to read what happened, and to take it back.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from django.contrib.auth.models import User
from django.db.models import F
from django.utils import timezone

from articles.models import (
    Act,
    Article,
    Change,
    Correction,
    DuplicateState,
    PossibleDuplicate,
    SuggestionState,
    TaggedArticle,
    TagSuggestion,
    renew_editions,
    renewing,
)
from articles.models.rows import insert_values

#: How long an act can be taken back. Later its pieces have lived on.
WINDOW = timedelta(hours=24)
#: The columns of an article that belong to the desk, in the order of a history.
COLUMNS = (
    "status",
    "published_at",
    "embargoed_until",
    "held_until",
    "folded_into_id",
    "headline",
    "excerpt",
    "note",
    "notice",
    "category_id",
    "image_id",
    "image_alt",
    "image_caption",
    "image_credit",
)
#: What stands in other tables and belongs to an article's history all the same.
TAGS, SUGGESTIONS, CORRECTIONS = "tags", "suggestions", "corrections"
APART = "apart"

Snapshot = dict[str, Any]


@dataclass(slots=True)
class Recording:
    """An act under way; when it is over and has changed something, ``act`` is there."""

    kind: str
    by: User | None
    by_name: str
    reason: str = ""
    undoes: Act | None = None
    columns: tuple[str, ...] = COLUMNS
    act: Act | None = None
    before: dict[int, Snapshot] = field(default_factory=dict)
    named: dict[int, tuple[str, int]] = field(default_factory=dict)

    def include(self, ids: Iterable[int]) -> None:
        """Let these articles be part of the act, as they are at this moment."""
        new = sorted(set(ids) - set(self.before))
        articles = Article.objects.filter(pk__in=new).order_by("pk")
        articles = articles.only("headline", "source_headline", "version")
        for article in articles.select_for_update(no_key=True):
            self.named[article.pk] = article.shown_headline, article.version
        self.before |= snapshots(new, self.columns)

    def add(self, article: Article) -> None:
        """Let a piece be part of the act that it has come with."""
        blank = Article()
        self.named[article.pk] = article.shown_headline, article.version
        self.before[article.pk] = {
            **as_json({name: getattr(blank, name) for name in self.columns}),
            TAGS: [],
            SUGGESTIONS: {},
            CORRECTIONS: [],
            APART: [],
        }


_under_way: ContextVar[Recording | None] = ContextVar("act under way", default=None)


@contextmanager
def acting(
    kind: str,
    articles: Iterable[int],
    *,
    by: User | None,
    actor: str = "",
    reason: str = "",
    undoes: Act | None = None,
    columns: tuple[str, ...] = (),
) -> Iterator[Recording]:
    """Do something to these articles (ids), as one act and in one transaction.

    ``by`` is None for a program, which then is named by ``actor``. ``columns`` are
    those that the act touches beside the desk's own. The articles stay locked until
    the end. An act within an act is part of the outer one.
    """
    with renewing():
        if outer := _under_way.get():
            outer.include(articles)
            yield outer
            return
        name = by.get_username() if by else actor
        recording = Recording(
            kind, by, name, reason.strip(), undoes, (*COLUMNS, *columns)
        )
        recording.include(articles)
        token = _under_way.set(recording)
        try:
            yield recording
        finally:
            _under_way.reset(token)
        _note(recording)


@contextmanager
def arriving(
    kind: str, articles: Sequence[Article], columns: Iterable[str], *, actor: str
) -> Iterator[None]:
    """Do something to new articles as they are written, as one act of a program.

    The block sets these columns of theirs and then inserts the articles, so that no
    row is written twice; what it noted is what ``acting`` would have noted afterwards.
    """
    names = tuple(columns)
    before = [_columns_of(each, names) for each in articles]
    for each in articles:
        each.version += 1
    yield
    if not articles:
        return
    act = Act.objects.create(
        kind=kind, by_name=actor, at=timezone.now(), pieces=len(articles)
    )
    insert_values(
        Change,
        ("act", "article", "number", "headline", "version", "before", "after"),
        (
            (act.pk, each.pk, each.pk, each.shown_headline, each.version, seen, after)
            for each, seen in zip(articles, before, strict=True)
            for after in [_columns_of(each, names)]
        ),
    )


def _columns_of(article: Article, names: Iterable[str]) -> Snapshot:
    return as_json({name: getattr(article, name) for name in names})


def _note(recording: Recording) -> None:
    """Write down what differs, and give each piece that does a new version."""
    now = snapshots(recording.before, recording.columns)
    changes = [
        _change(recording, pk, now.get(pk))
        for pk, before in sorted(recording.before.items())
        if now.get(pk) != before
    ]
    if not changes:
        return
    recording.act = Act.objects.create(
        kind=recording.kind,
        by=recording.by,
        by_name=recording.by_name,
        at=timezone.now(),
        reason=recording.reason,
        undoes=recording.undoes,
        pieces=len(changes),
    )
    pieces = [change.article_id for change in changes if change.article_id]
    Article.objects.filter(pk__in=pieces).update(version=F("version") + 1)
    renew_editions(pieces)
    for change in changes:
        change.act = recording.act
    Change.objects.bulk_create(changes)


def _change(recording: Recording, pk: int, after: Snapshot | None) -> Change:
    """What became of one piece; ``after`` is None if it was deleted."""
    headline, version = recording.named[pk]
    before = recording.before[pk]
    names = [name for name in before if after is None or before[name] != after[name]]
    return Change(
        article_id=None if after is None else pk,
        number=pk,
        headline=headline,
        version=version + 1,
        before={name: before[name] for name in names},
        after={name: after[name] for name in names} if after else {},
    )


def snapshots(
    ids: Iterable[int], columns: Iterable[str] = COLUMNS
) -> dict[int, Snapshot]:
    """``{article id: {column: value}}`` of these articles, with what else is theirs.

    Tags are ``[{"tag": id, "name": …, "origin": …}]`` in the order of their ids,
    answers to suggestions ``{tag id as text: state}``, corrections that stand
    ``[{"correction": id, "kind": …, "text": …}]``, pieces that it was kept apart
    from ``[id]``.
    """
    ids = list(ids)
    found = {
        row.pop("pk"): as_json(row)
        | {TAGS: [], SUGGESTIONS: {}, CORRECTIONS: [], APART: []}
        for row in Article.objects.filter(pk__in=ids).values("pk", *columns)
    }
    rows = TaggedArticle.objects.of(ids).order_by("tag")
    for article, tag, name, origin in rows.values_list(
        "content_object", "tag", "tag__name", "origin"
    ):
        found[article][TAGS].append({"tag": tag, "name": name, "origin": origin})
    answers = TagSuggestion.objects.filter(article__in=ids).order_by("tag")
    answers = answers.exclude(state=SuggestionState.OPEN)
    for article, tag, state in answers.values_list("article", "tag", "state"):
        found[article][SUGGESTIONS][str(tag)] = state
    told = Correction.objects.standing().filter(article__in=ids).order_by("pk")
    for article, *facts in told.values_list("article", "pk", "kind", "text"):
        row = dict(zip(("correction", "kind", "text"), facts, strict=True))
        found[article][CORRECTIONS].append(row)
    pairs = PossibleDuplicate.objects.of(ids).filter(state=DuplicateState.APART)
    for one, other in pairs.order_by("pk").values_list("article", "other"):
        for here, there in ((one, other), (other, one)):
            if here in found:
                found[here][APART].append(there)
    return found


def as_json(row: Snapshot) -> Snapshot:
    """A row's values as JSON holds them. Moments keep their microseconds."""
    moments = {
        name: value.astimezone(UTC).isoformat()
        for name, value in row.items()
        if isinstance(value, datetime)
    }
    return row | moments


def same(name: str, one: Any, other: Any) -> bool:
    """Whether two values of a column of a snapshot are the same to a person.

    Tags are, whichever way each of them was put on.
    """
    if name == TAGS:
        return tag_ids(one) == tag_ids(other)
    return bool(one == other)


def tag_ids(tags: Iterable[Snapshot]) -> set[int]:
    return {tag["tag"] for tag in tags}
