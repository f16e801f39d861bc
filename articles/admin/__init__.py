"""The editors' and operators' screens: Django's admin, dressed for the work."""

from django.conf import settings
from django.contrib import admin

from . import (
    act,
    article_form,
    category,
    feed,
    fetch_attempt,
    imports,
    people,
    source,
    tag,
    tombstone,
)

__all__ = [
    "act",
    "article_form",
    "category",
    "feed",
    "fetch_attempt",
    "imports",
    "people",
    "source",
    "tag",
    "tombstone",
]

admin.site.site_header = admin.site.site_title = settings.NEWSROOM_SITE_NAME
# The lists need the width; the same links stand in a row under the header.
admin.site.enable_nav_sidebar = False
