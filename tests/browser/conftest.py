"""Who sits before the browser."""

from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import BrowserContext, Page
from pytest_django.live_server_helper import LiveServer

from tests.factories import EDITOR, make_user

#: What shows an editor every screen there is.
EVERYTHING = (
    *EDITOR,
    "kill_article",
    "correct_article",
    "delete_article",
    "delete_tag",
    "change_source",
    "view_feed",
    "add_feed",
    "change_feed",
    "delete_feed",
    "view_importrun",
    "view_refusedrecord",
    "view_fetchattempt",
    "view_tombstone",
    "delete_tombstone",
    "view_act",
    "view_category",
    "change_category",
)


def signed_in_as(context: BrowserContext, live_server: LiveServer, user: Any) -> None:
    """Let a browser's context carry the session of a person."""
    client = Client()
    client.force_login(user)
    name = settings.SESSION_COOKIE_NAME
    value = client.cookies[name].value
    context.add_cookies([{"name": name, "value": value, "url": live_server.url}])


@pytest.fixture
def sign_in(page: Page, live_server: LiveServer) -> Callable[[Any], None]:
    """Let the page carry the session of a person."""
    return lambda user: signed_in_as(page.context, live_server, user)


@pytest.fixture
def signed_in(sign_in: Callable[[Any], None]) -> Any:
    """An editor whose session the page carries."""
    user = make_user("editor", EVERYTHING)
    sign_in(user)
    return user
