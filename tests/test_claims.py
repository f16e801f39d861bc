"""What a colleague's claim stops, and what it does not."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from articles import workflow
from articles.models import Article, PossibleDuplicate
from tests.factories import ArticleFactory, TagFactory, make_user

pytestmark = pytest.mark.django_db


def other() -> int:
    """A piece that resembles the first one of all."""
    first = Article.objects.earliest("pk")
    made = ArticleFactory()
    PossibleDuplicate.objects.create(article=made, other=first, likeness=0.9)
    return made.pk


def tag(ids: list[int], **how: Any) -> workflow.Outcome:
    return workflow.tag(ids, on=[TagFactory().name], **how)


VERBS: dict[str, Callable[..., workflow.Outcome]] = {
    "a move": lambda ids, **how: workflow.move_many(ids, "spike", **how),
    "a publication": workflow.publish,
    "a tag": tag,
    "a hold": lambda ids, **how: workflow.hold(
        ids, timezone.now() + timedelta(hours=1), **how
    ),
    "a fold": lambda ids, **how: workflow.fold(ids[0], other(), **how),
    "keeping apart": lambda ids, **how: workflow.keep_apart(ids[0], other(), **how),
}


@pytest.mark.parametrize("verb", VERBS.values(), ids=VERBS)
def test_a_claim_stops_who_does_not_take_the_piece_over(verb):
    article, mori, sato = ArticleFactory(), make_user("mori"), make_user("sato")
    workflow.claim(article.pk, by=sato)

    left = verb([article.pk], by=mori)
    assert (left.moved, left.claimed, left.act) == ([], [article.pk], None)
    assert left.refused == [(article.pk, "sato is at work on it.")]

    assert verb([article.pk], by=mori, take_over=True).moved == [article.pk]


@pytest.mark.parametrize("verb", VERBS.values(), ids=VERBS)
def test_nobody_is_stopped_by_their_own_claim(verb):
    article, sato = ArticleFactory(), make_user("sato")
    workflow.claim(article.pk, by=sato)
    assert verb([article.pk], by=sato).moved == [article.pk]


def test_a_claim_stops_no_program():
    article = ArticleFactory()
    workflow.claim(article.pk, by=make_user("sato"))
    assert workflow.take_down([article.pk], reason="Wish", actor="takedown").killed


def test_words_are_saved_whoever_is_at_work():
    article = ArticleFactory()
    workflow.claim(article.pk, by=make_user("sato"))
    article.headline = "Ours"
    assert workflow.save(article, ["headline"], by=make_user("mori"))
