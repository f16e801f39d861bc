"""Every address there is, found in the URLconf and by following links."""

import itertools
import re
from collections.abc import Iterable, Iterator, Mapping
from html import unescape
from typing import Any
from urllib.parse import urljoin, urlsplit

from django.conf import settings
from django.test import Client
from django.urls import NoReverseMatch, URLPattern, URLResolver, get_resolver, reverse
from django.urls.resolvers import LocalePrefixPattern
from django.utils import translation

#: What stands in an address for a part that nobody has told a value of.
ANYTHING = ("1", "x", "2026")
#: Most values of all parts together that are tried for one address.
MOST_TRIED = 60
_LINK = re.compile(
    r"""(?:href|src|content|url)=["']([^"']+)|<loc>([^<]+)|"(https?:[^"]+)"""
)


def languages() -> list[str]:
    """Those that addresses can be in."""
    prefixed = any(
        isinstance(each.pattern, LocalePrefixPattern)
        for each in get_resolver().url_patterns
    )
    others = [code for code, _ in settings.LANGUAGES if code != settings.LANGUAGE_CODE]
    return [settings.LANGUAGE_CODE, *others] if prefixed else [settings.LANGUAGE_CODE]


def in_urlconf(parts: Mapping[str, Iterable[object]]) -> list[str]:
    """Addresses of every pattern, in every language.

    ``parts`` gives the values to try for each named part of an address (``slug``,
    ``pk`` …); parts that it does not name get ``ANYTHING``.
    """
    found: dict[str, None] = {}
    for names, pattern in _patterns(get_resolver().url_patterns, ()):
        for path in _paths(names, pattern, parts):
            found.setdefault(path)
    return list(found)


def public(parts: Mapping[str, Iterable[object]]) -> list[str]:
    """Those of them that are no part of the admin."""
    return [path for path in in_urlconf(parts) if not path.startswith("/admin/")]


def _patterns(
    patterns: Iterable[URLPattern | URLResolver], names: tuple[str, ...]
) -> Iterator[tuple[tuple[str, ...], URLPattern]]:
    for each in patterns:
        if isinstance(each, URLResolver):
            own = (each.namespace,) if each.namespace else ()
            yield from _patterns(each.url_patterns, names + own)
        else:
            yield names, each


def _paths(
    names: tuple[str, ...], pattern: URLPattern, parts: Mapping[str, Iterable[object]]
) -> Iterator[str]:
    if not pattern.name:
        if not (set(str(pattern.pattern)) & set("<(?*[")):
            yield f"/{pattern.pattern}"
        return
    regex = pattern.pattern.regex
    wanted = list(getattr(pattern.pattern, "converters", None) or regex.groupindex)
    values = [list(parts.get(name, ANYTHING)) for name in wanted]
    for chosen in itertools.islice(itertools.product(*values), MOST_TRIED):
        arguments = dict(zip(wanted, chosen, strict=True))
        for language in languages():
            with translation.override(language):
                try:
                    yield reverse(":".join([*names, pattern.name]), kwargs=arguments)
                except NoReverseMatch:
                    continue


def linked(client: Client, start: Iterable[str], most: int = 400) -> dict[str, str]:
    """What is answered at these addresses and at all of ours that they lead to."""
    answers = answers_linked(client, start, most)
    return {address: text for address, (_, text) in answers.items()}


def answers_linked(
    client: Client, start: Iterable[str], most: int = 400
) -> dict[str, tuple[Any, str]]:
    """The answers themselves, each with its text."""
    answers: dict[str, tuple[Any, str]] = {}
    waiting = list(start)
    while waiting and len(answers) < most:
        address = waiting.pop(0)
        if address in answers or address.startswith(("/admin/", "/static/")):
            continue
        answer = client.get(address)
        answers[address] = (answer, text_of(answer))
        waiting += _ours(address, *answers[address])
    return answers


def text_of(answer: object) -> str:
    """An answer's text with its headers; of a picture or the like, its headers."""
    head = "\n".join(f"{name}: {value}" for name, value in answer.headers.items())
    kind = answer.headers.get("Content-Type", "")
    if answer.streaming or kind.startswith("image/"):
        answer.close()
        return head
    return f"{head}\n\n{answer.content.decode()}"


def _ours(base: str, answer: object, text: str) -> Iterator[str]:
    found = [value for match in _LINK.findall(text) for value in match if value]
    found.append(answer.headers.get("Location", ""))
    for link in found:
        try:
            parts = urlsplit(urljoin(f"http://testserver{base}", unescape(link)))
        except ValueError:
            continue
        own = {"testserver", urlsplit(settings.NEWSROOM_SITE_URL).netloc}
        if link and parts.netloc in own and parts.path.startswith("/"):
            yield parts._replace(scheme="", netloc="", fragment="").geturl()
