"""Texts that editors type or paste: what no page, feed or database takes is dropped."""

import pytest
from django import forms
from django.contrib import admin
from django.urls import reverse

from articles.admin.read_only import ReadOnlyAdmin
from articles.fields import LineField, LinesField, TagNamesField
from articles.models import (
    Act,
    Article,
    Category,
    Source,
    Tag,
    parse_tag_names,
    written_tag_names,
)
from tests.factories import ArticleFactory, CategoryFactory, SourceFactory, TagFactory

from .conftest import post, shown

pytestmark = pytest.mark.django_db

HOSTILE = "Port\x00\x07 talks\x1b \u202eresume\u2069"
CLEAN = "Port talks resume"


def saved(client, article, data):
    """Send a piece's form, which nothing is wrong with."""
    answer = post(client, article, data)
    assert answer.redirect_chain, answer.context["errors"]
    article.refresh_from_db()


def test_the_words_of_a_piece_are_saved_without_control_characters(admin_client):
    """Fault 60."""
    article = ArticleFactory()
    names = ("headline", "excerpt", "note", "image_alt", "image_caption")
    data = shown(admin_client, article) | dict.fromkeys(names, HOSTILE)
    data |= {"tags": f"{HOSTILE}, Har\x07bour", "image_credit": HOSTILE}

    saved(admin_client, article, data)

    assert [getattr(article, name) for name in names] == [CLEAN] * 5
    assert article.image_credit == CLEAN
    assert set(article.tags.names()) == {CLEAN, "Harbour"}


def test_the_lines_of_a_note_stay(admin_client):
    article = ArticleFactory()
    data = shown(admin_client, article)
    saved(admin_client, article, data | {"note": "One.\x00\r\n\r\nTwo.\x0bThree."})
    assert article.note == "One.\r\n\r\nTwo.\nThree."


def test_a_reason_is_kept_without_control_characters(admin_client):
    article = ArticleFactory()
    data = shown(admin_client, article) | {"_move": "spike", "reason": HOSTILE}
    saved(admin_client, article, data)
    assert Act.objects.newest_first()[0].reason == CLEAN
    chosen = {"action": "unspike_selected", "_selected_action": article.pk}
    listed = reverse("admin:articles_article_changelist")
    admin_client.post(listed, chosen | {"reason": HOSTILE})
    assert [act.reason for act in Act.objects.all()] == [CLEAN, CLEAN]


def test_a_text_of_nothing_but_control_characters_is_missing(admin_client):
    url = reverse("admin:articles_category_add")
    answer = admin_client.post(url, {"name": "\x00\x07", "slug": "nothing"})
    assert answer.status_code == 200
    assert "name" in answer.context["adminform"].form.errors
    assert not Category.objects.exists()


def test_a_piece_that_an_editor_adds_is_clean(admin_client):
    data = {
        "url": "https://ledger.example/1",
        "source": SourceFactory().pk,
        "category": CategoryFactory().pk,
        "source_headline": HOSTILE,
        "source_excerpt": HOSTILE,
        "language": "",
        "source_published_at": "2026-11-01T08:00",
    }
    answer = admin_client.post(reverse("admin:articles_article_add"), data)
    assert answer.status_code == 302, answer.context["errors"]
    article = Article.objects.get()
    assert (article.source_headline, article.source_excerpt) == (CLEAN, CLEAN)


def test_every_text_of_every_form_of_ours_is_cleaned(rf, admin_user):
    request = rf.get("/")
    request.user = admin_user
    seen = []
    for model, screen in admin.site._registry.items():
        if model._meta.app_label != "articles" or isinstance(screen, ReadOnlyAdmin):
            continue
        inlines = screen.get_inline_instances(request)
        forms_of = [each.get_formset(request).form for each in inlines]
        for form in [screen.get_form(request, obj=None), *forms_of]:
            for name, field in form.base_fields.items():
                if type(field) is forms.CharField:
                    seen.append(f"{model.__name__}.{name}")
    # What is sent to a server as it stands, and what is checked as an address.
    assert set(seen) <= {"Feed.url", "Feed.password", "Source.url"}


def kinds_of(form):
    """The classes made from a form's, at any remove."""
    for kind in form.__subclasses__():
        yield kind
        yield from kinds_of(kind)


def test_every_text_that_a_form_of_ours_declares_is_cleaned():
    seen = {
        f"{form.__name__}.{name}"
        for form in kinds_of(forms.BaseForm)
        if form.__module__.startswith("articles.")
        for name, field in form.declared_fields.items()
        if type(field) is forms.CharField
    }
    # What is sent to a server as it stands, what is checked, and what is made of
    # fields that clean.
    assert seen <= {
        *("FeedForm.url", "FeedForm.password", "FeedOfSourceForm.url"),
        *("ArticleForm.kept_picture", "ArticleActionForm.tags"),
        *("NewPersonForm.password1", "NewPersonForm.password2"),
    }


def test_what_readers_are_told_is_saved_clean(admin_client):
    article = ArticleFactory(published=True)
    url = reverse("admin:articles_article_correct", args=[article.pk])
    admin_client.post(url, {"kind": "correction", "text": HOSTILE})
    assert article.corrections.get().text == CLEAN
    data = shown(admin_client, article)
    data |= {"_move": "kill", "reason": "Wish", "notice": HOSTILE}
    saved(admin_client, article, data)
    assert article.notice == CLEAN


@pytest.mark.parametrize("field", [LineField(), LinesField(), TagNamesField()])
def test_what_is_stored_unclean_counts_as_unchanged(field):
    assert not field.has_changed("Port\x07 talks", "Port talks")
    assert field.has_changed("Port talks", "Port calls")


NAMES = [
    ["Washington, D.C.", "Embassies"],
    ['"Quoted" first', 'An inch is 1"'],
    ['"All of it"', ","],
    ["a, b", 'c", d', '"'],
]


@pytest.mark.parametrize("names", NAMES)
def test_names_are_read_as_they_were_written(names):
    assert parse_tag_names(written_tag_names(names)) == names


@pytest.mark.parametrize(
    ("typed", "names"),
    [
        ("Harbour, #Transport,,", ["Harbour", "Transport"]),
        ('#"Washington, D.C." ,x', ["Washington, D.C.", "x"]),
        ('"never closed, x', ['"never closed', "x"]),
        ('19" racks, "5" is five', ['19" racks', '"5" is five']),
        ('""', []),
        ("", []),
    ],
)
def test_what_editors_type_is_read(typed, names):
    assert parse_tag_names(typed) == names


def test_saving_a_form_unchanged_keeps_a_tag_that_holds_a_comma(admin_client):
    article = ArticleFactory(tags=["Washington, D.C.", "Embassies"])
    data = shown(admin_client, article)
    assert '"Washington, D.C."' in data["tags"]

    saved(admin_client, article, data | {"headline": "Another"})
    assert set(article.tags.names()) == {"Washington, D.C.", "Embassies"}
    saved(admin_client, article, data | {"tags": '"Washington, D.C."'})

    assert set(article.tags.names()) == {"Washington, D.C."}
    assert Tag.objects.count() == 2


def test_a_source_and_a_tag_are_saved_clean(admin_client):
    source, tag = SourceFactory(), TagFactory()
    for row, name in ((source, "source"), (tag, "tag")):
        url = reverse(f"admin:articles_{name}_change", args=[row.pk])
        page = admin_client.get(url)
        form = page.context["adminform"].form
        data = {bound.html_name: bound.value() or "" for bound in form}
        for inline in page.context["inline_admin_formsets"]:
            management = inline.formset.management_form
            data |= {each.html_name: 0 for each in management}
        answer = admin_client.post(url, data | {"name": HOSTILE})
        assert answer.status_code == 302, answer.context["errors"]
    assert Source.objects.get().name == Tag.objects.get().name == CLEAN
