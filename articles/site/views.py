"""The reader's pages. They ask ``listing`` for rows and ``rights`` for content."""

from itertools import groupby
from typing import Any

from django.core.cache import cache
from django.db import connection
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse

from articles import corrections, listing
from articles.models import Article, ArticleStatus, Category, Source, Tag
from articles.piece import page_of
from newsroom.reading import for_reading
from newsroom.replica import from_replica

#: Tags shown on the home page.
LIVELIEST = 14
#: A menu of sources longer than this helps nobody; the address still filters.
MOST_SOURCES_IN_MENU = 50


@for_reading
@from_replica
def home(request: HttpRequest) -> HttpResponse:
    """The newest pieces and the liveliest tags."""
    liveliest = _shown(list(Tag.objects.liveliest()[:LIVELIEST]))
    return _listing(
        request, listing.everything(), "site/home.html", {"liveliest": liveliest}
    )


@for_reading
@from_replica
def tag_index(request: HttpRequest) -> HttpResponse:
    """All tags that have a piece to show, A–Z, by their first letter."""
    columns = ("name", "key", "slug", "listed_count")
    tags = list(Tag.objects.listed().order_by("key").only(*columns))
    letters = [
        (letter, list(group))
        for letter, group in groupby(_shown(tags), key=lambda tag: tag.key[0].upper())
    ]
    return render(request, "site/tag_index.html", {"letters": letters})


def _shown(tags: list[Tag]) -> list[Tag]:
    """The tags that have something to show by now, each with ``visible_count``."""
    waiting = listing.waiting_counts(tags) if tags else {}
    for tag in tags:
        tag.visible_count = tag.listed_count - waiting.get(tag.pk, 0)
    return [tag for tag in tags if tag.visible_count > 0]


@for_reading
@from_replica
def tag_detail(request: HttpRequest, slug: str) -> HttpResponse:
    """The newest pieces on one subject."""
    tag = Tag.objects.filter(slug=slug).first()
    if tag is None:
        return redirect(_tag_once_called(slug), permanent=True)
    context = {"tag": tag, "count": listing.visible_count(tag)}
    return _listing(request, listing.of_tag(tag), "site/tag_detail.html", context)


def _tag_once_called(slug: str) -> Tag:
    """The tag that had this slug, or has this name; Http404 if there is none."""
    former = Tag.objects.filter(aliases__slug=slug).first()
    if tag := former or Tag.objects.named(slug):
        return tag
    raise Http404("No tag of that name.")


@for_reading
@from_replica
def hashtag(request: HttpRequest, name: str) -> HttpResponse:
    """The addresses that hashtags had on older sites, by any spelling."""
    if tag := Tag.objects.named(name):
        return redirect(tag, permanent=True)
    raise Http404("No tag of that name.")


@for_reading
@from_replica
def article_detail(request: HttpRequest, pk: int, slug: str) -> HttpResponse:
    """One piece; 410 once it is killed, 404 while the public may not see it."""
    loaded = Article.objects.select_related("source", "category", "image")
    article = get_object_or_404(loaded, pk=pk)
    if article.status == ArticleStatus.KILLED:
        told = {"notice": article.notice}
        return render(request, "site/gone.html", told, status=410)
    if not Article.objects.published().filter(pk=pk).exists():
        raise Http404("No piece of that number is published.")
    if slug != article.slug:
        return redirect(article, permanent=True)
    return render(request, "site/article_detail.html", page_of(article))


@for_reading
@from_replica
def source_detail(request: HttpRequest, slug: str) -> HttpResponse:
    """The newest pieces of one publisher."""
    source = get_object_or_404(Source.objects.readable(), slug=slug)
    scope = listing.of_source(source)
    return _listing(request, scope, "site/source_detail.html", {"source": source})


@for_reading
@from_replica
def category_detail(request: HttpRequest, slug: str) -> HttpResponse:
    """The newest pieces of one section."""
    category = get_object_or_404(Category, slug=slug)
    scope = listing.of_category(category)
    return _listing(request, scope, "site/category_detail.html", {"category": category})


@for_reading
@from_replica
def correction_list(request: HttpRequest) -> HttpResponse:
    """What was corrected or clarified in pieces that can be read, newest first."""
    try:
        page = corrections.page(request.GET)
    except listing.InvalidListing as error:
        return _invalid(request, error)
    context = {
        "page": page,
        "older_query": _query(request, after=str(page.older)) if page.older else "",
        "newest_query": _query(request, after=None),
    }
    return render(request, "site/corrections.html", context)


@for_reading
@from_replica
def search(request: HttpRequest) -> HttpResponse:
    """Pieces that hold the reader's words."""
    return _listing(request, listing.everything(), "site/search.html", {})


def _listing(
    request: HttpRequest,
    scope: listing.Scope,
    template: str,
    context: dict[str, Any],
) -> HttpResponse:
    try:
        page = listing.page(scope, request.GET)
    except listing.InvalidListing as error:
        return _invalid(request, error)
    context |= {
        "page": page,
        "is_filtered": _is_filtered(request),
        "older_query": _query(request, after=str(page.older)) if page.older else "",
        "newest_query": _query(request, after=None),
        "sources": list(
            Source.objects.readable().order_by("name")[: MOST_SOURCES_IN_MENU + 1]
        ),
        "categories": list(Category.objects.order_by("name")),
        "chosen": request.GET,
    }
    if len(context["sources"]) > MOST_SOURCES_IN_MENU:
        context["sources"] = []
    return render(request, template, context)


def _invalid(request: HttpRequest, error: listing.InvalidListing) -> HttpResponse:
    invalid = {"errors": error.errors, "path": request.path}
    return render(request, "site/invalid.html", invalid, status=400)


def _is_filtered(request: HttpRequest) -> bool:
    return any(
        request.GET.get(name)
        for name in ("source", "category", "language", "from", "to", "q", "after")
    )


def _query(request: HttpRequest, **changes: str | None) -> str:
    """The address's query with these parameters set, or left out if None."""
    query = request.GET.copy()
    for name, value in changes.items():
        query.pop(name, None)
        if value is not None:
            query[name] = value
    return query.urlencode()


@for_reading
def robots(request: HttpRequest) -> HttpResponse:
    """What crawlers may read, and where the sitemap is."""
    sitemap = request.build_absolute_uri(reverse("sitemap"))
    lines = ["User-agent: *", "Disallow: /admin/", f"Sitemap: {sitemap}", ""]
    return HttpResponse("\n".join(lines), content_type="text/plain; charset=utf-8")


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
