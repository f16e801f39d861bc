"""Whatever is chosen of a listing, and whichever index it is read from, is the same."""

import datetime
import random
from itertools import combinations

import pytest
from django.utils import timezone

from articles import listing
from articles.listing.scopes import SIZES, Subject
from articles.models import Article
from tests.caching import forget
from tests.factories import ArticleFactory, CategoryFactory, SourceFactory, TagFactory

pytestmark = pytest.mark.django_db

PIECES = 60
TODAY = timezone.localdate()
ASKED = {
    "source": "s1",
    "category": "c1",
    "language": "en",
    "from": str(TODAY - datetime.timedelta(days=9)),
    "to": str(TODAY - datetime.timedelta(days=3)),
}
COMBINATIONS = [
    {name: ASKED[name] for name in names}
    for number in range(len(ASKED) + 1)
    for names in combinations(ASKED, number)
]


@pytest.fixture
def house():
    chance = random.Random(3)
    sources = [SourceFactory(name=f"S{n}", slug=f"s{n}") for n in range(3)]
    categories = [CategoryFactory(name=f"C{n}", slug=f"c{n}") for n in range(3)]
    tags = [TagFactory(name=f"T{n}", slug=f"t{n}") for n in range(2)]
    pieces = [
        ArticleFactory(
            published=chance.random() < 0.9,
            source=chance.choice(sources),
            category=chance.choice(categories),
            language=chance.choice(["en", "en-GB", "enm", "ja"]),
            source_published_at=timezone.now() - datetime.timedelta(hours=n * 6),
            tags=[tag.name for tag in tags if chance.random() < 0.7],
        )
        for n in range(PIECES)
    ]
    return pieces, tags, sources, categories


def is_wanted(piece: Article, asked: dict[str, str]) -> bool:
    day = str(timezone.localtime(piece.source_published_at).date())
    speaks = piece.language == "en" or piece.language.startswith("en-")
    return (
        piece.status == "published"
        and ("source" not in asked or piece.source.slug == "s1")
        and ("category" not in asked or piece.category.slug == "c1")
        and ("language" not in asked or speaks)
        and ("from" not in asked or day >= asked["from"])
        and ("to" not in asked or day <= asked["to"])
    )


def walked(scope: listing.Scope, asked: dict[str, str]) -> list[int]:
    """The numbers of all that is listed, page by page."""
    met, cursor = [], {}
    while True:
        page = listing.page(scope, {"page_size": "7", **asked, **cursor})
        met += [place.article for place in page.places]
        if page.older is None:
            return met
        cursor = {"after": str(page.older)}


@pytest.mark.parametrize("least", ["tag", "source", "category", ""])
def test_every_choice_is_what_it_says(house, least):
    pieces, tags, sources, categories = house
    scopes = {
        "tag": (listing.of_tag(tags[0]), lambda piece: "T0" in names[piece.pk]),
        "both": (
            listing.of_tags(tags),
            lambda piece: {"T0", "T1"} <= names[piece.pk],
        ),
        "source": (
            listing.of_source(sources[1]),
            lambda piece: piece.source == sources[1],
        ),
        "category": (
            listing.of_category(categories[1]),
            lambda piece: piece.category == categories[1],
        ),
        "everything": (listing.everything(), lambda piece: True),
    }
    names = {
        piece.pk: set(piece.tags.values_list("name", flat=True)) for piece in pieces
    }
    # As if that listing were the smallest; "" leaves it to what the database says.
    forget()
    for kind, rows in (("tag", tags), ("source", sources), ("category", categories)):
        for row in rows if least else ():
            size = 1 if kind == least else 1_000
            SIZES.set(("default", Subject(kind, row.pk)), size)
    for scope, belongs in scopes.values():
        for asked in COMBINATIONS:
            expected = [
                piece.pk
                for piece in pieces
                if belongs(piece) and is_wanted(piece, asked)
            ]
            assert walked(scope, asked) == expected


def test_the_smallest_listing_is_read(house):
    _pieces, tags, sources, categories = house
    tag, source, category = (
        Subject("tag", tags[0].pk),
        Subject("source", sources[1].pk),
        Subject("category", categories[1].pk),
    )

    def read(scope: listing.Scope, **sizes: int) -> Subject:
        for subject in (tag, source, category):
            SIZES.set(("default", subject), sizes[subject.kind])
        asked = {"source": "s1", "category": "c1"}
        return listing.page(scope, asked).scope.subject

    for scope in (listing.of_tag(tags[0]), listing.everything()):
        assert read(scope, tag=9, source=5, category=7) == source
        assert read(scope, tag=9, source=7, category=5) == category
    assert read(listing.of_tag(tags[0]), tag=5, source=5, category=7) == tag
    of_source = listing.of_source(sources[1])
    assert read(of_source, tag=1, source=5, category=7) == source
    assert read(of_source, tag=1, source=7, category=5) == category
    for each in tags:
        SIZES.set(("default", Subject("tag", each.pk)), 9)
    assert read(listing.of_tags(tags), tag=9, source=5, category=7) == source
