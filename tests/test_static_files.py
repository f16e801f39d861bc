"""Static files as a deployment serves them: each under a name made from its content."""

import json
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.management import call_command
from django.template.loader import render_to_string
from pytest_django import Settings

MODULES = Path(settings.BASE_DIR) / "static" / "js" / "desk"
LEADS_TO = re.compile(r"""^(?:import|\})[^;]*?"(\./[^"]+)";""", re.MULTILINE)


@pytest.fixture
def collected(settings: Settings, tmp_path: Path) -> Path:
    """The folder into which the static files have been collected."""
    settings.STATIC_ROOT = str(tmp_path)
    backend = {"BACKEND": "newsroom.static_files.StaticFilesStorage"}
    settings.STORAGES = {**settings.STORAGES, "staticfiles": backend}
    call_command("collectstatic", "--no-input", verbosity=0)
    return tmp_path


def test_a_module_leads_to_others_by_the_names_of_their_content(collected: Path):
    names = json.loads((collected / "staticfiles.json").read_text())["paths"]
    to_see = [collected / names["js/desk.js"]]
    seen = set()
    while to_see:
        module = to_see.pop()
        seen.add(module.relative_to(collected).as_posix())
        for leads_to in LEADS_TO.findall(module.read_text()):
            assert re.search(r"\.[0-9a-f]{12}\.js$", leads_to), (module, leads_to)
            to_see.append((module.parent / leads_to).resolve())
    of_the_desk = {name for name in names if name.startswith("js/desk")}
    assert seen == {names[name] for name in of_the_desk}


def test_the_desk_asks_for_all_its_modules_at_once(collected: Path):
    page = render_to_string("desk/queue.html", {"script": {}})
    asked = re.findall(r'<link rel="modulepreload" href="([^"]+)">', page)
    modules = sorted(f"js/desk/{each.name}" for each in MODULES.iterdir())
    assert asked == [staticfiles_storage.url(each) for each in modules]
