"""The first of what is found, in order, wherever in time it stands."""

import datetime
import random

import pytest
from django.utils import timezone

from articles import search
from articles.models import SearchRow, Shelf
from articles.models.search_row import ERAS, Era, article_at, eras, position_of
from articles.search import index
from articles.search.index import Question, Wanted, positions
from tests.factories import ArticleFactory

NOW = timezone.now().replace(microsecond=0)
DAY = datetime.timedelta(days=1)


def wanted(word: str) -> Wanted:
    return Wanted(search.parse(word).terms[0])


@pytest.fixture
def house(db, monkeypatch) -> list[int]:
    """Positions of pieces on ferries: many of one day, few of a year, old ones."""
    # As small as the house: what is much here is much of it.
    monkeypatch.setattr(index, "WALKED", 4)
    monkeypatch.setattr(index, "MOST_SORTED", 3)
    days = [0, 1, 1, 1, 1, 1, 1, 9, 40, 300, 301, 302, 303, 304, 700, 5000, 9000]
    days += [9000, 9001, 9002, 20000, 25000, 50000, 50000.5, 50001]
    pieces = [
        ArticleFactory(
            published=True,
            source_headline="Ferry" if number % 5 else "Boat",
            source_published_at=NOW - DAY * back,
        )
        for number, back in enumerate(days)
    ]
    ArticleFactory(source_headline="Ferry")  # waits
    return sorted(
        position_of(piece.source_published_at, piece.pk)
        for piece in pieces
        if piece.source_headline == "Ferry"
    )


def test_any_part_of_what_is_found_comes_in_order(house: list[int]) -> None:
    edges = [None, *house[::3], house[-1] + 1]
    for above in edges:
        for below in edges:
            whole = [
                each
                for each in house
                if (above is None or each >= above) and (below is None or each < below)
            ]
            for oldest_first in (False, True):
                for most in (1, 7, 100):
                    question = Question(
                        [wanted("ferries")],
                        shelf=Shelf.LISTED,
                        above=above,
                        below=below,
                        oldest_first=oldest_first,
                    )
                    order = whole if oldest_first else whole[::-1]
                    assert positions(question, most) == order[:most]


def test_without_a_shelf_everything_is_found(house: list[int]) -> None:
    found = positions(Question([wanted("ferry")]), 100)
    assert len(found) == len(house) + 1
    assert found == sorted(found, reverse=True)


def test_an_empty_index_finds_nothing(db) -> None:
    assert positions(Question([wanted("ferry")]), 20) == []


def test_a_position_lies_in_one_era_of_each_length() -> None:
    chance = random.Random(1)
    for _ in range(200):
        moment = NOW + DAY * chance.uniform(-80_000, 80_000)
        position = position_of(moment, chance.randrange(1, 2**28))
        nested = [Era.at(position, length) for length in ERAS]
        for era in nested:
            assert era.first <= position < era.end
        for shorter, longer in zip(nested, nested[1:], strict=False):
            assert shorter in longer.parts()
        assert not nested[0].parts()


def test_the_parts_of_an_era_are_all_of_it() -> None:
    for era in eras(position_of(NOW - DAY * 90_000, 1), position_of(NOW, 1), ERAS[-1]):
        parts = era.parts()
        assert len(parts) == 8
        assert parts[0].first == era.first
        assert parts[-1].end == era.end
        for one, other in zip(parts, parts[1:], strict=False):
            assert one.end == other.first


def test_a_row_names_its_eras_where_they_are_asked_for(db) -> None:
    piece = ArticleFactory(published=True)
    row = SearchRow.objects.get(article=piece)
    named = {word for word in row.words.split() if word.startswith("era=")}
    if index.connections["default"].vendor == "postgresql":
        assert named == {Era.at(row.position, length).mark for length in ERAS}
    else:
        assert not named
    assert article_at(row.position) == piece.pk
