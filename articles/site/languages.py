"""The languages of pieces, by their names."""

from django.conf import settings
from django.utils.translation import get_language_info, gettext_noop

# Django's own Japanese says "English (United States)" here.
gettext_noop("English")


def language_name(code: str) -> str:
    """What a language is called in the page's language; the code itself, if unknown."""
    try:
        info = get_language_info(code.lower())
    except KeyError:
        return code
    # For a region it does not know, Django tells of the language without it.
    return str(info["name_translated"]) if info["code"] == code.lower() else code


def languages_to_choose(codes: set[str], chosen: str) -> list[tuple[str, str]]:
    """These languages, the site's and the chosen one: ``(code, name)``, by name.

    Pieces may name a language where their source names none. Regions are left out
    where the rest has a name: ``en`` finds en-GB too. "" is none.
    """
    own = dict(settings.LANGUAGES)
    offered = {*own, *map(_without_region, codes), chosen} - {""}
    pairs = [(code, language_name(code)) for code in offered]
    return sorted(pairs, key=lambda pair: pair[1])


def _without_region(code: str) -> str:
    general = code.partition("-")[0]
    return general if language_name(general) != general else code
