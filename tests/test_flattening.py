"""Templates that are put together beforehand come out as Django draws them."""

from typing import Any

import pytest
from django.template import Context, Engine, TemplateDoesNotExist, TemplateSyntaxError
from django.template.base import Node
from django.template.loader_tags import ExtendsNode, IncludeNode
from django.test import RequestFactory
from django.utils import translation
from django.utils.translation import gettext_lazy

from newsroom.flattening import Block
from newsroom.templates import Constant
from tests.factories import ArticleFactory, TagFactory

LIBRARIES = {
    "i18n": "django.templatetags.i18n",
    "l10n": "django.templatetags.l10n",
    "static": "django.templatetags.static",
}
SETTLED = ("site_name", "app")
BASE = (
    "{% load i18n %}{% translate 'Tags' as word %}<{% block title %}{{ site_name }}"
    "{% endblock %}>{% if name %}{% block deep %}deep {{ name }}{% endblock %}{% endif %}"
    "{% block body %}body {% block inner %}inner{% endblock %}{% endblock %}"
    "{% if app %}app {{ app }}{% else %}none{% endif %} {{ word }}{{ mine }}"
)
# ruff: noqa: E501 (a template is read as it stands)
TEMPLATES = {
    "base": BASE,
    "child": "{% extends 'base' %}{% block title %}child {{ block.super }}!{% endblock %}",
    "grandchild": "{% extends 'child' %}{% block title %}[{{ block.super }}]{% endblock %}"
    "{% block inner %}mine{% endblock %}",
    "replaced": "{% extends 'base' %}{% block body %}new{% block fresh %} fresh"
    "{% endblock %}{% endblock %}{% block inner %}gone{% endblock %}",
    "refreshed": "{% extends 'replaced' %}{% block fresh %}{{ block.super }}er"
    "{% endblock %}",
    "filtered": "{% extends 'child' %}{% block title %}{{ block.super|upper }}{% endblock %}",
    "asked": "{% extends 'child' %}{% block title %}{% if block.super %}yes{% endif %}"
    "{% endblock %}",
    "nested-super": "{% extends 'base' %}{% block body %}a{% block inner %}"
    "{{ block.super }}b{% endblock %}{% endblock %}",
    "by-name": "{% extends parent %}{% block title %}by name {{ block.super }}"
    "{% endblock %}{% block inner %}other{% endblock %}",
    "elif": "{% extends 'base' %}{% block title %}{% if name == 'y' %}x{% elif block.super %}"
    "[{{ block.super }}]{% else %}none{% endif %}{% endblock %}",
    "called-otherwise": "{% extends 'child' %}{% block title %}{% with above=block %}"
    "{{ above.super }}{% endwith %}{% endblock %}",
    "translated": "{% extends 'base' %}{% load i18n %}{% block title %}{% blocktranslate %}"
    "({{ block }}){% endblocktranslate %}{% endblock %}",
    "super-within": "{% extends 'base' %}{% block title %}{% include 'super' %}{% endblock %}",
    "super": "({{ block.super }})",
    "named-base": "{% block title %}{{ block.name }}{% endblock %}{% block body %}"
    "{% if name %}{{ block.name }}{% endif %}{% endblock %}",
    "named-child": "{% extends 'named-base' %}{% block body %}child{% endblock %}",
    "named-grandchild": "{% extends 'named-child' %}{% block title %}{{ block.super }}!"
    "{% endblock %}",
    "names": "{% include 'named-base' %}",
    "given": "{% block title %}{% include 'piece' with name=block.name %}{% endblock %}",
    "given-child": "{% extends 'given' %}{% block title %}{{ block.super }}+{% endblock %}",
    "missing-parent": "{% extends 'nowhere' %}",
    "sets": "{% extends 'base' %}{% load i18n %}{% block title %}"
    "{% translate 'Search' as mine %}{{ mine }}{% endblock %}",
    "piece": "({{ site_name }} {{ name }} {{ n }})",
    "setting": "{% load i18n %}{% translate 'Search' as mine %}{{ mine }}",
    "includes": "{% include 'piece' %}{% include 'piece' with name='x' n=2 %}"
    "{% include 'piece' with n=3 only %}{% include part %}{% include 'setting' %}"
    "{{ mine }}{{ n }}",
    "cycling": "{% for n in '123' %}{% include 'cycle' %}{% endfor %}",
    "cycle": "{% cycle 'a' 'b' %}{% cycle 'c' 'd' %}",
    "changing": "{% for n in '1122' %}{% include 'change' %}{% ifchanged %}{{ n }}"
    "{% endifchanged %}{% endfor %}",
    "change": "{% ifchanged n %}new{% endifchanged %}",
    "with-blocks": "{% include 'base' with name='x' %}",
    "child-with-blocks": "{% extends 'base' %}{% block title %}{% include 'child' %}"
    "{% endblock %}",
    "tree": "{{ depth|length }}{% if depth %}{% with depth=depth|slice:'1:' %}"
    "{% include 'tree' %}{% endwith %}{% endif %}",
    "lost": "a{% include 'nowhere' %}b",
    "spoken": "{% load i18n %}{% translate 'Tags' %}{% language 'ja' %}"
    "{% translate 'Tags' %}{% include 'word' %}{% block title %}{% translate 'Search' %}"
    "{% endblock %}{% endlanguage %}{% translate 'Tags' %}",
    "spoken-child": "{% extends 'spoken' %}{% load i18n %}{% block title %}"
    "{% translate 'Latest' %}{% endblock %}",
    "word": "{% load i18n %}{% translate 'Tags' %}",
    "raw": "{{ site_name }}{% autoescape off %}{{ site_name }}{% include 'piece' %}"
    "{% endautoescape %}{% include 'piece' %}",
    "said": "{% load i18n %}{% blocktranslate %}Read {{ site_name }} in the app"
    "{% endblocktranslate %}{% translate 'Tags' %}",
    "said-of": "{% load i18n %}{% blocktranslate with name=site_name %}News from "
    "{{ name }}{% endblocktranslate %}{% blocktranslate count n=2 %}{{ n }} piece"
    "{% plural %}{{ n }} pieces{% endblocktranslate %}",
    "counted": "{% for site_name in values %}{% include 'named' %}{% endfor %}"
    "{% with site_name=nothing %}{% include 'named' %}{% endwith %}{% include 'named' %}",
    "named": "[{{ site_name }}]",
    "spelt": "{% with site_name='Wire & Co' %}{% include 'named' %}{% endwith %}"
    "{% include 'named' %}",
    "localized": "{% load l10n %}{% localize off %}{% include 'number' %}{% endlocalize %}"
    "{% localize on %}{% include 'number' %}{% endlocalize %}",
    "number": "{{ 1234.5 }}",
    "changed": "{% with site_name='another' %}{{ site_name }}{% endwith %}{{ site_name }}",
    "conditions": "{% if app and not site_name %}a{% elif app == 'it' or name %}b"
    "{% else %}c{% endif %}{% if site_name|length > 3 %}d{% endif %}",
    "addresses": "{% url 'articles:tags' as there %}{{ there }}{% url 'nowhere' as no %}"
    "{{ no }}.",
}
ASKED = [
    {"name": "", "site_name": "Wire & Co"},
    {"name": "<Trade>", "site_name": "Wire", "app": "it", "n": 1, "mine": "own"},
    {"name": "y", "site_name": "Wire & Co", "app": "it", "depth": "abc"},
    {"site_name": ["a", "list"], "values": [1, True, 1.0, "1"], "nothing": None},
    {"site_name": gettext_lazy("Tags"), "values": [{}, None, "", 0]},
]


def engine(loader: Any) -> Engine:
    return Engine(loaders=[loader], libraries=LIBRARIES)


def come_out(made: Engine, name: str, asked: dict[str, Any]) -> str:
    """What a template comes out as, or the error that it is."""
    context = Context({"parent": "child", "part": "piece", **asked})
    context["request"] = RequestFactory().get("/")
    try:
        return made.get_template(name).render(context)
    except (TemplateDoesNotExist, TemplateSyntaxError) as error:
        return repr(error)


@pytest.mark.parametrize("name", TEMPLATES)
def test_templates_come_out_as_django_draws_them(name):
    own = ("django.template.loaders.locmem.Loader", TEMPLATES)
    plain = engine(own)
    ours = engine(("newsroom.templates.Loader", [own], SETTLED))
    for _ in range(2):
        for language in ("en", "ja", "de"):
            for asked in ASKED:
                with translation.override(language):
                    wanted = come_out(plain, name, asked)
                    assert come_out(ours, name, asked) == wanted


def nodes(made: Engine, name: str) -> list[Node]:
    found: list[Node] = made.get_template(name).nodelist.get_nodes_by_type(Node)
    return found


def test_what_is_written_out_is_put_together():
    own = ("django.template.loaders.locmem.Loader", TEMPLATES)
    ours = engine(("newsroom.templates.Loader", [own], SETTLED))
    together = nodes(ours, "grandchild")
    assert not any(isinstance(each, ExtendsNode) for each in together)
    assert sum(isinstance(each, Block) for each in together) == 4
    included = nodes(ours, "includes")
    # The one that sees nothing of the page, and the one whose name is a variable.
    assert sum(isinstance(each, IncludeNode) for each in included) == 2
    assert [type(each) for each in nodes(ours, "said")] == [Constant]


def test_a_template_may_extend_another_of_its_name():
    """As a publisher's own ``base.html`` does ours."""
    over = {"base": "{% extends 'base' %}{% block title %}ours{% endblock %}"}
    top = {"base": "{% extends 'base' %}{% block inner %}top{% endblock %}"}
    loaders = [
        ("django.template.loaders.locmem.Loader", each)
        for each in (top, over, TEMPLATES)
    ]
    ours = engine(("newsroom.templates.Loader", loaders, SETTLED))
    plain = engine(("django.template.loaders.cached.Loader", loaders))
    for name in ("base", "child", "grandchild"):
        for asked in ASKED:
            assert come_out(ours, name, asked) == come_out(plain, name, asked)


@pytest.mark.django_db
def test_every_page_of_the_site_comes_out_the_same(client, settings):
    settings.NEWSROOM_APP_STORE_URL = "https://apps.example/app/id7"
    tags = [TagFactory(name=name) for name in ("Trade", "Peace & War")]
    piece = ArticleFactory(published=True)
    piece.tags.add(*tags)
    paths = [
        *("/", "/tags/", "/search/?q=piece", "/corrections/", "/nowhere/"),
        *(tag.get_absolute_url() for tag in tags),
        f"{tags[0].get_absolute_url()}?language=en",
        *(of.get_absolute_url() for of in (piece, piece.source, piece.category)),
        "/admin/login/",
    ]
    paths += [f"/ja{path}" for path in paths if not path.startswith("/admin")]
    settings.NEWSROOM_KEEPS_PAGES = settings.NEWSROOM_KEEPS_PARTS = False
    ours = [client.get(path).content for path in paths]
    options = settings.TEMPLATES[0]["OPTIONS"]
    _name, loaders, _settled = options["loaders"][0]
    plain = {**settings.TEMPLATES[0], "OPTIONS": options | {"loaders": loaders}}
    settings.TEMPLATES = [plain]
    for path, ours_of_it in zip(paths, ours, strict=True):
        token = b"csrfmiddlewaretoken"
        theirs = client.get(path).content
        assert ours_of_it.split(token)[0] == theirs.split(token)[0], path
