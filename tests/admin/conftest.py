"""People who sign in to the admin, and what they post."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.http import HttpResponse
from django.test import Client

from articles.models import Article

LIST = "/admin/articles/article/"
Act = Callable[..., HttpResponse]


@pytest.fixture
def act(client: Client) -> Act:
    """Run an action of the list on articles, as the form there does."""

    def run(action: str, *articles: Article, **fields: str) -> HttpResponse:
        chosen = [str(article.pk) for article in articles]
        data = {"action": action, ACTION_CHECKBOX_NAME: chosen, "index": "0"}
        return client.post(LIST, data | fields, follow=True)

    return run


def shown(client: Client, article: Article) -> dict[str, Any]:
    """What the form of a piece holds when it is opened."""
    return fields_of(client.get(f"{LIST}{article.pk}/change/"))


def fields_of(page: HttpResponse) -> dict[str, Any]:
    """What a browser would send from the form of a page, as it is shown."""
    data = {}
    for bound in page.context["adminform"].form:
        value = bound.value()
        data[bound.html_name] = "" if value is None else value
        if bound.field.show_hidden_initial:
            data[bound.html_initial_name] = bound.form.data.get(
                bound.html_initial_name, data[bound.html_name]
            )
    return {name: value for name, value in data.items() if name != "picture"}


def post(client: Client, article: Article, data: dict[str, Any]) -> HttpResponse:
    """Send the form of a piece, and follow where it leads."""
    return client.post(f"{LIST}{article.pk}/change/", data, follow=True)


@pytest.fixture
def save(client: Client) -> Act:
    """Post the change form of an article: as it was shown, with these changes."""

    def run(article: Article, **changes: Any) -> HttpResponse:
        return post(client, article, shown(client, article) | changes)

    return run
