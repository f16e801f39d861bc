"""Lookups that Django has no words for."""

import pytest
from django.db import connection
from django.db.models import F
from django.test.utils import CaptureQueriesContext

from articles.models import Article, Tag, TaggedArticle
from articles.models.lookups import Unindexed
from tests.factories import ArticleFactory, CategoryFactory, TagFactory

pytestmark = pytest.mark.django_db


def test_what_is_among_the_values_is_found():
    names = ["Trade", 'it’s {a}, "b" \\ c', "貿易", "Ships"]
    tags = [TagFactory(name=name) for name in names]
    asked = {*names[:3], "nobody's"}
    assert set(Tag.objects.filter(name__among=asked)) == set(tags[:3])
    numbers = {tag.pk for tag in tags[2:]} | {2**40}
    assert set(Tag.objects.filter(pk__among=numbers)) == set(tags[2:])
    assert set(Tag.objects.exclude(pk__among=numbers)) == set(tags[:2])


def test_among_nothing_is_nothing_and_nobody_is_asked():
    TagFactory()
    with CaptureQueriesContext(connection) as queries:
        assert not Tag.objects.filter(name__among=set())
    assert not queries.captured_queries


def test_hundreds_of_values_are_one_parameter_of_postgresql():
    names = {f"Tag {number}" for number in range(500)}
    with CaptureQueriesContext(connection) as queries:
        assert not Tag.objects.filter(name__among=names)
    (query,) = queries.captured_queries
    assert ("ANY" in query["sql"]) == (connection.vendor == "postgresql")


def test_it_looks_through_relations():
    article = ArticleFactory(tags=["Trade"])
    found = TaggedArticle.objects.filter(
        content_object__canonical_url__among={article.canonical_url}
    )
    assert [row.tag.name for row in found] == ["Trade"]


def test_a_list_is_refused():
    with pytest.raises(TypeError, match="takes a set"):
        Tag.objects.filter(name__among=["Trade"])


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("en", {"en", "en-GB", "en-US"}),
        ("en-GB", {"en-GB"}),
        ("enm", {"enm"}),
        ("e", set()),
        ("%", set()),
        ("en_", set()),
        ("貿", set()),
    ],
)
def test_a_language_has_those_under_it(asked, found):
    for language in ("en", "en-GB", "en-US", "enm", "ja"):
        ArticleFactory(language=language)
    rows = Article.objects.filter(language__under=asked)
    assert set(rows.values_list("language", flat=True)) == found


def test_what_leads_to_no_index_is_found_as_by_any_other_way():
    sections = [CategoryFactory(name=name, slug=name) for name in ("a", "b", "c")]
    articles = [ArticleFactory(category=section) for section in sections]
    of = Article.objects.filter(Unindexed(F("category"), articles[1].category_id))
    assert list(of) == [articles[1]]
    assert "INDEX" not in of.order_by().explain().upper()
    assert not Article.objects.filter(Unindexed(F("category"), 424_242))


def test_nothing_is_no_number():
    ArticleFactory()
    assert not Article.objects.filter(Unindexed(F("image"), 1))
    assert Article.objects.exclude(Unindexed(F("image"), 1)).exists()
