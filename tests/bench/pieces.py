"""Seeded articles, as many as are asked for, written in one stream.

    DATABASE_URL=… python -m tests.bench.pieces 100000 [--waiting 100000]
        [--noted 100000]

Published pieces of 300 to 700 words over three years, of 60 sources in 8 sections,
with three to six of about 10,000 tags by a Zipf distribution. Texts are drawn from a
pool, headlines are not: so a million pieces are made in minutes and no two are alike.
The rows are those that an import and a publication would have left, the listing and
search indexes included; ``check_listing`` and ``check_search`` find nothing wrong.
``--waiting`` and ``--noted`` add what a desk and an admin meet beside them
(``tests.bench.backlog``), also to a database that has pieces already.
"""

import argparse
import itertools
import math
import random
import sys
from collections import Counter
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


class House:
    """The pieces of a bench, and what they belong to, in a database of their own.

    What they belong to is made where it is not there yet.
    """

    def __init__(self, seed: int) -> None:
        from django.db import connection
        from django.utils import timezone

        from articles.models import Category, Image, Source, Tag

        self.texts, self.chance = Texts(seed), random.Random(seed + 1)
        self.start = timezone.now().replace(microsecond=0) - timedelta(days=DAYS)
        self.has_places = connection.vendor == "postgresql"
        Source.objects.get_or_make(f"Bench Source {n}" for n in range(SOURCES))
        Source.objects.update(shows_images=True, site_url="https://bench.example/")
        self.sources = list(Source.objects.order_by("pk"))
        Category.objects.get_or_make(f"Section {n}" for n in range(CATEGORIES))
        self.categories = list(Category.objects.order_by("pk"))
        self.pictures = list(Image.objects.order_by("pk")) or self._pictures()
        if not Tag.objects.exists():
            self._make_tags(random.Random(seed + 2))
        self.first_tag = Tag.objects.order_by("pk").values_list("pk", flat=True)[0]
        self.tags = range(Tag.objects.count())
        self.weights = list(itertools.accumulate(1 / (n + 1) for n in self.tags))
        self.worn: Counter[int] = Counter()

    def _pictures(self) -> list[Any]:
        from articles.models import Image

        made = [
            Image(
                digest=f"{n:064x}",
                file=f"images/{n:064x}.jpg",
                width=1200,
                height=800,
                colour=f"#{n * 4:02x}8090",
                renditions={"webp": [160, 320, 640, 960], "jpg": [320, 640]},
            )
            for n in range(PICTURES)
        ]
        for each in made:
            # Raw: a field would look into each file, which is not there, for its size.
            each.save_base(raw=True, force_insert=True)
        return made

    def _make_tags(self, chance: random.Random) -> None:
        """Tags with numbers in a row; the first ones will be the commonest."""
        from articles.models import Tag
        from articles.models.rows import insert
        from articles.names import name_key

        words = enumerate(vocabulary(chance, TAGS))
        names = dict.fromkeys(f"{word.capitalize()}{n % 97}" for n, word in words)
        insert([Tag(name=n, slug=n.lower(), key=name_key(n)) for n in names])

    def article(self, number: int, share: float) -> Any:
        """One piece; ``share`` of the time has gone by when it comes."""
        from articles.models import Article

        is_japanese = number % JAPANESE == 0
        pool = self.texts.japanese if is_japanese else self.texts.english
        headline, excerpt, body = pool[number % len(pool)]
        at = self.start + timedelta(seconds=int(DAYS * 86400 * share))
        address = f"https://bench.example/{number}/piece"
        return Article(
            source=self.chance.choice(self.sources),
            category=self.categories[int(self.chance.paretovariate(1.2)) % CATEGORIES],
            url=address,
            canonical_url=address,
            source_headline=f"{headline} {number}",
            source_excerpt=excerpt,
            source_body=body,
            source_published_at=at,
            published_at=at + timedelta(minutes=30),
            language="ja" if is_japanese else "en",
            image=self.pictures[number % PICTURES] if number % 2 else None,
            status="published",
            needs_suggestions=False,
            needs_comparing=False,
        )

    def add(self, pieces: list[Any]) -> None:
        """Write pieces, with the rows of both indexes."""
        from articles.models import TaggedArticle
        from articles.models.rows import insert
        from articles.models.search_row import SearchRow, _columns_of

        insert(pieces)
        tagged: list[TaggedArticle] = []
        found: list[SearchRow] = []
        for piece in pieces:
            drawn = self.chance.choices(
                self.tags, cum_weights=self.weights, k=3 + piece.pk % 4
            )
            worn = sorted(self.first_tag + n for n in {*drawn})
            # The database has worked these out, and has not been asked for them.
            is_listed, at = piece.status == "published", piece.source_published_at
            piece.listed_at, piece.waiting_at = (at, None) if is_listed else (None, at)
            piece.text = ""
            self.worn.update(worn if is_listed else [])
            tagged += (self._row_of(piece, tag) for tag in worn)
            found.append(SearchRow(**_columns_of(piece, worn, self.has_places)))
        insert(tagged)
        insert(found)

    def _row_of(self, piece: Any, tag: int) -> Any:
        from articles.models import TaggedArticle

        return TaggedArticle(
            tag_id=tag,
            content_object=piece,
            origin="import",
            listed_at=piece.listed_at,
            visible_from=piece.published_at,
            source_id=piece.source_id,
            category_id=piece.category_id,
            language=piece.language,
        )

    def count(self) -> None:
        """Note with each tag how many pieces it has."""
        from articles.models import Tag

        counted = [Tag(pk=pk, listed_count=number) for pk, number in self.worn.items()]
        Tag.objects.bulk_update(counted, ["listed_count"], batch_size=500)
        Tag.objects.filter(listed_count__gt=0).update(shown_from=self.start)


def make(number: int, *, waiting: int = 0, noted: int = 0, seed: int = 1) -> None:
    """Fill an empty, migrated database with so many pieces; or add what waits."""
    from django.db import connection, transaction

    from . import backlog

    house = House(seed)
    for first in range(0, number, BATCH):
        batch = range(first, min(first + BATCH, number))
        with transaction.atomic():
            house.add([house.article(n, (n + 1) / (number + 1)) for n in batch])
        if first == 0:
            # Of empty tables PostgreSQL knows no better index than another, and goes
            # on checking each reference by the one it chose then: of a million pieces
            # half an hour was not enough for that.
            connection.cursor().execute("ANALYZE")
        if batch.stop % 50_000 == 0:
            sys.stderr.write(f"{batch.stop} pieces\n")
    with transaction.atomic():
        if number:
            house.count()
        if waiting or noted:
            backlog.make(house, waiting, noted)
    connection.cursor().execute("VACUUM ANALYZE" if house.has_places else "ANALYZE")


def main() -> None:
    import os

    import django

    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    parser.add_argument("pieces", type=int)
    parser.add_argument("--waiting", type=int, default=0)
    parser.add_argument("--noted", type=int, default=0)
    options = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "newsroom.settings")
    django.setup()
    make(options.pieces, waiting=options.waiting, noted=options.noted)


if __name__ == "__main__":
    main()
