"""People who sign in to the admin, and what they post."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.http import HttpResponse
from django.test import Client

from articles.models import Article
from tests.factories import EDITOR, make_user

LIST = "/admin/articles/article/"
Act = Callable[..., HttpResponse]


@pytest.fixture
def editor(client: Client, db: None) -> Any:
    """An editor, signed in with ``client``."""
    user = make_user("editor", EDITOR)
    client.force_login(user)
    return user


@pytest.fixture
def act(client: Client) -> Act:
    """Run an action of the list on articles, as the form there does."""

    def run(action: str, *articles: Article, **fields: str) -> HttpResponse:
        chosen = [str(article.pk) for article in articles]
        data = {"action": action, ACTION_CHECKBOX_NAME: chosen, "index": "0"}
        return client.post(LIST, data | fields, follow=True)

    return run


@pytest.fixture
def save(client: Client) -> Act:
    """Post the change form of an article: as it was shown, with these changes."""

    def post(article: Article, **changes: Any) -> HttpResponse:
        url = f"{LIST}{article.pk}/change/"
        form = client.get(url).context["adminform"].form
        data = {}
        for bound in form:
            shown = bound.value()
            data[bound.html_name] = "" if shown is None else shown
            if bound.field.show_hidden_initial:
                data[bound.html_initial_name] = data[bound.html_name]
        data = {name: value for name, value in data.items() if name != "picture"}
        return client.post(url, data | changes, follow=True)

    return post
