import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from articles.models import (
    Article,
    ArticleStatus,
    SuggestionState,
    Tag,
    TagPhrase,
    TagSuggestion,
    TextBand,
    Tombstone,
)
from articles.roles import Role
from articles.tagging import index, suggestions
from tests.factories import (
    EDITOR,
    ArticleFactory,
    SourceFactory,
    TagFactory,
    make_member,
    make_user,
)

from .conftest import LIST, Act

pytestmark = pytest.mark.django_db
TRUE = {"rows": 0, "counts": 0}


def suggest(article: Article, tag: Tag, text: str = "Fed") -> TagSuggestion:
    article.needs_suggestions = False
    article.save(update_fields=["needs_suggestions"])
    TagPhrase.objects.get_or_create(tag=tag, text=text)
    return TagSuggestion.objects.create(
        article=article, tag=tag, phrase=text.lower(), found=text
    )


def test_a_row_shows_all_that_a_decision_needs(client: Client, editor: object) -> None:
    article = ArticleFactory(tags=["Economy"], source__reuse="full_text")
    suggest(article, TagFactory(name="Central banks"))

    page = client.get(LIST).text

    row = page[page.index("<tbody>") :]
    for text in (
        article.source_headline,
        article.source.name,
        "full text",
        "Politics",
        "ingested",
        f"{article.source_published_at:%Y-%m-%d %H:%M}",
        "#Economy",
        "#Central banks",
        "“Fed”",
    ):
        assert text in row, text


def test_a_row_says_what_keeps_a_published_piece_from_readers(
    client: Client, editor: object
) -> None:
    ArticleFactory(published=True, source__reuse="blocked", is_withheld=True)

    assert "published, source blocked" in client.get(LIST).text


def test_fifty_rows_cost_as_many_queries_as_one(client: Client, editor: object) -> None:
    def row() -> None:
        suggest(ArticleFactory(tags=[f"Subject {Tag.objects.count()}"]), TagFactory())

    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as captured:
            assert client.get(LIST).status_code == 200
        return len(captured)

    row()
    client.get(LIST)
    one = queries()
    for _number in range(49):
        row()
    assert queries() == one


def test_publish_shows_the_pieces_and_names_the_editor(
    act: Act, editor: object
) -> None:
    first, second = ArticleFactory.create_batch(2, tags=["Economy"])

    page = act("publish_selected", first, second)

    assert Article.objects.published().count() == 2
    assert "Publish: 2 articles." in page.text
    change = first.changes.get()
    assert (change.act.by, change.before["status"]) == (editor, "ingested")
    assert change.after["status"] == "published"
    assert index.differences() == TRUE


def test_a_piece_that_cannot_make_the_move_is_named_with_the_reason(
    act: Act, editor: object
) -> None:
    spiked = ArticleFactory(status=ArticleStatus.SPIKED)

    page = act("publish_selected", spiked)

    assert f"Article {spiked.pk}: Publish is not possible" in page.text
    assert not Article.objects.published().exists()


@pytest.mark.parametrize("ticked", ["abc", "9" * 20, "1.5", ""])
def test_what_is_no_row_cannot_be_ticked(
    client: Client, editor: object, ticked: str
) -> None:
    data = {"action": "spike_selected", "_selected_action": [ticked], "index": 0}
    page = client.post(LIST, data, follow=True)
    assert page.status_code == 200
    assert "what was ticked is no row of this list" in page.text


def test_spike_keeps_the_reason(client: Client, act: Act, editor: object) -> None:
    article = ArticleFactory()

    act("spike_selected", article, reason="An advertisement")

    article.refresh_from_db()
    assert article.status == ArticleStatus.SPIKED
    history = client.get(f"{LIST}{article.pk}/history/").text
    assert "An advertisement" in history
    assert "<b>mori</b>: spiked" in history
    act("unspike_selected", article)
    article.refresh_from_db()
    assert article.status == ArticleStatus.INGESTED


def test_tags_are_put_on_by_any_spelling(act: Act, editor: object) -> None:
    TagFactory(name="Federal Reserve", slug="federal-reserve")
    first, second = ArticleFactory.create_batch(2)

    act("tag_selected", first, second, tags="#federalreserve, New subject")

    for article in (first, second):
        names = {tag.name for tag in article.tags.all()}
        assert names == {"Federal Reserve", "New subject"}


def test_tags_put_on_in_the_list_stand_in_the_history(
    client: Client, act: Act, editor: object
) -> None:
    article = ArticleFactory()

    act("tag_selected", article, tags="Economy")

    history = client.get(f"{LIST}{article.pk}/history/").text
    assert "<b>mori</b>: tagged" in history
    assert "#Economy" in history


@pytest.mark.parametrize("tags", ["!!!", "Economy, ???"])
def test_a_tag_without_an_address_is_refused_and_nothing_is_put_on(
    act: Act, editor: object, tags: str
) -> None:
    article = ArticleFactory()

    page = act("tag_selected", article, tags=tags)

    assert "no letter, digit or symbol" in page.text
    assert not article.tags.exists()


def test_publish_with_suggestions_puts_them_on_first(
    client: Client, act: Act, editor: object
) -> None:
    article, tag = ArticleFactory(), TagFactory(name="Economy", slug="economy")
    suggest(article, tag)

    act("publish_with_suggestions", article)

    assert article.source_headline in client.get("/tags/economy/").text
    assert article.tagged_articles.get().get_origin_display().startswith("a suggestion")
    assert index.differences() == TRUE


def test_a_dismissed_suggestion_is_not_put_on_with_the_others(
    act: Act, editor: object
) -> None:
    article, tag = ArticleFactory(), TagFactory()
    suggestion = suggest(article, tag)
    suggestions.settle(article, [tag.pk], SuggestionState.REJECTED)

    act("publish_with_suggestions", article)

    suggestion.refresh_from_db()
    assert suggestion.state == SuggestionState.REJECTED
    assert not article.tags.exists()


def test_unpublish_hides_the_piece(client: Client, act: Act, editor: object) -> None:
    article = ArticleFactory(published=True, tags=["Economy"])

    act("unpublish_selected", article)

    assert client.get(article.get_absolute_url()).status_code == 404
    assert index.differences() == TRUE


def test_kill_asks_for_a_reason_and_then_withdraws_for_good(
    client: Client, act: Act
) -> None:
    client.force_login(make_user("chief", (*EDITOR, "kill_article")))
    article = ArticleFactory(published=True)

    assert "Say why" in act("kill_selected", article).text
    assert client.get(article.get_absolute_url()).status_code == 200
    act("kill_selected", article, reason="Court order")

    assert client.get(article.get_absolute_url()).status_code == 410
    assert article.changes.get().act.reason == "Court order"


@pytest.mark.parametrize(
    ("action", "right"),
    [
        ("publish_selected", "publish_article"),
        ("publish_with_suggestions", "publish_article"),
        ("select_selected", "select_article"),
        ("spike_selected", "spike_article"),
        ("unspike_selected", "spike_article"),
        ("unpublish_selected", "publish_article"),
        ("kill_selected", "kill_article"),
        ("tag_selected", "change_article"),
        ("delete_selected", "delete_article"),
    ],
)
def test_an_action_is_refused_without_its_permission(
    client: Client, act: Act, action: str, right: str
) -> None:
    every = (*EDITOR, "kill_article", "delete_article")
    client.force_login(make_user("some", tuple(r for r in every if r != right)))
    pieces = [
        ArticleFactory(status=status, published_at="2026-01-01T00:00Z")
        for status in ArticleStatus
    ]
    before = list(Article.objects.order_by("pk").values("pk", "status"))

    page = act(action, *pieces, tags="Economy", reason="Why not", post="yes")

    assert page.status_code == 403
    assert "You may not do this" in page.text
    assert list(Article.objects.order_by("pk").values("pk", "status")) == before
    assert not Tag.objects.exists()


def test_a_get_request_moves_nothing(client: Client, editor: object) -> None:
    article = ArticleFactory()

    client.get(LIST, {"action": "publish_selected", "_selected_action": article.pk})

    article.refresh_from_db()
    assert article.status == ArticleStatus.INGESTED


def test_deleting_keeps_the_counts_of_tags_true(client: Client, act: Act) -> None:
    client.force_login(
        make_user("chief", (*EDITOR, "delete_article"), is_superuser=True)
    )
    first, second, third = ArticleFactory.create_batch(
        3, published=True, tags=["Economy"]
    )

    act("delete_selected", first, second, post="yes")
    client.post(f"{LIST}{third.pk}/delete/", {"post": "yes"})

    assert not Article.objects.exists()
    assert Tag.objects.get().listed_count == 0
    assert index.differences() == TRUE


def test_whoever_may_only_look_sees_the_list_and_the_piece(client: Client) -> None:
    client.force_login(make_user("reader", ("view_article",)))
    article = ArticleFactory(tags=["Economy"])
    suggest(article, TagFactory())

    assert article.source_headline in client.get(LIST).text
    assert client.get(f"{LIST}{article.pk}/change/").status_code == 200
    refused = client.post(f"{LIST}{article.pk}/change/", {"_move": "publish"})
    assert refused.status_code == 403
    assert get_user_model().objects.count() == 1


@pytest.mark.parametrize(
    "query", ["tagging=none", "tagging=suggested", "language=en", "q=number"]
)
def test_the_filters_find_what_they_name(
    client: Client, editor: object, query: str
) -> None:
    found = ArticleFactory(source__language="en")
    suggest(found, TagFactory())
    ArticleFactory(
        tags=["Economy"], language="ja", source_headline="Other", source__language="ja"
    )

    rows = client.get(f"{LIST}?{query}").context["cl"].result_list

    assert [row.pk for row in rows] == [found.pk]


def test_a_source_in_the_address_is_heeded_among_many_sources(
    client: Client, editor: object
) -> None:
    SourceFactory.create_batch(41)
    found, _other = ArticleFactory(), ArticleFactory()

    page = client.get(f"{LIST}?source={found.source.slug}")

    assert [row.pk for row in page.context["cl"].result_list] == [found.pk]
    assert not client.get(f"{LIST}?source=nobody").context["cl"].result_list
    assert len(client.get(LIST).context["cl"].result_list) == 2


def test_a_deleted_piece_leaves_a_tombstone_and_the_page_says_so(
    client: Client, act: Act
) -> None:
    chief = make_user("chief", (*EDITOR, "delete_article"))
    client.force_login(chief)
    one, many = ArticleFactory.create_batch(2)

    for asked in (client.get(f"{LIST}{one.pk}/delete/"), act("delete_selected", many)):
        assert "No import brings" in asked.text
    client.post(f"{LIST}{one.pk}/delete/", {"post": "yes"})
    act("delete_selected", many, post="yes")

    assert not Article.objects.exists()
    left = Tombstone.objects.order_by("pk")
    assert [each.canonical_url for each in left] == [
        one.canonical_url,
        many.canonical_url,
    ]
    assert {each.by for each in left} == {chief}


def test_a_tag_that_is_not_there_is_made_by_those_only_who_may(
    client: Client, act: Act
) -> None:
    client.force_login(make_member(Role.CONTRIBUTORS))
    article = ArticleFactory()
    page = act("tag_selected", article, tags="Brand new")
    assert "Nothing is called #Brand new yet" in page.text
    assert not Tag.objects.exists()


def test_what_is_asked_before_deleting_leaves_out_what_is_derived(
    client: Client, act: Act
) -> None:
    client.force_login(make_user("chief", (*EDITOR, "delete_article")))
    article = ArticleFactory(tags=["Trade"])
    TextBand.objects.create(key=7, article=article)

    asked = (client.get(f"{LIST}{article.pk}/delete/"), act("delete_selected", article))

    for page in asked:
        assert "Tag on an article" in page.text
        assert "Band" not in page.text
        assert "bands" not in page.text
        assert "search index" not in page.text
