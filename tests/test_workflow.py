import datetime
import itertools

import pytest
from django.utils import timezone

from articles import workflow
from articles.models import Article, ArticleStatus, Change, Reuse, TagSuggestion
from articles.tagging import index
from tests.factories import (
    EDITOR,
    ArticleFactory,
    SourceFactory,
    TagFactory,
    make_user,
)

pytestmark = pytest.mark.django_db

ALLOWED = {
    ("select", "ingested", "selected"),
    ("release", "selected", "ingested"),
    ("publish", "ingested", "published"),
    ("publish", "selected", "published"),
    ("publish", "unpublished", "published"),
    ("spike", "ingested", "spiked"),
    ("spike", "selected", "spiked"),
    ("unspike", "spiked", "ingested"),
    ("unpublish", "published", "unpublished"),
    ("kill", "ingested", "killed"),
    ("kill", "selected", "killed"),
    ("kill", "published", "killed"),
    ("kill", "unpublished", "killed"),
    ("kill", "spiked", "killed"),
}


def article_that_is(status: str) -> Article:
    moment = None if status in {"ingested", "selected", "spiked"} else timezone.now()
    return ArticleFactory(status=status, published_at=moment)


@pytest.mark.parametrize("action", workflow.MOVES)
@pytest.mark.parametrize("status", ArticleStatus.values)
def test_each_move_is_possible_from_its_states_and_no_others(action, status):
    article = article_that_is(status)
    targets = {
        after for name, before, after in ALLOWED if (name, before) == (action, status)
    }
    if targets:
        workflow.move(article, action, by=make_user(), reason="as it must be")
        assert {article.status} == targets
    else:
        with pytest.raises(workflow.NotAllowed):
            workflow.move(article, action, by=make_user(), reason="as it must be")
        assert article.status == status
        assert not Change.objects.exists()


def test_a_move_says_who_when_and_why():
    editor = make_user("mori")
    article = ArticleFactory(headline="Ours")
    workflow.move(article, "spike", by=editor, reason=" an advertisement ")
    change = Change.objects.get()
    assert (change.article, change.headline) == (article, "Ours")
    assert (change.before, change.after) == (
        {"status": "ingested"},
        {"status": "spiked"},
    )
    act = change.act
    assert (act.kind, act.by, act.by_name) == ("spike", editor, "mori")
    assert act.reason == "an advertisement"
    assert timezone.now() - act.at < datetime.timedelta(minutes=1)


def test_history_outlives_the_article_and_the_account():
    editor = make_user("mori")
    article = ArticleFactory(headline="Ours")
    workflow.move(article, "publish", by=editor)
    article.delete()
    editor.delete()
    change = Change.objects.get()
    assert (change.headline, change.act.by_name) == ("Ours", "mori")


def test_the_second_editor_loses():
    article = ArticleFactory()
    stale = Article.objects.get(pk=article.pk)
    workflow.move(article, "publish", by=make_user("first"))
    with pytest.raises(workflow.NotAllowed, match="Someone else"):
        workflow.move(stale, "spike", by=make_user("second"))
    assert Change.objects.count() == 1


def test_a_kill_without_a_reason_is_refused():
    article = article_that_is("published")
    with pytest.raises(workflow.NotAllowed, match="why"):
        workflow.move(article, "kill", by=make_user(), reason="  ")
    article.refresh_from_db()
    assert article.status == "published"


def test_publishing_ahead_of_time_schedules():
    article = ArticleFactory()
    tomorrow = timezone.now() + datetime.timedelta(days=1)
    workflow.move(article, "publish", by=make_user(), at=tomorrow)
    assert article.published_at == tomorrow
    assert not Article.objects.published().exists()


def test_an_embargo_hides_a_published_piece():
    hour = datetime.timedelta(hours=1)
    hidden = ArticleFactory(published=True, embargoed_until=timezone.now() + hour)
    shown = ArticleFactory(published=True, embargoed_until=timezone.now() - hour)
    assert list(Article.objects.published()) == [shown]
    assert hidden.status == ArticleStatus.PUBLISHED


def test_a_republished_piece_shows_at_once():
    article = ArticleFactory()
    editor = make_user()
    for action in ("publish", "unpublish", "publish"):
        workflow.move(article, action, by=editor)
    assert list(Article.objects.published()) == [article]


def test_bulk_moves_what_can_be_moved_and_names_the_rest():
    waiting = ArticleFactory.create_batch(3)
    spiked = article_that_is("spiked")
    outcome = workflow.move_many(
        [*(a.pk for a in waiting), spiked.pk], "publish", by=make_user()
    )
    assert outcome.moved == [a.pk for a in waiting]
    assert [pk for pk, _ in outcome.refused] == [spiked.pk]
    assert "spiked" in outcome.refused[0][1]


def test_bulk_costs_the_same_for_two_and_for_two_hundred(django_assert_max_num_queries):
    editor = make_user()
    source = SourceFactory()
    for number in (2, 200):
        ids = [a.pk for a in ArticleFactory.create_batch(number, source=source)]
        with django_assert_max_num_queries(42):
            workflow.move_many(ids, "publish", by=editor)


def test_publishing_with_tags_costs_the_same_for_two_and_for_two_hundred(
    django_assert_max_num_queries,
):
    editor, source = make_user(may=("add_tag",)), SourceFactory()
    tags = [TagFactory(name=f"Tag {n}", slug=f"tag-{n}") for n in range(40)]
    for number in (2, 200):
        pieces = ArticleFactory.create_batch(number, source=source)
        TagSuggestion.objects.bulk_create(
            TagSuggestion(article=piece, tag=tags[n], phrase="x", found="x")
            for place, piece in enumerate(pieces)
            for n in {place % 40, place % 7}
        )
        with django_assert_max_num_queries(70):
            outcome = workflow.publish([piece.pk for piece in pieces], by=editor)
        assert len(outcome.moved) == number
        assert set(pieces[1].tags.all()) == {tags[1]}
    assert not TagSuggestion.objects.exclude(state="accepted").exists()
    assert not any(index.differences().values())


def test_a_blocked_source_leaves_every_listing_and_comes_back():
    article = ArticleFactory(published=True, tags=["Alliance"])
    source = article.source
    source.reuse = Reuse.BLOCKED
    source.save()
    assert workflow.withhold(source) == 1
    assert not Article.objects.published().exists()
    assert article.tagged_articles.get().listed_at is None
    source.reuse = Reuse.EXCERPT
    source.save()
    assert workflow.withhold(source) == 1
    assert list(Article.objects.published()) == [article]


def test_an_edit_writes_its_fields_and_no_others():
    article = ArticleFactory(headline="")
    open_form = Article.objects.get(pk=article.pk)
    Article.objects.filter(pk=article.pk).update(
        source_headline="Corrected at the source"
    )
    open_form.headline = "Ours"
    workflow.edit(open_form, ["headline"], by=make_user())
    article.refresh_from_db()
    assert (article.headline, article.source_headline) == (
        "Ours",
        "Corrected at the source",
    )
    assert article.edited_at


def test_moves_offered_are_those_that_state_and_permission_allow():
    article = article_that_is("ingested")
    editor, reader = make_user("a", EDITOR), make_user("b", ("view_article",))
    offered = [move.action for move in workflow.moves_for(article, editor)]
    assert offered == ["select", "publish", "spike"]
    assert workflow.moves_for(article, reader) == []


def test_every_move_has_a_permission_of_its_model():
    known = {name for name, _ in Article._meta.permissions}
    assert {move.permission for move in workflow.MOVES.values()} <= known
    states = set(itertools.chain(*(m.sources for m in workflow.MOVES.values())))
    assert states | {ArticleStatus.KILLED} == set(ArticleStatus)
