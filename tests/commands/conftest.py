"""Databases of their own for tests that start, kill and race processes."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_django import DjangoDbBlocker

from tests.commands.scratch import Scratch, scratch_from


@pytest.fixture
def scratch(
    template: str, tmp_path: Path, django_db_blocker: DjangoDbBlocker
) -> Iterator[Scratch]:
    with django_db_blocker.unblock(), scratch_from(template, tmp_path) as made:
        yield made
