"""Folded templates come out as the templates that they are."""

import pytest
from django.template import Context, Engine, engines
from django.template.loader import get_template
from django.test import RequestFactory
from django.urls import set_script_prefix
from django.utils import translation

from newsroom import templates
from newsroom.templates import Constant, folded

ENGINE = engines["django"].engine


def both(source: str, **context: object) -> tuple[str, str]:
    """What a template comes out as, and what it does once it is folded."""
    context["request"] = RequestFactory().get("/")
    plain, other = ENGINE.from_string(source), ENGINE.from_string(source)
    other.nodelist = folded(other.nodelist)
    other.render(Context(context))
    return plain.render(Context(context)), other.render(Context(context))


SOURCES = {
    "words": "{% load i18n %}<p>{% translate 'Search' %} & {% translate 'Tags' %}</p>",
    "addresses": "<a href=\"{% url 'articles:home' %}\">{{ name }}</a>",
    "files": "{% load static %}{% static 'css/site.css' %} {{ name }}",
    "names": "{% load i18n %}{% translate 'Tags' as said %}<b>{{ said }}</b>",
    "variables": "{% load i18n %}{% translate name %}{% url view %}",
    "branches": "{% load i18n %}{% if name %}{% translate 'Tags' %}{% else %}"
    "{% translate 'Search' %}{% endif %}{% for n in '12' %}{% translate 'Latest' %}"
    "{{ n }}{% empty %}{% translate 'RSS' %}{% endfor %}",
    "blocks": "{% extends 'base.html' %}{% load i18n %}{% block title %}"
    "{% translate 'Search' %}{{ block.super }}{% endblock %}",
}


@pytest.mark.parametrize("source", SOURCES.values(), ids=SOURCES)
@pytest.mark.parametrize("name", ["", "<Trade>"])
def test_a_folded_template_comes_out_the_same(source, name):
    for language in ("en", "ja", "en"):
        with translation.override(language):
            plain, other = both(source, name=name, view="articles:tags")
            assert plain == other


def test_each_language_and_each_prefix_is_drawn_for_itself():
    template = ENGINE.from_string(
        "{% load i18n %}{% translate 'Search' %} {% url 'articles:tags' %}"
    )
    template.nodelist = folded(template.nodelist)
    seen = []
    for language in ("en", "ja"):
        for prefix in ("/", "/news/"):
            set_script_prefix(prefix)
            with translation.override(language):
                seen.append(template.render(Context()))
    set_script_prefix("/")
    assert seen[0] == "Search /tags/"
    assert seen[1] == "Search /news/tags/"
    assert seen[2].endswith(" /ja/tags/")
    assert len(set(seen)) == 4


def test_a_constant_keeps_a_limited_number_of_texts(monkeypatch):
    monkeypatch.setattr(templates, "MOST_DRAWN", 3)
    template = ENGINE.from_string("<b>{{ name }}</b>")
    template.nodelist = folded(template.nodelist, frozenset({"name"}))
    (constant,) = template.nodelist.get_nodes_by_type(Constant)
    for name in "abcdefgab":
        assert template.render(Context({"name": name})) == f"<b>{name}</b>"
        assert len(constant.drawn) <= 3


def test_the_site_is_drawn_with_folded_templates(settings):
    assert not settings.DEBUG
    template = get_template("base.html").template
    assert isinstance(template.nodelist.get_nodes_by_type(Constant)[0], Constant)


def test_templates_that_are_being_written_are_left_as_they_are(settings):
    settings.DEBUG = True
    options = {"loaders": ENGINE.loaders, "libraries": ENGINE.libraries}
    engine = Engine(ENGINE.dirs, builtins=ENGINE.builtins, **options)
    template = engine.get_template("base.html")
    assert not template.nodelist.get_nodes_by_type(Constant)
