"""Suggested tags: which tags' phrases stand in an article's text.

A tag is suggested by its name, read as running words, by its aliases, and by
the phrases an editor gives it. Decisions are kept: a suggestion that was
rejected stays rejected, however often suggestions are computed again.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime

from django.db import reset_queries, transaction

from articles.markup import plain
from articles.models import (
    Article,
    SuggestionState,
    Tag,
    TagAlias,
    TagPhrase,
    TagSuggestion,
)
from articles.names import words_of

from .phrases import Match, PhraseBook

#: Articles whose suggestions are computed in one transaction.
BATCH = 200
#: Characters of a body that are looked at: beyond them a subject that has not
#: been named yet is not what the piece is about.
READ_OF_BODY = 6_000
#: A tag whose name is shorter suggests itself nowhere: "C" and "R" stand in
#: every text. A phrase given by an editor may be as short as it likes.
SHORTEST_NAME = 3


def phrase_book() -> PhraseBook:
    """All that suggests a tag at this moment."""
    return PhraseBook(_phrases())


def _phrases() -> Iterator[tuple[str, int]]:
    for names in (
        Tag.objects.values_list("pk", "name"),
        TagAlias.objects.values_list("tag", "name"),
    ):
        for pk, name in names.iterator():
            if len(name) >= SHORTEST_NAME or not name.isascii():
                # As running words, and as the hashtag it is: "GitHub" is no
                # "Git Hub", and a text may say #JapanUSAlliance.
                yield name, pk
                yield words_of(name), pk
    yield from TagPhrase.objects.values_list("text", "tag").iterator()


#: What of an article is looked at.
_READ = ("headline", "source_headline", "source_excerpt", "source_body")


def matches(article: Article, book: PhraseBook) -> dict[int, Match]:
    """``{tag id: first match}`` in headline, excerpt and text, in that order."""
    found: dict[int, Match] = {}
    for text in (
        article.headline,
        article.source_headline,
        article.source_excerpt,
        plain(article.source_body[:READ_OF_BODY]),
    ):
        for match in book.find(text):
            found.setdefault(match.target, match)
    return found


def refresh(
    *, since: datetime | None = None, on_progress: Callable[[int], None] | None = None
) -> int:
    """Compute suggestions of every waiting article that wants them.

    Returns how many articles were looked at. A run that dies is taken up by
    the next one: an article wants suggestions until it has them.
    """
    done = 0
    waiting = Article.objects.waiting()
    wanting = waiting.filter(needs_suggestions=True).order_by("pk")
    if since:
        wanting = wanting.filter(created_at__gte=since)
    if not wanting.exists():
        return done
    book = phrase_book()
    while ids := list(wanting.values_list("pk", flat=True)[:BATCH]):
        with transaction.atomic():
            # Another process may be at the same ones: what it has done meanwhile
            # is not done again.
            locked = wanting.filter(pk__in=ids).select_for_update(no_key=True)
            _suggest(list(locked.only(*_READ)), book)
            Article.objects.filter(pk__in=ids).update(needs_suggestions=False)
        done += len(ids)
        reset_queries()
        if on_progress:
            on_progress(done)
    return done


def recompute(*, since: datetime | None = None) -> int:
    """Have every waiting article (arrived ``since``) looked at again."""
    waiting = Article.objects.waiting()
    if since:
        waiting = waiting.filter(created_at__gte=since)
    waiting.update(needs_suggestions=True)
    return refresh()


def refresh_one(article: Article) -> None:
    """Compute one article's suggestions now."""
    with transaction.atomic():
        _suggest([article], phrase_book())
        Article.objects.filter(pk=article.pk).update(needs_suggestions=False)


def _suggest(articles: list[Article], book: PhraseBook) -> None:
    """Make new suggestions, drop open ones that nothing speaks for any more."""
    ids = [article.pk for article in articles]
    tagged = set(
        Article.tags.through.objects.of(ids).values_list("content_object", "tag")
    )
    old = {
        (each.article_id, each.tag_id): each
        for each in TagSuggestion.objects.filter(article__in=ids)
    }
    wanted = {
        (article.pk, tag): match
        for article in articles
        for tag, match in matches(article, book).items()
        if (article.pk, tag) not in tagged
    }
    stale = [
        each.pk
        for pair, each in old.items()
        if each.state == SuggestionState.OPEN and pair not in wanted
    ]
    TagSuggestion.objects.filter(pk__in=stale).delete()
    TagSuggestion.objects.bulk_create(
        [
            TagSuggestion(
                article_id=article,
                tag_id=tag,
                phrase=match.phrase[:100],
                found=match.found[:200],
            )
            for (article, tag), match in wanted.items()
            if (article, tag) not in old
        ],
        ignore_conflicts=True,
    )


def settle(article: Article, tags: Iterable[int], state: SuggestionState) -> None:
    """Keep an editor's decision on some of an article's suggestions."""
    open_ones = article.suggestions.filter(state=SuggestionState.OPEN)
    open_ones.filter(tag__in=list(tags)).update(state=state)
