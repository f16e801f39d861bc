"""The texts that readers see, and their translations, read without gettext's tools."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parent.parent.parent
JAPANESE = ROOT / "locale/ja/LC_MESSAGES/django.po"
#: Modules whose texts reach readers: the site, and what it asks.
MODULES = ("site", "listing", "search", "corrections", "piece", "rights", "why")
FUNCTIONS = {"_", "gettext", "gettext_lazy", "ngettext", "ngettext_lazy"}
MARKED = re.compile(r"""\bn?gettext\((u?(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"))""")


def texts_for_readers() -> set[str]:
    """Every text (the singular, where there is a plural) that needs a translation."""
    return {*_texts_of_templates(), *_texts_of_modules()}


def _texts_of_templates() -> Iterator[str]:
    templates = ROOT / "templates"
    pages = (templates / f"{name}.html" for name in ("base", "404", "500"))
    for path in [*pages, *sorted((templates / "site").rglob("*.html"))]:
        for literal in MARKED.findall(templatize(path.read_text(encoding="utf-8"))):
            yield ast.literal_eval(literal)


def _texts_of_modules() -> Iterator[str]:
    articles = ROOT / "articles"
    files = [articles / "models/correction.py"]
    for name in MODULES:
        files += [articles / f"{name}.py", *sorted((articles / name).rglob("*.py"))]
    for path in files:
        if not path.exists():
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and _called(node) in FUNCTIONS:
                text = node.args[0]
                if isinstance(text, ast.Constant) and isinstance(text.value, str):
                    yield text.value


def _called(node: ast.Call) -> str:
    return node.func.id if isinstance(node.func, ast.Name) else ""


def read(path: Path) -> dict[str, list[str]]:
    """A catalogue in gettext's text form: the forms of each text's translation."""
    entries: dict[str, list[str]] = {}
    key, forms = "", []
    target = ""
    for line in [*path.read_text(encoding="utf-8").splitlines(), 'msgid ""']:
        if line.startswith("#~") or line.startswith("#") or not line.strip():
            continue
        word, _, rest = line.partition(" ")
        if word == "msgid":
            if forms:
                entries[key] = forms
            key, forms, target = ast.literal_eval(rest), [], "key"
        elif word == "msgid_plural":
            target = "plural"
        elif word.startswith("msgstr"):
            forms.append(ast.literal_eval(rest))
            target = "form"
        elif target == "key":
            key += ast.literal_eval(line)
        elif target == "form":
            forms[-1] += ast.literal_eval(line)
    return entries
