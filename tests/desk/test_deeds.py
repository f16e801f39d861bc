"""What is done at the desk: by its script, by plain forms, and by those who may."""

import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.contrib.messages import get_messages
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from articles import workflow
from articles.models import (
    Act,
    Article,
    Comment,
    PossibleDuplicate,
    SuggestionState,
    TagSuggestion,
)
from articles.roles import Role
from articles.tagging import index
from tests.factories import ArticleFactory, TagFactory, make_member, make_user

pytestmark = pytest.mark.django_db


def suggested(article: Article, *names: str) -> list[int]:
    """Suggest tags for a piece; their ids."""
    tags = [TagFactory(name=name, slug=name.lower()) for name in names]
    for tag in tags:
        TagSuggestion.objects.create(
            article=article, tag=tag, phrase=tag.name, found=tag.name
        )
    Article.objects.filter(pk=article.pk).update(needs_suggestions=False)
    return [tag.pk for tag in tags]


def names_of(article: Article) -> set[str]:
    return set(article.tags.names())


def test_publishing_takes_the_ticked_tags_and_turns_the_others_down(editor, ask):
    piece = ArticleFactory()
    port, trade = suggested(piece, "Port", "Trade")
    answer = ask("publish", piece, offered=[port, trade], accepted=[port])

    assert answer.status_code == 200
    piece.refresh_from_db()
    assert piece.status == "published"
    assert names_of(piece) == {"Port"}
    states = dict(TagSuggestion.objects.values_list("tag", "state"))
    assert states == {port: SuggestionState.ACCEPTED, trade: SuggestionState.REJECTED}
    assert answer.json()["rows"] == {str(piece.pk): None}
    assert Act.objects.count() == 1
    assert index.differences() == {"rows": 0, "counts": 0}


def test_a_batch_is_published_with_all_suggestions_and_undone_at_once(editor, ask):
    pieces = ArticleFactory.create_batch(3)
    for number, piece in enumerate(pieces):
        suggested(piece, f"Tag-{number}")
    answer = ask("publish", *pieces).json()
    assert Article.objects.filter(status="published").count() == 3
    assert all(names_of(piece) for piece in pieces)

    undone = ask(answer["undo"].removeprefix("/admin/desk/").rstrip("/")).json()
    assert Article.objects.filter(status="ingested").count() == 3
    assert not any(names_of(piece) for piece in pieces)
    assert set(undone["rows"]) == {str(piece.pk) for piece in pieces}
    assert all(undone["rows"].values())
    assert index.differences() == {"rows": 0, "counts": 0}


def test_nobody_sees_a_publication_while_it_can_be_undone(
    editor, ask, settings: Settings
):
    settings.NEWSROOM_UNDO_SECONDS = 30
    piece = ArticleFactory(tags=["Economy"])
    before = timezone.now()
    answer = ask("publish", piece).json()
    piece.refresh_from_db()
    assert before + timedelta(seconds=30) <= piece.visible_from
    assert not Article.objects.published().exists()
    assert ask("undo").status_code == 200
    assert answer["undo"]
    piece.refresh_from_db()
    assert piece.published_at is None


def test_undo_without_a_number_takes_back_one_act_after_the_other(editor, ask):
    first, second = ArticleFactory.create_batch(2)
    ask("spike", first)
    ask("spike", second)
    assert str(second.pk) in ask("undo").json()["rows"]
    assert str(first.pk) in ask("undo").json()["rows"]
    nothing = ask("undo")
    assert (nothing.status_code, nothing.json()["done"]) == (409, False)
    ask("undo", again="1")
    first.refresh_from_db()
    assert first.status == "spiked"


def test_a_colleague_s_act_is_not_mine_to_undo_without_its_number(
    editor, colleague, ask
):
    piece = ArticleFactory()
    workflow.move(piece, "spike", by=colleague)
    assert ask("undo").status_code == 409


def test_the_desk_takes_back_nothing_that_was_not_done_at_it_by_oneself(
    editor, colleague, ask
):
    others, killed = ArticleFactory.create_batch(2, published=True)
    workflow.move(others, "unpublish", by=colleague)
    workflow.move(killed, "kill", by=editor, reason="A court")
    for act in Act.objects.filter(kind__in=("unpublish", "kill")):
        answer = ask(f"undo/{act.pk}")
        assert (answer.status_code, answer.json()["done"]) == (409, False)
        assert "in the history" in answer.json()["said"]
    assert not Act.objects.filter(kind="undo").exists()


def test_what_was_seen_in_another_version_is_left_with_its_reason(
    editor, colleague, ask
):
    stale, fresh = ArticleFactory.create_batch(2)
    workflow.tag([stale.pk], on=["Harbour"], by=colleague)
    answer = ask("publish", stale, fresh)
    assert answer.status_code == 200
    answer = answer.json()
    assert [each["piece"] for each in answer["refused"]] == [stale.pk]
    assert "meanwhile" in answer["refused"][0]["why"]
    assert "#Harbour" in answer["rows"][str(stale.pk)]
    assert answer["rows"][str(fresh.pk)] is None
    assert ask("spike", stale).status_code == 409


def test_a_piece_that_a_colleague_has_claimed_asks_first(editor, colleague, ask):
    piece = ArticleFactory()
    workflow.claim(piece.pk, by=colleague)
    answer = ask("publish", piece)
    assert answer.status_code == 409
    assert answer.json()["claimed"] == [piece.pk]
    assert "sato is at work" in answer.json()["said"]
    assert ask("publish", piece, take_over="1").status_code == 200


@pytest.mark.parametrize(
    "deed", ["shortlist", "publish", "tag", "hold", "apart", "fold"]
)
def test_a_piece_that_is_taken_over_is_the_colleague_s_no_longer(
    editor, colleague, ask, deed
):
    piece, other = ArticleFactory.create_batch(2)
    PossibleDuplicate.objects.create(article=other, other=piece, likeness=0.9)
    workflow.claim(piece.pk, by=colleague)
    fields = {"tags": "Port", "until": "week", "into": str(other.pk)}
    assert ask(deed, piece, **fields).status_code == 409
    assert workflow.claimed_by_others([piece.pk], by=editor)
    assert ask(deed, piece, **fields, take_over="1").status_code == 200
    assert not workflow.claimed_by_others([piece.pk], by=editor)


def test_a_plain_form_asks_on_a_page_whether_to_take_over(
    editor, colleague, client: Client
):
    free, taken = ArticleFactory.create_batch(2)
    [port] = suggested(taken, "Port")
    workflow.claim(taken.pk, by=colleague)
    fields = {
        "piece": [f"{free.pk}:0", f"{taken.pk}:0"],
        "offered": [port],
        "next": "/admin/desk/?only=untagged",
    }
    asked = client.post("/admin/desk/publish/", fields)
    assert asked.status_code == 409
    assert f"Published “{free.shown_headline}”." in asked.text
    assert "sato is at work on it." in asked.text
    assert 'href="/admin/desk/?only=untagged"' in asked.text
    assert names_of(taken) == set()
    assert not Article.objects.published().filter(pk=taken.pk).exists()

    hidden = re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', asked.text)
    again = {name: value for name, value in hidden if name != "csrfmiddlewaretoken"}
    assert again == {
        "offered": str(port),
        "next": "/admin/desk/?only=untagged",
        "piece": f"{taken.pk}:0",
        "take_over": "1",
    }
    assert client.post("/admin/desk/publish/", again).url == again["next"]
    taken.refresh_from_db()
    assert taken.status == "published"
    # What was unticked before the question stays so after it.
    assert names_of(taken) == set()


@pytest.mark.parametrize("deed", ["spike", "hold", "claim", "fold"])
def test_whatever_a_claim_keeps_from_a_plain_form_can_be_taken_over(
    editor, colleague, client: Client, deed
):
    piece, other = ArticleFactory.create_batch(2)
    workflow.claim(piece.pk, by=colleague)
    fields = {"piece": piece.pk, "until": "week", "into": other.pk}
    asked = client.post(f"/admin/desk/{deed}/", fields)
    assert (asked.status_code, "Take it over" in asked.text) == (409, True)
    assert client.post(f"/admin/desk/{deed}/", fields | {"take_over": 1}).url


def test_a_piece_s_own_page_shows_the_tags_it_would_be_published_with(
    editor, client: Client
):
    piece = ArticleFactory()
    port, trade = suggested(piece, "Port", "Trade")
    page = client.get(f"/admin/desk/pieces/{piece.pk}/").text
    for tag in (port, trade):
        assert f'name="offered" value="{tag}"' in page
        assert f'name="accepted" value="{tag}" checked' in page
    fields = {"piece": f"{piece.pk}:0", "offered": [port, trade], "accepted": [trade]}
    client.post("/admin/desk/publish/", fields)
    assert names_of(piece) == {"Trade"}


def test_a_claim_is_taken_given_up_and_taken_over(editor, colleague, ask):
    piece = ArticleFactory()
    assert "mori is at work" in ask("claim", piece).json()["rows"][str(piece.pk)]
    ask("claim", piece, release="1")
    workflow.claim(piece.pk, by=colleague)
    assert ask("claim", piece).status_code == 409
    assert ask("claim", piece, take_over="1").status_code == 200
    assert not workflow.claimed_by_others([piece.pk], by=editor)


def test_shortlisting_twice_puts_back(editor, ask):
    piece = ArticleFactory()
    answer = ask("shortlist", piece).json()
    assert "shortlisted" in answer["rows"][str(piece.pk)]
    piece.refresh_from_db()
    assert piece.status == "selected"
    ask("shortlist", piece)
    piece.refresh_from_db()
    assert piece.status == "ingested"


@pytest.mark.parametrize("until", ["later", "tomorrow", "week"])
def test_a_piece_is_held_until_a_moment_and_no_longer(editor, ask, until):
    piece = ArticleFactory()
    answer = ask("hold", piece, until=until)
    assert answer.status_code == 200
    piece.refresh_from_db()
    now = timezone.now()
    assert now < piece.held_until <= now + timedelta(days=7, hours=8)
    assert answer.json()["rows"] == {str(piece.pk): None}
    ask("resume", piece)
    piece.refresh_from_db()
    assert piece.held_until is None


@pytest.mark.parametrize("fields", [{}, {"until": "x"}, {"at": "1999-01-01T10:00"}])
def test_a_moment_that_is_none_or_has_passed_holds_nothing(editor, ask, fields):
    piece = ArticleFactory()
    assert ask("hold", piece, **fields).status_code == 400
    piece.refresh_from_db()
    assert piece.held_until is None


def test_the_likest_piece_takes_in_what_is_folded(editor, ask):
    piece, like, likest = ArticleFactory.create_batch(3)
    PossibleDuplicate.objects.create(article=like, other=piece, likeness=0.7)
    PossibleDuplicate.objects.create(article=likest, other=piece, likeness=0.9)
    assert ask("fold", piece).status_code == 200
    piece.refresh_from_db()
    assert (piece.folded_into, piece.status) == (likest, "spiked")
    assert ask("fold", like, into=likest.pk).status_code == 200
    lonely = ArticleFactory()
    assert ask("fold", lonely).status_code == 409


def test_two_pieces_that_are_not_the_same_are_not_paired_again(editor, ask):
    piece, other = ArticleFactory.create_batch(2)
    PossibleDuplicate.objects.create(article=other, other=piece, likeness=0.9)
    assert ask("apart", piece, into=other.pk).status_code == 200
    assert not PossibleDuplicate.objects.open().exists()


def test_two_that_are_no_pair_are_not_kept_apart(editor, ask):
    piece, other = ArticleFactory.create_batch(2)
    for into in (piece.pk, other.pk, 987654321):
        assert ask("apart", piece, into=into).status_code == 409, into
    assert not PossibleDuplicate.objects.exists()


def test_keeping_apart_and_folding_are_taken_back(editor, ask):
    piece, other = ArticleFactory.create_batch(2)
    PossibleDuplicate.objects.create(article=other, other=piece, likeness=0.9)
    answer = ask("apart", piece, into=other.pk).json()
    assert answer["undo"]
    assert "similar" not in answer["rows"][str(piece.pk)]
    assert set(ask("undo").json()["rows"]) == {str(piece.pk), str(other.pk)}
    assert PossibleDuplicate.objects.open().count() == 1
    piece.refresh_from_db()
    folded = ask("fold", piece).json()
    assert "similar" not in folded["rows"][str(other.pk)]
    ask("undo")
    piece.refresh_from_db()
    assert (piece.status, piece.folded_into) == ("ingested", None)


def test_what_was_folded_into_a_piece_comes_back_with_it(editor, ask):
    last, middle, first = ArticleFactory.create_batch(3)

    def leads() -> list[int | None]:
        rows = Article.objects.in_bulk([last.pk, middle.pk])
        return [rows[each.pk].folded_into_id for each in (last, middle)]

    ask("fold", last, into=middle.pk)
    ask("fold", middle, into=first.pk)
    assert leads() == [first.pk, first.pk]
    moved = last.changes.order_by("-pk").first()
    assert (moved.act.kind, moved.after) == ("fold", {"folded_into_id": first.pk})
    assert ask("undo").status_code == 200
    assert leads() == [middle.pk, None]
    assert ask("undo").status_code == 200
    assert leads() == [None, None]


def test_a_headline_that_was_saved_is_what_undo_takes_back_first(editor, ask):
    first, second = ArticleFactory.create_batch(2)
    ask("spike", first)
    answer = ask("edit", second, headline="Ours").json()
    assert answer["undo"]
    assert str(second.pk) in ask("undo").json()["rows"]
    second.refresh_from_db()
    first.refresh_from_db()
    assert (second.headline, first.status) == ("", "spiked")


def test_what_was_done_again_is_taken_back_again(editor, ask):
    first, second = ArticleFactory.create_batch(2)
    ask("spike", first)
    ask("spike", second)
    for turn in range(3):
        assert str(second.pk) in ask("undo").json()["rows"], turn
        second.refresh_from_db()
        assert second.status == "ingested"
        assert str(second.pk) in ask("undo", again="1").json()["rows"], turn
        second.refresh_from_db()
        assert second.status == "spiked"
    first.refresh_from_db()
    assert first.status == "spiked"


def test_a_kill_is_not_taken_back_by_a_key(editor, ask):
    editor.user_permissions.add(Permission.objects.get(codename="kill_article"))
    first, second = ArticleFactory.create_batch(2)
    ask("spike", first)
    workflow.move(second, "kill", by=editor, reason="court order")
    assert str(first.pk) in ask("undo").json()["rows"]
    second.refresh_from_db()
    assert second.status == "killed"
    assert ask("undo").status_code == 409


def test_what_cannot_be_undone_keeps_nothing_older_from_it(editor, colleague, ask):
    first, second = ArticleFactory.create_batch(2)
    ask("spike", first)
    ask("spike", second)
    workflow.move(second, "unspike", by=colleague)
    refused = ask("undo")
    assert refused.status_code == 409
    assert "changed since" in refused.json()["said"]
    behind = ask("undo", before=refused.json()["act"])
    assert str(first.pk) in behind.json()["rows"]


def test_only_what_this_person_changed_is_saved(editor, colleague, ask):
    piece = ArticleFactory()
    theirs = Article.objects.get(pk=piece.pk)
    theirs.note = "Theirs"
    workflow.edit(theirs, ["note"], by=colleague)
    fields = {"headline": "Mine", "excerpt": "", "note": ""}
    begun = {f"initial-{name}": "" for name in fields}
    assert ask("edit", piece, **fields, **begun).status_code == 200
    piece.refresh_from_db()
    assert (piece.headline, piece.note) == ("Mine", "Theirs")


def test_tags_that_are_too_long_or_too_many_are_refused_in_words(editor, ask):
    piece = ArticleFactory()
    long = ask("tag", piece, tags="x" * 101)
    assert (long.status_code, "100 characters" in long.json()["said"]) == (400, True)
    piece.tags.add(*(f"Tag {n}" for n in range(50)))
    many = ask("tag", piece, tags="One more")
    assert (many.status_code, "50 tags" in many.json()["said"]) == (409, True)
    assert piece.tags.count() == 50
    other = ArticleFactory()
    assert ask("tag", other, tags="Har\x00bour").status_code == 200
    assert names_of(other) == {"Harbour"}


def test_tags_go_on_by_any_of_their_names_and_come_off(editor, ask):
    piece = ArticleFactory()
    tag = TagFactory(name="Monetary policy", slug="monetary-policy")
    answer = ask("tag", piece, tags="#monetary POLICY, New one").json()
    assert names_of(piece) == {"Monetary policy", "New one"}
    assert "#New one" in answer["rows"][str(piece.pk)]
    piece.refresh_from_db()
    ask("tag", piece, off=tag.pk)
    assert names_of(piece) == {"New one"}
    piece.refresh_from_db()
    assert ask("tag", piece, tags="!!!").status_code == 400
    assert ask("tag", piece).status_code == 400


def test_who_may_not_make_tags_puts_on_those_that_are_there(client: Client, ask):
    client.force_login(make_member(Role.CONTRIBUTORS))
    piece = ArticleFactory()
    TagFactory(name="Harbour", slug="harbour")
    assert ask("tag", piece, tags="harbour").status_code == 200
    piece.refresh_from_db()
    answer = ask("tag", piece, tags="Harbour, Brand new")
    assert answer.status_code == 400
    assert "#Brand new" in answer.json()["said"]
    assert names_of(piece) == {"Harbour"}


def test_percent_signs_in_a_tag_or_a_headline_are_only_text(editor, ask):
    piece = ArticleFactory(source_headline="100%(number)d sure %s")
    answer = ask("tag", piece, tags="50%d club").json()
    assert "50%d club" in answer["said"]
    assert "100%(number)d sure %s" in answer["said"]


def test_words_are_saved_and_the_source_s_stay(editor, ask):
    piece = ArticleFactory()
    fields = {"headline": "Ours", "excerpt": "Short", "note": "It matters"}
    assert ask("edit", piece, **fields).status_code == 200
    piece.refresh_from_db()
    assert (piece.headline, piece.excerpt, piece.note) == tuple(fields.values())
    assert piece.source_headline != "Ours"


def test_a_second_editor_s_words_are_shown_beside_the_first_s(
    editor, colleague, ask, client: Client
):
    piece = ArticleFactory()
    theirs = Article.objects.get(pk=piece.pk)
    theirs.headline = "Ferry returns to the harbour"
    workflow.edit(theirs, ["headline"], by=colleague)
    fields = {"headline": "Ferry leaves the harbour", "excerpt": "", "note": ""}
    answer = ask("edit", piece, **fields)
    assert answer.status_code == 409
    pane = answer.json()["pane"]
    assert "<del>leaves</del>" in pane
    assert "<ins>returns to</ins>" in pane or "returns" in pane
    assert "sato" in pane
    assert 'value="Ferry leaves the harbour"' in pane
    piece.refresh_from_db()
    assert piece.headline == "Ferry returns to the harbour"
    # Saved once more, with the version that was shown, mine stands.
    assert ask("edit", piece, **fields).status_code == 200
    piece.refresh_from_db()
    assert piece.headline == "Ferry leaves the harbour"
    plain = client.post(
        "/admin/desk/edit/", fields | {"piece": f"{piece.pk}:0", "headline": "Third"}
    )
    assert plain.status_code == 409
    assert "Two versions" in plain.text


def test_a_note_is_for_colleagues_and_signed(editor, ask):
    piece = ArticleFactory()
    assert ask("comment", piece, text="  Ask the port authority. ").status_code == 200
    assert ask("comment", piece, text=" \u200b\x00").status_code == 409
    assert ask("comment", piece, text="x" * 5001).status_code == 400
    note = Comment.objects.get()
    assert (note.text, note.by_name) == ("Ask the port authority.", "mori")
    editor.delete()
    note.refresh_from_db()
    assert (note.by, note.by_name) == (None, "mori")


@pytest.mark.parametrize(
    "pieces", [[], ["x"], ["1:x"], ["-1"], ["1" * 30], ["1"] * 501], ids=str
)
def test_pieces_that_are_none_are_refused_in_words(editor, client: Client, pieces):
    response = client.post(
        "/admin/desk/spike/",
        {"piece": pieces},
        headers={"x-requested-with": "desk"},
    )
    assert response.status_code == 400
    assert response.json()["said"]


def test_a_piece_that_is_gone_is_refused_and_the_others_go_on(editor, client: Client):
    piece = ArticleFactory()
    response = client.post(
        "/admin/desk/spike/",
        {"piece": ["987654321", str(piece.pk)]},
        headers={"x-requested-with": "desk"},
    )
    assert response.status_code == 200
    piece.refresh_from_db()
    assert piece.status == "spiked"


def test_a_plain_form_goes_back_to_where_it_came_from(editor, client: Client):
    piece = ArticleFactory()
    response = client.post(
        "/admin/desk/spike/",
        {"piece": str(piece.pk), "next": "/admin/desk/?only=untagged"},
    )
    assert (response.status_code, response.url) == (302, "/admin/desk/?only=untagged")
    said = [str(message) for message in get_messages(response.wsgi_request)]
    assert any("Spiked" in text for text in said)


def test_what_is_undone_comes_back_where_the_filter_shows_it(editor, client: Client):
    piece = ArticleFactory()
    until = timezone.now() + timedelta(hours=1)
    workflow.hold([piece.pk], until, by=editor)

    def do(deed: str, **fields: str) -> str | None:
        answer = client.post(
            f"/admin/desk/{deed}/",
            {"piece": piece.pk} | fields,
            headers={
                "x-requested-with": "desk",
                "referer": "http://testserver/admin/desk/?only=held",
            },
        )
        return answer.json()["rows"][str(piece.pk)]

    assert "#Harbour" in (do("tag", tags="Harbour") or "")
    assert do("resume") is None
    assert "held until" in (do("undo") or "")
    assert do("undo", again="1") is None


@pytest.mark.parametrize("before", ["abc", "9" * 30, "-1"])
def test_an_act_before_which_is_none_is_refused_in_words(editor, ask, before):
    answer = ask("undo", before=before)
    assert (answer.status_code, answer.json()["done"]) == (400, False)


def test_undo_says_what_of_how_many_pieces_is_undone(editor, ask):
    pieces = ArticleFactory.create_batch(2)
    ask("tag", pieces[0], tags="Harbour")
    assert ask("undo").json()["said"].endswith("” (tagged).")
    assert ask("undo", again="1").json()["said"].endswith("” (tagged).")
    for piece in pieces:
        piece.refresh_from_db()
    ask("spike", *pieces)
    assert ask("undo").json()["said"] == "Undone: 2 pieces (spiked)."


def test_a_tag_is_told_by_its_own_name(editor, ask):
    TagFactory(name="Race Tag Yak", slug="race-tag-yak")
    said = ask("tag", ArticleFactory(), tags="race-tag yak").json()["said"]
    assert said.endswith("with #Race Tag Yak.")


def test_who_decides_on_nothing_is_offered_nothing_to_decide_with(client: Client):
    client.force_login(make_member(Role.RIGHTS_MANAGERS))
    suggested(ArticleFactory(), "Port")
    page = client.get("/admin/desk/").text
    assert "#Port" in page
    assert 'name="accepted"' not in page
    assert 'class="tick" type="checkbox" hidden' in page
    for command in ("redo", "select", "select-range", "publish"):
        assert f'data-command="{command}"' not in page
        assert f'data-key-of="{command}"' not in page


def test_words_for_a_piece_that_is_deleted_meanwhile_are_shown(
    editor, colleague, client: Client, ask
):
    piece = ArticleFactory()
    workflow.delete([piece.pk], by=colleague)
    words = {"headline": "Typed", "initial-headline": "", "note": "Same"}
    words |= {"initial-note": "Same", "piece": f"{piece.pk}:0"}
    page = client.post("/admin/desk/edit/", words)
    assert (page.status_code, ">Typed<" in page.text) == (410, True)
    assert ">Same<" not in page.text
    assert "has been deleted" in ask("edit", piece, headline="Typed").json()["said"]


def test_a_piece_that_was_opened_from_a_filter_leads_back_to_it(editor, client: Client):
    piece = ArticleFactory()
    address = f"/admin/desk/pieces/{piece.pk}/?only=untagged"
    assert f'href="{address}"' in client.get("/admin/desk/?only=untagged").text

    page = client.get(address)
    queue = "/admin/desk/?only=untagged"
    assert page.text.count(f'name="next" value="{address}"') == 4
    assert f'href="{queue}#row-{piece.pk}"' in page.text
    words = {"piece": f"{piece.pk}:0", "headline": "Ours", "next": queue}
    assert client.post("/admin/desk/edit/", words).url == queue


def test_who_decides_on_a_piece_s_own_page_goes_on_at_the_next_one(
    editor, client: Client
):
    now = timezone.now()
    first, tagged, second = (
        ArticleFactory(source_published_at=now - timedelta(minutes=n), tags=tags)
        for n, tags in enumerate(([], ["Harbour"], []))
    )
    queue = "/admin/desk/?only=untagged"
    own, following = (
        f"/admin/desk/pieces/{piece.pk}/?only=untagged" for piece in (first, second)
    )
    page = client.get(own).text
    # Each button that decides, and neither Shortlist nor Claim.
    assert page.count('name="then" value="next"') == 3

    def decide(deed: str, piece: Article, then: str = "next") -> str:
        here = f"/admin/desk/pieces/{piece.pk}/?only=untagged"
        fields = {"piece": f"{piece.pk}:0", "next": here, "then": then}
        return str(client.post(f"/admin/desk/{deed}/", fields).url)

    assert decide("claim", first, then="") == own
    assert decide("publish", first) == following
    page = client.get(following).text
    assert f"Published “{first.shown_headline}”." in page
    assert 'action="/admin/desk/undo/"' in page
    # Nothing was done: one stays where one was.
    assert decide("publish", first) == own
    # Behind the last one is the queue, which says so.
    assert decide("spike", second) == queue
    assert "That is the end of the queue." in client.get(queue).text
    # A filter that has lost its source leads back as well.
    tagged.refresh_from_db()
    fields = {"piece": f"{tagged.pk}:0", "then": "next"}
    lost = "/admin/desk/?source=gone"
    assert client.post("/admin/desk/spike/", fields | {"next": lost}).url == lost


def test_a_request_that_holds_too_much_is_answered_in_words(
    editor, client: Client, ask, settings: Settings
):
    settings.DATA_UPLOAD_MAX_NUMBER_FIELDS = 3
    pieces = ArticleFactory.create_batch(4)
    answer = ask("spike", *pieces)
    assert (answer.status_code, answer.json()["done"]) == (400, False)
    assert "more than can be sent at once" in answer.json()["said"]
    plain = client.post("/admin/desk/spike/", {"piece": [1, 2, 3, 4]})
    assert plain.status_code == 400
    assert plain.headers["content-type"].startswith("text/html")
    assert not Act.objects.exists()


@pytest.mark.parametrize(
    "there",
    [
        "https://evil.example/admin/desk/",
        "//evil.example/admin/desk/",
        "/admin/logout/",
        "javascript:alert(1)",
        "/admin/desk/\r\nX: y",
    ],
)
def test_no_form_leads_out_of_the_desk(editor, client: Client, there):
    piece = ArticleFactory()
    response = client.post("/admin/desk/spike/", {"piece": piece.pk, "next": there})
    assert response.status_code == 302
    assert response.url.startswith("/admin/desk/")
    assert "evil" not in response.url
    assert "\n" not in response.url


DEEDS = [
    *("publish", "spike", "shortlist", "hold", "resume", "fold", "apart"),
    *("tag", "edit", "claim", "comment", "undo"),
]


@pytest.mark.parametrize("deed", DEEDS)
def test_who_only_looks_does_nothing(client: Client, ask, deed):
    client.force_login(make_user("visitor", ("view_article",)))
    piece, other = ArticleFactory.create_batch(2)
    fields = {"until": "later", "tags": "X", "text": "x", "into": other.pk}
    answer = ask(deed, piece, **fields)
    assert answer.status_code in (403, 409)
    assert not Act.objects.exists()
    assert not Comment.objects.exists()


@pytest.mark.parametrize("deed", DEEDS)
def test_a_deed_is_posted_and_never_followed_as_a_link(editor, client: Client, deed):
    assert client.get(f"/admin/desk/{deed}/").status_code == 405


@pytest.mark.parametrize("deed", DEEDS)
def test_who_is_signed_out_is_told_so(client: Client, db, ask, deed):
    piece = ArticleFactory()
    answer = ask(deed, piece)
    assert answer.status_code == 401
    assert "Sign in" in answer.json()["said"]
    fields = {"piece": piece.pk, "next": "/admin/desk/?only=untagged"}
    plain = client.post(f"/admin/desk/{deed}/", fields)
    # And then to where the form was: a deed's address is nothing to look at.
    assert plain.url == "/admin/login/?next=/admin/desk/%3Fonly%3Duntagged"


def test_who_may_not_see_articles_does_not_see_the_desk(client: Client, db):
    client.force_login(make_user("clerk", ("view_tag",)))
    piece = ArticleFactory()
    for path in ("", "more/", "news/?newest=1", "keys/", f"pieces/{piece.pk}/"):
        assert client.get(f"/admin/desk/{path}").status_code == 403, path
