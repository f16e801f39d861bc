"""Changes in words."""

import pytest
from django.utils import timezone

from articles import history, workflow
from articles.models import Act, Article
from articles.tagging import suggestions, tags
from tests.factories import ArticleFactory, CategoryFactory, TagFactory, make_user

pytestmark = pytest.mark.django_db


def chief():
    return make_user("chief", is_superuser=True)


def told(act: Act) -> dict[str, str]:
    """``{label: what is said}`` of the first piece of an act."""
    change = act.changes.all()[0]
    found = history.told([change])[change.pk]
    return {line.label: line.text or f"{line.was} → {line.now}" for line in found}


def last() -> Act:
    return Act.objects.newest_first()[0]


def test_a_publication_is_told_in_the_words_of_the_trade():
    article, by = ArticleFactory(source_headline="At the harbour"), chief()
    taken, left = TagFactory(name="Harbour"), TagFactory(name="Port")
    tags.add_alias(left, "Harbours")
    suggestions.refresh_one(article)
    workflow.publish([article.pk], by=by, accepted=[taken.pk], rejected=[])
    said = told(last())
    assert said["Status"] == "<del>ingested</del> → <ins>published</ins>"
    assert said["Tags put on"] == "#Harbour"
    assert said["Published here"].startswith("– → <ins>20")
    assert "Not suggested again" not in said


def test_a_suggestion_that_is_turned_down_is_told_and_so_is_its_return():
    article, by = ArticleFactory(source_headline="At the harbour"), chief()
    tag = TagFactory(name="Harbour")
    suggestions.refresh_one(article)
    tags.decide(article, accepted=[], rejected=[tag.pk], by=by)
    act = last()
    assert told(act) == {"Not suggested again": "#Harbour"}
    assert told(workflow.undo(act, by=by).act) == {"Suggested again": "#Harbour"}
    number = tag.pk
    tag.delete()
    assert told(act) == {"Not suggested again": f"tag {number}, deleted"}


def test_what_ids_stand_for_is_named_also_when_it_is_gone():
    by, old = chief(), CategoryFactory(name="Old", slug="old")
    article, lead = ArticleFactory(category=old), ArticleFactory(headline="The lead")
    article.category = CategoryFactory(name="New", slug="new")
    workflow.edit(article, ["category"], by=by)
    act = last()
    assert told(act) == {"Category": "<del>Old</del> → <ins>New</ins>"}
    number = old.pk
    old.delete()
    assert f"category {number}, deleted" in told(act)["Category"].replace(
        "<del>", ""
    ).replace("</del>", "")
    workflow.fold(article.pk, lead.pk, by=by)
    assert told(last())["Folded into"] == "– → <ins>The lead</ins>"


def test_japanese_texts_differ_character_by_character():
    article, by = ArticleFactory(headline="日米同盟の強化"), chief()
    article.headline = "日英同盟の強化"
    workflow.edit(article, ["headline"], by=by)
    assert told(last())["Headline"] == (
        "日<del>米</del>同盟の強化 → 日<ins>英</ins>同盟の強化"
    )


@pytest.mark.parametrize(
    ("text", "is_long"), [("a" * 120, False), ("a" * 121, True), ("a\nb", True)]
)
def test_a_text_that_fills_more_than_a_line_is_long(text, is_long):
    line = history.line_of("note", "", text, history.Names([]))
    assert line is not None
    assert line.is_long is is_long


def test_a_deletion_tells_what_there_was():
    by = chief()
    article = ArticleFactory(headline="Ours", tags=["Economy"])
    workflow.delete([article.pk], by=by)
    said = told(last())
    assert said["Headline"] == "<del>Ours</del> → –"
    assert said["Tags taken off"] == "#Economy"
    assert "Caption" not in said


def test_taking_back_is_told_by_what_was_taken_back():
    article, by = ArticleFactory(), chief()
    act = workflow.move_many([article.pk], "spike", by=by).act
    back = workflow.undo(act, by=by).act
    again = workflow.undo(back, by=by).act
    words = [history.act_words(each) for each in (act, back, again)]
    assert words == [
        "spiked",
        "took back: spiked",
        "did again what had been taken back",
    ]


def test_a_page_of_changes_costs_the_same_for_two_and_for_forty(
    django_assert_num_queries,
):
    by, pieces = chief(), ArticleFactory.create_batch(40, tags=["Economy"])
    for piece in pieces:
        piece.category = CategoryFactory(name=f"C{piece.pk}", slug=f"c{piece.pk}")
        workflow.edit(piece, ["category"], by=by)
        workflow.hold([piece.pk], timezone.now(), by=by)
    for number in (2, 40):
        rows = Article.objects.order_by("pk")[:number].values("pk")
        found = list(type(last().changes.all()[0]).objects.filter(article__in=rows))
        with django_assert_num_queries(1):
            history.told(found)


def test_marked_text_holds_no_markup_of_its_own():
    pieces = history.line_of("note", "<b>a</b>", "<b>c</b>", history.Names([]))
    assert pieces is not None
    assert "<b>" not in pieces.was + pieces.now
