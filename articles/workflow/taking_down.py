"""Taking down: pieces killed by a program, and addresses where nothing comes in."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from django.utils import timezone

from articles.acts import acting
from articles.models import Article, ArticleStatus, Tombstone

from .moves import move_many


@dataclass(slots=True)
class TakeDown:
    """What a take-down did: ids killed, ids that were before, addresses barred.

    ``barred`` addresses had no piece; they have a tombstone now, ``known`` ones had it
    before.
    """

    killed: list[int] = field(default_factory=list)
    already: list[int] = field(default_factory=list)
    barred: list[str] = field(default_factory=list)
    known: list[str] = field(default_factory=list)


def take_down(
    ids: Iterable[int],
    addresses: Iterable[str] = (),
    *,
    reason: str,
    notice: str = "",
    actor: str,
) -> TakeDown:
    """Kill pieces (ids), and let nothing in at addresses (canonical) that have none.

    One act and one transaction. Pieces that are killed get the notice, if one is
    given. Raises NotAllowed as ``move_many`` does.
    """
    done = TakeDown()
    with acting("takedown", ids, by=None, actor=actor, reason=reason) as recording:
        pieces = Article.objects.filter(pk__in=recording.before)
        killed = pieces.filter(status=ArticleStatus.KILLED).order_by("pk")
        done.already = list(killed.values_list("pk", flat=True))
        outcome = move_many(
            list(recording.before), "kill", by=None, reason=reason, notice=notice
        )
        done.killed = outcome.moved
        if notice.strip():
            pieces.filter(pk__in=done.already).update(notice=notice.strip())
        for address in dict.fromkeys(addresses):
            made = _bar(address, reason=reason, actor=actor)
            (done.barred if made else done.known).append(address)
    return done


def _bar(address: str, *, reason: str, actor: str) -> bool:
    """Leave a tombstone at an address; False if one stands there."""
    _, made = Tombstone.objects.get_or_create(
        canonical_url=address,
        defaults={"at": timezone.now(), "by_name": actor, "reason": reason},
    )
    return made
