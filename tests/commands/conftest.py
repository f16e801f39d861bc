"""Databases of their own for tests that start, kill and race processes."""

from collections.abc import Iterator

import pytest

from tests.commands.invocation import run_process
from tests.commands.scratch import Scratch, is_sqlite, scratch_from, server_database


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An empty migrated database, to be copied: the path or name of it."""
    if is_sqlite():
        path = tmp_path_factory.mktemp("template") / "empty.sqlite3"
        assert run_process("migrate", database_url=f"sqlite:///{path}").code == 0
        yield str(path)
        return
    with server_database() as (name, url):
        assert run_process("migrate", database_url=url).code == 0
        yield name


@pytest.fixture
def scratch(template, tmp_path, django_db_blocker) -> Iterator[Scratch]:
    with django_db_blocker.unblock(), scratch_from(template, tmp_path) as made:
        yield made
