"""The reader's other pages: the list of tags, pieces, corrections, and for machines."""

from itertools import groupby

from django.core.cache import cache
from django.db import connection
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from articles import corrections, listing
from articles.models import Article, ArticleStatus, Tag
from articles.piece import page_of
from articles.words import fold
from newsroom.prepared import loaded
from newsroom.reading import for_reading
from newsroom.replica import from_replica

from . import kept
from .addresses import invalid, query
from .context import paths_of, switch
from .tags import tag_named


@kept.page(kept.of_everything)
def tag_index(request: HttpRequest) -> HttpResponse:
    """All tags that have a piece to show, A–Z, by their first letter."""
    columns = ("name", "key", "slug", "listed_count")
    tags = listing.shown_tags(list(Tag.objects.listed().only(*columns)))
    # É stands among E: databases order by characters, accents and all.
    tags.sort(key=lambda tag: (fold(tag.key), tag.key))
    letters = [
        (letter, list(group))
        for letter, group in groupby(tags, lambda tag: _first_letter(tag))
    ]
    return render(request, "site/tag_index.html", {"letters": letters})


def _first_letter(tag: Tag) -> str:
    # A sign folds to a blank, and stands for itself.
    return (fold(tag.key).strip() or tag.key)[0].upper()


@for_reading
@from_replica
def hashtag(request: HttpRequest, name: str) -> HttpResponse:
    """The addresses that hashtags had on older sites, by any spelling."""
    return redirect(tag_named(name), permanent=True)


@kept.page(kept.of_article)
def article_detail(request: HttpRequest, pk: int, slug: str) -> HttpResponse:
    """One piece; 410 once it is killed, 404 while the public may not see it."""
    found = _public(pk)
    if not found:
        return _gone(request, pk)
    (article,) = found
    if slug != article.slug:
        return redirect(article, permanent=True)
    return render(request, "site/article_detail.html", page_of(article))


@loaded(Article, "source", "category", "image")
def _public(pk: int) -> QuerySet:
    return Article.objects.published().filter(pk=pk)


def _gone(request: HttpRequest, pk: int) -> HttpResponse:
    """What is said of a piece that is not public."""
    article = get_object_or_404(Article, pk=pk, status=ArticleStatus.KILLED)
    # Not the page's own address in the other language: its slug is the headline.
    told = {"notice": article.notice, "languages": switch(paths_of())}
    return render(request, "site/gone.html", told, status=410)


@kept.page(kept.of_everything)
def correction_list(request: HttpRequest) -> HttpResponse:
    """What was corrected or clarified in pieces that can be read, newest first."""
    try:
        page = corrections.page(request.GET)
    except listing.InvalidListing as error:
        return invalid(request, error)
    context = {
        "page": page,
        "older_query": query(request.GET, after=page.older) if page.older else "",
        "newest_query": query(request.GET),
    }
    return render(request, "site/corrections.html", context)


@for_reading
def healthz(request: HttpRequest) -> HttpResponse:
    """The process is alive."""
    return HttpResponse("ok\n", content_type="text/plain")


@for_reading
def readyz(request: HttpRequest) -> HttpResponse:
    """The process can serve: database and cache answer."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        cache.set("readyz", "ok", timeout=5)
        reason = "" if cache.get("readyz") == "ok" else "the cache forgets"
    except Exception as error:  # noqa: BLE001 - cache clients raise errors of their own
        reason = type(error).__name__
    text = f"not ready: {reason}\n" if reason else "ready\n"
    return HttpResponse(text, content_type="text/plain", status=503 if reason else 200)
