"""The permission table: what each address under /admin/ asks for.

A new address has its row here, under the name of its view (with its namespace, as in
``desk:queue``) or, if it has none, under its route. The pages that refuse look here
for who can help; a test goes through every address, role, status and method.
"""

from dataclasses import dataclass

#: No right at all: whoever comes, whoever is signed in as staff, and nobody.
ANYBODY, STAFF, NOBODY = "anybody", "staff", "nobody"
#: There is no page to look at, or nothing to act on: the answer is 405.
NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Asks:
    """What an address asks for to look (GET) and to act (POST), ``app.codename``.

    ``act`` blank: as ``look``. ``decided`` is what acting asks for besides, of a
    piece that no longer waits.
    """

    look: str
    act: str = ""
    decided: str = ""

    def of(self, method: str) -> tuple[str, ...]:
        """All the rights that a request of this method may need."""
        if method != "POST":
            return (self.look,)
        asked = (self.act or self.look, self.decided)
        return tuple(name for name in asked if name)


def _screens(model: str, **others: Asks) -> dict[str, Asks]:
    """The rows of a model (``app.name``) that has its screens in Django's admin."""
    app, name = model.split(".")
    view, add, change, delete = (
        f"{app}.{verb}_{name}" for verb in ("view", "add", "change", "delete")
    )
    screens = {
        "changelist": Asks(view),
        "add": Asks(add),
        "change": Asks(view, change),
        "delete": Asks(delete),
        "history": Asks(view),
    }
    rows = {
        f"admin:{app}_{name}_{screen}": asks
        for screen, asks in (screens | others).items()
    }
    # Leads on to the form, whatever the id.
    return {**rows, f"admin/{app}/{name}/<path:object_id>/": Asks(STAFF)}


_NOBODY_ADDS = {"add": Asks(NOBODY)}


def _to_look_at(model: str) -> dict[str, Asks]:
    view = model.replace(".", ".view_")
    return _screens(
        model, **_NOBODY_ADDS, change=Asks(view, NOBODY), delete=Asks(NOBODY)
    )


_EDITS = ("articles.change_article", "articles.revise_article")
_DECIDES = Asks(NOTHING, *_EDITS)
_FEED = Asks(NOTHING, "articles.change_feed")

_SEES = "articles.view_article"


def _deed(permission: str, decided: str = "") -> Asks:
    """Something done at the desk: posted, and nothing to look at."""
    return Asks(NOTHING, permission, decided)


_DESK = {
    "desk:queue": Asks(_SEES, NOTHING),
    "desk:more": Asks(_SEES, NOTHING),
    "desk:news": Asks(_SEES, NOTHING),
    "desk:piece": Asks(_SEES, NOTHING),
    "desk:compare": Asks(_SEES, NOTHING),
    "desk:preview": Asks(_SEES, NOTHING),
    "desk:keys": Asks(_SEES),
    "desk:save-filter": _deed(_SEES),
    "desk:drop-filter": _deed(_SEES),
    "desk:publish": _deed("articles.publish_article"),
    "desk:spike": _deed("articles.spike_article"),
    "desk:shortlist": _deed("articles.select_article"),
    "desk:hold": _deed("articles.change_article"),
    "desk:resume": _deed("articles.change_article"),
    "desk:fold": _deed("articles.spike_article"),
    "desk:apart": _deed("articles.spike_article"),
    "desk:tag": _deed(*_EDITS),
    "desk:edit": _deed(*_EDITS),
    "desk:claim": _deed("articles.change_article"),
    "desk:comment": _deed("articles.add_comment"),
    # What the act itself asked for, its taking back asks for too.
    "desk:undo-last": _deed(_SEES),
    "desk:undo": _deed(_SEES),
}

ADDRESSES: dict[str, Asks] = {
    **_DESK,
    "admin:index": Asks(STAFF),
    "admin:login": Asks(ANYBODY),
    "admin:logout": Asks(NOTHING, STAFF),
    "admin:password_change": Asks(STAFF),
    "admin:password_change_done": Asks(STAFF, NOTHING),
    "admin:jsi18n": Asks(STAFF, NOTHING),
    "admin:app_list": Asks(STAFF),
    # Completes the fields that a screen names in autocomplete_fields; none does.
    "admin:autocomplete": Asks(NOBODY, NOTHING),
    # Leads to the public page of a row, whose address tells what it is about.
    "admin:view_on_site": Asks(_SEES),
    "view-on-site": Asks(_SEES),
    # Whatever is not there.
    "admin/(?P<url>.*)$": Asks(STAFF),
    **_screens("articles.article", change=Asks("articles.view_article", *_EDITS)),
    "admin:articles_article_accept_change": _DECIDES,
    "admin:articles_article_dismiss_change": _DECIDES,
    "admin:articles_article_correct": _deed("articles.correct_article"),
    "admin:articles_article_withdraw_correction": _deed("articles.correct_article"),
    "admin:articles_article_restore": Asks(_SEES, *_EDITS),
    **_to_look_at("articles.act"),
    # And what the act itself asked for.
    "admin:articles_act_undo": Asks(_SEES),
    **_screens("articles.category"),
    **_screens("articles.source"),
    **_screens("articles.tag"),
    "admin:articles_tag_names": Asks("articles.view_tag"),
    **_screens("articles.feed"),
    "admin:articles_feed_fetch": _FEED,
    "admin:articles_feed_revive": _FEED,
    "admin:articles_feed_move": _FEED,
    "admin:articles_feed_stay": _FEED,
    **_to_look_at("articles.fetchattempt"),
    **_to_look_at("articles.importrun"),
    **_to_look_at("articles.refusedrecord"),
    **_screens(
        "articles.tombstone",
        **_NOBODY_ADDS,
        change=Asks("articles.view_tombstone", NOBODY),
    ),
    **_screens("auth.user"),
    "admin:auth_user_password_change": Asks("auth.change_user"),
    **_screens("auth.group"),
}

#: What the actions of a list ask for beside looking at it. *Delete selected …* is in
#: every list, and asks for the right to delete.
ACTIONS: dict[str, dict[str, str]] = {
    "admin:articles_article_changelist": {
        "publish_selected": "articles.publish_article",
        "publish_with_suggestions": "articles.publish_article",
        "select_selected": "articles.select_article",
        "spike_selected": "articles.spike_article",
        "unspike_selected": "articles.spike_article",
        "unpublish_selected": "articles.publish_article",
        "kill_selected": "articles.kill_article",
        "tag_selected": "articles.change_article",
        "delete_selected": "articles.delete_article",
    },
    "admin:articles_feed_changelist": {"fetch_selected": "articles.change_feed"},
}


def asked_by_action(view: str, action: str) -> str:
    """The right (``app.codename``) that an action of a list asks for; "" if unknown."""
    if action == "delete_selected":
        row = ADDRESSES.get(view.removesuffix("_changelist") + "_delete")
        return row.look if row else ""
    return ACTIONS.get(view, {}).get(action, "")
