import pytest

from articles.models import Article, SuggestionState, Tag, TagSuggestion
from articles.tagging import suggestions, tags
from tests.factories import ArticleFactory, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def alliance():
    tag = Tag.objects.get_or_make(["JapanUSAlliance"])["japanusalliance"]
    tag.phrases.create(text="日米同盟")
    return tag


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Ministers renew the Japan-U.S. alliance", "Japan-U.S. alliance"),
        ("Why the Japan-US alliance holds", "Japan-US alliance"),
        ("The Japan–US Alliance at sixty", "Japan–US Alliance"),
        ("岸壁の整備、「日米同盟」の要に", "日米同盟"),
        ("A day of #JapanUSAlliance drills", "JapanUSAlliance"),
    ],
)
def test_a_tag_is_suggested_with_the_phrase_that_caused_it(alliance, text, found):
    article = ArticleFactory(source_headline=text)
    assert suggestions.refresh() == 1
    suggestion = article.suggestions.get()
    assert (suggestion.tag, suggestion.found) == (alliance, found)
    assert suggestion.state == SuggestionState.OPEN


@pytest.mark.parametrize(
    "text", ["Japan, US: alliance talks", "USA Alliance of Japan", "同盟通信"]
)
def test_what_only_looks_alike_suggests_nothing(alliance, text):
    ArticleFactory(source_headline=text)
    suggestions.refresh()
    assert not TagSuggestion.objects.exists()


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("headline", "The Japan-US alliance"),
        ("source_headline", "The Japan-US alliance"),
        ("source_excerpt", "The Japan-US alliance"),
        ("source_body", "<p>The <em>Japan-US</em> alliance</p>"),
    ],
)
def test_headline_excerpt_and_text_are_read(alliance, field, text):
    article = ArticleFactory(**{field: text})
    suggestions.refresh()
    assert article.suggestions.get().tag == alliance
    article.refresh_from_db()
    assert not article.needs_suggestions


def test_a_tag_the_piece_carries_is_not_suggested(alliance):
    ArticleFactory(source_headline="Japan-US alliance", tags=["JapanUSAlliance"])
    suggestions.refresh()
    assert not TagSuggestion.objects.exists()


def test_a_rejected_suggestion_does_not_come_back(alliance):
    article = ArticleFactory(source_headline="Japan-US alliance")
    suggestions.refresh()
    editor = make_user()
    tags.decide(article, accepted=[], rejected=[alliance.pk], by=editor)
    suggestions.recompute()
    assert article.suggestions.get().state == SuggestionState.REJECTED


def test_an_accepted_suggestion_puts_the_tag_on_and_says_by_whom(alliance):
    article = ArticleFactory(source_headline="Japan-US alliance")
    suggestions.refresh()
    editor = make_user()
    tags.decide(article, accepted=[alliance.pk], rejected=[], by=editor)
    row = article.tagged_articles.get()
    assert (row.tag, row.tagged_by, row.origin) == (alliance, editor, "suggestion")
    assert article.suggestions.get().state == SuggestionState.ACCEPTED


def test_a_suggestion_nothing_speaks_for_any_more_goes(alliance):
    article = ArticleFactory(source_headline="Japan-US alliance")
    suggestions.refresh()
    Article.objects.filter(pk=article.pk).update(source_headline="Something else")
    suggestions.recompute()
    assert not article.suggestions.exists()


def test_only_what_waits_is_looked_at(alliance):
    ArticleFactory(published=True, source_headline="Japan-US alliance")
    assert suggestions.refresh() == 0


def test_short_names_suggest_themselves_nowhere_but_their_phrases_do():
    named = Tag.objects.get_or_make(["C", "R", "C++"])
    named["c++"].phrases.create(text="C++")
    ArticleFactory(source_headline="C and R and C++ compared")
    suggestions.refresh()
    assert TagSuggestion.objects.get().tag == named["c++"]


def test_suggestions_cost_the_same_for_few_and_for_many(
    alliance, django_assert_max_num_queries
):
    for number in (2, 60):
        for n in range(number):
            ArticleFactory(source_headline=f"Japan-US alliance {n}")
        with django_assert_max_num_queries(16):
            suggestions.refresh()
