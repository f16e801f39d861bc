"""Who may do what: the roles, what each may do, and what each address asks for.

``tasks`` is the whole of it; groups, pages that refuse, and the documentation
follow from it.
"""

from .groups import Difference, names_of, sync
from .person import person
from .tasks import (
    TASKS,
    NotPermitted,
    Role,
    Task,
    permissions_of,
    who_can,
)

__all__ = [
    "TASKS",
    "Difference",
    "NotPermitted",
    "Role",
    "Task",
    "names_of",
    "permissions_of",
    "person",
    "sync",
    "who_can",
]
