import datetime
import threading

import pytest
from django.db import connection, connections
from django.utils import timezone

from articles import workflow
from articles.likeness import pairs
from articles.models import (
    Article,
    ArticleStatus,
    DuplicateState,
    PossibleDuplicate,
    SourceChange,
    TextBand,
)
from tests.factories import ArticleFactory, SourceFactory, make_user
from tests.likeness import texts

pytestmark = pytest.mark.django_db


def wire(**fields):
    values = {
        "source_headline": "Ferry line returns to the inner harbour",
        "source_body": f"<p>{texts.WIRE}</p>",
    }
    return ArticleFactory(**values | fields)


def printed(**fields):
    values = {"source_headline": "Boats back", "source_body": texts.WIRE_AS_PRINTED}
    return ArticleFactory(**values | fields)


def open_pairs():
    return set(PossibleDuplicate.objects.open().values_list("article", "other"))


def test_two_pieces_that_are_alike_become_a_pair_with_the_newer_one_first():
    older, newer, another = wire(), printed(), ArticleFactory()
    assert pairs.refresh() == 3
    pair = PossibleDuplicate.objects.get()
    assert (pair.article, pair.other, pair.state) == (newer, older, DuplicateState.OPEN)
    assert 0.75 < pair.likeness <= 1
    assert not Article.objects.filter(needs_comparing=True).exists()
    assert not another.resembles.exists()


def test_a_piece_is_compared_with_what_came_in_before():
    older = wire()
    pairs.refresh()
    newer = printed()
    assert pairs.refresh() == 1
    assert open_pairs() == {(newer.pk, older.pk)}


def test_to_look_again_changes_nothing():
    wire(), printed(), ArticleFactory()
    pairs.refresh()
    made = list(PossibleDuplicate.objects.values_list())
    bands = set(TextBand.objects.values_list())
    assert pairs.refresh() == 0
    assert pairs.recompute() == 3
    assert list(PossibleDuplicate.objects.values_list()) == made
    assert set(TextBand.objects.values_list()) == bands


def test_a_pair_goes_when_its_texts_are_alike_no_more():
    wire()
    newer = printed()
    pairs.refresh()
    Article.objects.filter(pk=newer.pk).update(
        source_body=texts.SCHOOLS, needs_comparing=True
    )
    pairs.refresh()
    assert not PossibleDuplicate.objects.exists()


def test_a_pair_stays_when_the_other_one_has_grown_old():
    older, newer = wire(), printed()
    pairs.refresh()
    TextBand.objects.filter(article=older).delete()
    Article.objects.filter(pk=newer.pk).update(needs_comparing=True)
    pairs.refresh()
    assert open_pairs() == {(newer.pk, older.pk)}


def test_a_change_that_an_editor_takes_over_is_compared():
    older, newer = wire(), ArticleFactory()
    pairs.refresh()
    change = SourceChange.objects.create(
        article=newer,
        state="pending",
        before={"source_body": ""},
        after={"source_body": texts.WIRE},
        digest="1:x",
        at=timezone.now(),
    )
    workflow.accept_change(change, by=make_user(is_superuser=True))
    assert pairs.refresh() == 1
    assert open_pairs() == {(newer.pk, older.pk)}


def test_the_likeness_follows_the_texts():
    wire()
    newer = printed()
    pairs.refresh()
    before = PossibleDuplicate.objects.get()
    Article.objects.filter(pk=newer.pk).update(
        source_body=texts.WIRE, needs_comparing=True
    )
    pairs.refresh()
    assert PossibleDuplicate.objects.get(pk=before.pk).likeness > before.likeness


@pytest.mark.parametrize("is_alike", [True, False])
@pytest.mark.parametrize("decision", ["folded", "apart"])
def test_what_was_decided_stays_decided(decision, is_alike):
    older, newer = wire(), printed()
    pairs.refresh()
    if decision == "folded":
        workflow.fold(newer.pk, older.pk, by=make_user())
    else:
        workflow.keep_apart(newer.pk, older.pk, by=make_user())
    if not is_alike:
        Article.objects.filter(pk=newer.pk).update(source_body=texts.SCHOOLS)
    pairs.recompute()
    assert PossibleDuplicate.objects.get().state == decision


@pytest.mark.parametrize("status", ArticleStatus.values)
def test_what_comes_in_is_compared_with_pieces_of_any_status(status):
    older = wire(status=status, published_at=timezone.now())
    newer = printed()
    pairs.refresh()
    assert open_pairs() == {(newer.pk, older.pk)}


def test_old_pieces_have_no_bands_and_are_found_by_none():
    wire(source_published_at=timezone.now() - datetime.timedelta(days=15))
    printed()
    assert pairs.refresh() == 2
    assert not PossibleDuplicate.objects.exists()
    assert TextBand.objects.values("article").distinct().count() == 1


def test_bands_go_when_their_piece_has_been_here_long():
    older = wire()
    pairs.refresh()
    Article.objects.filter(pk=older.pk).update(
        created_at=timezone.now() - datetime.timedelta(days=15)
    )
    newer = ArticleFactory(source_headline=texts.SCHOOLS[:80])
    pairs.refresh()
    held = set(TextBand.objects.values_list("article", flat=True))
    assert held == {newer.pk}


def test_the_bands_and_pairs_of_a_deleted_piece_go_with_it():
    older, _ = wire(), printed()
    pairs.refresh()
    workflow.delete([older.pk], by=make_user())
    assert not PossibleDuplicate.objects.exists()
    assert not TextBand.objects.filter(article=older.pk).exists()


def test_what_a_publisher_puts_under_every_piece_does_not_explode(monkeypatch):
    monkeypatch.setattr(pairs, "MOST_IN_A_BAND", 10)
    monkeypatch.setattr(pairs, "MOST_PAIRS", 3)
    monkeypatch.setattr(pairs, "BATCH", 20)
    source = SourceFactory()
    made = [wire(source=source, source_headline="Ferry news") for _ in range(60)]
    pairs.refresh()
    keys = list(TextBand.objects.values_list("key", flat=True))
    assert max(map(keys.count, set(keys))) == 10
    newest = {each.pk for each in made[-10:]}
    assert set(TextBand.objects.values_list("article", flat=True)) == newest
    assert PossibleDuplicate.objects.count() <= 60 * 3
    copy = printed()
    pairs.refresh()
    assert {other for _, other in open_pairs() if _ == copy.pk} <= newest
    assert copy.resembles.count() == 3


def test_a_piece_that_changes_while_it_is_compared_is_looked_at_again():
    wire()
    newer = printed()
    waiting = Article.objects.filter(pk=newer.pk, source_body=texts.WIRE_AS_PRINTED)

    def change_behind_the_back(execute, sql, *arguments):
        answer = execute(sql, *arguments)
        if sql.startswith("INSERT INTO") and TextBand._meta.db_table in sql:
            waiting.update(source_body=texts.SCHOOLS)
        return answer

    with connection.execute_wrapper(change_behind_the_back):
        assert pairs.refresh() == 3
    assert not PossibleDuplicate.objects.exists()
    assert not Article.objects.filter(needs_comparing=True).exists()


@pytest.mark.django_db(transaction=True)
def test_bands_are_committed_before_others_are_looked_for():
    if connection.vendor == "sqlite":
        return  # It lets one process write at a time.
    wire()
    seen = []

    def count_from_outside():
        seen.append(TextBand.objects.count())
        connections.close_all()

    def look(execute, sql, *arguments):
        if sql.startswith("SELECT") and TextBand._meta.db_table in sql:
            other = threading.Thread(target=count_from_outside)
            other.start()
            other.join()
        return execute(sql, *arguments)

    with connection.execute_wrapper(look):
        pairs.refresh()
    assert seen[0] == 24


def test_few_and_many_pieces_cost_the_same(django_assert_max_num_queries):
    for number in (2, 60):
        for n in range(number):
            printed(source_headline=f"Boats back, part {n} of many")
        with django_assert_max_num_queries(40):
            pairs.refresh()


def test_what_pieces_resemble_is_told_by_one_query(django_assert_num_queries):
    older, newer, another = wire(headline="Our own headline"), printed(), printed()
    pairs.refresh()
    workflow.keep_apart(another.pk, older.pk, by=make_user())
    with django_assert_num_queries(1):
        found = PossibleDuplicate.objects.open().resemblances(
            [older.pk, newer.pk, another.pk, 0]
        )
        told = {
            pk: [
                (each.article.pk, each.article.shown_headline, each.article.source.name)
                for each in named
            ]
            for pk, named in found.items()
        }
        assert {each.article.status for each in found[newer.pk]} == {"ingested"}
    assert told == {
        older.pk: [(newer.pk, "Boats back", newer.source.name)],
        newer.pk: [
            (another.pk, "Boats back", another.source.name),
            (older.pk, "Our own headline", older.source.name),
        ],
        another.pk: [(newer.pk, "Boats back", newer.source.name)],
    }


def test_a_folded_piece_is_not_named_beside_the_one_it_is_folded_into():
    older, folded, newer = wire(), printed(), printed()
    pairs.refresh()
    workflow.fold(folded.pk, older.pk, by=make_user())
    found = PossibleDuplicate.objects.open().resemblances([newer.pk, folded.pk])
    assert [each.article for each in found[newer.pk]] == [older]
    assert [each.article for each in found[folded.pk]] == [newer]


def test_pieces_with_possible_duplicates_can_be_asked_for():
    older, newer, _ = wire(), printed(), ArticleFactory()
    pairs.refresh()
    waiting = Article.objects.waiting().with_possible_duplicates()
    assert set(waiting) == {older, newer}
    workflow.keep_apart(newer.pk, older.pk, by=make_user())
    assert not waiting.all().exists()


def test_asking_for_them_reads_the_index_of_open_pairs_and_not_the_queue():
    queue = Article.objects.queued().order_by("-waiting_at", "-pk")
    plan = queue.with_possible_duplicates()[:30].explain()
    assert plan.count("open_possible_duplicate") == 2, plan
    articles = Article._meta.db_table
    assert f"Seq Scan on {articles}" not in plan
    assert f"SCAN {articles}" not in plan
