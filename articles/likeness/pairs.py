"""Possible duplicates: pairs of pieces that are alike, found and kept in line.

A piece that is new or has another text is marked ``needs_comparing``. Its bands are
written and committed first, and looked for after that: of two processes that hold
one piece of a pair each, the later one sees the other's. A run that dies leaves the
marks to the next one.
"""

from collections import Counter
from collections.abc import Callable, Collection, Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db import reset_queries, transaction
from django.db.models import QuerySet
from django.db.models.functions import Left
from django.utils import timezone

from articles.interruption import held_back
from articles.models import Article, DuplicateState, PossibleDuplicate, TextBand

from .pieces import READ_OF_BODY, Piece, likeness, read

#: Pieces that are compared in one transaction.
BATCH = 100
#: Keys that one statement looks for. For some thousand, PostgreSQL reads the whole
#: table instead of its index.
KEYS_AT_ONCE = 500
#: For how long a piece is one that others may be copies of. It bounds the bands,
#: which take more room than all other rows of a piece.
RECENT = timedelta(days=14)
#: Pieces that a band keeps, the newest ones: what more have in common is a
#: publisher's boilerplate.
MOST_IN_A_BAND = 50
#: Pieces that one is compared with, those with most bands in common.
MOST_COMPARED = 50
#: Pairs that are made of one piece at a time, the most alike.
MOST_PAIRS = 20


def refresh(*, on_progress: Callable[[int], None] | None = None) -> int:
    """Compare every piece that wants it with other recent ones.

    New pairs are open ones, those that are no longer alike go, decided ones stay as
    they are. Returns how many pieces were looked at.
    """
    done = 0
    wanting = Article.objects.filter(needs_comparing=True).order_by("pk")
    while ids := list(wanting.values_list("pk", flat=True)[:BATCH]):
        with held_back():
            _compare(ids)
        done += len(ids)
        reset_queries()
        if on_progress:
            on_progress(done)
    if done:
        _forget_old()
    return done


def recompute(*, since: datetime | None = None) -> int:
    """Have every recent piece (arrived ``since``) compared again."""
    recent = Article.objects.filter(source_published_at__gte=_horizon()).order_by("pk")
    if since:
        recent = recent.filter(created_at__gte=since)
    last = 0
    while ids := list(recent.filter(pk__gt=last).values_list("pk", flat=True)[:1000]):
        with transaction.atomic():
            _lock(ids).update(needs_comparing=True)
        last = ids[-1]
    return refresh()


def is_recent(at: datetime) -> bool:
    """Whether a piece of that time is one that others may be copies of."""
    return at >= _horizon()


def _horizon() -> datetime:
    return timezone.now() - RECENT


def _lock(ids: Collection[int]) -> QuerySet[Article]:
    """Lock these articles in the order in which everybody does, and so for good."""
    rows = Article.objects.filter(pk__in=ids)
    in_order = rows.order_by("pk").select_for_update(no_key=True)
    list(in_order.values_list("pk", flat=True))
    return rows


class _Row(NamedTuple):
    """What is read of an article, as it stands in the database."""

    headline: str
    excerpt: str
    body: str
    source: int
    at: datetime

    def piece(self) -> Piece:
        headline, excerpt, body, source, at = self
        return read(headline, excerpt, body, source=source, at=at)


def _compare(ids: Collection[int]) -> None:
    with transaction.atomic():
        seen = _read(ids)
        pieces = {pk: row.piece() for pk, row in seen.items()}
        keys = _write_bands(pieces)
    with transaction.atomic():
        holders = _holders(keys)
        partners = _partners(keys, holders)
        others = {other for found in partners.values() for other in found}
        rows = _read({*ids, *others})
        # What has been changed or deleted meanwhile is left to the next round.
        same = {pk for pk, row in seen.items() if rows.get(pk) == row}
        pieces |= {pk: row.piece() for pk, row in rows.items() if pk not in same}
        _write_pairs({pk: partners[pk] & rows.keys() for pk in same}, pieces)
        Article.objects.filter(pk__in=same).update(needs_comparing=False)
    _thin_out(holders)


def _read(ids: Collection[int]) -> dict[int, _Row]:
    """These articles, locked."""
    columns = _lock(ids).values_list(
        "pk",
        "source_headline",
        "source_excerpt",
        Left("source_body", READ_OF_BODY),
        "source",
        "source_published_at",
    )
    return {pk: _Row(*values) for pk, *values in columns}


def _write_bands(pieces: Mapping[int, Piece]) -> dict[int, frozenset[int]]:
    """Write the bands of these pieces anew; their keys, none of what is old."""
    keys = {
        pk: piece.keys if is_recent(piece.at) else frozenset()
        for pk, piece in pieces.items()
    }
    TextBand.objects.filter(article__in=pieces).delete()
    TextBand.objects.bulk_create(
        TextBand(key=key, article_id=pk) for pk in keys for key in keys[pk]
    )
    return keys


def _holders(keys: Mapping[int, frozenset[int]]) -> dict[int, list[int]]:
    """By key the pieces that have it, the newest first."""
    holders: dict[int, list[int]] = {}
    wanted = sorted(set().union(*keys.values()))
    for start in range(0, len(wanted), KEYS_AT_ONCE):
        some = wanted[start : start + KEYS_AT_ONCE]
        rows = TextBand.objects.filter(key__in=some).order_by("-article_id")
        for key, pk in rows.values_list("key", "article_id"):
            holders.setdefault(key, []).append(pk)
    return holders


def _partners(
    keys: Mapping[int, frozenset[int]], holders: Mapping[int, list[int]]
) -> dict[int, set[int]]:
    """What each piece is compared with: it shares bands with it, or is paired."""
    found: dict[int, set[int]] = {}
    for pk, own in keys.items():
        shared = Counter(
            other for key in own for other in holders.get(key, [])[:MOST_IN_A_BAND]
        )
        del shared[pk]
        found[pk] = {other for other, _ in shared.most_common(MOST_COMPARED)}
    pairs = PossibleDuplicate.objects.open().of(keys)
    for pair in pairs.values_list("article", "other"):
        for one, other in (pair, pair[::-1]):
            if one in found:
                found[one].add(other)
    return found


def _thin_out(holders: Mapping[int, list[int]]) -> None:
    """Take the oldest pieces out of bands that have too many."""
    surplus = {
        key: ids[MOST_IN_A_BAND:]
        for key, ids in holders.items()
        if len(ids) > MOST_IN_A_BAND
    }
    if not surplus:
        return
    with transaction.atomic():
        _lock({pk for ids in surplus.values() for pk in ids})
        for key, ids in surplus.items():
            TextBand.objects.filter(key=key, article__in=ids).delete()


def _write_pairs(
    partners: Mapping[int, Collection[int]], pieces: Mapping[int, Piece]
) -> None:
    """Make the pairs that are new, and bring open ones in line with the texts."""
    found: dict[tuple[int, int], float] = {}
    alike: set[tuple[int, int]] = set()
    for pk, others in partners.items():
        of_this = {
            (max(pk, other), min(pk, other)): likeness(pieces[pk], pieces[other])
            for other in others
        }
        found |= of_this
        best = sorted(of_this, key=lambda pair: (-of_this[pair], pair))[:MOST_PAIRS]
        alike.update(pair for pair in best if of_this[pair])
    known = PossibleDuplicate.objects.of(partners)
    gone, changed = [], []
    for pair in known:
        key = (pair.article_id, pair.other_id)
        alike.discard(key)
        if pair.state != DuplicateState.OPEN or key not in found:
            continue
        if not found[key]:
            gone.append(pair.pk)
        elif pair.likeness != found[key]:
            pair.likeness = found[key]
            changed.append(pair)
    PossibleDuplicate.objects.open().filter(pk__in=gone).delete()
    PossibleDuplicate.objects.bulk_update(changed, ["likeness"])
    PossibleDuplicate.objects.bulk_create(
        [
            PossibleDuplicate(
                article_id=one, other_id=other, likeness=found[one, other]
            )
            for one, other in sorted(alike)
        ],
        ignore_conflicts=True,
    )


def _forget_old() -> None:
    """Drop the bands of pieces that arrived too long ago, which are the lowest ids."""
    rows = TextBand.objects.order_by("article_id")
    while ids := list(rows.values_list("article_id", flat=True).distinct()[:BATCH]):
        arrived = Article.objects.filter(pk__in=ids, created_at__lt=_horizon())
        old = list(arrived.values_list("pk", flat=True))
        with transaction.atomic():
            _lock(old)
            TextBand.objects.filter(article__in=old).delete()
        if len(old) < len(ids):
            return
