"""Who sits before the browser."""

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.test import Client
from playwright.sync_api import BrowserContext, Page
from pytest_django.live_server_helper import LiveServer

from tests.factories import EDITOR, make_user

#: Seconds that the live server may take to end what it is at after a test.
END_SECONDS = 10
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


class InHand:
    """Counts the requests that the live server has begun and not ended."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._number = 0

    def begun(self, sender: type | None, **_about: Any) -> None:
        self._count(sender, 1)

    def ended(self, sender: type | None, **_about: Any) -> None:
        self._count(sender, -1)

    def _count(self, sender: type | None, by: int) -> None:
        # The test client sends the same signals: by a handler of its own, or by none.
        if sender is not None and issubclass(sender, WSGIHandler):
            with self._changed:
                self._number += by
                self._changed.notify_all()

    def wait_for_none(self) -> bool:
        """Whether the last one ended within END_SECONDS."""
        with self._changed:
            return self._changed.wait_for(lambda: self._number == 0, END_SECONDS)


@pytest.fixture(autouse=True)
def nothing_in_hand(transactional_db: None) -> Iterator[None]:
    """No request outlives its test.

    A browser that is closed leaves the server at what it had asked for, and the
    emptying of the tables after a test deadlocks with a claim that is being made.
    """
    requests = InHand()
    request_started.connect(requests.begun)
    request_finished.connect(requests.ended)
    yield
    over = requests.wait_for_none()
    request_started.disconnect(requests.begun)
    request_finished.disconnect(requests.ended)
    assert over, "The live server is still at a request."


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
