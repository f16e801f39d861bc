"""Both indexes, of listings and of search, are true after any sequence of moves."""

import datetime

import pytest
import time_machine
from django.db import connection, transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from articles import search, workflow
from articles.ingest.entries import Entry
from articles.ingest.store import store
from articles.models import (
    Act,
    Article,
    Reuse,
    SearchRow,
    Source,
    Tag,
    TaggedArticle,
    relisting,
)
from articles.tagging import index, tags
from tests.factories import make_user

pytestmark = pytest.mark.django_db

START = datetime.datetime(2026, 3, 1, 12, tzinfo=datetime.UTC)
TAGS = ["Alliance", "Trade", "日米同盟"]
SOURCES = ["Ledger", "Courier"]

articles = st.integers(0, 4)
steps = st.one_of(
    st.tuples(
        st.just("import"),
        articles,
        st.lists(st.sampled_from(TAGS), max_size=2, unique=True),
        st.sampled_from(SOURCES),
    ),
    st.tuples(st.just("move"), articles, st.sampled_from(list(workflow.MOVES))),
    st.tuples(st.just("schedule"), articles, st.integers(1, 72)),
    st.tuples(st.just("embargo"), articles, st.integers(-72, 72)),
    st.tuples(
        st.just("tags"),
        articles,
        st.lists(st.sampled_from(TAGS), max_size=3, unique=True),
    ),
    st.tuples(st.just("taggit"), articles, st.sampled_from(TAGS)),
    st.tuples(st.just("merge"), st.sampled_from(TAGS), st.sampled_from(TAGS)),
    st.tuples(
        st.just("reuse"), st.sampled_from(SOURCES), st.sampled_from(Reuse.values)
    ),
    st.tuples(st.just("allow"), st.sampled_from(SOURCES), st.integers(1, 5)),
    st.tuples(st.just("rename"), st.sampled_from(TAGS), st.text("ab 日", min_size=1)),
    st.tuples(
        st.just("edit"),
        articles,
        st.sampled_from(["headline", "excerpt", "note"]),
        st.text("ab 日", max_size=5),
    ),
    st.tuples(st.just("undo")),
    st.tuples(st.just("delete"), articles),
    st.tuples(st.just("clock"), st.integers(1, 48)),
)


def entry(number: int, names: list[str], source: str) -> Entry:
    url = f"https://publisher.example/{number}"
    return Entry(
        line=1,
        url=url,
        canonical_url=url,
        title=f"Piece {number}",
        source=source,
        published=START - datetime.timedelta(hours=number * 7),
        published_raw="",
        category="",
        summary="A few words of it. " * (number + 1),
        body="",
        author="",
        language="",
        external_id="",
        image_url="",
        image_caption="",
        image_credit="",
        tags=tuple(names),
    )


class House:
    """The steps, as a person or a command would take them."""

    def __init__(self, clock, editor):
        self.clock, self.editor = clock, editor

    def article(self, number):
        return Article.objects.filter(url__endswith=f"/{number}").first()

    def do_import(self, number, names, source):
        store([entry(number, names, source)])

    def do_move(self, number, action):
        if article := self.article(number):
            workflow.move_many([article.pk], action, by=self.editor, reason="so")

    def do_schedule(self, number, hours):
        if article := self.article(number):
            at = timezone.now() + datetime.timedelta(hours=hours)
            workflow.move_many([article.pk], "publish", by=self.editor, at=at)

    def do_embargo(self, number, hours):
        if article := self.article(number):
            article.embargoed_until = timezone.now() + datetime.timedelta(hours=hours)
            workflow.edit(article, ["embargoed_until"], by=self.editor)

    def do_tags(self, number, names):
        if article := self.article(number):
            tags.set_tags(article, names, by=self.editor)

    def do_taggit(self, number, name):
        if article := self.article(number):
            article.tags.add(name)

    def do_merge(self, merged, into):
        found = Tag.objects.get_or_make([merged, into])
        first, *rest = {tag.pk: tag for tag in found.values()}.values()
        if rest:
            tags.merge([first], rest[0], by=self.editor)

    def do_reuse(self, name, reuse):
        source = Source.objects.get_or_make([name]).popitem()[1]
        source.reuse = reuse
        source.save()
        workflow.withhold(source)

    def do_allow(self, name, words):
        source = Source.objects.get_or_make([name]).popitem()[1]
        source.excerpt_words = words
        source.save()
        workflow.withhold(source)

    def do_rename(self, name, to):
        tag = Tag.objects.named(name)
        if tag and to.strip() and Tag.objects.named(to) in (None, tag):
            tags.rename(tag, to.strip())

    def do_edit(self, number, name, text):
        if article := self.article(number):
            setattr(article, name, text.strip())
            workflow.edit(article, [name], by=self.editor)

    def do_undo(self):
        act = Act.objects.order_by("-pk").first()
        if act and not workflow.why_not_undo(act, self.editor):
            workflow.undo(act, by=self.editor)

    def do_delete(self, number):
        if article := self.article(number):
            with relisting([article.pk]):
                article.delete()

    def do_clock(self, hours):
        self.clock.shift(datetime.timedelta(hours=hours))


def by_hand(tag: Tag, now: datetime.datetime) -> list[int]:
    """The ids a tag's page must list at a moment, worked out without the index."""
    found = []
    for article in Article.objects.filter(tagged_articles__tag=tag).select_related(
        "source"
    ):
        if article.status != "published" or article.source.reuse == "blocked":
            continue
        if article.published_at > now:
            continue
        if article.embargoed_until and article.embargoed_until > now:
            continue
        date = min(article.source_published_at, article.published_at)
        found.append((date, article.pk))
    return [pk for _, pk in sorted(found, reverse=True)]


def shown_by_the_index(tag: Tag, now: datetime.datetime) -> list[int]:
    """The same by the index, asked with the test's clock for the database's."""
    rows = TaggedArticle.objects.filter(
        tag=tag, listed_at__isnull=False, visible_from__lte=now
    )
    return list(
        rows.order_by("-listed_at", "-content_object_id").values_list(
            "content_object_id", flat=True
        )
    )


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.lists(steps, min_size=4, max_size=30))
def test_the_index_is_true_after_any_sequence(db, sequence):
    with transaction.atomic():
        with time_machine.travel(START, tick=False) as clock:
            house = House(clock, make_user(is_superuser=True))
            for name, *arguments in sequence:
                getattr(house, f"do_{name}")(*arguments)
            assert index.differences() == {"rows": 0, "counts": 0}
            assert search.check() == {"rows": 0, "names": 0, "index": 0}
            now = timezone.now()
            for tag in Tag.objects.all():
                assert shown_by_the_index(tag, now) == by_hand(tag, now)
        # Each example begins with empty tables.
        transaction.set_rollback(True)


def test_a_falsified_index_is_found_and_repaired():
    store([entry(1, ["Alliance"], "Ledger"), entry(2, ["Trade"], "Ledger")])
    workflow.move_many(Article.objects.values_list("pk", flat=True), "publish", by=None)
    TaggedArticle.objects.filter(tag__name="Alliance").update(
        listed_at=None, visible_from=None
    )
    Tag.objects.filter(name="Trade").update(listed_count=7)
    assert index.differences() == {"rows": 1, "counts": 2}
    index.repair()
    assert index.differences() == {"rows": 0, "counts": 0}
    assert set(Tag.objects.values_list("listed_count", flat=True)) == {1}


def test_a_falsified_search_index_is_found_and_repaired():
    store([entry(1, ["Alliance"], "Ledger"), entry(2, ["Trade"], "Ledger")])
    first, second = Article.objects.order_by("pk")
    SearchRow.objects.filter(pk=first.pk).delete()
    Article.objects.filter(pk=second.pk).update(note="ferry")
    Tag.objects.filter(name="Trade").update(words="")
    assert search.check() == {"rows": 2, "names": 1, "index": 0}
    assert search.check(repair=True, dry_run=True)["rows"] == 2
    assert search.check(repair=True) == {"rows": 2, "names": 1, "index": 0}
    assert search.check() == {"rows": 0, "names": 0, "index": 0}
    assert search.found("ferry") == [second.pk]


def test_a_word_list_of_sqlite_that_lost_a_row_is_built_anew():
    store([entry(1, [], "Ledger")])
    article = Article.objects.get()
    if connection.vendor == "postgresql":
        # There the list stands in the row itself, and cannot lose it.
        assert search.check()["index"] == 0
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO articles_searchwords(articles_searchwords, rowid, words)"
            " SELECT 'delete', position, words FROM articles_searchrow"
        )
    assert search.found("piece") == []
    assert search.check()["index"] == 1
    search.check(repair=True)
    assert search.check()["index"] == 0
    assert search.found("piece") == [article.pk]
