import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from articles.models import Article
from newsroom import environment as ours
from newsroom.replica import ReaderRouter, reading

REPOSITORY = Path(__file__).resolve().parent.parent


@pytest.mark.parametrize(
    ("read", "value"),
    [
        (ours.env_flag, "maybe"),
        (lambda name: ours.env_count(name, default=10, most=3600), "ten"),
        (lambda name: ours.env_count(name, default=10, most=3600), "3601"),
        (lambda name: ours.env_count(name, default=10, most=3600), "-1"),
        (lambda name: ours.env_count(name, default=10, most=3600), "１０"),
        (ours.env_url, "javascript:alert(1)"),
        (ours.env_url, "http://store.example"),
        (ours.env_url, "https://"),
        (ours.env_url, "https://[::1"),
        (ours.env_database, "mysql://root@localhost/x"),
        (ours.env_database, "newsroom"),
        (lambda name: ours.env_zone(name, "UTC"), "Mars/Olympus"),
        (lambda name: ours.env_zone(name, "UTC"), "../../etc/passwd"),
        (ours.env_folder, "/nowhere/at/all"),
        (ours.env_fetch_allow, "10.0.0.0/99"),
        (ours.env_fetch_allow, "host:port"),
        (ours.env_contacts, "security@news.example"),
        (ours.env_contacts, "http://news.example/security"),
        (ours.env_contacts, "mailto:security@news.example, mailto:"),
        (ours.env_app_ids, "com.example.news"),
        (ours.env_android_apps, "com.example.news"),
        (ours.env_android_apps, "com.example.news=AA:BB"),
        (ours.env_android_apps, "news=" + ":".join(["AA"] * 32)),
    ],
)
def test_a_value_that_makes_no_sense_is_refused_by_name(monkeypatch, read, value):
    monkeypatch.setenv("NEWSROOM_SOMETHING", value)
    with pytest.raises(ImproperlyConfigured, match="NEWSROOM_SOMETHING"):
        read("NEWSROOM_SOMETHING")


@pytest.mark.parametrize("value", ["", "  "])
def test_blank_is_unset(monkeypatch, value):
    monkeypatch.setenv("NEWSROOM_SOMETHING", value)
    assert ours.env_flag("NEWSROOM_SOMETHING") is False
    assert ours.env_url("NEWSROOM_SOMETHING") == ""
    assert ours.env_list("NEWSROOM_SOMETHING") == []


def test_contacts_and_apps_are_read_as_they_are_written(monkeypatch):
    print_of = ":".join(["0A"] * 32)
    monkeypatch.setenv("NEWSROOM_SOMETHING", f"a.b={print_of}, a.b={print_of}")
    assert ours.env_android_apps("NEWSROOM_SOMETHING") == {"a.b": [print_of] * 2}
    monkeypatch.setenv("NEWSROOM_SOMETHING", "mailto:a@b.example, https://b.example/s")
    found = ["mailto:a@b.example", "https://b.example/s"]
    assert ours.env_contacts("NEWSROOM_SOMETHING") == found
    monkeypatch.setenv("NEWSROOM_SOMETHING", "ABCDE12345.com.example.news")
    assert ours.env_app_ids("NEWSROOM_SOMETHING") == ["ABCDE12345.com.example.news"]


def start(**environment: str) -> subprocess.CompletedProcess[str]:
    """What ``manage.py check`` says with these variables and no others of ours."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return subprocess.run(
        [sys.executable, "manage.py", "check"],
        cwd=REPOSITORY,
        env=kept | environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_without_debug_a_secret_key_is_asked_for():
    done = start(DATABASE_URL="sqlite://:memory:")
    assert done.returncode != 0
    assert "SECRET_KEY is not set" in done.stderr


def test_in_debug_a_random_key_is_kept_beside_the_database(tmp_path):
    url = f"sqlite:///{tmp_path}/db.sqlite3"
    assert start(DEBUG="1", DATABASE_URL=url).returncode == 0
    kept = tmp_path / ".secret_key"
    first = kept.read_text()
    assert len(first) >= 50
    assert kept.stat().st_mode & 0o077 == 0
    assert start(DEBUG="1", DATABASE_URL=url).returncode == 0
    assert kept.read_text() == first


def test_readers_are_sent_to_the_replica_and_writers_never(settings, monkeypatch):
    router = ReaderRouter()
    with reading():
        assert router.db_for_read(Article) is None
    monkeypatch.setitem(settings.DATABASES, "replica", {})
    with reading():
        assert router.db_for_read(Article) == "replica"
        assert router.db_for_write(Article) == "default"
    assert router.db_for_read(Article) is None
    assert not router.allow_migrate("replica", "articles")
