"""Take pieces down: killed everywhere, and kept from coming back."""

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.core.management.base import CommandParser
from django.db import transaction

from articles import workflow
from articles.ingest.identity import canonical_url
from articles.ingest.text import printable
from articles.management.command import ITEM_ERRORS, NewsroomCommand, usage_error
from articles.models import Article

#: The address of a piece here, with or without its last part, and its id in feeds.
OURS = re.compile(r"/articles/(?P<number>[0-9]{1,18})(?:/[^/]*)?/?")
KILLED, ALREADY, BARRED, KNOWN, UNKNOWN = (
    "killed",
    "killed before",
    "not here, barred",
    "not here, barred before",
    "not here",
)


@dataclass(slots=True)
class Address:
    """One address as it was given: a piece, or what it would come in under."""

    given: str
    canonical: str = ""
    article: int | None = None
    outcome: str = ""


class Command(NewsroomCommand):
    help = (
        "Take pieces down: they are killed, leave every page, feed and export at once"
        " with their pictures, and do not come back. An address that no piece has is"
        " barred, so that none comes in there. Addresses are those at the source, in"
        " any spelling, or ours (/articles/…)."
    )
    examples = """manage.py takedown https://a.example/1 --reason "Letter of 3 May"
    manage.py takedown https://a.example/1 --reason "Letter" --dry-run
    manage.py takedown /articles/12/ferry/ --reason "Order 7" --notice "Withdrawn."
    """

    def add_own_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("addresses", nargs="+", metavar="URL")
        parser.add_argument(
            "--reason",
            required=True,
            metavar="TEXT",
            help="who asks, and on what grounds; stays in the history, readers never"
            " see it",
        )
        parser.add_argument(
            "--notice",
            default="",
            metavar="TEXT",
            help="what readers find at the pieces' addresses (default: usual words)",
        )

    def run(self, **options: Any) -> int | None:
        addresses = list(map(_read, dict.fromkeys(options["addresses"])))
        try:
            with transaction.atomic():
                _look_up(addresses)
                done = workflow.take_down(
                    [each.article for each in addresses if each.article],
                    [each.canonical for each in addresses if _is_to_bar(each)],
                    reason=printable(options["reason"]).strip(),
                    notice=printable(options["notice"]).strip(),
                    actor="takedown",
                )
                transaction.set_rollback(options["dry_run"])
        except workflow.NotAllowed as why:
            raise usage_error(str(why)) from why
        for each in addresses:
            each.outcome = _outcome(each, done)
        if not options["dry_run"]:
            # Again, and not in silence: a storage that fails is told here.
            workflow.take_pictures_away(done.killed + done.already)
        self._report(addresses, options)
        found = all(each.article for each in addresses)
        return None if found else ITEM_ERRORS

    def _report(self, addresses: list[Address], options: dict[str, Any]) -> None:
        outcomes = [each.outcome for each in addresses]
        facts: dict[str, Any] = {
            "killed": outcomes.count(KILLED),
            "killed_before": outcomes.count(ALREADY),
            "barred": outcomes.count(BARRED) + outcomes.count(KNOWN),
            "unknown": outcomes.count(UNKNOWN),
        }
        if options["format"] == "json":
            facts["addresses"] = [
                {
                    "address": each.given,
                    "outcome": each.outcome,
                    "article": each.article,
                }
                for each in addresses
            ]
        for each in addresses:
            which = f" (article {each.article})" if each.article else ""
            self.say(f"{each.given}: {each.outcome}{which}")
        self.print_report(facts, options)


def _read(given: str) -> Address:
    """An address as it was typed. Raises a usage error for one that is none."""
    if given.startswith("/"):
        return Address(given, article=_number(given, given))
    try:
        canonical = canonical_url(given)
    except ValueError as error:
        raise usage_error(f"{given!r}: {error}. Nothing was taken down.") from error
    own = urlsplit(canonical_url(settings.NEWSROOM_SITE_URL))
    parts = urlsplit(canonical)
    if parts.netloc == own.netloc or parts.hostname in settings.ALLOWED_HOSTS:
        return Address(given, article=_number(given, parts.path))
    return Address(given, canonical)


def _number(given: str, path: str) -> int:
    if found := OURS.fullmatch(unquote(path)):
        return int(found["number"])
    raise usage_error(
        f"{given!r}: an address of this site, but not of a piece; they begin with"
        " /articles/ and a number. Nothing was taken down."
    )


def _look_up(addresses: list[Address]) -> None:
    """Find the pieces; a number of ours that no piece has becomes None."""
    for each in addresses:
        if each.article is None:
            found = Article.objects.at(each.canonical)
        else:
            found = Article.objects.filter(pk=each.article).first()
        each.article = found.pk if found else None


def _is_to_bar(address: Address) -> bool:
    return address.article is None and bool(address.canonical)


def _outcome(address: Address, done: workflow.TakeDown) -> str:
    if address.article:
        return KILLED if address.article in done.killed else ALREADY
    if not address.canonical:
        return UNKNOWN
    return BARRED if address.canonical in done.barred else KNOWN
