"""What the pages for people say is what the code does."""

import ast
import io
import re
from argparse import SUPPRESS, ArgumentParser
from functools import cache
from pathlib import Path

import pytest
from django.core.management import call_command, load_command_class
from django.core.management.base import BaseCommand
from django.test import Client
from django.urls import resolve
from pytest_django import Settings

from articles import listing
from articles.desk.keys import COMMANDS as DESK_COMMANDS
from articles.ingest.entries import LIMITS
from articles.ingest.net import Failure
from articles.ingest.parse import FORMATS
from articles.ingest.records import KNOWN_FIELDS
from articles.management import command
from articles.models import Article, Reuse, TagSuggestion
from articles.roles import TASKS, Role
from articles.site import urls
from articles.workflow import MOVES

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
COMMANDS = sorted(
    path.stem
    for path in (ROOT / "articles/management/commands").glob("*.py")
    if path.stem != "__init__"
)
#: Functions of newsroom/environment.py that read a variable of the environment.
READERS = re.compile(r"env_\w+")
CODE = re.compile(r"`([^`]+)`")
FENCED = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
#: Of a link, [text](target), and of a picture, ![text](target): the target.
LINK = re.compile(r"\]\(([^)\s]+)\)")


@cache
def page(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def section(name: str, heading: str) -> str:
    """A page's text below a heading, up to the next one of its level or above."""
    found = re.search(rf"^(#+) {re.escape(heading)}$", page(name), re.MULTILINE)
    assert found, f"{name} has no heading {heading!r}"
    rest = page(name)[found.end() :]
    return re.split(rf"^#{{1,{len(found[1])}}} ", rest, flags=re.MULTILINE)[0]


def rows(text: str) -> list[list[str]]:
    """The cells of a text's tables, without header rows."""
    lines = text.splitlines()
    ruled = [n for n, line in enumerate(lines) if re.fullmatch(r"(\|-+)+\|", line)]
    headers = {*ruled, *(n - 1 for n in ruled)}
    return [
        [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        for n, line in enumerate(lines)
        if line.startswith("|") and n not in headers
    ]


def first_names(text: str) -> list[str]:
    """What stands as code in the first cells of a text's tables."""
    return [name for cells in rows(text) for name in CODE.findall(cells[0])]


def settings_read() -> set[str]:
    """The variables that newsroom/settings.py asks the environment for."""
    tree = ast.parse(page("newsroom/settings.py"))
    return {
        node.args[0].value
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and READERS.fullmatch(node.func.id)
        and node.args
        and isinstance(node.args[0], ast.Constant)
    }


def test_every_setting_is_documented_and_no_other() -> None:
    documented = first_names(section("docs/operators.md", "Settings"))
    assert len(settings_read()) > 15
    assert sorted(documented) == sorted(settings_read())


def test_the_environment_is_read_by_one_function_alone() -> None:
    assert page("newsroom/settings.py").count("os.environ") == 0
    assert page("newsroom/environment.py").count("os.environ") == 1


def options_of(parser: ArgumentParser) -> set[str]:
    return {
        option
        for action in parser._actions
        if action.help != SUPPRESS
        for option in action.option_strings
        if option.startswith("--")
    }


def own_options(name: str) -> set[str]:
    parser = load_command_class("articles", name).create_parser("manage.py", name)
    return options_of(parser) - options_of(BaseCommand().create_parser("", ""))


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_is_documented_with_its_options_and_no_others(name: str) -> None:
    assert set(first_names(section("docs/staff.md", name))) == own_options(name)


def test_no_command_is_documented_that_is_not_there() -> None:
    headings = re.findall("^### (.+)$", section("docs/staff.md", "Commands"), re.M)
    assert sorted(headings) == COMMANDS


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_a_command_line_in_a_page_names_a_command_and_its_options(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    for name, rest in re.findall(r"manage\.py (\w+_\w+)\b([^\n`]*)", text):
        assert name in COMMANDS
        assert set(re.findall(r"(?<!\S)--[a-z-]+", rest)) <= own_options(name)


def test_the_exit_codes_are_those_of_the_commands() -> None:
    table = rows(section("docs/staff.md", "What all commands share"))
    codes = [int(cells[0]) for cells in table]
    given = (command.ITEM_ERRORS, command.USAGE, command.POLICY)
    assert codes == [0, *given, command.ENVIRONMENT, command.INTERRUPTED]


def test_every_field_of_a_record_is_documented_with_its_limit() -> None:
    text = section("docs/staff.md", "The article record").split("### ")[0]
    limits = {CODE.findall(cells[0])[0]: cells[1] for cells in rows(text)}
    assert tuple(limits) == KNOWN_FIELDS
    for name, limit in LIMITS.items():
        assert limits[name].split()[0] == f"{limit:,}", name


def test_every_format_is_documented() -> None:
    assert first_names(section("docs/staff.md", "Formats")) == list(FORMATS)


def test_the_table_of_moves_is_the_workflow_s() -> None:
    text = section("docs/editors.md", "Statuses and moves").split("### ")[0]
    assert rows(text) == [
        [
            str(move.label),
            f"`{move.action}`",
            ", ".join(move.sources),
            move.target,
            f"`{move.permission}`",
            "yes" if move.needs_reason else "no",
        ]
        for move in MOVES.values()
    ]


def test_the_table_of_roles_is_the_one_in_the_code() -> None:
    text = section("docs/editors.md", "What your account may do").split("### ")[0]
    assert " | ".join(Role.values) in text
    assert rows(text) == [
        [
            str(task.words),
            *("yes" if role in task.roles else "–" for role in Role),
            ", ".join(f"`{n.removeprefix('articles.')}`" for n in task.permissions),
        ]
        for task in TASKS
    ]


def test_every_reuse_policy_is_documented() -> None:
    text = section("docs/editors.md", "Rights, and what readers see")
    assert first_names(text) == list(Reuse.values)


def test_every_parameter_of_a_listing_is_documented() -> None:
    named = first_names(section("docs/addresses.md", "Parameters of a listing"))
    assert sorted(named) == sorted(listing.LABELS)


def documented_addresses() -> list[str]:
    text = page("docs/addresses.md").split("## ")[0]
    fillings = {"<slug>": "x", "<id>": "1", "<name>": "X", "<path>": "x.jpg"}
    fillings |= {"<yyyy>": "2026", "<mm>": "06", "<dd>": "11"}
    fillings["<part>"] = "tags"
    addresses = []
    for address in first_names(text):
        for gap, filling in fillings.items():
            address = address.replace(gap, filling)
        if address.startswith("/"):
            addresses.append(address)
    return addresses


def test_every_public_address_is_documented_and_leads_somewhere() -> None:
    views = {resolve(address).url_name for address in documented_addresses()}
    ours = [*urls.pages, *urls.feed_pages, *urls.urlpatterns]
    assert len(views) > 20
    assert {pattern.name for pattern in ours} <= views


def direct_requirements(name: str) -> list[str]:
    """The names above the line that begins what those pull in."""
    lines = page(name).split("# What those pull in.")[0].splitlines()
    return [found[0] for line in lines if (found := re.match(r"\w[\w.-]*", line))]


@pytest.mark.parametrize(
    ("name", "heading"),
    [
        ("requirements.txt", "To run: requirements.txt"),
        ("requirements-scale.txt", "For several processes: requirements-scale.txt"),
        ("requirements-fulltext.txt", "For full texts: requirements-fulltext.txt"),
        ("requirements-dev.txt", "For tests and checks: requirements-dev.txt"),
    ],
)
def test_every_direct_requirement_has_its_reason(name: str, heading: str) -> None:
    documented = first_names(section("docs/dependencies.md", heading))
    assert sorted(documented) == sorted(direct_requirements(name))


def anchors(path: Path) -> set[str]:
    """The headings of a page as GitHub and others make anchors of them."""
    text = FENCED.sub("", path.read_text(encoding="utf-8"))
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    plain = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in headings)
    return {heading.strip().replace(" ", "-") for heading in plain}


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_every_relative_link_leads_to_a_file_and_a_heading(path: Path) -> None:
    for link in LINK.findall(FENCED.sub("", path.read_text(encoding="utf-8"))):
        if re.match(r"[a-z]+:", link):
            continue
        target, _, anchor = link.partition("#")
        file = path.parent / target if target else path
        assert file.exists(), link
        assert not anchor or anchor in anchors(file), link


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_every_make_target_that_is_named_exists(path: Path) -> None:
    makefile = page("Makefile")
    phony = re.search(r"^\.PHONY: (.+)$", makefile, re.MULTILINE)
    assert phony
    text = path.read_text(encoding="utf-8")
    code = [*CODE.findall(FENCED.sub("", text)), *FENCED.findall(text)]
    named = re.findall(r"\bmake ([a-z]+)", "\n".join(code))
    assert set(named) <= set(phony[1].split())


def test_every_make_target_is_in_the_table_for_contributors() -> None:
    phony = re.search(r"^\.PHONY: (.+)$", page("Makefile"), re.MULTILINE)
    assert phony
    named = first_names(section("CONTRIBUTING.md", "Targets"))
    assert sorted(named) == sorted(f"make {target}" for target in phony[1].split())


def test_the_readme_leads_to_every_page() -> None:
    pages = {path.relative_to(ROOT).as_posix() for path in (ROOT / "docs").glob("*.md")}
    assert pages <= set(LINK.findall(page("README.md")))


def test_files_that_contributors_are_sent_to_are_there() -> None:
    text = FENCED.sub("", page("CONTRIBUTING.md"))
    bases = [ROOT, ROOT / "articles"]
    for name in CODE.findall(text):
        if not re.fullmatch(r"[\w./-]+/[\w.-]*|[\w/-]+\.(py|toml|html)", name):
            continue
        assert any((base / name).exists() for base in bases), name


@pytest.mark.django_db
def test_the_worked_example_of_the_readme_works(
    admin_client: Client, client: Client, tmp_path: Path, settings: Settings
) -> None:
    example = section("README.md", "From clone to the first published piece")
    blocks = FENCED.findall(example)
    (records,) = [block for block in blocks if block.startswith('```\n{"url"')]
    (promised,) = [block for block in blocks if block.startswith("```\nread ")]
    path = tmp_path / "pieces.ndjson"
    path.write_text(records.strip("`\n") + "\n", encoding="utf-8")
    said = io.StringIO()

    with pytest.raises(SystemExit) as ended:
        call_command("import_articles", str(path), stderr=said)

    assert ended.value.code == command.ITEM_ERRORS
    counts, refused = promised.strip("`\n").splitlines()
    assert counts.split(" in ")[0] in said.getvalue()
    assert refused.removeprefix("pieces.ndjson") in said.getvalue()
    suggested = TagSuggestion.objects.get()
    assert (str(suggested.tag), suggested.found) == ("Harbour", "harbour")

    # Nobody waits the ten seconds of which the page speaks.
    settings.NEWSROOM_UNDO_SECONDS = 0
    for pk in Article.objects.queued().values_list("pk", flat=True):
        admin_client.post("/admin/desk/publish/", {"piece": pk})

    for address in re.findall(r"http://127\.0\.0\.1:8000(/\S*?)`", example):
        assert client.get(address, follow=True).status_code == 200, address
    shown = client.get("/tags/harbour/").content.decode()
    assert "Latest news with #Harbour" in shown
    assert shown.count("<article") == 2


def test_every_key_of_the_desk_is_in_the_table_for_editors() -> None:
    named = {
        key
        for row in rows(section("docs/editors.md", "Keys"))
        for key in CODE.findall(row[0])
    }
    assert {each.key for each in DESK_COMMANDS.values()} - {"?"} <= named


#: A test says in its docstring which faults it is of: "Fault 17." or "Faults 3, 4
#: and 5."
NAMED_FAULTS = re.compile(r"\bFaults? ([0-9][0-9, and]*)")
FAULTS = range(1, 69)


def names_by_fault() -> dict[int, set[str]]:
    """By fault, the tests that say they are of it: ``test_net.py::test_…``."""
    found: dict[int, set[str]] = {}
    for path in (ROOT / "tests").rglob("test_*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                for said in NAMED_FAULTS.findall(ast.get_docstring(node) or ""):
                    for number in map(int, re.findall("[0-9]+", said)):
                        found.setdefault(number, set()).add(f"{path.name}::{node.name}")
    return found


def test_every_fault_is_held_by_the_tests_that_name_it() -> None:
    table = section("docs/faults.md", "Faults").split("## ")[0]
    documented = {int(row[0]): set(CODE.findall(row[3])) for row in rows(table)}
    assert list(documented) == list(FAULTS)
    assert documented == names_by_fault()


def test_every_promise_is_held_by_tests_that_are_there() -> None:
    there = {
        f"{path.name}::{name}"
        for path in (ROOT / "tests").rglob("test_*.py")
        for name in re.findall(r"^def (test_\w+)", path.read_text(), re.MULTILINE)
    }
    promises = rows(section("docs/faults.md", "What fetching promises"))
    assert len(promises) == 8
    for promise, held_by in promises:
        names = CODE.findall(held_by)
        assert names and set(names) <= there, promise


def test_every_kind_of_failure_is_explained():
    told = [
        CODE.findall(cells[0])
        for cells in rows(section("docs/operators.md", "Fetching"))
    ]
    others = {"not_feed", "parse", "database", "unexpected"}
    assert {kind for [kind] in told} == {*Failure, *others}
