"""A newsroom with one of everything, the addresses of its admin, and what to post."""

import datetime
import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from typing import Any

from django.apps import apps
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, User
from django.contrib.contenttypes.models import ContentType
from django.db import connection, models
from django.test import Client
from django.urls import URLPattern, get_resolver
from django.utils import timezone

from articles.desk.keys import COMMANDS
from articles.models import (
    Act,
    Article,
    ArticleStatus,
    Category,
    Edition,
    Feed,
    FetchAttempt,
    ImportRun,
    RefusedRecord,
    SearchRow,
    SourceChange,
    SourceChangeState,
    TagSuggestion,
    Tombstone,
)
from tests.factories import ArticleFactory, SourceFactory, TagFactory, make_user

NOW = timezone.now()
LATER = NOW + datetime.timedelta(days=30)
PUBLIC = {"status": ArticleStatus.PUBLISHED, "published_at": NOW}
#: The states in which a piece can be, by what an editor calls them.
STATES: dict[str, dict[str, Any]] = {
    "ingested": {},
    "selected": {"status": ArticleStatus.SELECTED},
    "published": PUBLIC,
    "scheduled": PUBLIC | {"published_at": LATER},
    "embargoed": {"embargoed_until": LATER},
    "withheld": PUBLIC | {"is_withheld": True, "source__reuse": "blocked"},
    "spiked": {"status": ArticleStatus.SPIKED},
    "unpublished": PUBLIC | {"status": ArticleStatus.UNPUBLISHED},
    "killed": PUBLIC | {"status": ArticleStatus.KILLED},
}
Body = dict[str, Any]


@dataclass(slots=True)
class World:
    """Rows by the name of their model in addresses, and the pieces by state."""

    rows: dict[str, models.Model]
    pieces: dict[str, Article]
    #: What the form of a piece posts, unchanged.
    forms: dict[str, Body] = field(default_factory=dict)

    def article(self, state: str | None) -> Article:
        return self.pieces[state or "ingested"]


def make_world() -> World:
    tag = TagFactory(name="Central banks")
    pieces = {name: _piece(values) for name, values in STATES.items()}
    for article in pieces.values():
        article.tags.add("Economy")
        article.corrections.create(text="Not of 2024, of 2025.", at=NOW)
        TagSuggestion.objects.create(article=article, tag=tag, found="Fed")
        SourceChange.objects.create(
            article=article,
            state=SourceChangeState.PENDING,
            after={"source_headline": "Another"},
            digest="v1:a",
            at=NOW,
        )
    source = SourceFactory(name="A source without pieces")
    feed = Feed.objects.create(
        source=source,
        url="https://publisher.example/feed",
        # Nobody asks it, so that nothing is sent.
        is_active=False,
        failures=1,
        failing_since=NOW,
        moved_to="https://publisher.example/new",
        moved_seen=1,
    )
    run = ImportRun.objects.create(read=1, failed=1)
    rows = {
        "articles_source": source,
        "articles_feed": feed,
        "articles_fetchattempt": FetchAttempt.objects.create(
            feed=feed, at=NOW, outcome="unchanged"
        ),
        "articles_category": Category.objects.create(name="World", slug="world"),
        "articles_tag": TagFactory(name="Unused"),
        # Put on by actions and deeds; only some may make it.
        "known_tag": TagFactory(name="Banks of issue", slug="banks-of-issue"),
        "articles_importrun": run,
        "articles_refusedrecord": RefusedRecord.objects.create(
            run=run, outcome="failed", input="a.csv", line=1, reason="url: missing"
        ),
        "articles_tombstone": Tombstone.objects.create(
            canonical_url="https://publisher.example/gone", source=source, at=NOW
        ),
        "auth_user": make_user("somebody"),
        "auth_group": Group.objects.create(name="Interns"),
    }
    rows["other_piece"] = _piece({"source_headline": "Another piece"})
    # Of nobody who comes: what it answers then is that there is none.
    rows["act"] = Act.objects.create(kind="tag", by_name="somebody", at=NOW)
    rows["articles_act"] = _edited([rows["other_piece"]])
    _edited(pieces.values())
    world = World(rows, pieces)
    _fill_forms(world)
    return world


def _piece(values: dict[str, Any]) -> Article:
    article: Article = ArticleFactory(**values)
    article.needs_suggestions = False
    article.save(update_fields=["needs_suggestions"])
    return article


def _edited(pieces: Collection[Any]) -> Act:
    """One act that has changed all of these pieces."""
    by_name = "somebody"
    act = Act.objects.create(kind="edit", by_name=by_name, at=NOW, pieces=len(pieces))
    for article in pieces:
        article.note, article.version = "Why", 1
        article.save(update_fields=["note", "version"])
        article.changes.create(
            act=act,
            number=article.pk,
            headline=article.shown_headline,
            version=1,
            before={"note": ""},
            after={"note": "Why"},
        )
    return act


def _fill_forms(world: World) -> None:
    client = Client()
    client.force_login(make_user("superuser", is_superuser=True))
    for state, article in world.pieces.items():
        url = f"/admin/articles/article/{article.pk}/change/"
        body: Body = {}
        for bound in client.get(url).context["adminform"].form:
            shown = bound.value()
            body[bound.html_name] = "" if shown is None else shown
            if bound.field.show_hidden_initial:
                body[bound.html_initial_name] = body[bound.html_name]
        chosen = {"picture", "accepted", "dismissed"}
        world.forms[state] = {k: v for k, v in body.items() if k not in chosen}


def addresses() -> Iterator[tuple[str, str]]:
    """Every address under /admin/: the name of its view, and its route.

    One without a name goes by its route, as in the permission table.
    """
    for name, route in _walk(get_resolver()):
        if route.startswith("admin/"):
            yield name or route, route


def _walk(
    resolver: Any, route: str = "", inside: str = ""
) -> Iterator[tuple[str, str]]:
    for pattern in resolver.url_patterns:
        here = route + str(pattern.pattern)
        if isinstance(pattern, URLPattern):
            yield f"{inside}{pattern.name}" if pattern.name else "", here
        else:
            prefix = f"{pattern.namespace}:" if pattern.namespace else ""
            yield from _walk(pattern, here, inside + prefix)


#: Paths of routes that are written as regular expressions.
PATHS = {
    "admin:app_list": "admin/articles/",
    "admin/(?P<url>.*)$": "admin/nothing/is/here/",
}
#: Gaps that take a number which is no row's.
NUMBERS = {"version": "0"}
_GAP = re.compile(r"<(?:\w+:)?(\w+)>")


#: The desk's deeds name their piece in the body, so each differs by its state.
DEEDS = {
    *("desk:publish", "desk:spike", "desk:shortlist", "desk:hold", "desk:resume"),
    *("desk:fold", "desk:apart", "desk:tag", "desk:edit", "desk:claim", "desk:comment"),
}
#: Addresses of the desk with a gap that is no piece's.
OF_NO_PIECE = {"desk:undo", "desk:drop-filter"}


def is_of_a_piece(view: str, route: str) -> bool:
    """Whether an address is one piece's, and so differs by the piece's state."""
    if view in DEEDS:
        return True
    where = route.startswith("admin/articles/article/") or view.startswith("desk:")
    return where and bool(_GAP.search(route)) and view not in OF_NO_PIECE


def path_of(world: World, view: str, route: str, state: str | None) -> str:
    """The path of an address, its gaps filled with the world's rows.

    A gap takes the row of its own name, else that of the address's model, else the
    piece.
    """
    model = "_".join(route.split("/")[1:3])
    row = world.rows.get(model, world.article(state))
    kind = ContentType.objects.get_for_model(row)
    rows = {"content_type_id": kind} | world.rows
    if "<int:number>" in route:
        rows["number"] = world.article(state).corrections.get()
    path = PATHS.get(view, route)
    return "/" + _GAP.sub(
        lambda gap: NUMBERS.get(gap[1]) or str(rows.get(gap[1], row).pk), path
    )


_YES = {"post": "yes"}
_NAMED = {"name": "Renamed", "slug": "renamed"}
_FEED = {"title": "Renamed", "url": "https://publisher.example/other"}
_SOURCE = _NAMED | {
    "reuse": "full_text",
    "excerpt_words": 25,
    "excerpt_characters": 80,
    "indexing": "none",
    "feeds-TOTAL_FORMS": 0,
    "feeds-INITIAL_FORMS": 0,
}
_TAG = _NAMED | {
    f"{prefix}-{count}_FORMS": 0
    for prefix in ("aliases", "phrases")
    for count in ("TOTAL", "INITIAL")
}
KEYS = {f"key-{name}": command.key for name, command in COMMANDS.items()}
_PASSWORD = {"password1": "a long new word", "password2": "a long new word"}
_PERSON = {"username": "renamed", "is_active": "on", "is_staff": "on"}


def _decision(world: World, state: str | None) -> Body:
    return {"digest": world.article(state).source_changes.get().digest}


def _edit(world: World, state: str | None) -> Body:
    return world.forms[state or "ingested"] | {"note": "It matters."}


def _new_piece(world: World, state: str | None) -> Body:
    return {
        "url": "https://publisher.example/new",
        "source": world.article("ingested").source_id,
        "source_headline": "Brought in by hand",
        "category": world.rows["articles_category"].pk,
        "source_published_at": "2026-11-01T08:00",
    }


def _feed(world: World, state: str | None) -> Body:
    return _FEED | {"source": world.rows["articles_source"].pk}


def _deed(world: World, state: str | None) -> Body:
    """Everything that any deed of the desk takes, on one piece."""
    return {
        "piece": world.article(state).pk,
        "into": world.rows["other_piece"].pk,
        "until": "tomorrow",
        "tags": "Banks of issue",
        "headline": "Ours",
        "text": "Ask the port authority.",
    }


#: What a POST to an address needs to change something, by its view; where nothing
#: stands here, an empty one is sent, which need not.
BODIES: dict[str, Body | Callable[[World, str | None], Body]] = {
    "desk:save-filter": {"name": "Mine", "query": "only=mine"},
    "desk:keys": KEYS,
    "desk:comment": _deed,
    "admin:password_change": {
        "old_password": "secret",
        "new_password1": "a long new word",
        "new_password2": "a long new word",
    },
    "admin:articles_article_add": _new_piece,
    "admin:articles_article_change": _edit,
    "admin:articles_article_delete": _YES,
    "admin:articles_article_accept_change": _decision,
    "admin:articles_article_dismiss_change": _decision,
    "admin:articles_article_withdraw_correction": {},
    "admin:articles_article_restore": {"seen": 1},
    "admin:articles_act_undo": {},
    "admin:articles_act_delete": _YES,
    "admin:articles_category_add": _NAMED,
    "admin:articles_category_change": _NAMED,
    "admin:articles_category_delete": _YES,
    "admin:articles_source_add": _SOURCE,
    "admin:articles_source_change": _SOURCE,
    "admin:articles_source_delete": _YES,
    "admin:articles_tag_add": _TAG,
    "admin:articles_tag_change": _TAG,
    "admin:articles_tag_delete": _YES,
    "admin:articles_feed_add": _feed,
    "admin:articles_feed_change": _feed,
    "admin:articles_feed_delete": _YES,
    "admin:articles_feed_revive": {},
    "admin:articles_feed_move": {},
    "admin:articles_feed_stay": {},
    "admin:articles_fetchattempt_delete": _YES,
    "admin:articles_importrun_delete": _YES,
    "admin:articles_refusedrecord_delete": _YES,
    "admin:articles_tombstone_delete": _YES,
    "admin:auth_user_add": _PERSON | _PASSWORD,
    "admin:auth_user_change": _PERSON,
    "admin:auth_user_delete": _YES,
    "admin:auth_user_password_change": _PASSWORD | {"set-password": "yes"},
    "admin:auth_group_add": {"name": "Renamed"},
    "admin:auth_group_change": {"name": "Renamed"},
    "admin:auth_group_delete": _YES,
}


def body_of(world: World, view: str, state: str | None) -> Body:
    body = _deed if view in DEEDS else BODIES.get(view, {})
    return body(world, state) if callable(body) else body


def dump() -> dict[str, list[tuple[Any, ...]]]:
    """Every row of our tables, of accounts and groups, and of Django's history.

    But for those that follow from others, and are written anew without a change.
    """
    derived = {Edition, SearchRow}
    kept = [
        model
        for model in apps.get_app_config("articles").get_models()
        if model not in derived
    ]
    kept += [User, Group, LogEntry]
    kept += [User.groups.through, User.user_permissions.through]
    kept.append(Group.permissions.through)
    rows = {}
    with connection.cursor() as cursor:
        for model in kept:
            table = connection.ops.quote_name(model._meta.db_table)
            cursor.execute(f"SELECT * FROM {table}")
            rows[model._meta.label] = sorted(cursor.fetchall(), key=repr)
    return rows
