"""Acts: noted whole, taken back whole."""

import datetime
from collections.abc import Callable

import pytest
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from articles import workflow
from articles.acts import acting, snapshots
from articles.models import (
    Act,
    Article,
    Change,
    PossibleDuplicate,
    SourceChange,
    TaggedArticle,
    TagSuggestion,
    Tombstone,
)
from articles.tagging import index, suggestions, tags
from tests.factories import ArticleFactory, TagFactory, make_user

pytestmark = pytest.mark.django_db


def chief(name: str = "chief"):
    return make_user(name, is_superuser=True)


def states() -> dict:
    """All that people decide about articles, as it stands."""
    return {
        "pieces": snapshots(Article.objects.values_list("pk", flat=True)),
        "pairs": set(
            PossibleDuplicate.objects.values_list("article", "other", "state")
        ),
        "listed": set(TaggedArticle.objects.values_list("tag", "listed_at")),
    }


def piece_with_a_suggestion(tag: str = "Harbour", **fields) -> Article:
    TagFactory(name=tag, slug=tag.lower())
    article = ArticleFactory(
        source_headline=f"Ferries leave the {tag.lower()}", **fields
    )
    suggestions.refresh_one(article)
    return article


def edit_headline(article: Article, by) -> Act:
    article.refresh_from_db()
    article.headline = f"{article.headline}!"
    workflow.edit(article, ["headline"], by=by)
    return Act.objects.newest_first()[0]


def fold_into_another(article: Article, by) -> Act:
    return workflow.fold(article.pk, ArticleFactory().pk, by=by).act


ACTS: dict[str, Callable] = {
    "publish": lambda a, by: workflow.publish([a.pk], by=by).act,
    "spike": lambda a, by: workflow.move_many([a.pk], "spike", by=by).act,
    "shortlist": lambda a, by: workflow.move_many([a.pk], "select", by=by).act,
    "kill": lambda a, by: workflow.move_many([a.pk], "kill", by=by, reason="so").act,
    "hold": lambda a, by: (
        workflow.hold([a.pk], timezone.now() + datetime.timedelta(hours=1), by=by).act
    ),
    "tag": lambda a, by: workflow.tag([a.pk], on=["Ferries"], by=by).act,
    "edit": edit_headline,
    "fold": fold_into_another,
}


#: What was killed comes back unpublished, so that is no way back to the start.
REVERSIBLE = sorted(ACTS.keys() - {"kill"})


@pytest.mark.parametrize("kind", ACTS)
def test_every_act_can_be_taken_back_and_done_again(kind):
    article, by = piece_with_a_suggestion(), chief()
    before = states()
    act = ACTS[kind](article, by)
    after = states()
    assert act.kind in {kind, "select", "hold", "fold"}
    undone = workflow.undo(act, by=by)
    assert (undone.moved, undone.refused) == ([article.pk], [])
    there = states()
    assert there["pieces"][article.pk] == before["pieces"][article.pk]
    assert there["listed"] == before["listed"]
    workflow.undo(undone.act, by=by)
    again = states()
    assert again["pieces"][article.pk] == after["pieces"][article.pk]
    assert index.differences() == {"rows": 0, "counts": 0}


def test_a_publication_with_its_suggestions_is_one_act():
    article, by = piece_with_a_suggestion(), chief()
    outcome = workflow.publish([article.pk], by=by)
    assert Act.objects.count() == Change.objects.count() == 1
    change = outcome.act.changes.get()
    assert set(change.after) == {"status", "published_at", "tags", "suggestions"}
    assert [tag["name"] for tag in change.after["tags"]] == ["Harbour"]
    workflow.undo(outcome.act, by=by)
    article.refresh_from_db()
    assert (article.status, article.published_at) == ("ingested", None)
    assert list(article.tags.all()) == []
    assert TagSuggestion.objects.get().state == "open"


def test_bulk_is_one_act_with_a_change_for_each_piece():
    pieces, by = ArticleFactory.create_batch(5), chief()
    act = workflow.move_many([p.pk for p in pieces], "spike", by=by).act
    assert act.changes.count() == 5
    undone = workflow.undo(act, by=by)
    assert len(undone.moved) == 5
    assert set(Article.objects.values_list("status", "version")) == {("ingested", 2)}


def test_a_piece_changed_since_is_left_alone_and_named():
    first, second = ArticleFactory.create_batch(2)
    by = chief()
    act = workflow.move_many([first.pk, second.pk], "select", by=by).act
    workflow.move_many([second.pk], "publish", by=by)
    outcome = workflow.undo(act, by=by)
    assert outcome.moved == [first.pk]
    assert outcome.refused == [(second.pk, "It has been changed since.")]
    second.refresh_from_db()
    assert second.status == "published"


def test_what_was_killed_comes_back_unpublished():
    article, by = ArticleFactory(published=True), chief()
    act = workflow.move_many([article.pk], "kill", by=by, reason="a court order").act
    workflow.undo(act, by=by)
    article.refresh_from_db()
    assert article.status == "unpublished"
    assert not Article.objects.published().exists()


def test_an_act_is_taken_back_once_within_a_day_and_by_who_may():
    article, by = ArticleFactory(), chief()
    act = workflow.move_many([article.pk], "spike", by=by).act
    reader = make_user("reader", ("view_article", "change_article"))
    with pytest.raises(workflow.NotAllowed, match="may not"):
        workflow.undo(act, by=reader)
    workflow.undo(act, by=by)
    with pytest.raises(workflow.NotAllowed, match="already"):
        workflow.undo(act, by=by)
    old = workflow.move_many([article.pk], "spike", by=by).act
    Act.objects.filter(pk=old.pk).update(at=timezone.now() - workflow.WINDOW)
    with pytest.raises(workflow.NotAllowed, match="24 hours"):
        workflow.undo(Act.objects.get(pk=old.pk), by=by)


def test_a_deletion_is_noted_and_is_final():
    article, by = ArticleFactory(headline="Ours"), chief()
    number = article.pk
    workflow.delete([article.pk], by=by)
    change = Change.objects.get()
    assert (change.article, change.number, change.headline) == (None, number, "Ours")
    assert change.before["headline"] == "Ours"
    assert Tombstone.objects.count() == 1
    with pytest.raises(workflow.NotAllowed, match="deleted"):
        workflow.undo(change.act, by=by)


def test_nothing_changed_is_no_act():
    article, by = ArticleFactory(), chief()
    assert workflow.tag([article.pk], by=by).act is None
    with pytest.raises(ZeroDivisionError), acting("edit", [article.pk], by=by):
        Article.objects.filter(pk=article.pk).update(headline="x")
        1 / 0  # noqa: B018
    assert not Act.objects.exists()
    article.refresh_from_db()
    assert (article.version, article.headline) == (0, "")


def test_a_save_that_has_seen_another_version_is_refused():
    article, by = ArticleFactory(), chief()
    stale = Article.objects.get(pk=article.pk)
    edit_headline(article, by)
    stale.headline = "Mine"
    with pytest.raises(workflow.ChangedMeanwhile):
        workflow.edit(stale, ["headline"], by=by, version=stale.version)
    for verb in (
        lambda: workflow.publish([stale.pk], by=by, versions={stale.pk: 0}),
        lambda: workflow.hold([stale.pk], None, by=by, versions={stale.pk: 0}),
        lambda: workflow.tag([stale.pk], on=["A"], by=by, versions={stale.pk: 0}),
    ):
        outcome = verb()
        assert (outcome.moved, outcome.act) == ([], None)
        assert "meanwhile" in outcome.refused[0][1]
    stale.refresh_from_db()
    assert (stale.headline, stale.status) == ("!", "ingested")


def test_an_earlier_version_can_be_restored():
    article, by = ArticleFactory(), chief()
    article.headline, article.note = "First", "Why"
    workflow.edit(article, ["headline", "note"], by=by)
    tags.set_tags(article, ["Trade"], by=by)
    article.refresh_from_db()
    article.headline = "Second"
    workflow.edit(article, ["headline"], by=by)
    tags.set_tags(article, ["Japan"], by=by)
    workflow.move(article, "publish", by=by)
    workflow.restore(article, 2, by=by)
    assert (article.headline, article.note) == ("First", "Why")
    assert list(article.tags.names()) == ["Trade"]
    assert article.status == "published"
    workflow.restore(article, 0, by=by)
    assert (article.headline, list(article.tags.names())) == ("", [])


def test_a_claim_runs_out_and_can_be_taken_over():
    article, mori, sato = ArticleFactory(), chief("mori"), chief("sato")
    claim = workflow.claim(article.pk, by=mori)
    with pytest.raises(workflow.Claimed, match="mori is at work"):
        workflow.claim(article.pk, by=sato)
    assert workflow.claim(article.pk, by=sato, take_over=True).by == sato
    workflow.release(article.pk, by=mori)
    others = workflow.claimed_by_others([article.pk], by=mori)
    assert others[article.pk].claim.by == sato
    assert workflow.claimed_by_others([article.pk], by=sato) == {}
    type(claim).objects.update(until=timezone.now() - workflow.WINDOW)
    assert workflow.claimed_by_others([article.pk], by=mori) == {}
    workflow.claim(article.pk, by=mori)


def test_a_folded_piece_leads_to_the_one_that_is_shown():
    first, second, third = ArticleFactory.create_batch(3)
    by = chief()
    workflow.fold(second.pk, first.pk, by=by)
    outcome = workflow.fold(third.pk, second.pk, by=by)
    assert outcome.moved == [third.pk]
    assert set(first.folded.all()) == {second, third}
    assert PossibleDuplicate.objects.filter(state="folded").count() == 2
    workflow.undo(outcome.act, by=by)
    third.refresh_from_db()
    assert (third.status, third.folded_into) == ("ingested", None)


def test_accepting_a_change_of_tags_counts_each_tag_once():
    article, by = ArticleFactory(published=True), chief()
    change = SourceChange.objects.create(
        article=article,
        state="pending",
        before={"source_tags": []},
        after={"source_tags": ["Trade"]},
        digest="1:x",
        at=timezone.now(),
    )
    workflow.accept_change(change, by=by)
    assert article.tags.get().listed_count == 1
    assert index.differences() == {"rows": 0, "counts": 0}


def test_a_change_at_the_source_that_was_taken_over_can_be_taken_back():
    article, by = ArticleFactory(source_headline="Old"), chief()
    change = SourceChange.objects.create(
        article=article,
        state="pending",
        before={"source_headline": "Old"},
        after={"source_headline": "New"},
        digest="1:x",
        at=timezone.now(),
    )
    workflow.accept_change(change, by=by)
    undone = workflow.undo(Act.objects.get(), by=by)
    article.refresh_from_db()
    assert article.source_headline == "Old"
    workflow.undo(undone.act, by=by)
    article.refresh_from_db()
    assert article.source_headline == "New"


def test_a_bulk_undo_costs_the_same_for_two_and_for_two_hundred(
    django_assert_max_num_queries,
):
    by = chief()
    for number in (2, 200):
        ids = [a.pk for a in ArticleFactory.create_batch(number)]
        act = workflow.move_many(ids, "spike", by=by).act
        with django_assert_max_num_queries(45):
            workflow.undo(act, by=by)


class AnySequence(TestCase):
    @settings(max_examples=25, deadline=None)
    @given(st.lists(st.tuples(st.integers(0, 2), st.sampled_from(REVERSIBLE))))
    def test_acts_taken_back_in_reverse_leave_nothing(self, script):
        by = chief(f"chief{Act.objects.count()}")
        pieces = ArticleFactory.create_batch(3)
        before = states()
        done = [
            act
            for number, kind in script
            if (act := _attempt(ACTS[kind], pieces[number], by))
        ]
        for act in reversed(done):
            assert workflow.undo(act, by=by).refused == []
        after = states()
        for piece in pieces:
            assert after["pieces"][piece.pk] == before["pieces"][piece.pk]
        assert index.differences() == {"rows": 0, "counts": 0}


def _attempt(verb: Callable, article: Article, by) -> Act | None:
    try:
        return verb(article, by)
    except workflow.NotAllowed:
        return None
