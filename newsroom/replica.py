"""Reader pages may read from a replica (``NEWSROOM_REPLICA_URL``)."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from typing import Any

from django.conf import settings

_reading: ContextVar[bool] = ContextVar("reading_from_replica", default=False)


@contextmanager
def reading() -> Iterator[None]:
    """Send the queries of this block to the replica, if there is one."""
    token = _reading.set(True)
    try:
        yield
    finally:
        _reading.reset(token)


def alias() -> str:
    """The database that is read from here."""
    is_replica = _reading.get() and "replica" in settings.DATABASES
    return "replica" if is_replica else "default"


def from_replica(view: Callable[..., Any]) -> Callable[..., Any]:
    """A view whose queries go to the replica; it must not write."""

    @wraps(view)
    def read(*args: Any, **kwargs: Any) -> Any:
        with reading():
            return view(*args, **kwargs)

    return read


class ReaderRouter:
    """Reads inside ``reading()`` go to the replica, all else to the default."""

    def db_for_read(self, model: type, **hints: Any) -> str | None:
        return alias() if alias() != "default" else None

    def db_for_write(self, model: type, **hints: Any) -> str:
        return "default"

    def allow_relation(self, one: object, other: object, **hints: Any) -> bool:
        return True

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool:
        return db == "default"
