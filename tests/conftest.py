"""What every test finds: storage of its own, a database, real material, a browser."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

import pytest
from django.test import Client, TransactionTestCase
from playwright.sync_api import (
    Browser,
    ConsoleMessage,
    Page,
    Request,
    Route,
    WebError,
    expect,
    sync_playwright,
)
from pytest_django import DjangoDbBlocker, Settings
from pytest_django.live_server_helper import LiveServer

from tests.caching import forget

REPOSITORY = Path(__file__).resolve().parent.parent
#: No sandbox, as root has none; and nothing that calls home on its own.
CHROMIUM_OPTIONS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
#: Milliseconds that a page may take to show what a test waits for. Twenty pieces that
#: are decided on in a row took more than five seconds at a load of eight.
PATIENCE_MS = 30_000


def missing(part: str) -> NoReturn:
    """Leave a test out for want of ``part``; with CI=true, fail it."""
    if os.environ.get("CI") == "true":
        pytest.fail(part, pytrace=False)
    pytest.skip(part)


LEFT_OUT = pytest.StashKey[int]()
#: What a test asks for that goes to the database, or to the cache that may be shared.
OF_THE_RUN = {"client", "db", "django_db_setup", "live_server", "transactional_db"}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--second-database",
        action="store_true",
        help="leave out what no database has a part in: it ran with the first one",
    )


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(
    config: pytest.Config, items: list[pytest.Item]
) -> None:
    if not config.getoption("second_database"):
        return
    kept = [
        item
        for item in items
        if asks_for_a_database(item) and item.get_closest_marker("once") is None
    ]
    config.stash[LEFT_OUT] = len(items) - len(kept)
    items[:] = kept


def asks_for_a_database(item: pytest.Item) -> bool:
    """By mark, class or fixture; pytest-django refuses every query to the others."""
    kind = getattr(item, "cls", None)
    return (
        item.get_closest_marker("django_db") is not None
        or (kind is not None and issubclass(kind, TransactionTestCase))
        or not OF_THE_RUN.isdisjoint(getattr(item, "fixturenames", ()))
    )


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Let a worker tell how many it left out."""
    if hasattr(session.config, "workeroutput"):
        left_out = session.config.stash.get(LEFT_OUT, 0)
        session.config.workeroutput["left_out"] = left_out


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    # Each worker collects everything, so one speaks for all.
    if told := getattr(node, "workeroutput", None):
        node.config.stash[LEFT_OUT] = told["left_out"]


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    if left_out := config.stash.get(LEFT_OUT, 0):
        terminalreporter.write_line(
            f"{left_out} tests in which no database has a part ran with the first one."
        )


@pytest.fixture(autouse=True)
def own_storage(settings: Settings, tmp_path: Path) -> None:
    """Images in a directory of the test's own, and caches that begin empty."""
    settings.MEDIA_ROOT = tmp_path / "media"
    forget()


@pytest.fixture(autouse=True)
def patient_search(monkeypatch: pytest.MonkeyPatch) -> None:
    """A search that a crowded machine does not cut short."""
    monkeypatch.setattr("articles.search.finding.PATIENCE", 30.0)


@pytest.fixture(scope="session")
def django_db_setup(
    django_db_setup: None,
    django_db_blocker: DjangoDbBlocker,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[str]:
    """The test database, and a copy of it as it was when no test had seen it.

    The migrations are what takes long, so they are run once, and not for each of
    the databases that a test needs for itself.
    """
    # Benches take the browser's options from here, and know no settings.
    from tests.commands.scratch import copy_of_the_test_database

    folder = tmp_path_factory.mktemp("template")
    with django_db_blocker.unblock(), copy_of_the_test_database(folder) as copy:
        yield copy


@pytest.fixture(scope="session")
def template(django_db_setup: str) -> str:
    """An empty migrated database, to be copied: the path or name of it."""
    return django_db_setup


@pytest.fixture
def editor(client: Client, db: None) -> Any:
    """An editor, signed in with ``client``."""
    # Benches take the browser's options from here, and know no settings.
    from tests.factories import EDITOR, make_user

    user = make_user("mori", EDITOR)
    client.force_login(user)
    return user


@pytest.fixture(scope="session")
def shared() -> Path:
    """The real material: feeds, texts, images, vocabularies."""
    named = Path(os.environ.get("NEWSROOM_SHARED", REPOSITORY.parent / "shared"))
    folder = named / "data" if (named / "data").is_dir() else named
    if not folder.is_dir():
        missing(f"No material at {folder}: name its folder in NEWSROOM_SHARED.")
    return folder


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of the browser that tests/run.py found, or of one in PATH."""
    path = os.environ.get("NEWSROOM_CHROMIUM") or shutil.which("chromium")
    if not path:
        missing("No Chromium: name its binary in NEWSROOM_CHROMIUM.")
    return path


@pytest.fixture(scope="session")
def browser(chromium: str) -> Iterator[Browser]:
    """One Chromium for the whole run; each test opens its own context in it."""
    # Playwright's synchronous interface keeps an event loop in this thread, and
    # Django would refuse it every query from then on.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(
            executable_path=chromium, args=CHROMIUM_OPTIONS
        )
        yield running
        running.close()


def _is_refusal(text: str) -> bool:
    """Whether the console speaks of an answer to who is signed out, or may not."""
    return "status of 401" in text or "status of 403" in text


@pytest.fixture
def page(browser: Browser, live_server: LiveServer) -> Iterator[Page]:
    """A fresh page on the live server (``page.goto("/")``).

    The test fails, also when it passed otherwise, on an error in the console (a
    breach of the Content-Security-Policy is one), on an exception that no script
    caught, and on a request to anywhere else, which is not let out.
    """
    complaints: list[str] = []
    documents: set[str] = set()

    def keep_inside(route: Route) -> None:
        if route.request.url.startswith(f"{live_server.url}/"):
            route.continue_()
        else:
            complaints.append(f"request to {route.request.url}")
            route.abort()

    def note_document(request: Request) -> None:
        if request.is_navigation_request():
            documents.add(request.url)

    def hear_console(message: ConsoleMessage) -> None:
        # A page that answers 404, as it should, is no fault of the page; nor is
        # a script's question that is answered "not as things stand".
        is_answer = message.text.startswith("Failed to load resource") and (
            message.location["url"] in documents
            or "status of 409" in message.text
            or ("/admin/desk/" in message.location["url"] and _is_refusal(message.text))
        )
        if message.type == "error" and not is_answer:
            where = message.location["url"]
            complaints.append(f"console: {message.text} ({where})")

    def hear_exception(raised: WebError) -> None:
        complaints.append(f"exception: {raised.error}")

    with browser.new_context(
        base_url=live_server.url, locale="en-GB", timezone_id="UTC"
    ) as context:
        context.set_default_timeout(PATIENCE_MS)
        context.route("**/*", keep_inside)
        context.on("request", note_document)
        context.on("console", hear_console)
        context.on("weberror", hear_exception)
        yield context.new_page()
    if complaints:
        pytest.fail("\n".join(complaints), pytrace=False)
