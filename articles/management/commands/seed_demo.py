"""The demo material of ``make demo``."""

import io
import json
import secrets
import tempfile
import zlib
from argparse import SUPPRESS
from pathlib import Path
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.core.management.base import CommandParser
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from articles import roles
from articles.demo import material
from articles.demo.pictures import picture
from articles.images import library
from articles.ingest.identity import canonical_url
from articles.management.command import NewsroomCommand
from articles.models import Article, Tag
from articles.names import name_key
from articles.tagging import tags

#: The tag whose page a newcomer opens first.
SHOWN_TAG = "JapanUSAlliance"
EDITOR = "editor"
#: Different pictures of one scene. Each takes a third of a second to make in all its
#: widths, and a newcomer waits for them.
VARIANTS = 4


class Command(NewsroomCommand):
    help = (
        "Fill the site with demo material: publishers, categories, tags, pieces of"
        " the last 90 days with pictures, and an editor's account. Run again, it"
        " keeps what is there and adds what is missing."
    )
    examples = """manage.py seed_demo
    manage.py seed_demo --port 9000"""

    def add_own_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--port", type=int, default=8000, help="of the addresses that are printed"
        )
        parser.add_argument("--without-pictures", action="store_true", help=SUPPRESS)

    def run(self, **options: Any) -> int | None:
        with transaction.atomic():
            self._seed(options)
            password = self._make_editor()
            transaction.set_rollback(options["dry_run"])
        self._print_addresses(options, password)
        return None

    def _seed(self, options: dict[str, Any]) -> None:
        call_command("import_sources", str(material.sources_path()), **_quiet(self))
        self._make_tags()
        there = set(Article.objects.values_list("canonical_url", flat=True))
        pieces = [
            piece
            for piece in material.pieces(timezone.now())
            if canonical_url(piece.record["url"]) not in there
        ]
        for status, waiting in (("published", False), ("ingested", True)):
            records = [piece.record for piece in pieces if piece.waiting == waiting]
            self._import(records, status)
        if not options["without_pictures"]:
            self._add_pictures(pieces)

    def _make_tags(self) -> None:
        for facts in material.tags():
            tag = Tag.objects.get_or_make([facts["name"]])[name_key(facts["name"])]
            if not tag.description:
                tag.description = facts["description"]
                tags.change(tag, name=tag.name, slug=tag.slug)
            for text in facts["phrases"]:
                tag.phrases.get_or_create(text=text)
            for name in facts["aliases"]:
                tags.add_alias(tag, name)

    def _import(self, records: list[dict[str, Any]], status: str) -> None:
        if not records:
            return
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "demo.ndjson"
            lines = (json.dumps(record, ensure_ascii=False) for record in records)
            path.write_text("\n".join(lines) + "\n", encoding="utf-8")
            call_command("import_articles", str(path), status=status, **_quiet(self))

    def _add_pictures(self, pieces: list[material.Piece]) -> None:
        shared: dict[tuple[str, int], list[str]] = {}
        for piece in pieces:
            url = canonical_url(piece.record["url"])
            variant = zlib.crc32(url.encode()) % VARIANTS
            if piece.scene:
                shared.setdefault((piece.scene, variant), []).append(url)
        for (scene, variant), urls in shared.items():
            first, *others = Article.objects.filter(canonical_url__in=urls)
            image = library.attach(first, picture(scene, str(variant)))
            library.put_on([other.pk for other in others], image)

    def _make_editor(self) -> str | None:
        """Make the editor's account; its password, or None if it was there."""
        roles.sync()
        users = get_user_model()._default_manager
        if users.filter(username=EDITOR).exists():
            return None
        password = secrets.token_urlsafe(12)
        editor = users.create_user(EDITOR, password=password, is_staff=True)
        editor.groups.add(Group.objects.get(name=roles.Role.EDITORS.value))
        return password

    def _print_addresses(self, options: dict[str, Any], password: str | None) -> None:
        origin = f"http://127.0.0.1:{options['port']}"
        tag = Tag.objects.filter(key=name_key(SHOWN_TAG)).first()
        facts = {
            "tag_page": origin + (tag.get_absolute_url() if tag else "/tags/"),
            "desk": f"{origin}/admin/desk/",
            "admin": origin + reverse("admin:index"),
            "account": EDITOR,
            "password": password
            or "as printed when it was made (or: manage.py changepassword editor)",
        }
        if options["format"] == "json":
            self.print_report(facts, options)
            return
        for name, value in facts.items():
            self.stdout.write(f"{name.replace('_', ' '):>10}  {value}")


def _quiet(command: NewsroomCommand) -> dict[str, Any]:
    """For a command run by this one: what it says of itself goes to stderr."""
    return {"stdout": io.StringIO(), "stderr": command.stderr}
