"""Suggested tags: which tags' phrases stand in an article's text.

A tag is suggested by its name, read as running words, by its aliases, and by
the phrases an editor gives it. Decisions are kept: a suggestion that was
rejected stays rejected, however often suggestions are computed again.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from functools import partial

from django.db import reset_queries, transaction

from articles.interruption import held_back
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
from articles.processes import Processes

from .phrases import Match, PhraseBook, first_matches

#: Articles whose suggestions are computed in one transaction, and by one process at
#: a time, while those before them are being written.
BATCH, PART = 500, 50
#: Articles that are looked at before processes are started.
FEW = 1_000
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


Texts = tuple[str, str, str, str]
#: ``{tag id: first match}``
Found = dict[int, Match[int]]


def _texts_of(article: Article) -> Texts:
    """Headlines, excerpt and text, in the order in which they are looked through."""
    return (
        article.headline,
        article.source_headline,
        article.source_excerpt,
        plain(article.source_body[:READ_OF_BODY]),
    )


def refresh(
    *,
    since: datetime | None = None,
    on_progress: Callable[[int], None] | None = None,
    workers: int | None = 0,
) -> int:
    """Compute suggestions of every waiting article that wants them.

    By so many ``workers``, or with None as many as there are processors. Returns how
    many articles were looked at. A run that dies is taken up by the next one: an
    article wants suggestions until it has them.
    """
    done = 0
    waiting = Article.objects.waiting()
    wanting = waiting.filter(needs_suggestions=True).order_by("pk")
    if since:
        wanting = wanting.filter(created_at__gte=since)
    if not wanting.exists():
        return done
    work = partial(first_matches, phrase_book())
    with Processes[Texts, Found](work, few=FEW, number=workers) as processes:
        while ids := list(wanting.values_list("pk", flat=True)[:BATCH]):
            with held_back(), transaction.atomic():
                # Another process may be at the same ones: what it has done meanwhile
                # is not done again.
                locked = wanting.filter(pk__in=ids).select_for_update(no_key=True)
                _suggest(list(locked.only(*_READ)), processes)
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
    return refresh(workers=None)


def refresh_one(article: Article) -> None:
    """Compute one article's suggestions now."""
    with transaction.atomic():
        _write([article], first_matches(phrase_book(), [_texts_of(article)]))


def _suggest(articles: list[Article], processes: Processes[Texts, Found]) -> None:
    parts = [articles[at : at + PART] for at in range(0, len(articles), PART)]
    under_way = [processes.begin(list(map(_texts_of, part))) for part in parts]
    for part, found in zip(parts, under_way, strict=True):
        _write(part, found())


def _write(articles: list[Article], found: Iterable[Found]) -> None:
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
        for article, matches in zip(articles, found, strict=True)
        for tag, match in matches.items()
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
    Article.objects.filter(pk__in=ids).update(needs_suggestions=False)


def settle(article: Article, tags: Iterable[int], state: SuggestionState) -> None:
    """Keep an editor's decision on some of an article's suggestions."""
    open_ones = article.suggestions.filter(state=SuggestionState.OPEN)
    open_ones.filter(tag__in=list(tags)).update(state=state)
