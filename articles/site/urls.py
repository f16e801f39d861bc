from django.contrib.sitemaps.views import sitemap
from django.urls import include, path, re_path, register_converter
from django.views.generic import RedirectView

from newsroom.reading import for_reading

from . import feeds, listings, views
from .converters import (
    SlugsConverter,
    TwoDigitsConverter,
    UnicodeSlugConverter,
    YearConverter,
)
from .sitemaps import SITEMAPS

register_converter(UnicodeSlugConverter, "uslug")
register_converter(SlugsConverter, "slugs")
register_converter(YearConverter, "yyyy")
register_converter(TwoDigitsConverter, "mm")

icon = RedirectView.as_view(url="/static/img/icon.svg", permanent=True)

pages = [
    path("tags/", views.tag_index, name="tags"),
    path("articles/<int:pk>/<uslug:slug>/", views.article_detail, name="article"),
    path("corrections/", views.correction_list, name="corrections"),
    path("search/", listings.search, name="search"),
    re_path(r"^(?:en/)?hashtag/(?P<name>[^/]+)/?$", views.hashtag, name="hashtag"),
]
pages += [
    path(f"{prefix}{period}", view, name=f"{kind}{ending}")
    for kind, prefix, view in (
        ("home", "", listings.home),
        ("tag", "tags/<slugs:slug>/", listings.tag_detail),
        ("source", "sources/<uslug:slug>/", listings.source_detail),
        ("category", "categories/<uslug:slug>/", listings.category_detail),
    )
    for ending, period in (
        ("", ""),
        ("-month", "<yyyy:year>/<mm:month>/"),
        ("-day", "<yyyy:year>/<mm:month>/<mm:day>/"),
    )
]

feed_pages = [
    path(f"{prefix}feed.{ending}", view, name=f"{kind}-feed-{ending}")
    for kind, prefix in (
        ("home", ""),
        ("tag", "tags/<slugs:slug>/"),
        ("source", "sources/<uslug:slug>/"),
        ("category", "categories/<uslug:slug>/"),
    )
    for ending, view in feeds.views_of(kind)
]

urlpatterns = [
    path("", include((pages + feed_pages, "articles"))),
    path("sitemap.xml", for_reading(sitemap), {"sitemaps": SITEMAPS}, name="sitemap"),
    path("robots.txt", views.robots, name="robots"),
    path("healthz", views.healthz, name="healthz"),
    path("readyz", views.readyz, name="readyz"),
    path("favicon.ico", for_reading(icon)),
]
