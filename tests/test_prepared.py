"""A question that is put together once answers as one that is built each time."""

from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.db.models import F, QuerySet
from django.forms import model_to_dict
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from articles.models import Article, Image
from newsroom.prepared import loaded, prepared
from tests.factories import ArticleFactory, SourceFactory

pytestmark = pytest.mark.django_db


def by_source(source: int, before: datetime, *, number: int) -> QuerySet:
    rows = Article.objects.published().filter(source=source, listed_at__lt=before)
    return rows.order_by("-listed_at").values_list("listed_at", "pk")[:number]


@pytest.fixture
def pieces():
    sources = SourceFactory.create_batch(2)
    return [
        ArticleFactory(
            source=sources[n % 2],
            published=True,
            source_published_at=timezone.now() - timedelta(hours=n),
        )
        for n in range(8)
    ]


def test_every_value_is_put_in_its_place(pieces):
    ask = prepared(by_source)
    for source in {piece.source_id for piece in pieces}:
        for hours in (0, 3, 5):
            for number in (1, 3):
                before = timezone.now() - timedelta(hours=hours)
                expected = list(by_source(source, before, number=number))
                assert ask(source, before, number=number) == expected
    assert len(ask(pieces[0].source_id, timezone.now(), number=3)) == 3


def test_it_is_put_together_once(pieces):
    built = []

    @prepared
    def ask(source: int, before: datetime, *, number: int) -> QuerySet:
        built.append(number)
        return by_source(source, before, number=number)

    with CaptureQueriesContext(connection) as queries:
        for source in (1, 2, 3):
            ask(source, timezone.now(), number=2)
        ask(1, timezone.now(), number=3)
    assert built == [2, 3]
    assert len(queries) == 4


def test_moments_come_back_as_moments(pieces):
    rows = prepared(by_source)(pieces[0].source_id, timezone.now(), number=1)
    assert rows[0][0] == pieces[0].source_published_at


def test_a_value_that_is_nowhere_in_the_question_is_refused(pieces):
    @prepared
    def ask(source: int, other: int) -> QuerySet:
        return Article.objects.filter(source=source).values_list("pk")

    with pytest.raises(ValueError, match="No place"):
        ask(1, 2)


def test_texts_are_put_in_their_places(pieces):
    @prepared
    def ask(language: str, headline: str) -> QuerySet:
        rows = Article.objects.filter(language__under=language)
        return rows.filter(source_headline=headline).values_list("pk")

    assert ask("en", pieces[0].source_headline) == [(pieces[0].pk,)]
    assert ask("en", "50% {off} it’s") == ask("ja", pieces[0].source_headline) == []


def test_only_so_many_questions_are_kept(pieces, monkeypatch):
    monkeypatch.setattr("newsroom.prepared.MOST", 3)
    ask = prepared(by_source)
    for number in range(1, 9):
        assert len(ask(pieces[0].source_id, timezone.now(), number=number)) <= number


@loaded(Article, "source", "category", "image", without=("source_body",), also=("age",))
def with_age(source: int, than: int) -> QuerySet:
    rows = Article.objects.filter(source=source, pk__gt=than).order_by("pk")
    return rows.annotate(age=F("pk") - than)


def test_rows_come_as_objects_with_what_they_lead_to(pieces):
    one = pieces[0]
    image = Image.objects.create(
        file="images/a.jpg", digest="a", width=3, height=2, renditions={"webp": [1]}
    )
    Article.objects.filter(pk=one.pk).update(image=image)
    built = Article.objects.filter(source=one.source_id).order_by("pk")
    built = list(built.select_related("source", "category", "image"))
    for _again in range(2):
        with CaptureQueriesContext(connection) as queries:
            found = with_age(one.source_id, 0)
            assert found == built
            for each, other in zip(found, built, strict=True):
                for name in ("source", "category", "image"):
                    assert getattr(each, name) == getattr(other, name), name
                assert each.get_deferred_fields() == {"source_body"}
                assert (each.age, each._state.adding) == (each.pk, False)
                known = model_to_dict(other, exclude=["source_body", "tags"])
                assert model_to_dict(each, exclude=["source_body", "tags"]) == known
        assert len(queries) == 1
    assert [bool(each.image) for each in found] == [True, False, False, False]
    assert with_age(one.source_id, one.pk)[0].age == built[1].pk - one.pk
