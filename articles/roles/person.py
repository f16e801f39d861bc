"""Who is signed in."""

from typing import cast

from django.contrib.auth.models import User
from django.http import HttpRequest


def person(request: HttpRequest) -> User:
    """Who acts, on a page that lets nobody in who is not signed in."""
    return cast(User, request.user)
