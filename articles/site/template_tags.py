"""Tags of the site's templates (``{% load head %}``)."""

from datetime import datetime
from typing import Any

from django import template

from .head import Head
from .head import head_of as head_of_page
from .policy import Kind

register = template.Library()


@register.simple_tag(takes_context=True)
def head_of(context: dict[str, Any], kind: str) -> Head:
    """What stands in the head of a page of that kind (``policy.Kind``)."""
    return head_of_page(Kind(kind or Kind.OTHER), context)


@register.filter(expects_localtime=True)
def moment(value: datetime) -> str:
    """A time as ``<time datetime>`` takes it.

    In whole seconds: HTML allows three digits behind them and Python writes six
    (https://html.spec.whatwg.org/multipage/common-microsyntaxes.html#times).
    """
    return value.isoformat(timespec="seconds")
