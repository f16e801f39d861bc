import pytest
from django.db import IntegrityError, transaction

from articles.models import Article, Tag, TaggedArticle
from articles.models.rows import insert
from tests.factories import ArticleFactory, TagFactory

pytestmark = pytest.mark.django_db

ODD = 'tab\there, line\nthere, a \\ and \\N, "quoted", 日本 🚢'


def again(article, **columns):
    return Article(
        source_id=article.source_id,
        category_id=article.category_id,
        source_published_at=article.source_published_at,
        **columns,
    )


def test_new_rows_are_as_they_were_given_and_have_their_numbers():
    known = ArticleFactory()
    addresses = [f"https://a.example/{n}" for n in range(3)]
    rows = [
        again(known, canonical_url=each, source_headline=ODD, source_tags=[ODD, "b"])
        for each in addresses
    ]
    insert(rows)
    found = Article.objects.in_bulk([row.pk for row in rows])
    assert [found[row.pk].canonical_url for row in rows] == addresses
    assert {each.source_headline for each in found.values()} == {ODD}
    assert found[rows[0].pk].source_tags == [ODD, "b"]
    assert found[rows[0].pk].created_at == rows[0].created_at
    assert all(each.waiting_at for each in found.values())
    assert ArticleFactory().pk > max(found)


def test_what_a_field_derives_is_derived():
    tag = Tag(name="Japan & US", slug="japan-us")
    insert([tag])
    assert Tag.objects.named("japan&us") == tag


def test_a_row_that_is_there_already_is_refused():
    tagged = TaggedArticle(content_object=ArticleFactory(), tag=TagFactory())
    insert([tagged])
    twice = TaggedArticle(content_object=tagged.content_object, tag=tagged.tag)
    with pytest.raises(IntegrityError), transaction.atomic():
        insert([twice])
    insert([])
    assert TaggedArticle.objects.count() == 1
