from django.urls import include, path, re_path, register_converter
from django.views.generic import RedirectView

from newsroom.reading import for_reading

from . import feeds, listings, sitemaps, views, wellknown
from .converters import (
    NumberConverter,
    SlugsConverter,
    TwoDigitsConverter,
    UnicodeSlugConverter,
    YearConverter,
)
from .opml import opml

register_converter(UnicodeSlugConverter, "uslug")
register_converter(SlugsConverter, "slugs")
register_converter(NumberConverter, "number")
register_converter(YearConverter, "yyyy")
register_converter(TwoDigitsConverter, "mm")

icon = RedirectView.as_view(url="/static/img/icon.svg", permanent=True)

pages = [
    path("tags/", views.tag_index, name="tags"),
    path("articles/<number:pk>/<uslug:slug>/", views.article_detail, name="article"),
    path("corrections/", views.correction_list, name="corrections"),
    path("search/", listings.search, name="search"),
    re_path(r"^hashtag/(?P<name>[^/]+)/?$", views.hashtag, name="hashtag"),
]
pages += [
    path(f"{prefix}{period}", view, name=f"{kind}{ending}")
    for kind, prefix, view in (
        ("tag", "tags/<slugs:slug>/", listings.tag_detail),
        ("source", "sources/<uslug:slug>/", listings.source_detail),
        ("category", "categories/<uslug:slug>/", listings.category_detail),
        ("home", "", listings.home),
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
        ("search", "search/"),
    )
    for ending, view in feeds.views_of(kind)
]

#: What readers find in every language, each under its prefix.
in_every_language = [path("", include((pages + feed_pages, "articles")))]

urlpatterns = [
    # English is the language without a prefix; older sites had one.
    re_path(r"^en/hashtag/(?P<name>[^/]+)/?$", views.hashtag),
    path("sitemap.xml", sitemaps.sitemap_index, name="sitemap"),
    re_path(
        r"^sitemap-(?P<name>[a-z]+|(?:1[89]|2\d)\d\d-\d\d)(?:\.(?P<part>[1-9]\d?))?\.xml$",
        sitemaps.sitemap,
        name="sitemap-of",
    ),
    path("news-sitemap.xml", sitemaps.news_sitemap, name="news-sitemap"),
    path("opml.xml", opml, name="opml"),
    path("robots.txt", wellknown.robots, name="robots"),
    path("manifest.webmanifest", wellknown.manifest, name="manifest"),
    path(".well-known/security.txt", wellknown.security, name="security"),
    path(
        ".well-known/apple-app-site-association",
        wellknown.apple_apps,
        name="apple-apps",
    ),
    path(".well-known/assetlinks.json", wellknown.android_apps, name="android-apps"),
    path(".well-known/tdmrep.json", wellknown.mining, name="mining"),
    path("healthz", views.healthz, name="healthz"),
    path("readyz", views.readyz, name="readyz"),
    path("favicon.ico", for_reading(icon)),
]
