"""Writing articles back as snapshots hold them, as far as that is still possible."""

import json
from collections.abc import Iterable
from typing import Any

from django.db.models import Model
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from articles.acts import APART, CORRECTIONS, SUGGESTIONS, TAGS, Snapshot, tag_ids
from articles.images import library
from articles.models import (
    Article,
    ArticleStatus,
    Category,
    Correction,
    DuplicateState,
    Image,
    PossibleDuplicate,
    SuggestionState,
    Tag,
    TaggedArticle,
    TagSuggestion,
    relisting,
)

from . import withdrawal
from .folding import settle
from .outcomes import touch

#: Columns that lead to rows which may be gone by the time they are written back, and
#: why the piece then stays as it is. A picture is not among them: one that went with
#: a kill keeps no piece from coming back.
LEADS: dict[str, tuple[type[Model], str | Promise]] = {
    "category_id": (Category, _("Its former category is gone.")),
    "folded_into_id": (Article, _("The piece it was folded into is gone.")),
}


def gone_from(rows: Iterable[Snapshot]) -> set[tuple[str, int]]:
    """Of the rows that these values lead to, those that are not there any more."""
    rows, gone = list(rows), set()
    for name, (model, _why) in LEADS.items():
        wanted = {row[name] for row in rows if row.get(name)}
        if wanted:
            known = model._default_manager.filter(pk__in=wanted)
            there = set(known.values_list("pk", flat=True))
            gone |= {(name, pk) for pk in wanted - there}
    return gone


def with_pictures_left(rows: Iterable[Snapshot]) -> list[Snapshot]:
    """These values, without pictures that have been taken away since.

    What the piece shows now stays in their place.
    """
    rows = list(rows)
    gone = {row["image_id"] for row in rows if row.get("image_id")}
    if gone:
        there = Image.objects.filter(pk__in=gone)
        gone -= set(there.values_list("pk", flat=True))
    return [
        {name: value for name, value in row.items() if name != "image_id"}
        if row.get("image_id") in gone
        else row
        for row in rows
    ]


def write_back(values: dict[int, Snapshot], now: dict[int, Snapshot]) -> None:
    """Write ``{article id: {column: value}}`` as snapshots hold them.

    ``now`` is how the articles are before. Within an act, with the articles locked.
    """
    ids = list(values)
    with relisting(ids):
        _write_columns(values)
        _write_tags({pk: v[TAGS] for pk, v in values.items() if TAGS in v})
    _write_answers({pk: v[SUGGESTIONS] for pk, v in values.items() if SUGGESTIONS in v})
    _write_corrections(
        {pk: v[CORRECTIONS] for pk, v in values.items() if CORRECTIONS in v}
    )
    for pk, row in values.items():
        if APART in row:
            _write_apart(pk, set(row[APART]), set(now[pk][APART]))
    _unfold([pk for pk, v in values.items() if v.get("folded_into_id", 0) is None])
    became = {pk: v["status"] for pk, v in values.items() if "status" in v}
    killed = {pk for pk in ids if now[pk]["status"] == ArticleStatus.KILLED}
    kills = {pk for pk, to in became.items() if to == ArticleStatus.KILLED}
    withdrawal.revive(sorted((killed & became.keys()) - kills))
    withdrawal.clean(sorted(kills - killed))
    touch(ids)


def _write_columns(values: dict[int, Snapshot]) -> None:
    """One statement for all the pieces that get the same values.

    A picture that was removed since cannot come back; the present one stays.
    """
    alike: dict[str, list[int]] = {}
    elsewhere = {TAGS, SUGGESTIONS, CORRECTIONS, APART}
    pictures = {row["image_id"] for row in values.values() if row.get("image_id")}
    lost = pictures - library.kept(pictures) if pictures else set()
    for pk, row in values.items():
        columns = {k: v for k, v in row.items() if k not in elsewhere}
        if columns.get("image_id") in lost:
            del columns["image_id"]
        if columns:
            alike.setdefault(json.dumps(columns, sort_keys=True), []).append(pk)
    for text, ids in alike.items():
        row = json.loads(text).items()
        columns = {name: _field(name).to_python(value) for name, value in row}
        Article.objects.filter(pk__in=ids).update(**columns)


def _field(name: str) -> Any:
    return Article._meta.get_field(name)


def _write_tags(tags: dict[int, list[dict[str, Any]]]) -> None:
    known = set(
        Tag.objects.filter(pk__in=tag_ids([t for row in tags.values() for t in row]))
        .order_by()
        .values_list("pk", flat=True)
    )
    there = set(TaggedArticle.objects.of(tags).values_list("content_object", "tag"))
    wanted = {
        (pk, tag["tag"]): tag["origin"]
        for pk, row in tags.items()
        for tag in row
        if tag["tag"] in known
    }
    for pk in tags:
        off = [tag for article, tag in there if article == pk]
        off = [tag for tag in off if (pk, tag) not in wanted]
        TaggedArticle.objects.filter(content_object=pk, tag__in=off).delete()
    TaggedArticle.objects.bulk_create(
        TaggedArticle(content_object_id=pk, tag_id=tag, origin=origin)
        for (pk, tag), origin in wanted.items()
        if (pk, tag) not in there
    )


def _write_answers(answers: dict[int, dict[str, str]]) -> None:
    """Answers to suggestions as they were; those given since are open again."""
    for pk, states in answers.items():
        mine = TagSuggestion.objects.filter(article=pk)
        mine.exclude(tag__in=map(int, states)).update(state=SuggestionState.OPEN)
        for state in set(states.values()):
            tags = [int(tag) for tag, kept in states.items() if kept == state]
            mine.filter(tag__in=tags).update(state=state)


def _write_corrections(corrections: dict[int, list[dict[str, Any]]]) -> None:
    """Let these corrections stand, and withdraw the others of their pieces."""
    stand = [row["correction"] for rows in corrections.values() for row in rows]
    theirs = Correction.objects.filter(article__in=corrections)
    others = theirs.standing().exclude(pk__in=stand)
    others.update(withdrawn_at=timezone.now())
    theirs.filter(pk__in=stand).update(withdrawn_at=None)


def _write_apart(article: int, others: set[int], now: set[int]) -> None:
    """Let a piece be kept apart from these and no others; those are open again."""
    for other in others - now:
        settle(article, other, DuplicateState.APART)
    for other in now - others:
        settle(article, other, DuplicateState.OPEN)


def _unfold(ids: Iterable[int]) -> None:
    ids = list(ids)
    folded = PossibleDuplicate.objects.filter(state=DuplicateState.FOLDED)
    for pairs in (folded.filter(article__in=ids), folded.filter(other__in=ids)):
        pairs.update(state=DuplicateState.OPEN)
