"""Work for a queue, done in place or by a worker."""

import datetime
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.utils import timezone
from django_tasks import TaskResultStatus

from articles import tasks
from articles.models import Article, Feed, FetchAttempt, FetchHost, TagSuggestion
from tests.commands.test_fetch_feeds import rss
from tests.factories import ArticleFactory, SourceFactory, TagFactory
from tests.ingest.scripted import ScriptedServer, answer

ROOT = Path(__file__).resolve().parent.parent


@pytest.mark.django_db
def test_feeds_are_fetched_in_place_whether_they_are_due_or_not(settings):
    TagFactory(name="harbour")
    with ScriptedServer() as server:
        settings.NEWSROOM_FETCH_ALLOW = server.allow
        server.on("/feed", answer(rss("1")))
        later = timezone.now() + datetime.timedelta(hours=5)
        source = SourceFactory()
        feeds = [
            Feed.objects.create(source=source, url=url, next_check_at=later)
            for url in (server.url("/feed"), server.url("/other"))
        ]
        Feed.objects.create(source=source, url=server.url("/off"), is_active=False)
        done = tasks.fetch_feeds_now.enqueue([each.pk for each in feeds])
    assert done.status == TaskResultStatus.SUCCESSFUL
    report = done.return_value
    assert (report["feeds"], report["fetched"], report["failed"]) == (2, 1, 1)
    assert TagSuggestion.objects.count() == 3
    assert not Article.objects.filter(needs_comparing=True).exists()
    assert FetchAttempt.objects.count() == 2


@pytest.mark.django_db
def test_a_feed_whose_host_rests_becomes_due_for_the_next_pass():
    now = timezone.now()
    hour = datetime.timedelta(hours=1)
    feed = Feed.objects.create(
        source=SourceFactory(), url="https://ledger.example/", next_check_at=now + hour
    )
    FetchHost.objects.create(name="ledger.example", not_before=now + hour)
    report = tasks.fetch_feeds_now.call([feed.pk])
    assert (report["feeds"], report["postponed"]) == (1, 1)
    assert "wants to be left alone" in report["problems"][0]
    feed.refresh_from_db()
    assert feed.next_check_at <= timezone.now()


@pytest.mark.django_db
def test_pictures_are_fetched_in_place():
    ArticleFactory(image_url="http://127.0.0.1/secret.png", image_wanted=True)
    done = tasks.fetch_pictures.enqueue()
    assert done.status == TaskResultStatus.SUCCESSFUL
    assert (done.return_value["wanted"], done.return_value["failed"]) == (1, 1)
    assert "loopback" in Article.objects.get().image_problem


def run(*arguments: str, database: Path, tasks: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env={
            "PATH": os.environ["PATH"],
            "DATABASE_URL": f"sqlite:///{database}",
            "SECRET_KEY": "for tests",
            "NEWSROOM_TASKS": tasks,
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_with_a_queue_in_the_database_a_worker_does_the_work(tmp_path):
    database = tmp_path / "queue.sqlite3"
    enqueue = (
        "from articles.models import *; from articles.tasks import *;"
        "source = Source.objects.create(name='S', slug='s');"
        "feed = Feed.objects.create(source=source, url='http://127.0.0.1/feed');"
        "fetch_feeds_now.enqueue([feed.pk]);"
        "print('before', FetchAttempt.objects.count())"
    )
    look = (
        "from articles.models import *;print('after', FetchAttempt.objects.get().kind)"
    )
    for arguments, said in (
        (["migrate", "-v0"], ""),
        (["shell", "-v0", "-c", enqueue], "before 0"),
        (["db_worker", "--batch", "--interval=0", "--no-startup-delay"], ""),
        (["shell", "-v0", "-c", look], "after blocked"),
    ):
        done = run(*arguments, database=database, tasks="database")
        assert done.returncode == 0, done.stderr
        assert said in done.stdout


def test_a_queue_that_is_none_is_refused(tmp_path):
    done = run("check", database=tmp_path / "x.sqlite3", tasks="celery")
    assert done.returncode != 0
    assert "NEWSROOM_TASKS='celery': write immediate or database." in done.stderr
