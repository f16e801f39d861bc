"""The forms of a piece: the desk's side of it, and one that an editor brings in."""

from datetime import datetime
from typing import Any, cast

from django import forms
from django.core import signing
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from articles.fields import DateTimeLocalField, TagNamesField
from articles.images import library
from articles.images.encoding import NotAPicture
from articles.ingest.identity import canonical_url, http_url
from articles.models import Article, ArticleStatus, Image, SuggestionState, Tombstone
from articles.workflow import ChangedMeanwhile, NotAllowed

from .moves import NO_VERSION, Decision, MoveForm, asked_action

#: The columns of an article that the form writes.
EDITED = (
    "headline",
    "excerpt",
    "note",
    "category",
    "image_alt",
    "image_caption",
    "image_credit",
    "embargoed_until",
)
#: What a kept picture's number is signed for.
KEPT = "articles.admin.kept_picture"


class ArticleForm(MoveForm, forms.ModelForm):
    """The desk's side of a piece.

    Every field carries along what it held when the page was made, so that only
    what this person changed is saved. The version carried along tells the workflow
    what the person has seen; whether a colleague was faster is decided there, and
    comes back as ``refusal``, with which the form is shown once more.
    """

    refusal: NotAllowed | None = None

    kept_picture = forms.CharField(required=False, widget=forms.HiddenInput)
    tags = TagNamesField(
        help_text=gettext_lazy(
            "Names with commas between them; one that holds a comma in quotation marks."
        )
    )
    accepted = forms.MultipleChoiceField(
        label=gettext_lazy("Suggested tags"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy(
            "Ticked ones are put on; the text that speaks for each stands beside it."
        ),
    )
    dismissed = forms.MultipleChoiceField(
        label=gettext_lazy("Not these"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("Ticked ones are not suggested for this piece again."),
    )
    picture = forms.FileField(
        label=gettext_lazy("New picture"),
        required=False,
        widget=forms.ClearableFileInput(attrs={"accept": "image/*"}),
    )
    embargoed_until = DateTimeLocalField(
        label=gettext_lazy("Embargoed until"),
        required=False,
        help_text=Article._meta.get_field("embargoed_until").help_text,
    )

    class Meta:
        model = Article
        fields = EDITED
        widgets = {
            "headline": forms.TextInput(attrs={"class": "vLargeTextField"}),
            "note": forms.Textarea(attrs={"rows": 3}),
            "excerpt": forms.Textarea(attrs={"rows": 4}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["version"] = self.instance.version
        if "notice" in self.fields:
            self.initial["notice"] = self.instance.notice
        self.initial["tags"] = TagNamesField.text_of(self.instance.tags.all())
        for name in self._kept():
            self.fields[name].show_hidden_initial = True
        choices = [
            (str(each.tag_id), f"#{each.tag} — “{each.found}”")
            for each in self._suggestions()
        ]
        for name in ("accepted", "dismissed"):
            if choices:
                cast(forms.ChoiceField, self.fields[name]).choices = choices
            else:
                del self.fields[name]
        if self.refusal:
            self._show_what_stands_now()

    def _suggestions(self) -> Any:
        """Those that are open, and those that were when the person ticked them."""
        ticked: list[str] = []
        if self.is_bound:
            data = cast(QueryDict, self.data)
            ticked = data.getlist("accepted") + data.getlist("dismissed")
        asked = Q(tag__in=[int(tag) for tag in ticked if tag.isdecimal()])
        found = self.instance.suggestions.filter(Q(state=SuggestionState.OPEN) | asked)
        return found.select_related("tag").order_by("pk")

    def _kept(self) -> list[str]:
        """The fields that hold a stored value, and so can be changed by two."""
        return [name for name in (*EDITED, "tags", "notice") if name in self.fields]

    def _show_what_stands_now(self) -> None:
        """In the fields that this person has not touched."""
        data = cast(QueryDict, self.data).copy()
        for name in set(self._kept()) - set(self.changed_data):
            field = self.fields[name]
            now = field.prepare_value(self.get_initial_for_field(field, name))
            shown: Any = field.widget.format_value(now)
            if isinstance(shown, list):
                shown = "".join(shown)
            data[self.add_prefix(name)] = shown or ""
            data[self.add_initial_prefix(name)] = shown or ""
        self.data = data

    @property
    def decision(self) -> Decision | None:
        return Decision.parse(self.data.get("_decision", ""))

    @property
    def action(self) -> str:
        return asked_action(self.data)

    def fields_written(self) -> list[str]:
        """The fields of the article that this person has changed."""
        names = [name for name in self.changed_data if name in EDITED]
        if picture := self.cleaned_data.get("picture"):
            self.instance.image = picture
            names.append("image")
        # Of a living piece the notice is written by its kill.
        is_killed = self.instance.status == ArticleStatus.KILLED
        if is_killed and "notice" in self.changed_data:
            self.instance.notice = self.cleaned_data["notice"]
            names.append("notice")
        return names

    def clean(self) -> dict[str, Any]:
        super().clean()
        if "version" in self.errors:
            self.add_error(None, NO_VERSION)
        if isinstance(self.refusal, ChangedMeanwhile):
            said = _(
                "Someone else was faster: nothing is saved yet, and nothing of what"
                " you have typed is lost. Both stand side by side above; decide there."
            )
            self.add_error(None, ValidationError(said, code="changed_meanwhile"))
        elif self.refusal:
            said = _("Nothing is saved, and the article stays where it is. %(why)s")
            self.add_error(None, said % {"why": self.refusal})
        return self.cleaned_data

    def clean_publish_at(self) -> datetime | None:
        at: datetime | None = self.cleaned_data["publish_at"]
        if at and self.action != "publish":
            raise ValidationError(
                _(
                    "Only the button Publish uses this; nothing is saved yet."
                    " Press Publish, or clear the field."
                )
            )
        return at

    def clean_reason(self) -> str:
        reason: str = self.cleaned_data["reason"]
        if reason and not self.action:
            raise ValidationError(
                _(
                    "A reason is kept with a move, such as Publish or Spike;"
                    " nothing is saved yet. Press one of the buttons below, or clear"
                    " the field."
                )
            )
        return reason

    def clean_notice(self) -> str:
        notice: str = self.cleaned_data["notice"]
        is_killed = self.instance.status == ArticleStatus.KILLED
        if is_killed or self.action == "kill":
            return notice
        if "notice" in self.changed_data:
            raise ValidationError(
                _(
                    "Only the button Kill uses this; nothing is saved yet. Press Kill,"
                    " or put the field back as it was."
                )
            )
        return notice

    def clean_picture(self) -> Any:
        upload = self.cleaned_data.get("picture")
        if not upload:
            return self._kept_picture()
        try:
            upload.seek(0)
            picture = library.store(upload)
        except NotAPicture as error:
            raise ValidationError(
                _("This cannot be shown: %(why)s."), params={"why": error}
            ) from error
        # A browser sends no file twice: a form that is shown once more knows it.
        data = cast(QueryDict, self.data).copy()
        data["kept_picture"] = signing.dumps(picture.pk, salt=KEPT)
        self.data = data
        return picture

    def _kept_picture(self) -> Any:
        """The picture that was uploaded with the form before it was shown again."""
        try:
            pk = signing.loads(self.data.get("kept_picture", ""), salt=KEPT)
        except signing.BadSignature:
            return None
        return Image.objects.filter(pk=pk).first()


class NewArticleForm(forms.ModelForm):
    """A piece that an editor brings in by its address."""

    class Meta:
        model = Article
        fields = [
            "url",
            "source",
            "source_headline",
            "source_excerpt",
            "category",
            "language",
        ]

    source_published_at = DateTimeLocalField(
        label=gettext_lazy("Published at the source"), initial=timezone.now
    )

    def clean_url(self) -> str:
        try:
            url = http_url(self.cleaned_data["url"])
        except ValueError as error:
            raise ValidationError(str(error)) from error
        key = canonical_url(url)
        if known := Article.objects.at(key):
            raise ValidationError(
                _("It is here already, as article %(number)s: %(headline)s"),
                params={"number": known.pk, "headline": known},
            )
        if stone := Tombstone.objects.filter(canonical_url=key).first():
            raise ValidationError(
                _(
                    "It was deleted or taken down on %(day)s. Under Deleted pieces,"
                    " %(name)s can be let back."
                ),
                params={"day": f"{stone.at:%Y-%m-%d}", "name": stone},
            )
        self.instance.canonical_url = key
        return url
