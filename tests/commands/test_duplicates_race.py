"""Looking for duplicates in processes that are killed, or that run at once."""

import random
import signal

import pytest

from articles.models import Article, PossibleDuplicate, TextBand
from tests.commands.invocation import ndjson, record
from tests.commands.scratch import Scratch, ended, until

PAIRS = 160


def a_pair(number: int) -> list[dict[str, object]]:
    """Two records of two sources with nearly the same text, like no other's."""
    chance = random.Random(number)
    words = [f"w{chance.randrange(2000)}" for _ in range(120)]
    texts = [" ".join(words), " ".join(["wire", *words[:112]])]
    return [
        record(
            2 * number + n,
            title=f"Piece {number}",
            source=f"Paper {n}",
            summary=text,
            published=None,
        )
        for n, text in enumerate(texts)
    ]


def pairs_of(scratch: Scratch) -> list[tuple[int, int]]:
    rows = PossibleDuplicate.objects.using(scratch.alias).open()
    urls = rows.values_list("article__url", "other__url")
    return sorted(tuple(int(url.rpartition("/")[2]) for url in pair) for pair in urls)


def marked(scratch: Scratch) -> int:
    rows = Article.objects.using(scratch.alias)
    return rows.filter(needs_comparing=True).count()


@pytest.fixture
def unpaired(scratch):
    """A database with pieces that are to be compared, and no pairs yet."""
    forth = [each for number in range(PAIRS) for each in a_pair(number)]
    # So that the two of a pair are rarely neighbours.
    random.Random(3).shuffle(forth)
    done = scratch.run("import_articles", "-", "--format=json", stdin=ndjson(forth))
    assert done.counts["created"] == 2 * PAIRS
    expected = pairs_of(scratch)
    assert sorted(map(sorted, expected)) == [[2 * n, 2 * n + 1] for n in range(PAIRS)]
    PossibleDuplicate.objects.using(scratch.alias).all().delete()
    TextBand.objects.using(scratch.alias).all().delete()
    Article.objects.using(scratch.alias).update(needs_comparing=True)
    return scratch, expected


def test_a_killed_search_is_taken_up_where_it_was(unpaired):
    scratch, expected = unpaired
    for left in (2 * PAIRS, 250, 150, 50):
        process = scratch.start("find_duplicates", "--since=2999-01-01")
        until(lambda left=left: marked(scratch) <= left, process)
        process.kill()
        assert ended(process).code in (-signal.SIGKILL, 0)
    done = scratch.run("find_duplicates", "--since=2999-01-01", "--format=json")
    assert done.json["possible_duplicates"] == PAIRS
    assert pairs_of(scratch) == expected
    assert marked(scratch) == 0


def test_two_searches_at_once_find_each_pair_once(unpaired):
    scratch, expected = unpaired
    commands = [("--since=2999-01-01",), ()]
    processes = [scratch.start("find_duplicates", *each) for each in commands]
    for done in [ended(process) for process in processes]:
        assert done.code == 0, done.err
    assert pairs_of(scratch) == expected
    assert marked(scratch) == 0
