"""Measure what this machine needs, on databases that are thrown away."""

import argparse
import importlib.util
import os
import signal
import subprocess
import sys
from typing import Any

from django.conf import settings
from django.core.management import CommandError
from django.core.management.base import CommandParser

from articles.management.command import (
    ENVIRONMENT,
    INTERRUPTED,
    ITEM_ERRORS,
    USAGE,
    NewsroomCommand,
)

#: Where the scenarios live; they come with the source and not with the site.
SCENARIOS = "tests.bench"
MISSING = (
    "There is nothing to measure with: the folder tests/ or what it requires is not"
    " here ({what}). Take a checkout of the source and run: make bench."
)


class Command(NewsroomCommand):
    help = (
        "Measure scenarios on seeded articles, beside a floor where there is one. PART"
        " is one of importing, fetching, desk, admin, bulk, mixed, search, fuzz,"
        " reading, site; what follows it are its own options (PART --help lists them)."
        " Without a PART all are measured but mixed, one after the other."
    )
    examples = """manage.py bench importing --records 10000
    manage.py bench reading --pieces 10000 100000 --database postgres
    manage.py bench bulk --pieces 100000
    manage.py bench site --help"""
    writes = False

    def add_format(self, parser: CommandParser) -> None:
        """None: each part prints its own table, and some have ``--json FILE``."""

    def add_own_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "part",
            nargs=argparse.REMAINDER,
            metavar="PART",
            help="what to measure, with its own options",
        )

    def run(self, **options: Any) -> int | None:
        if why := _missing():
            raise CommandError(MISSING.format(what=why), returncode=ENVIRONMENT)
        code = _measure(options["part"])
        known = (0, ITEM_ERRORS, USAGE, ENVIRONMENT, INTERRUPTED)
        return code if code in known else ENVIRONMENT


def _missing() -> str:
    """What the scenarios need and is not here; "" if nothing."""
    for module in (SCENARIOS, "playwright", "gunicorn"):
        try:
            found = importlib.util.find_spec(module)
        except ModuleNotFoundError:
            found = None
        if found is None:
            return module
    return ""


def _measure(arguments: list[str]) -> int:
    """Run the scenarios as a process of its own: each has its own settings."""
    # Whoever develops has DEBUG on, and would measure the log of all statements.
    environment = {k: v for k, v in os.environ.items() if k != "DEBUG"}
    process = subprocess.Popen(
        [sys.executable, "-m", SCENARIOS, *arguments],
        cwd=settings.BASE_DIR,
        env=environment,
        # An interrupt reaches it once, through us, and so it can clear up.
        start_new_session=True,
    )
    try:
        return process.wait()
    except KeyboardInterrupt:
        process.send_signal(signal.SIGINT)
        process.wait()
        raise
