"""What verbs answer: what was done, and why something was not."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from django.utils import timezone
from django.utils.translation import gettext

from articles.models import Act, Article


class NotAllowed(Exception):
    """It cannot be done as things stand; the message says why."""


class ChangedMeanwhile(NotAllowed):
    """Somebody else has changed the piece since this person saw it."""


@dataclass(slots=True)
class Outcome:
    """What a verb did with many articles.

    Ids moved, ``(id, why)`` refused, and the act, which is None if nothing was done
    or the verb was a part of an act that is still under way.
    """

    moved: list[int] = field(default_factory=list)
    refused: list[tuple[int, str]] = field(default_factory=list)
    act: Act | None = None


def changed_meanwhile(article: Article, seen: int | None) -> str:
    """Why an act on a piece seen in that version is refused; "" if it is not."""
    if seen is None or article.version == seen:
        return ""
    return gettext("Someone else has changed it meanwhile.")


def touch(ids: Iterable[int]) -> None:
    """Mark articles as worked on by a person: imports leave them alone from now on."""
    Article.objects.filter(pk__in=list(ids)).update(edited_at=timezone.now())
