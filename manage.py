#!/usr/bin/env python
"""Newsroom's command line: ``python manage.py help`` lists what it can do."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "newsroom.settings")
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line
    from django.db import Error

    try:
        execute_from_command_line(sys.argv)
    except (ImproperlyConfigured, Error) as error:
        if "--traceback" in sys.argv:
            raise
        print(_told(error), file=sys.stderr)  # noqa: T201
        sys.exit(4)
    except KeyboardInterrupt:
        # Before a command has begun, or in one of Django's own.
        sys.exit(130)


def _told(error: Exception) -> str:
    """What keeps a command from running: a setting, or the database."""
    from django.db import Error

    if isinstance(error, Error):
        from articles.management.command import told

        return told(error)
    return f"Newsroom cannot start: {error}"


if __name__ == "__main__":
    main()
