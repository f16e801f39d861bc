"""Leases on hosts: any number of processes fetch at once, each host is asked by one.

Feeds are claimed by host, many at once; pictures and pages take a host for a single
question, so that neither holds the other up for long. A lease lasts for ``LEASE`` and
is renewed by whoever still works under it, so a process that dies leaves nothing
behind but a lease that runs out. No feed's result is written whose lease has gone to
somebody else meanwhile.
"""

import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from django.db import transaction
from django.db.models import QuerySet

from articles.models import Feed, FetchHost

from .schedule import gap_of

#: Longer than any fetch takes (``net.Limits.wall``), and than a writer may have to
#: wait for SQLite; so long a host rests whose process has died.
LEASE = timedelta(seconds=90)
#: Seconds after which whoever works on renews its leases.
RENEW_AFTER = 20.0
#: Of one host, how many feeds a claim takes at most; the others come later.
MOST_FEEDS_OF_A_HOST = 20


@dataclass(slots=True)
class Claim:
    """A host that is ours under ``lease``, and those of its feeds to be asked now.

    ``left`` are the ids of feeds that were wanted too, for a later claim.
    """

    host: str
    lease: str
    feeds: list[Feed] = field(default_factory=list)
    left: list[int] = field(default_factory=list)


def claim(
    wanted: Mapping[str, Sequence[int]], feeds: QuerySet[Feed], now: datetime
) -> list[Claim]:
    """Lease those of the wanted hosts that are free, all with one new token.

    ``wanted`` are ids of feeds by host; claimed are those that are still in
    ``feeds``, as somebody may have asked them since. A claim without any is at an
    end already.
    """
    _make_rows(sorted(wanted))
    with transaction.atomic():
        lease, names = _lease(wanted, now)
        # Read under the lease, so that what another process did before is seen.
        claims = {name: Claim(name, lease) for name in names}
        ids: list[int] = []
        for name, each in claims.items():
            ids += wanted[name][:MOST_FEEDS_OF_A_HOST]
            each.left += wanted[name][MOST_FEEDS_OF_A_HOST:]
        found = feeds.filter(pk__in=ids, host__in=names).select_related("source")
        for feed in found.order_by("next_check_at", "pk"):
            claims[feed.host].feeds.append(feed)
        idle = [each.host for each in claims.values() if not each.feeds]
        FetchHost.objects.filter(name__in=idle).update(lease="", leased_until=None)
    return list(claims.values())


def take(host: str, now: datetime) -> str:
    """Lease one host for one question. Raises NotFree; ``let_go`` gives it back."""
    _make_rows([host])
    with transaction.atomic():
        lease, taken = _lease([host], now)
    if not taken:
        raise NotFree(FetchHost.objects.get(name=host), now)
    return lease


def _lease(wanted: Iterable[str], now: datetime) -> tuple[str, list[str]]:
    """Lease those of the wanted hosts that are free; the new token, and which."""
    lease = uuid.uuid4().hex
    free = FetchHost.objects.free(now).filter(name__in=wanted).order_by("name")
    names = [host.name for host in free.select_for_update(skip_locked=True)]
    FetchHost.objects.filter(name__in=names).update(
        lease=lease, leased_until=now + LEASE
    )
    return lease, names


def _make_rows(names: list[str]) -> None:
    known = set(FetchHost.objects.filter(name__in=names).values_list("name", flat=True))
    if new := [FetchHost(name=name) for name in names if name not in known]:
        FetchHost.objects.bulk_create(new, ignore_conflicts=True)


def renew(lease: str, now: datetime, host: str | None = None) -> bool:
    """Prolong a lease, of one host or of all under it; whether it was still ours."""
    ours = FetchHost.objects.filter(lease=lease)
    if host is not None:
        ours = ours.filter(name=host)
    return bool(ours.update(leased_until=now + LEASE))


def let_go(hosts: Sequence[str], lease: str, now: datetime) -> None:
    """Give hosts back; whoever asks them next keeps the pause between questions."""
    by_gap = defaultdict(list)
    for host in hosts:
        by_gap[gap_of(host)].append(host)
    for gap, names in by_gap.items():
        until = now + timedelta(seconds=gap) if gap else None
        ours = FetchHost.objects.filter(name__in=names, lease=lease)
        ours.update(lease="", leased_until=until)


def leave_alone(host: str, until: datetime) -> None:
    """Let nobody ask the host before ``until``, or before a later time it asked for."""
    FetchHost.objects.filter(name=host).exclude(not_before__gt=until).update(
        not_before=until
    )


class Standing(StrEnum):
    """Why a host could not be claimed."""

    RESTING = "it was asked a moment ago"
    PAUSED = "it wants to be left alone"
    TAKEN = "another process is asking it"


class NotFree(Exception):
    """The host may not be asked just now: ``why``, and perhaps until when."""

    def __init__(self, host: FetchHost, now: datetime) -> None:
        self.why = _standing(host, now)
        super().__init__(f"{host} was not asked: {self.why}")
        paused = self.why == Standing.PAUSED
        self.until = host.not_before if paused else host.leased_until


def standing(hosts: Iterable[str], now: datetime) -> dict[str, Standing]:
    """Why each of these hosts could not be claimed just now."""
    rows = FetchHost.objects.filter(name__in=list(hosts))
    return {host.name: _standing(host, now) for host in rows}


def _standing(host: FetchHost, now: datetime) -> Standing:
    if host.not_before and host.not_before > now:
        return Standing.PAUSED
    if host.lease and host.leased_until and host.leased_until > now:
        return Standing.TAKEN
    return Standing.RESTING
