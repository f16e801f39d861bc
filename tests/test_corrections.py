"""Corrections: told as acts, taken back as acts, and only where readers have read."""

import datetime

import pytest
from django.utils import timezone

from articles import workflow
from articles.models import Act, Correction, CorrectionKind
from tests.factories import ArticleFactory, make_user

pytestmark = pytest.mark.django_db

HOUR = datetime.timedelta(hours=1)
TEXT = "The ferry sails on Monday, not on Tuesday."


@pytest.fixture
def chief():
    return make_user("chief", is_superuser=True)


@pytest.fixture
def article():
    return ArticleFactory(published=True)


def standing() -> list[str]:
    return list(Correction.objects.standing().values_list("text", flat=True))


def test_a_correction_is_an_act_and_stands_in_the_history(article, chief):
    told = workflow.correct(article.pk, f"  {TEXT} ", by=chief)
    assert (told.text, told.kind, told.by_name) == (TEXT, "correction", "chief")
    act = Act.objects.get()
    change = act.changes.get()
    assert (act.kind, change.version) == ("correct", 1)
    assert change.before == {"corrections": []}
    assert change.after == {
        "corrections": [{"correction": told.pk, "kind": "correction", "text": TEXT}]
    }
    article.refresh_from_db()
    assert article.edited_at is not None


def test_a_withdrawn_correction_stays_for_the_desk(article, chief):
    told = workflow.correct(
        article.pk, TEXT, kind=CorrectionKind.CLARIFICATION, by=chief
    )
    workflow.withdraw_correction(told, by=chief)
    assert told.withdrawn_at is not None
    assert standing() == []
    assert Correction.objects.count() == 1
    with pytest.raises(workflow.NotAllowed, match="already"):
        workflow.withdraw_correction(told, by=chief)
    assert Act.objects.count() == 2


def test_both_can_be_taken_back_and_done_again(article, chief):
    told = workflow.correct(article.pk, TEXT, by=chief)
    undone = workflow.undo(Act.objects.get(), by=chief)
    assert standing() == []
    workflow.undo(undone.act, by=chief)
    assert standing() == [TEXT]
    workflow.withdraw_correction(told, by=chief)
    withdrawal = Act.objects.newest_first()[0]
    workflow.undo(withdrawal, by=chief)
    assert standing() == [TEXT]


def test_taking_one_back_leaves_what_was_told_since(article, chief):
    workflow.correct(article.pk, "First.", by=chief)
    first = Act.objects.get()
    workflow.correct(article.pk, "Second.", by=chief)
    outcome = workflow.undo(first, by=chief)
    assert outcome.refused == [(article.pk, "It has been changed since.")]
    assert sorted(standing()) == ["First.", "Second."]


def test_taking_back_asks_for_the_right_to_correct(article, chief):
    workflow.correct(article.pk, TEXT, by=chief)
    act = Act.objects.get()
    assert workflow.permission_of(act) == "articles.correct_article"
    editor = make_user("editor", ("change_article",))
    with pytest.raises(workflow.NotAllowed, match="may not"):
        workflow.undo(act, by=editor)
    corrector = make_user("corrector", ("correct_article",))
    assert workflow.undo(act, by=corrector).moved == [article.pk]


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({}, "is or was public"),
        ({"status": "spiked"}, "is or was public"),
        ({"published": True, "published_at": timezone.now() + HOUR}, "was public"),
        ({"published": True, "embargoed_until": timezone.now() + HOUR}, "was public"),
        ({"published": True, "status": "killed"}, "its notice"),
    ],
)
def test_only_what_is_or_was_public_is_corrected(chief, fields, why):
    article = ArticleFactory(**fields)
    with pytest.raises(workflow.NotAllowed, match=why):
        workflow.correct(article.pk, TEXT, by=chief)
    assert not Act.objects.exists()
    assert not Correction.objects.exists()


def test_an_unpublished_piece_can_be_corrected(article, chief):
    workflow.move(article, "unpublish", by=chief)
    workflow.correct(article.pk, TEXT, by=chief)
    assert standing() == [TEXT]


@pytest.mark.parametrize("text", ["", "  \n ", "x" * 2001])
def test_a_text_that_tells_nothing_or_too_much_is_refused(article, chief, text):
    with pytest.raises(workflow.NotAllowed, match="2000 characters"):
        workflow.correct(article.pk, text, by=chief)


def test_what_is_gone_cannot_be_corrected(chief):
    with pytest.raises(workflow.NotAllowed, match="gone"):
        workflow.correct(12345, TEXT, by=chief)


def test_restoring_a_version_leaves_corrections_alone(article, chief):
    article.headline = "Ours"
    workflow.edit(article, ["headline"], by=chief)
    workflow.correct(article.pk, TEXT, by=chief)
    workflow.restore(article, 0, by=chief)
    assert article.headline == ""
    assert standing() == [TEXT]
