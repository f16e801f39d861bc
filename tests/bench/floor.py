"""The floor: what a tag page costs in Django when it does as good as nothing.

One view, one hand-written query over the same tables, one small template, no
middleware, no session, no translations. ``?page=`` is counted with OFFSET, as most
sites do. It runs as a server of its own: ``gunicorn tests.bench.floor``.
"""

import functools
import os
from pathlib import Path

import environ
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.template.loader import get_template
from django.urls import path

database = dict(environ.Env.db_url_config(os.environ["DATABASE_URL"]))
if "postgresql" in database["ENGINE"]:
    database["OPTIONS"] = {"pool": {"min_size": 1, "max_size": 4}}
settings.configure(
    DEBUG=False,
    SECRET_KEY="the floor signs nothing",
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    DATABASES={"default": database},
    USE_TZ=True,
    USE_I18N=False,
    TEMPLATES=[
        {
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "DIRS": [Path(__file__).parent],
        }
    ],
)

#: Pieces of a page.
SIZE = 20
QUERY = """
SELECT a.id, a.source_headline, a.source_excerpt, a.url, t.listed_at, s.name, c.name,
       i.file, i.width, i.height
FROM articles_taggedarticle t
JOIN articles_article a ON a.id = t.article_id
JOIN articles_source s ON s.id = a.source_id
JOIN articles_category c ON c.id = a.category_id
LEFT JOIN articles_image i ON i.id = a.image_id
WHERE t.tag_id = %s
  AND t.listed_at IS NOT NULL AND t.visible_from <= CURRENT_TIMESTAMP
ORDER BY t.listed_at DESC, t.article_id DESC
LIMIT %s OFFSET %s
"""
COLUMNS = (
    *("id", "headline", "excerpt", "url", "listed_at", "source", "category"),
    *("file", "width", "height"),
)


@functools.lru_cache
def tag_at(slug: str) -> int:
    """A tag's id, looked up once: with a subquery in its place PostgreSQL knows nothing
    of how common the tag is, and sorts all of its rows."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM articles_tag WHERE slug = %s", [slug])
        return int(cursor.fetchone()[0])


def tag(request: HttpRequest, slug: str) -> HttpResponse:
    offset = SIZE * (int(request.GET.get("page", "1")) - 1)
    with connection.cursor() as cursor:
        cursor.execute(QUERY, [tag_at(slug), SIZE, offset])
        rows = [dict(zip(COLUMNS, row, strict=True)) for row in cursor.fetchall()]
    page = get_template("floor.html").render({"slug": slug, "rows": rows})
    # Or gunicorn sends it in pieces, and the other side waits for 40 ms (RFC 1122,
    # 4.2.3.2) before it acknowledges the first.
    return HttpResponse(page, headers={"Content-Length": len(page.encode())})


urlpatterns = [path("tags/<str:slug>/", tag)]
application = get_wsgi_application()
