"""Times in the lists: figures alone, in the site's zone, the same in every language."""

from datetime import datetime

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.html import format_html


def moment(at: datetime | None) -> str:
    """Day, hour and minute; "–" for none."""
    return f"{timezone.localtime(at):%Y-%m-%d %H:%M}" if at else "–"


def day(at: datetime) -> str:
    return f"{timezone.localtime(at):%Y-%m-%d}"


def labelled(label: str | Promise, value: str) -> str:
    """A cell that says what it holds where a phone shows no heads of columns."""
    return format_html('<span class="narrow">{}: </span>{}', label, value)
