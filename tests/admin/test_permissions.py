"""Who may do what: every address, role, state of a piece and method.

The table that this goes by is ``articles/roles/addresses.py``.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.contrib import admin
from django.db import connection, transaction
from django.http import HttpResponse
from django.test import Client

from articles.models import Article, ArticleStatus
from articles.roles import Role, permissions_of
from articles.roles.addresses import (
    ACTIONS,
    ADDRESSES,
    ANYBODY,
    NOTHING,
    STAFF,
    asked_by_action,
)
from articles.workflow import MOVES
from tests.factories import make_member

from .world import (
    BODIES,
    STATES,
    World,
    addresses,
    body_of,
    dump,
    is_of_a_piece,
    make_world,
    path_of,
)

#: Who comes: nobody known, somebody of the staff without a role, and each role.
VISITORS = ("anonymous", "no role", *Role.values)
#: Answers of an address that has let somebody in, whatever came of it.
LET_IN = {200, 201, 204, 302, 303, 400, 409, 412, 422}
WAITING = {"ingested", "selected", "embargoed"}
LIST = "admin:articles_article_changelist"
FORM = "admin:articles_article_change"
#: Nothing is found at these: by anybody, and by who has no right in the app.
NOWHERE = "admin/(?P<url>.*)$"
NOTHING_YET = "admin:app_list"
#: Each person has filters of their own, and the one that is asked for is nobody's.
NOT_THEIRS = "desk:drop-filter"
#: Taking an act back asks for what the act asked for; that of the world is an edit.
OF_ITS_ACT = {"admin:articles_act_undo": ("articles.change_article",)}
#: The move that an action of the list makes.
MOVE_OF = {f"{name}_selected": name for name in MOVES} | {
    "publish_with_suggestions": "publish"
}


@dataclass(frozen=True, slots=True)
class Cell:
    """One request: to an address, in a state of the piece, with what is posted."""

    view: str
    route: str
    method: str
    state: str | None = None
    action: str = ""
    move: str = ""

    def rights(self) -> list[str]:
        """What it asks for, by the permission table and the table of moves."""
        asks = ADDRESSES[self.view]
        if self.action:
            return [asks.look, asked_by_action(self.view, self.action)]
        if self.move:
            return [asks.look, f"articles.{MOVES[self.move].permission}"]
        asked = (*asks.of(self.method), *OF_ITS_ACT.get(self.view, ()))
        if self.state in WAITING:
            asked = tuple(right for right in asked if right != asks.decided)
        return list(asked)

    def expected(self, visitor: str) -> str:
        rights = self.rights()
        if ANYBODY in rights:
            return "allowed"
        if visitor == "anonymous":
            return "sign in"
        if NOTHING in rights:
            return "405"
        if self.view == NOWHERE or (
            self.view == NOTHING_YET and visitor not in Role.values
        ):
            return "404"
        has = permissions_of(Role(visitor)) if visitor in Role.values else frozenset()
        if not set(rights) <= has | {STAFF}:
            return "403"
        return "404" if self.view == NOT_THEIRS else "allowed"

    def changes(self, visitor: str) -> bool | None:
        """Whether it changes the database when allowed; None if either may be."""
        if self.method == "GET":
            return False
        if self.action == "tag_selected":
            revises = "articles.revise_article" in permissions_of(Role(visitor))
            return self.state in WAITING or revises
        if move := self.moves():
            status = STATES[self.state or ""].get("status", ArticleStatus.INGESTED)
            return MOVES[move].allows(status)
        if self.action == "delete_selected":
            return True
        return True if self.view in BODIES else None

    def moves(self) -> str:
        """The move that it makes, if it makes one."""
        return self.move or MOVE_OF.get(self.action, "")

    def target(self) -> str:
        """The status to which that move leads."""
        return MOVES[self.moves()].target if self.moves() else ""

    def data(self, world: World) -> dict[str, object]:
        reason = {"reason": "Because"}
        if self.move:
            return world.forms[self.state or ""] | reason | {"_move": self.move}
        if not self.action:
            return body_of(world, self.view, self.state)
        model = "_".join(self.route.split("/")[1:3])
        row = world.rows.get(model, world.article(self.state))
        chosen = {"action": self.action, "_selected_action": [row.pk]}
        return chosen | reason | {"post": "yes", "tags": "Banks of issue"}


def cells() -> Iterator[Cell]:
    for view, route in addresses():
        for state in STATES if is_of_a_piece(view, route) else (None,):
            for method in ("GET", "POST"):
                yield Cell(view, route, method, state)
        if view.endswith("_changelist"):
            for action in {**ACTIONS.get(view, {}), "delete_selected": ""}:
                for state in STATES if view == LIST else (None,):
                    yield Cell(view, route, "POST", state, action=action)
        if view == FORM:
            for move in MOVES:
                for state in STATES:
                    yield Cell(view, route, "POST", state, move=move)


NAMED = [cell for cell in cells() if cell.view in ADDRESSES]


def test_every_address_and_action_of_the_admin_has_its_row() -> None:
    """A new one fails here until articles/roles/addresses.py says what it asks for."""
    there = {view for view, _route in addresses()}
    assert there == set(ADDRESSES), (
        "Bring ADDRESSES in articles/roles/addresses.py in line with the addresses"
        f" under /admin/. Without a row: {sorted(there - set(ADDRESSES))}. Without an"
        f" address: {sorted(set(ADDRESSES) - there)}. If a POST needs a body to change"
        " something, add one to BODIES in tests/admin/world.py."
    )
    actions = {
        f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist": {
            *map(str, model_admin.actions)
        }
        for model, model_admin in admin.site._registry.items()
        if model_admin.actions
    }
    assert actions == {view: set(names) for view, names in ACTIONS.items()}, (
        "Bring ACTIONS in articles/roles/addresses.py in line with the actions of the"
        " lists."
    )
    assert set(BODIES) <= there


def outcome(answer: HttpResponse, visitor: str) -> str:
    if answer.status_code in LET_IN:
        to = answer.headers.get("Location", "")
        # Whoever signs out without having signed in is sent on by the index.
        lost = to.startswith("/admin/login/") or (
            visitor == "anonymous" and to == "/admin/"
        )
        return "sign in" if lost else "allowed"
    return str(answer.status_code)


def status_of(world: World, cell: Cell) -> str:
    piece = Article.objects.filter(pk=world.article(cell.state).pk)
    return piece.values_list("status", flat=True).first() or "gone"


def noting(writes: list[str]) -> Callable[..., Any]:
    """Note the statements that write, but for sessions; without any, nothing has."""
    reads = ("SELECT", "SAVEPOINT", "RELEASE", "ROLLBACK")

    def note(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        if not sql.startswith(reads) and "django_session" not in sql:
            writes.append(sql)
        return execute(sql, *rest)

    return note


@pytest.mark.django_db
@pytest.mark.parametrize(
    "visitor", VISITORS, ids=lambda name: f"{name}-{len(NAMED)}-cells"
)
def test_whoever_comes_may_do_what_the_table_says_and_nothing_else(
    client: Client, visitor: str
) -> None:
    world = make_world()
    if visitor != "anonymous":
        role = Role(visitor) if visitor in Role.values else None
        client.force_login(make_member(role, name=f"the {visitor}"))
    cookies, before = client.cookies.copy(), dump()
    wrong = []
    for cell in NAMED:
        writes: list[str] = []
        with transaction.atomic(), connection.execute_wrapper(noting(writes)):
            path = path_of(world, cell.view, cell.route, cell.state)
            if cell.method == "GET":
                answer = client.get(path)
            else:
                answer = client.post(path, cell.data(world))
            has_changed = bool(writes) and dump() != before
            status = status_of(world, cell) if has_changed else ""
            transaction.set_rollback(True)
        client.cookies = cookies.copy()
        expected = cell.expected(visitor)
        found = outcome(answer, visitor)
        if found != expected:
            wrong.append(f"{cell}: {found}, not {expected}")
        may_change = expected == "allowed" and cell.changes(visitor)
        if may_change is not None and has_changed != may_change:
            said = "changed something" if has_changed else "changed nothing"
            wrong.append(f"{cell}: {expected}, and {said}")
        target = cell.target()
        if has_changed and target and cell.changes(visitor) and status != target:
            wrong.append(f"{cell}: the piece is {status}, not {target}")
    print(f"{visitor}: {len(NAMED)} cells, {len(wrong)} wrong")  # noqa: T201
    assert not wrong, "\n".join(wrong)
    assert dump() == before
