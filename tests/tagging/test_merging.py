"""Merging tags: all of it or nothing, and each row of an index once."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from articles.models import Act, Tag, TaggedArticle
from articles.tagging import index, tags
from tests.factories import ArticleFactory, TagFactory

TRUE = {"rows": 0, "counts": 0}


class Stopped(Exception):
    """What a test stops a merge with."""


@pytest.mark.django_db(transaction=True)
def test_a_merge_that_is_stopped_has_done_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    into, old = TagFactory(name="Trade"), TagFactory(name="Commerce", slug="commerce")
    for _ in range(5):
        ArticleFactory(published=True, tags=["Commerce"])

    def stop(*_arguments: object) -> None:
        raise Stopped

    with monkeypatch.context() as patched:
        patched.setattr(tags, "_make_alias", stop)
        patched.setattr(tags, "BATCH", 2)
        with pytest.raises(Stopped):
            tags.merge([old], into)

    assert TaggedArticle.objects.filter(tag=old).count() == 5
    assert not TaggedArticle.objects.filter(tag=into).exists()
    assert not Act.objects.exists()
    assert index.differences() == TRUE
    tags.merge([old], into)
    assert TaggedArticle.objects.filter(tag=into).count() == 5
    assert Tag.objects.named("commerce") == into
    assert index.differences() == TRUE


@pytest.mark.django_db
def test_a_merge_notes_both_tags_in_one_change_of_each_piece() -> None:
    into, old = TagFactory(name="Trade"), TagFactory(name="Commerce")
    both = ArticleFactory(published=True, tags=["Commerce", "Trade"])
    one = ArticleFactory(published=True, tags=["Commerce"])

    preview = tags.merge([old], into)

    assert (preview.moved, preview.already) == (1, 1)
    assert Act.objects.count() == 1
    for piece in (both, one):
        change = piece.changes.get()
        assert [tag["name"] for tag in change.after["tags"]] == ["Trade"]
        assert "Commerce" in [tag["name"] for tag in change.before["tags"]]


@pytest.mark.django_db
def test_a_batch_writes_each_row_of_the_search_index_once() -> None:
    into, old = TagFactory(name="Trade"), TagFactory(name="Commerce")
    for _ in range(4):
        ArticleFactory(published=True, tags=["Commerce"])

    with CaptureQueriesContext(connection) as queries:
        tags.merge([old], into)

    written = [
        query["sql"]
        for query in queries.captured_queries
        if query["sql"].startswith('INSERT INTO "articles_searchrow"')
    ]
    assert len(written) == 1
