"""What every page of the site knows."""

from django.conf import settings
from django.http import HttpRequest


def site(request: HttpRequest) -> dict[str, object]:
    """The site's name, its origin, and the stores its app can be had from."""
    return {
        "site_name": settings.NEWSROOM_SITE_NAME,
        "site_url": settings.NEWSROOM_SITE_URL,
        "app_store_url": settings.NEWSROOM_APP_STORE_URL,
        "play_store_url": settings.NEWSROOM_PLAY_STORE_URL,
    }
