"""Every text for readers has its translation, and the compiled file is in step."""

import gettext
import re

from tests.site import catalogue
from tests.site.catalogue import JAPANESE

GAPS = re.compile(r"%\(\w+\)s|NUMBER")


def test_every_text_for_readers_is_translated() -> None:
    texts = catalogue.texts_for_readers()
    assert len(texts) > 60
    translated = catalogue.read(JAPANESE)
    assert sorted(text for text in texts if not any(translated.get(text, ()))) == []


def test_a_translation_keeps_what_is_filled_in() -> None:
    for text, forms in catalogue.read(JAPANESE).items():
        for form in forms:
            assert sorted(GAPS.findall(form)) == sorted(GAPS.findall(text)), text


def test_no_translation_is_doubtful_or_left_in_english() -> None:
    assert "fuzzy" not in JAPANESE.read_text(encoding="utf-8")
    for text, forms in catalogue.read(JAPANESE).items():
        for form in forms if text else ():
            assert re.search(r"[\u3040-\u30ff\u4e00-\u9fff]", form), text


def test_the_compiled_translations_are_those_of_the_text_file() -> None:
    """Django reads the compiled file alone; a machine that runs us has no msgfmt."""
    with JAPANESE.with_suffix(".mo").open("rb") as file:
        compiled = gettext.GNUTranslations(file)
    written = catalogue.read(JAPANESE)
    held = compiled._catalog  # type: ignore[attr-defined]
    names = {key[0] if isinstance(key, tuple) else key for key in held}
    assert names == set(written)
    for text, forms in written.items():
        for number, form in enumerate(forms):
            assert held.get((text, number), held.get(text)) == form, text
