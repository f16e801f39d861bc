"""Who was signed out while they typed: led to the sign-in, and told what is lost."""

import pytest
from django.test import Client

from articles.models import Article
from tests.factories import ArticleFactory

LOST = "You were signed out. Nothing of what you sent was saved."


@pytest.mark.parametrize(
    ("sent", "to"),
    [
        ("/admin/articles/article/{pk}/change/", None),
        ("/admin/articles/article/", None),
        ("/admin/articles/article/{pk}/correct/", "{form}"),
        ("/admin/desk/edit/", "/admin/desk/pieces/{pk}/"),
    ],
)
def test_who_was_signed_out_is_told_that_nothing_was_saved(
    editor: object, client: Client, sent: str, to: str | None
) -> None:
    pk = ArticleFactory().pk
    form = f"/admin/articles/article/{pk}/change/"
    sent = sent.format(pk=pk)
    client.logout()

    fields = {"headline": "Typed", "piece": pk, "next": f"/admin/desk/pieces/{pk}/"}
    answer = client.post(sent, fields)
    assert answer.url == f"/admin/login/?next={(to or sent).format(pk=pk, form=form)}"
    assert LOST in client.get(answer.url).text
    assert Article.objects.get().headline == ""

    client.force_login(editor)
    assert LOST not in client.get(form).text


def test_who_only_looks_or_signs_out_twice_has_lost_nothing(client: Client, db) -> None:
    assert client.post("/admin/logout/").url == "/admin/"
    answer = client.get("/admin/articles/article/")
    assert LOST not in client.get(answer.url).text
