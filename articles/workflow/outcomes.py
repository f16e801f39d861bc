"""What verbs answer: what was done, and why something was not."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext

from articles.models import Act, Article, Change


class NotAllowed(Exception):
    """It cannot be done as things stand; the message says why."""


@dataclass(frozen=True, slots=True)
class Clash:
    """A column that has changed since this person looked, as snapshots hold it.

    ``mine`` is what they want to write, or what they saw if they have not touched
    it; ``theirs`` is what stands there now, ``change`` the latest to have touched it.
    """

    name: str
    mine: Any
    theirs: Any
    change: Change


class ChangedMeanwhile(NotAllowed):
    """Somebody else has changed the piece since this person saw it.

    ``clashes`` says in what, as far as the verb looks at single columns, and
    ``version`` is the one that stands now.
    """

    def __init__(
        self, why: str, clashes: Iterable[Clash] = (), version: int | None = None
    ) -> None:
        super().__init__(why)
        self.clashes = list(clashes)
        self.version = version


@dataclass(slots=True)
class Outcome:
    """What a verb did with many articles.

    Ids moved, ``(id, why)`` refused, and the act, which is None if nothing was done
    or the verb was a part of an act that is still under way. ``claimed`` are those of
    the refused that a colleague is at work on: they can be taken over.
    """

    moved: list[int] = field(default_factory=list)
    refused: list[tuple[int, str]] = field(default_factory=list)
    claimed: list[int] = field(default_factory=list)
    act: Act | None = None

    def leave_to(self, colleague: NotAllowed, pk: int) -> None:
        """Leave an article (id) to whoever is at work on it."""
        self.refused.append((pk, str(colleague)))
        self.claimed.append(pk)


def changed_meanwhile(article: Article, seen: int | None) -> str:
    """Why an act on a piece seen in that version is refused; "" if it is not."""
    if seen is None or article.version == seen:
        return ""
    return gettext("Someone else has changed it meanwhile.")


def touch(ids: Iterable[int]) -> None:
    """Mark articles as worked on by a person: imports leave them alone from now on."""
    Article.objects.filter(pk__in=list(ids)).update(edited_at=timezone.now())
