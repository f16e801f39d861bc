"""What a move needs to know, in the list and on a piece's form."""

import re
from dataclasses import dataclass
from typing import Any, Literal, Self, cast

from django import forms
from django.contrib.admin.helpers import ActionForm
from django.utils.translation import gettext_lazy

from articles import workflow
from articles.fields import DateTimeLocalField, LineField, LinesField, TagNamesWidget
from articles.workflow import MOVES

#: What a form says that has come back without what was in it.
NO_VERSION = gettext_lazy(
    "The form came without the version that it showed. Load it anew."
)


class ArticleActionForm(ActionForm):
    """What the actions of the list need beside the chosen rows.

    The actions check it: of a form that is not valid, Django's admin says only
    that no action was selected.
    """

    tags = forms.CharField(
        label=gettext_lazy("Tags"), required=False, widget=TagNamesWidget
    )
    reason = LineField(
        label=gettext_lazy("Reason"),
        required=False,
        widget=forms.TextInput(attrs={"maxlength": 1000}),
    )
    notice = LinesField(
        label=gettext_lazy("Public notice"),
        required=False,
        widget=forms.TextInput(attrs={"maxlength": workflow.LONGEST_NOTICE}),
    )
    take_over = forms.BooleanField(
        label=gettext_lazy("Take over from colleagues"), required=False
    )


class MoveForm(forms.Form):
    """What a button that moves the piece needs to know.

    The version is the one that the page has shown.
    """

    version = forms.IntegerField(
        min_value=0,
        widget=forms.HiddenInput,
        error_messages={"required": NO_VERSION, "invalid": NO_VERSION},
    )
    publish_at = DateTimeLocalField(
        label=gettext_lazy("Publish at"),
        required=False,
        help_text=gettext_lazy("For the button Publish. Blank: at once."),
    )
    reason = LineField(
        label=gettext_lazy("Reason"),
        required=False,
        max_length=1000,
        help_text=gettext_lazy("Kept in the history, with your name."),
    )
    notice = LinesField(
        label=gettext_lazy("Public notice"),
        required=False,
        max_length=workflow.LONGEST_NOTICE,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=gettext_lazy(
            "For the button Kill: what readers find at the piece's address. Blank: that"
            " it has been withdrawn."
        ),
    )
    take_over = forms.BooleanField(
        label=gettext_lazy("Take it over"),
        required=False,
        help_text=gettext_lazy(
            "A colleague is at work on the piece. Tick this to move it all the same."
        ),
    )


@dataclass(frozen=True, slots=True)
class Decision:
    """What a person decided who was shown that a colleague had been faster.

    ``side`` is whose words are to stand, ``version`` the one that they were shown,
    ``action`` the move that they wanted to make, or "".
    """

    side: Literal["mine", "theirs"]
    version: int
    action: str

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """A decision as the button sends it; None if it is none."""
        if not (found := re.fullmatch(r"(mine|theirs):([0-9]{1,9}):([a-z]*)", text)):
            return None
        return cls(cast(Any, found[1]), int(found[2]), found[3])


def asked_action(data: Any) -> str:
    """The move whose button was pressed on a piece's form; "" for none."""
    decision = Decision.parse(data.get("_decision", ""))
    action = decision.action if decision else data.get("_move", "")
    return action if action in MOVES else ""
