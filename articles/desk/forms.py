"""What the desk's forms take, and what of it is refused."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypedDict

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from articles import workflow
from articles.fields import LineField, LinesField
from articles.models import Article, SavedFilter

from . import keys

#: Pieces that one request may act on.
MOST_PIECES = 500
#: Characters of an excerpt, or of a note to readers, that are written at the desk.
MOST_CHARACTERS = 10_000


class Seen(TypedDict):
    """Which versions a person has looked at, and whether they take pieces over."""

    versions: dict[int, int]
    take_over: bool


@dataclass(frozen=True, slots=True)
class Chosen:
    """The pieces a request is about: their ids, and the version each was seen in.

    ``take_over`` says that the person means those of colleagues too.
    """

    ids: list[int]
    versions: dict[int, int]
    take_over: bool = False

    @classmethod
    def of(cls, data: QueryDict) -> "Chosen":
        """From the fields ``piece=<id>:<version>``; the version may be missing.

        Raises ValidationError for none, for too many, and for what is no number.
        """
        ids: list[int] = []
        versions: dict[int, int] = {}
        for text in data.getlist("piece")[: MOST_PIECES + 1]:
            number, _colon, version = text.partition(":")
            ids.append(_number(number))
            if version:
                versions[ids[-1]] = _number(version)
        if not ids:
            raise ValidationError(_("Tick the pieces first."))
        if len(ids) > MOST_PIECES:
            raise ValidationError(_("At most 500 pieces at once."))
        return cls(ids, versions, bool(data.get("take_over")))

    @property
    def seen(self) -> Seen:
        """What verbs ask of somebody who decides on many pieces."""
        return {"versions": self.versions, "take_over": self.take_over}

    @property
    def only(self) -> int:
        """The one piece of a verb that takes one. Raises ValidationError for more."""
        if len(self.ids) > 1:
            raise ValidationError(_("This takes one piece at a time."))
        return self.ids[0]


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise ValidationError(_("“%(text)s” is no number."), params={"text": text[:40]})
    return int(text)


def numbers(data: QueryDict, name: str) -> list[int]:
    """The whole numbers of a repeated field; raises ValidationError for others."""
    return [_number(text) for text in data.getlist(name)]


def held_until(data: QueryDict) -> datetime:
    """Until when a piece is held: a choice of ``until``, or the moment in ``at``.

    Raises ValidationError for a moment that is none or has passed.
    """
    at = forms.DateTimeField(required=False).clean(data.get("at", "").strip())
    return workflow.until_when(data.get("until", ""), at)


class WordsForm(forms.ModelForm):
    """The desk's own words on a piece.

    Each field carries along what it held when it was drawn, so that only what this
    person has changed is saved.
    """

    headline = LineField(required=False, max_length=500, show_hidden_initial=True)
    excerpt = LinesField(
        required=False,
        max_length=MOST_CHARACTERS,
        show_hidden_initial=True,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    note = LinesField(
        label=gettext_lazy("Why it matters"),
        required=False,
        max_length=MOST_CHARACTERS,
        show_hidden_initial=True,
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    class Meta:
        model = Article
        fields = ("headline", "excerpt", "note")


class NoteForm(forms.Form):
    """A note to colleagues."""

    text = LinesField(max_length=5000)


class SaveFilterForm(forms.ModelForm):
    """A name for what the queue is narrowed to at this moment."""

    name = LineField(max_length=50)

    class Meta:
        model = SavedFilter
        fields = ("name", "query", "is_shared", "is_default")
        widgets = {"query": forms.HiddenInput}


class KeysForm(forms.Form):
    """Keys on or off, and one field for each command's key."""

    on = forms.BooleanField(label=gettext_lazy("Keys are on"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for command in keys.COMMANDS.values():
            self.fields[f"key-{command.name}"] = forms.CharField(
                label=str(command.label),
                max_length=1,
                widget=forms.TextInput(
                    attrs={"size": 2, "autocapitalize": "off", "autocomplete": "off"}
                ),
            )

    @staticmethod
    def initial_of(kept: keys.Keys) -> dict[str, Any]:
        of = {f"key-{name}": key for name, key in kept.of.items()}
        return {"on": kept.on} | of

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        for name, key in self.chosen.items():
            if not ("!" <= key <= "~"):
                said = _("Choose a letter or a sign of the Latin keyboard.")
                self.add_error(f"key-{name}", said)
            if key in keys.RESERVED:
                said = _("1 to 9 tick the suggested tags.")
                self.add_error(f"key-{name}", said)
        for key, names in keys.conflicts(self.chosen).items():
            for name in names:
                others = [keys.COMMANDS[n].label for n in names if n != name]
                said = _("“%(key)s” is the key of “%(other)s” too.")
                said %= {"key": key, "other": ", ".join(map(str, others))}
                self.add_error(f"key-{name}", said)
        return data

    @property
    def chosen(self) -> dict[str, str]:
        """``{command: key}`` of the fields that hold one."""
        return {
            name.removeprefix("key-"): value
            for name, value in self.cleaned_data.items()
            if name.startswith("key-")
        }
