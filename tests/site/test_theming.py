"""A publisher's own look, and the rules that ours keeps."""

import gzip
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.test import Client

from tests.factories import ArticleFactory

ROOT = Path(__file__).resolve().parent.parent.parent
SHEET = (ROOT / "static/css/site.css").read_text(encoding="utf-8")
RULES = re.sub(r"/\*.*?\*/", "", SHEET, flags=re.DOTALL)
DOCUMENTED = (ROOT / "docs/theming.md").read_text(encoding="utf-8")
#: A page that needs no database, as the site of these settings answers it.
ASK = """
import django
django.setup()
from django.contrib.staticfiles import finders
from django.test import Client
print(Client().get("/nothing/", headers={"host": "127.0.0.1"}).text)
print("logo:", finders.find("img/logo.svg"))
print("style:", finders.find("css/site.css"))
"""


def answer_of_a_site_with(theme: Path) -> str:
    """A page of a site with this theme, and where its files come from."""
    environment = {
        "PATH": os.environ["PATH"],
        "DJANGO_SETTINGS_MODULE": "newsroom.settings",
        "DATABASE_URL": "sqlite://:memory:",
        "SECRET_KEY": "only for this page",
        "NEWSROOM_THEME": str(theme),
    }
    return subprocess.run(
        [sys.executable, "-c", ASK],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    ).stdout


def test_a_theme_comes_before_ours_and_keeps_what_it_does_not_change(tmp_path: Path):
    for name, text in {
        "static/css/theme.css": ":root { --accent: #0b5c55; }",
        "static/img/logo.svg": "<svg xmlns='http://www.w3.org/2000/svg'/>",
        "templates/base.html": '{% extends "base.html" %}'
        '{% block about %}<p class="about">The Harbour Desk</p>{% endblock %}',
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)

    page = answer_of_a_site_with(tmp_path)

    assert page.index("/static/css/site.css") < page.index("/static/css/theme.css")
    assert "The Harbour Desk" in page
    assert "Each piece belongs to its publisher" not in page
    assert "There is no such page" in page
    assert f"logo: {tmp_path}" in page
    assert f"style: {ROOT}" in page


def test_an_empty_theme_changes_nothing(tmp_path: Path):
    page = answer_of_a_site_with(tmp_path)

    assert "theme.css" not in page
    assert "Each piece belongs to its publisher" in page


def test_the_properties_that_are_documented_are_those_of_the_style_sheet():
    first_rule = RULES.split("}")[0]
    table = DOCUMENTED.split("## Properties")[1].split("## ")[0]
    assert re.findall(r"^\| `(--[a-z]+)`", table, re.M) == re.findall(
        r"^\s*(--[a-z]+):", first_rule, re.M
    )


def luminance(colour: str) -> float:
    """As WCAG 2.2 defines it (relative luminance)."""
    digits = colour.strip("#")
    channels = [int(digits[n : n + 2], 16) / 255 for n in (0, 2, 4)]
    red, green, blue = (
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_colours_keep_the_contrast_that_is_documented(scheme: int):
    pairs = re.findall(r"--(\w+): light-dark\((#\w{6}), (#\w{6})\)", RULES)
    colours = {name: both[scheme] for name, *both in pairs}
    assert len(colours) == 9
    for name in ("text", "quiet", "link"):
        for ground in ("ground", "surface", "tile"):
            assert contrast(colours[name], colours[ground]) >= 4.5, (name, ground)
    assert contrast(colours["accent"], colours["ground"]) >= 4.5
    assert contrast(colours["text"], colours["mark"]) >= 4.5
    assert contrast(colours["quiet"], colours["surface"]) >= 3  # frames of fields


def test_no_colour_stands_outside_the_properties():
    """But for the banner of a preview, which only the desk sees."""
    rest = RULES.split("}", 1)[1]
    lines = [line.strip() for line in rest.splitlines()]
    colours = [line for line in lines if re.search(r"#[0-9a-f]{3,8}\b|rgb|hsl", line)]
    assert colours == ["background: #6b4a00;", "color: #fff;"]


def test_the_blocks_that_are_documented_are_there():
    base = (ROOT / "templates/base.html").read_text(encoding="utf-8")
    table = DOCUMENTED.split("## Templates")[1].split("## ")[0]
    documented = set(re.findall(r"^\| `([a-z]+)`", table, re.M))
    assert documented | {"title", "meta", "head"} == set(
        re.findall(r"{% block (\w+) %}", base)
    )


PHYSICAL = re.compile(
    r"^\s*("
    r"(margin|padding|border|scroll-margin|scroll-padding|inset)-"
    r"(left|right|top|bottom)[\w-]*"
    r"|left|right|top|bottom|width|height|(min|max)-(width|height)"
    r"|border-(top|bottom)-(left|right)-radius"
    r"):|(text-align|float|clear):\s*(left|right)",
    re.MULTILINE,
)


def test_the_style_sheet_knows_no_left_and_no_right():
    assert [found.group().strip() for found in PHYSICAL.finditer(RULES)] == []


@pytest.mark.parametrize(
    "line",
    ["  margin-left: 1px;", "  width: 3rem;", "  text-align: right;", "  top: 0;"],
)
def test_the_search_for_left_and_right_finds_them(line: str):
    assert PHYSICAL.search(line)


def test_shorthands_do_not_hide_a_left_that_differs_from_the_right():
    """Four values name the left and the right; they must be the same."""
    for name, values in re.findall(r"(margin|padding|inset):\s*([^;]+);", RULES):
        # What stands in brackets is one value.
        parts = re.sub(r"\([^()]*(\([^()]*\)[^()]*)*\)", "()", values).split()
        assert len(parts) < 4 or parts[1] == parts[3], f"{name}: {values}"


def test_japanese_is_set_as_japanese_is():
    assert "line-break: strict" in RULES
    assert "word-break: auto-phrase" in RULES
    # Who does not know it keeps the one before.
    assert RULES.index("word-break: normal") < RULES.index("word-break: auto-phrase")
    assert not re.search(r"font(-style)?:[^;]*\bitalic\b", RULES)
    body = re.search(r"body:lang\(ja\),[^{]*{[^}]*line-height: ([\d.]+)", RULES)
    assert body and float(body[1]) >= 1.7


def test_no_font_and_nothing_else_is_fetched_by_the_style_sheet():
    assert not re.search(r"@import|@font-face|url\(", RULES)


def test_the_scripts_stay_small():
    scripts = [ROOT / "static/js" / name for name in ("theme.js", "site.js")]
    assert sum(path.stat().st_size for path in scripts) <= 8_000


@pytest.mark.django_db
@pytest.mark.parametrize("prefix", ["", "/ja"])
def test_a_page_of_twenty_pieces_weighs_less_than_40_kb(client: Client, prefix: str):
    """With style sheet and scripts, as they travel (gzip); without pictures."""
    for number in range(20):
        ArticleFactory(
            published=True,
            tags=["Harbours", "JapanUSAlliance", f"Town{number}"],
            source_headline=f"Port {number}: " + f"word{number} " * 9,
            source_excerpt=" ".join(f"text{number * n}" for n in range(40)),
            note=" ".join(f"note{number + n}" for n in range(20)),
        )
    page = client.get(f"{prefix}/tags/harbours/").content
    assert page.count(b"<article") == 20
    static = ROOT / "static"
    files = ("css/site.css", "js/theme.js", "js/site.js")
    parts = [page, *((static / name).read_bytes() for name in files)]

    assert sum(len(gzip.compress(part)) for part in parts) <= 40_000
