#!/usr/bin/env python
"""Newsroom's command line: ``python manage.py help`` lists what it can do."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "newsroom.settings")
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        if "--traceback" in sys.argv:
            raise
        print(f"Newsroom cannot start: {error}", file=sys.stderr)  # noqa: T201
        sys.exit(4)
    except KeyboardInterrupt:
        # Before a command has begun, or in one of Django's own.
        sys.exit(130)


if __name__ == "__main__":
    main()
