"""Where addresses lead: the admin, the reader's pages, and stored pictures."""

from urllib.parse import urlsplit

from django.conf import settings
from django.conf.urls.i18n import i18n_patterns
from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path

from articles.admin.on_site import on_site
from articles.site.urls import in_every_language

from .media import media

handler400 = "articles.desk.answers.not_taken"
handler404 = "newsroom.errors.page_not_found"
handler500 = "newsroom.errors.server_error"
handler403 = "articles.admin.refusals.refused"

urlpatterns: list[URLPattern | URLResolver] = [
    path("admin/desk/", include("articles.desk.urls")),
    # Before the admin's own, which answers at the same address.
    path(
        "admin/r/<path:content_type_id>/<path:object_id>/",
        admin.site.admin_view(on_site),
        name="view-on-site",
    ),
    path("admin/", admin.site.urls),
    # What readers ask for most stands before what programs do.
    *i18n_patterns(*in_every_language, prefix_default_language=False),
    path("", include("articles.site.urls")),
]

# Pictures on another host are that host's to serve.
if not urlsplit(settings.MEDIA_URL).netloc:
    prefix = settings.MEDIA_URL.lstrip("/")
    urlpatterns.append(path(f"{prefix}<path:path>", media, name="media"))
