"""Pages that are there to be read."""

from collections.abc import Callable
from typing import Any

from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe


def for_reading(view: Callable[..., Any]) -> Callable[..., Any]:
    """Let a view answer GET and HEAD, and every other method with 405.

    Without the exemption a POST is asked for its token (CSRF) before anybody looks
    at the method, and gets 403; where nothing is written, there is nothing to forge.
    """
    return csrf_exempt(require_safe(view))
