"""Who sits at the desk, and how its script asks."""

from collections.abc import Callable
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

from articles.models import Article
from tests.factories import EDITOR, make_user

Ask = Callable[..., HttpResponse]


@pytest.fixture
def colleague(db: None) -> Any:
    return make_user("sato", EDITOR)


@pytest.fixture
def ask(client: Client) -> Ask:
    """Post a deed on articles as the desk's script does; answers with JSON."""

    def post(deed: str, *articles: Article, **fields: Any) -> HttpResponse:
        pieces = [f"{article.pk}:{article.version}" for article in articles]
        return client.post(
            f"/admin/desk/{deed}/",
            {"piece": pieces} | fields,
            headers={"x-requested-with": "desk"},
        )

    return post
