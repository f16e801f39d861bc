"""What a desk and an admin meet beside published pieces: what waits, and old notes.

``python -m tests.bench.pieces N --waiting M --noted K`` makes M pieces that wait, of
the last month, with suggestions, possible duplicates, changes at their sources and
holds; and K rows each of what only grows: acts with their changes, attempts to fetch,
refused records, deleted pieces, corrections; and a hundredth as many import runs.
"""

import sys
from datetime import timedelta
from typing import Any

#: Share of the whole time in which what waits has come: the last month of three years.
RECENT = 1 / 36
#: Every so-manieth piece that waits is of this kind.
SUGGESTED, ALIKE, CHANGED, HELD, SELECTED = 2, 50, 100, 200, 20
KINDS = ("publish", "spike", "edit", "tag")
EDITORS = 12


def make(house: Any, waiting: int, noted: int) -> None:
    """Add so many pieces that wait, and so many rows of each kind of note."""
    from .pieces import BATCH

    for start in range(0, waiting, BATCH):
        _wait(house, range(start, min(start + BATCH, waiting)), waiting)
    if noted:
        _note(noted)
    sys.stderr.write(f"{waiting} pieces wait, {noted} notes of each kind\n")


def _wait(house: Any, numbers: range, all_of_them: int) -> None:
    from django.utils import timezone

    from articles.models import Article, PossibleDuplicate, SourceChange, TagSuggestion
    from articles.models.rows import insert

    now = timezone.now()
    first = Article.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    pieces = []
    for place, n in enumerate(numbers):
        share = 1 - RECENT * (1 - n / all_of_them)
        piece = house.article(first + place, share)
        piece.url = piece.canonical_url = f"https://bench.example/w{first + place}"
        piece.status = "selected" if n % SELECTED == 0 else "ingested"
        piece.published_at = None
        if n % HELD == 0:
            piece.held_until = now + timedelta(days=30)
        pieces.append(piece)
    house.add(pieces)
    pairs = zip(pieces[ALIKE::ALIKE], pieces, strict=False)
    insert([PossibleDuplicate(article=a, other=b, likeness=0.8) for a, b in pairs])
    insert(
        [
            SourceChange(
                article=piece,
                state="pending",
                before={"source_headline": "A"},
                after={"source_headline": "B"},
                digest=str(piece.pk),
                at=now,
            )
            for piece in pieces[::CHANGED]
        ]
    )
    insert(
        [
            TagSuggestion(
                article=piece, tag_id=house.first_tag + each, phrase="x", found="x"
            )
            for piece in pieces[::SUGGESTED]
            for each in {piece.pk % 50, piece.pk % 301}
        ]
    )


def _note(number: int) -> None:
    from django.contrib.auth.models import User
    from django.utils import timezone

    from articles.models import (
        Act,
        Article,
        Change,
        Correction,
        Feed,
        FetchAttempt,
        ImportRun,
        RefusedRecord,
        Source,
        Tombstone,
    )
    from articles.models.rows import insert

    now = timezone.now()
    ids = list(Article.objects.order_by("-pk").values_list("pk", flat=True)[:number])
    sources = list(Source.objects.order_by("pk"))
    insert([User(username=f"editor{n}", is_staff=True) for n in range(EDITORS)])
    editors = list(User.objects.filter(username__startswith="editor"))
    feeds = [
        Feed(source=sources[n % len(sources)], url=f"https://bench.example/feed/{n}")
        for n in range(max(1, number // 100))
    ]
    insert(feeds)
    runs = [ImportRun(state="finished") for _ in range(max(1, number // 100))]
    insert(runs)

    def ago(n: int) -> Any:
        return now - timedelta(minutes=15 * n)

    acts = [
        Act(
            kind=KINDS[n % 4],
            by=editors[n % EDITORS],
            by_name=editors[n % EDITORS].username,
            at=ago(n),
            pieces=1,
        )
        for n in range(number)
    ]
    insert(acts)
    insert(
        [
            Change(
                act=act,
                article_id=ids[n] if n < len(ids) else None,
                number=ids[n % len(ids)],
                headline="A piece of some time ago",
                # The next version of a piece that has no other.
                version=0,
                before={"status": "ingested"},
                after={"status": "published"},
            )
            for n, act in enumerate(acts)
        ]
    )
    insert(
        [
            FetchAttempt(
                feed=feeds[n % len(feeds)],
                at=ago(n),
                outcome="failed" if n % 20 == 0 else "unchanged",
                kind=("timeout", "http", "parse")[n % 3] if n % 20 == 0 else "",
                reason="Its server did not answer in time." if n % 20 == 0 else "",
            )
            for n in range(number)
        ]
    )
    insert(
        [
            RefusedRecord(
                run=runs[n % len(runs)],
                outcome="duplicate" if n % 3 == 0 else "failed",
                input="pieces.ndjson",
                line=n,
                reason="title: missing",
                raw='{"url": "https://bench.example/"}',
            )
            for n in range(number)
        ]
    )
    insert(
        [
            Tombstone(
                canonical_url=f"https://bench.example/gone/{n}",
                source=sources[n % len(sources)],
                headline=f"Gone {n}",
                at=ago(n),
                by_name="editor1",
            )
            for n in range(number)
        ]
    )
    insert(
        [
            Correction(article_id=pk, text="It was Monday.", at=ago(n), by_name="desk")
            for n, pk in enumerate(ids)
        ]
    )
