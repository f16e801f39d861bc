"""How Newsroom names itself to the servers it asks."""

from django.conf import settings

from newsroom import __version__


def user_agent() -> str:
    """Product, version and where to read about us (RFC 9110, 10.1.5); no disguise."""
    return f"Newsroom/{__version__} (+{settings.NEWSROOM_SITE_URL}/)"
