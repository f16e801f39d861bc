"""Rules that hold for the project as a whole."""

import ast
import inspect
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.contrib import admin
from django.contrib.admin.options import BaseModelAdmin
from django.core.management import call_command, get_commands, load_command_class
from django.test import Client
from django.utils import timezone

from articles.models import Article, ArticleStatus
from tests.factories import ArticleFactory, TagFactory

ROOT = Path(__file__).resolve().parent.parent
ARTICLES = ROOT / "articles"
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
NET = "articles/ingest/net/"
#: What opens connections, or secures them; `ingest/net/` alone may.
CLIENTS = (
    "aiohttp",
    "asyncio",
    "ftplib",
    "http.client",
    "httpx",
    "requests",
    "smtplib",
    "socket",
    "ssl",
    "urllib.request",
    "urllib3",
)
#: Pages that stand on their own, so that they work when nothing else does.
ALONE = {"500.html", "base.html"}


def modules(folder: Path = ARTICLES) -> Iterator[tuple[str, ast.Module]]:
    """Our modules without migrations: path from the root, and syntax tree."""
    for path in sorted(folder.rglob("*.py")):
        if "migrations" not in path.parts:
            name = path.relative_to(ROOT).as_posix()
            yield name, ast.parse(path.read_text(encoding="utf-8"), name)


@pytest.mark.django_db
def test_no_migration_is_pending() -> None:
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


def test_the_settings_of_a_deployment_raise_no_warning() -> None:
    environment = {
        "PATH": os.environ["PATH"],
        "DATABASE_URL": "sqlite://:memory:",
        "SECRET_KEY": "".join(chr(33 + n % 90) for n in range(60)),
        "ALLOWED_HOSTS": "news.example",
        "NEWSROOM_SITE_URL": "https://news.example",
    }

    done = subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert "no issues" in done.stdout + done.stderr


def admin_classes() -> Iterator[type[BaseModelAdmin]]:
    for model, model_admin in admin.site._registry.items():
        if model._meta.app_label == "articles":
            yield type(model_admin)
            yield from model_admin.inlines


def named_in_lists(cls: type[BaseModelAdmin]) -> set[str]:
    """What the lists of an admin class name: columns, actions, fields to read."""
    lists = ("list_display", "actions", "readonly_fields")
    return {
        name
        for attribute in lists
        for name in (getattr(cls, attribute, None) or ())
        if isinstance(name, str)
    }


@pytest.mark.parametrize("cls", sorted(admin_classes(), key=lambda cls: cls.__name__))
def test_what_an_admin_class_sets_is_known_to_django(cls: type[BaseModelAdmin]) -> None:
    known = {
        name
        for base in cls.__mro__
        if base.__module__.startswith("django")
        for name in vars(base)
    } | {"form", "formset", "fieldsets", "inlines", "actions", "model", "extra"}
    used = named_in_lists(cls)
    for base in cls.__mro__:
        if not base.__module__.startswith("articles"):
            continue
        source = inspect.getsource(base)
        for name, value in vars(base).items():
            if name.startswith("__") or name in {"media"}:
                continue
            is_ours = callable(value) and (
                name in used
                or source.count(name) > 1
                or re.fullmatch(r"has_\w+_permission", name)
            )
            assert name in known or is_ours, f"{base.__name__}.{name}"


@pytest.mark.django_db
def test_every_public_page_has_one_main_heading(client: Client) -> None:
    article = ArticleFactory(published=True, tags=["Economy"])
    gone = ArticleFactory(status=ArticleStatus.KILLED)
    empty = TagFactory(shown_from=timezone.now())
    pages = [
        ("/", 200),
        ("/tags/", 200),
        ("/tags/economy/", 200),
        ("/tags/economy/?q=nothing", 200),
        (empty.get_absolute_url(), 200),
        (TagFactory().get_absolute_url(), 404),
        (article.get_absolute_url(), 200),
        (article.source.get_absolute_url(), 200),
        (article.category.get_absolute_url(), 200),
        ("/search/", 200),
        ("/search/?q=headline", 200),
        ("/?from=yesterday", 400),
        ("/nothing/", 404),
        (gone.get_absolute_url(), 410),
    ]
    for path, status in pages:
        answer = client.get(path)
        assert answer.status_code == status, path
        assert len(re.findall(r"<h1[ >]", answer.text)) == 1, path


#: Calls that write what their keywords say, or make a row of it.
WRITERS = {
    "update",
    "create",
    "get_or_create",
    "update_or_create",
    "aupdate",
    "acreate",
    "bulk_create",
    "bulk_update",
    "save",
    "Article",
}


#: Keywords of theirs that hold names of columns.
COLUMNS = {"defaults", "create_defaults", "fields", "update_fields"}


def names_status(*nodes: ast.AST) -> bool:
    return any(
        isinstance(part, ast.Constant) and part.value == "status"
        for node in nodes
        for part in ast.walk(node)
    )


def writes_status(node: ast.AST) -> bool:
    """Whether a piece of syntax writes an attribute or a column ``status``."""
    if isinstance(node, ast.Assign | ast.AugAssign | ast.AnnAssign):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        return any(isinstance(t, ast.Attribute) and t.attr == "status" for t in targets)
    if not isinstance(node, ast.Call):
        return False
    called = node.func
    name = called.attr if isinstance(called, ast.Attribute) else ""
    name = called.id if isinstance(called, ast.Name) else name
    if name == "setattr":
        return any(
            isinstance(a, ast.Constant) and a.value == "status" for a in node.args
        )
    if name not in WRITERS:
        return False
    if name == "bulk_update" and names_status(*node.args):
        return True
    return any(
        keyword.arg == "status"
        or (keyword.arg in COLUMNS and names_status(keyword.value))
        for keyword in node.keywords
    )


def test_the_search_for_writers_finds_every_way_to_write() -> None:
    for line in (
        "article.status = 'published'",
        "a.b.status: str = 'x'",
        "rows.update(status='published')",
        "Article(status='published')",
        "objects.create(url='', status='published')",
        "objects.update_or_create(url='', defaults={'status': 'x'})",
        "article.save(update_fields=['status'])",
        "objects.bulk_update(rows, fields=['status'])",
        "objects.bulk_update(rows, ['status'])",
        "setattr(article, 'status', 'x')",
    ):
        assert any(map(writes_status, ast.walk(ast.parse(line)))), line
    for line in ("rows.filter(status='x')", "f(article.status)", "status = 'x'"):
        assert not any(map(writes_status, ast.walk(ast.parse(line)))), line


def test_the_status_is_written_by_the_workflow_alone() -> None:
    writers = [
        f"{name}:{node.lineno}"
        for name, tree in modules()
        # There the status is that of an HTTP answer.
        if not name.startswith(("articles/workflow/", NET))
        for node in ast.walk(tree)
        if writes_status(node)
    ]

    assert writers == []


def test_readers_get_the_sources_texts_through_rights_alone() -> None:
    words = re.compile(r"source_body|source_excerpt|source_headline|(\w+)\.body\b")
    files = [path for path in TEMPLATES if not {"admin", "desk"} & {*path.parts}]
    files += sorted((ARTICLES / "site").rglob("*.py"))
    reached = [
        f"{path.relative_to(ROOT)}: {match.group()}"
        for path in files
        for match in words.finditer(path.read_text(encoding="utf-8"))
        if match.group(1) != "shown"
    ]

    assert reached == []


def imported(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def test_one_module_alone_opens_connections() -> None:
    found = [
        f"{name} imports {module}"
        for folder in (ARTICLES, ROOT / "newsroom")
        for name, tree in modules(folder)
        if not name.startswith(NET)
        for module in imported(tree)
        if any(
            module == client or module.startswith(f"{client}.") for client in CLIENTS
        )
    ]

    assert found == []


@pytest.mark.parametrize(
    "path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT / "templates"))
)
def test_a_template_extends_another_or_is_a_part_of_one(path: Path) -> None:
    text = path.read_text(encoding="utf-8").lstrip()
    name = path.relative_to(ROOT / "templates").as_posix()
    whole = text.startswith("{% extends ") or name in ALONE

    is_part = not re.search(r"<(!doctype|html|body)\b", text, re.IGNORECASE)
    assert whole or is_part, f"{name} is a page and extends nothing"
    if name.startswith("site/") and not path.name.startswith("_"):
        assert text.startswith('{% extends "base.html" %}'), name
    assert "<style" not in text, f"{name}: the policy refuses styles in a page"
    assert not re.search(r"\s(style|on\w+)=", text), name


def our_commands() -> list[str]:
    return sorted(name for name, app in get_commands().items() if app == "articles")


@pytest.mark.parametrize("name", our_commands())
def test_a_command_says_what_it_does(name: str) -> None:
    command = load_command_class("articles", name)

    assert command.help.strip(), name
    assert command.create_parser("manage.py", name).format_help()


def test_the_site_has_its_commands() -> None:
    assert {"import_articles", "export_articles", "merge_tags"} <= set(our_commands())
    assert Article._meta.get_field("status").editable is False
