"""Databases of their own for tests that start, kill and race processes."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_django import DjangoDbBlocker

from tests.commands.scratch import Scratch, scratch_from


@pytest.fixture
def scratch(
    db: None, template: str, tmp_path: Path, django_db_blocker: DjangoDbBlocker
) -> Iterator[Scratch]:
    """A database of the test's own.

    By ``db`` pytest-django knows that the one it is copied from has to be made, also
    when such tests are all that is run.
    """
    with django_db_blocker.unblock(), scratch_from(template, tmp_path) as made:
        yield made
