"""Seeded articles, as many as are asked for, written in one stream.

    DATABASE_URL=… python -m tests.bench.pieces 100000

Published pieces of 300 to 700 words over three years, of 60 sources in 8 sections,
with three to six of about 10,000 tags by a Zipf distribution. Texts are drawn from a
pool, headlines are not: so a million pieces are made in minutes and no two are alike.
The rows are those that an import and a publication would have left, the listing and
search indexes included; ``check_listing`` and ``check_search`` find nothing wrong.
"""

import itertools
import math
import random
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Any

SOURCES, CATEGORIES, TAGS, PICTURES = 60, 8, 10_000, 60
#: Different texts; each is worn by every so-manieth piece.
POOL = 2_000
DAYS = 3 * 365
#: Rows that are written by one statement.
BATCH = 5_000
#: Every so-manieth piece is Japanese.
JAPANESE = 10

COMMON = ("the", "of", "and", "to", "in", "for", "a", "is", "on", "that")
SYLLABLES = [consonant + vowel for consonant in "bcdfghklmnprstvw" for vowel in "aeiou"]
KANJI = "日米同盟経済政府首相会議選挙東京地震発表国際貿易"


def vocabulary(chance: random.Random, number: int) -> list[str]:
    """So many words that can be told apart, the common ones first and short."""
    words: dict[str, None] = dict.fromkeys(
        ["the", "of", "and", "to", "in", "for", "a", "is", "on", "that"]
    )
    while len(words) < number:
        length = 1 + int(math.log2(2 + len(words)) / 4) + chance.randrange(2)
        words["".join(chance.choices(SYLLABLES, k=length))] = None
    return list(words)


class Texts:
    """A pool of texts in which words are as common as Zipf's law says."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.words = vocabulary(self.chance, 12_000)
        self.weights = list(itertools.accumulate(1 / n for n in range(1, 12_001)))
        self.english = [self._text(" ", self._some) for _ in range(POOL)]
        self.japanese = [self._text("", self._signs) for _ in range(POOL // JAPANESE)]

    def _some(self, number: int) -> list[str]:
        return self.chance.choices(self.words, cum_weights=self.weights, k=number)

    def _signs(self, number: int) -> list[str]:
        return self.chance.choices(KANJI, k=number * 2)

    def _text(self, glue: str, draw: Any) -> tuple[str, str, str]:
        """Headline, excerpt, body."""
        stop = "。" if glue == "" else "."
        sentences = [
            glue.join(draw(self.chance.randrange(8, 20))).capitalize() + stop
            for _ in range(self.chance.randrange(22, 50))
        ]
        body = "".join(
            f"<p>{(glue or '').join(sentences[n : n + 4])}</p>"
            for n in range(0, len(sentences), 4)
        )
        return sentences[0][:120].rstrip(stop), " ".join(sentences[1:4]), body


def load(model: Any, rows: Iterable[Any]) -> int:
    """Write instances as the database takes them quickest; how many.

    COPY on PostgreSQL, prepared inserts on SQLite. Triggers, constraints and
    generated columns work as with any other insert.
    """
    from django.db import connection

    fields = [f for f in model._meta.concrete_fields if not f.generated]
    columns = ", ".join(connection.ops.quote_name(f.column) for f in fields)
    table = connection.ops.quote_name(model._meta.db_table)
    number = 0
    with connection.cursor() as cursor:
        for batch in batches(rows, BATCH):
            values = [
                [f.get_db_prep_save(f.pre_save(row, True), connection) for f in fields]
                for row in batch
            ]
            if connection.vendor == "postgresql":
                with cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
                    for value in values:
                        copy.write_row(value)
            else:
                marks = ", ".join(["%s"] * len(fields))
                cursor.executemany(
                    f"INSERT INTO {table} ({columns}) VALUES ({marks})", values
                )
            number += len(batch)
    return number


def batches(rows: Iterable[Any], size: int) -> Iterator[list[Any]]:
    rows = iter(rows)
    while batch := list(itertools.islice(rows, size)):
        yield batch


def make(number: int, *, seed: int = 1, say: bool = True) -> None:
    """Fill an empty, migrated database with so many pieces."""
    from django.db import connection, transaction
    from django.utils import timezone

    from articles.models import (
        Article,
        Category,
        Image,
        SearchRow,
        Source,
        Tag,
        TaggedArticle,
    )
    from articles.models.search_row import _row_of
    from articles.names import name_key

    texts, chance = Texts(seed), random.Random(seed + 1)
    now = timezone.now().replace(microsecond=0)
    start = now - timedelta(days=DAYS)
    sources = list(
        Source.objects.get_or_make(
            [f"Bench Source {n}" for n in range(SOURCES)]
        ).values()
    )
    Source.objects.update(shows_images=True, site_url="https://bench.example/")
    sources = list(Source.objects.order_by("pk"))
    sections = list(
        Category.objects.get_or_make(
            [f"Section {n}" for n in range(CATEGORIES)]
        ).values()
    )
    names = dict.fromkeys(
        f"{word.capitalize()}{number % 97}"
        for number, word in enumerate(vocabulary(random.Random(seed + 2), TAGS))
    )
    load(
        Tag,
        (
            Tag(pk=pk, name=name, slug=name.lower(), key=name_key(name))
            for pk, name in enumerate(names, start=1)
        ),
    )
    tags = range(1, len(names) + 1)
    weights = list(itertools.accumulate(1 / n for n in tags))
    pictures = [
        Image(
            pk=n,
            digest=f"{n:064x}",
            file=f"images/{n:064x}.jpg",
            width=1200,
            height=800,
            colour=f"#{n * 4:02x}8090",
            renditions={"webp": [160, 320, 640, 960], "jpg": [320, 640]},
        )
        for n in range(1, PICTURES + 1)
    ]
    # The field would look into each file for its size.
    with connection.cursor():
        for picture in pictures:
            picture.save_base(raw=True, force_insert=True)
    worn: Counter[int] = Counter()

    def article(pk: int) -> Article:
        is_japanese = pk % JAPANESE == 0
        pool = texts.japanese if is_japanese else texts.english
        headline, excerpt, body = pool[pk % len(pool)]
        at = start + timedelta(seconds=int(DAYS * 86400 * pk / (number + 1)))
        address = f"https://bench.example/{pk}/piece"
        return Article(
            pk=pk,
            source=sources[chance.randrange(SOURCES)],
            category=sections[int(chance.paretovariate(1.2)) % CATEGORIES],
            url=address,
            canonical_url=address,
            source_headline=f"{headline} {pk}",
            source_excerpt=excerpt,
            source_body=body,
            source_published_at=at,
            published_at=at + timedelta(minutes=30),
            created_at=at,
            language="ja" if is_japanese else "en",
            image=pictures[pk % PICTURES] if pk % 2 else None,
            status="published",
            needs_suggestions=False,
            needs_comparing=False,
        )

    def rows() -> Iterator[Article]:
        for pk in range(1, number + 1):
            yield article(pk)

    def tagged(piece: Article, chosen: Iterable[int]) -> Iterator[TaggedArticle]:
        for tag in chosen:
            yield TaggedArticle(
                tag_id=tag,
                content_object=piece,
                origin="import",
                tagged_at=piece.created_at,
                listed_at=piece.source_published_at,
                visible_from=piece.published_at,
                source_id=piece.source_id,
                category_id=piece.category_id,
                language=piece.language,
            )

    has_places = connection.vendor == "postgresql"
    with transaction.atomic():
        done = 0
        for batch in batches(rows(), BATCH):
            load(Article, batch)
            marks, found = [], []
            for piece in batch:
                wanted = 3 + piece.pk % 4
                chosen = sorted({*chance.choices(tags, cum_weights=weights, k=wanted)})
                worn.update(chosen)
                marks += tagged(piece, chosen)
                piece.listed_at, piece.waiting_at = piece.source_published_at, None
                piece.text = ""
                found.append(_row_of(piece, chosen, has_places))
            load(TaggedArticle, marks)
            load(SearchRow, found)
            done += len(batch)
            if say and done % 50_000 == 0:
                sys.stderr.write(f"{done} pieces\n")
        counted = [Tag(pk=pk, listed_count=count) for pk, count in worn.items()]
        for some in batches(counted, BATCH):
            Tag.objects.bulk_update(some, ["listed_count"], batch_size=500)
        Tag.objects.filter(listed_count__gt=0).update(shown_from=start)
        if has_places:
            with connection.cursor() as cursor:
                for model in (Article, Tag, TaggedArticle, Image):
                    table = model._meta.db_table
                    cursor.execute(
                        f"SELECT setval(pg_get_serial_sequence('{table}', 'id'),"
                        f" (SELECT max(id) FROM {table}))"
                    )
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE" if has_places else "ANALYZE")


def main() -> None:
    import os

    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "newsroom.settings")
    django.setup()
    make(int(sys.argv[1]))


if __name__ == "__main__":
    main()
