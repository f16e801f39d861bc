"""Work that outlives a request, for a queue: ``fetch_feeds_now.enqueue([…])``.

Where no queue is set up (NEWSROOM_TASKS), it is done in place, before ``enqueue``
returns. Within a transaction, enqueue by ``transaction.on_commit``, or the servers
that are asked keep the transaction open. ``django_tasks`` is the interface of
``django.tasks`` in Django 6, which takes its place.
"""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from django_tasks import task

from articles.ingest import fetching, pictures
from articles.likeness import pairs
from articles.tagging import suggestions


@task
def fetch_feeds_now(
    feed_ids: Sequence[int], seconds: float | None = None
) -> dict[str, Any]:
    """Fetch these feeds, due or not; the report of ``fetch_feeds`` as plain values.

    Feeds that are switched off or gone are left out, and those whose host wants to
    be left alone are postponed. What is not there after ``seconds`` is left to the
    next pass.
    """
    report = fetching.fetch_now(feed_ids, seconds)
    suggestions.refresh()
    pairs.refresh()
    return asdict(report)


@task
def fetch_pictures() -> dict[str, Any]:
    """Fetch the pictures that pieces want; the report as plain values."""
    return asdict(pictures.fetch_wanted())
