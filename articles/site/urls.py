from django.contrib.sitemaps.views import sitemap
from django.urls import include, path, re_path, register_converter
from django.views.generic import RedirectView

from newsroom.reading import for_reading

from . import feeds, views
from .converters import UnicodeSlugConverter
from .sitemaps import SITEMAPS

register_converter(UnicodeSlugConverter, "uslug")

icon = RedirectView.as_view(url="/static/img/icon.svg", permanent=True)

pages = [
    path("", views.home, name="home"),
    path("tags/", views.tag_index, name="tags"),
    path("tags/<uslug:slug>/", views.tag_detail, name="tag"),
    path("articles/<int:pk>/<uslug:slug>/", views.article_detail, name="article"),
    path("sources/<uslug:slug>/", views.source_detail, name="source"),
    path("categories/<uslug:slug>/", views.category_detail, name="category"),
    path("corrections/", views.correction_list, name="corrections"),
    path("search/", views.search, name="search"),
    re_path(r"^(?:en/)?hashtag/(?P<name>[^/]+)/?$", views.hashtag, name="hashtag"),
]

feed_pages = [
    path(f"{prefix}feed.{ending}", view, name=f"{kind}-feed-{ending}")
    for kind, prefix in (
        ("home", ""),
        ("tag", "tags/<uslug:slug>/"),
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
