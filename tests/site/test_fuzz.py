"""Whatever is asked, nothing breaks. The big run is ``make bench ARGS=fuzz``."""

import itertools
import os

import pytest
from django.test import Client

from tests.factories import ArticleFactory, TagFactory
from tests.fuzzing import requests, wrong
from tests.inprocess import answered
from tests.site.every_address import in_urlconf

pytestmark = pytest.mark.django_db

#: Of the suite, which asks the same each time. ``make bench`` asks for new things.
SEED = 20261126


def test_no_request_breaks_anything(admin_client):
    seed = int(os.environ.get("NEWSROOM_SEED", SEED))
    TagFactory(name="Trade", slug="trade")
    article = ArticleFactory(published=True, tags=["Trade", "Ferry"])
    parts = {
        "slug": ["trade", "ferry+trade", article.source.slug],
        "pk": [article.pk],
        "name": ["Trade"],
    }
    addresses = in_urlconf(parts)
    values = [str(article.pk), article.source.slug, "2026-06-11", "en", "ferry"]
    admin_client.raise_request_exception = False
    clients = (Client(raise_request_exception=False), admin_client)

    bad = []
    made = itertools.islice(requests(seed, addresses, values), 400)
    for number, request in enumerate(made):
        client = clients[number % 4 == 0]
        if client is admin_client and request.method not in {"GET", "HEAD"}:
            continue
        if found := wrong(*answered(client, request)):
            bad.append((found, request))
    assert not bad, f"NEWSROOM_SEED={seed}"


@pytest.mark.parametrize("seed", [1, 2])
def test_the_same_seed_makes_the_same_requests(seed):
    one, two = (list(itertools.islice(requests(seed, ["/"]), 50)) for _ in "ab")
    assert one == two


def test_what_is_wrong_with_an_answer_is_told():
    found = wrong(500, {"X-Injected": "1"}, b"Traceback (most recent call last):")
    assert {"status 500", "a traceback"} < set(found)
    assert "a header of the request's making" in found
    assert "no Content-Security-Policy" in found
