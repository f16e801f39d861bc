"""The WSGI entry point: ``newsroom.wsgi:application``."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "newsroom.settings")
django_application = get_wsgi_application()

from articles.site.kept import kept_first  # noqa: E402 (it needs Django set up)

application = kept_first(django_application)
