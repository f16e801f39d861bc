"""The forms of the editors' screens."""

from datetime import datetime
from typing import Any, cast

from django import forms
from django.conf import settings
from django.contrib.admin.helpers import ActionForm
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from articles import workflow
from articles.images import library
from articles.images.encoding import NotAPicture
from articles.ingest.addresses import Allow, Refused, check_url, origin_of
from articles.ingest.identity import canonical_url, http_url
from articles.models import Article, ArticleStatus, Feed, SuggestionState, Tombstone
from articles.names import name_key

from .fields import DateTimeLocalField, LineField, TagNamesField, TagNamesWidget

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


class NamedForm(forms.ModelForm):
    """A name that nothing else of its kind has, however it is spelled."""

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        same = self._meta.model._default_manager.filter(key=name_key(name))
        if other := same.exclude(pk=self.instance.pk).first():
            raise ValidationError(
                _("“%(other)s” is here already, and this is the same name."),
                code="unique",
                params={"other": other},
            )
        return name


class FeedForm(forms.ModelForm):
    """A feed's address and settings.

    A password goes in and never comes out. It belongs to the server it was typed
    for: with an address elsewhere it must be typed anew.
    """

    url = forms.CharField(
        label=gettext_lazy("Address"),
        widget=forms.URLInput(attrs={"class": "vLargeTextField"}),
    )
    password = forms.CharField(
        label=gettext_lazy("Password"),
        required=False,
        strip=False,
        max_length=200,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=gettext_lazy(
            "Sent to the feed's own server only, and never shown again. Blank: a"
            " stored one stays, unless there is no user name."
        ),
    )

    class Meta:
        model = Feed
        fields = (
            "source",
            "title",
            "url",
            "is_active",
            "check_every",
            "username",
            "password",
            "verifies_certificate",
        )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.pop("password", None)

    def clean_url(self) -> str:
        allow = Allow.parse(settings.NEWSROOM_FETCH_ALLOW)
        try:
            url = check_url(self.cleaned_data["url"], allow).url
        except Refused as why:
            raise ValidationError(
                _("This cannot be fetched: %(why)s."), params={"why": why}
            ) from why
        others = Feed.objects.filter(url=url).exclude(pk=self.instance.pk)
        if other := others.select_related("source").first():
            raise ValidationError(
                _("It is here already, as a feed of %(source)s."),
                code="unique",
                params={"source": other.source},
            )
        return url

    def clean_username(self) -> str:
        name: str = self.cleaned_data["username"]
        if ":" in name:  # it ends the user name, RFC 7617, section 2
            raise ValidationError(
                _("No user name has a colon in it; the password has its own field.")
            )
        return name

    def clean(self) -> dict[str, Any]:
        super().clean()
        data, stored = self.cleaned_data, self.instance.password
        if "verifies_certificate" not in self.fields and self._is_elsewhere():
            # What somebody answered for was the other server.
            self.instance.verifies_certificate = True
        if "password" not in self.fields:
            if stored and self._is_elsewhere():
                self.add_error("url", self._belongs())
        elif not data.get("username"):
            if data.get("password"):
                self.add_error("username", _("A password needs a user name."))
            data["password"] = ""
        elif not data.get("password"):
            if stored and self._is_elsewhere():
                self.add_error("password", self._belongs())
            data["password"] = stored
        return data

    def _is_elsewhere(self) -> bool:
        """Whether the address is at another server than the one stored."""
        return "url" in self.cleaned_data and (
            origin_of(self.cleaned_data["url"]) != origin_of(self.instance.url)
        )

    def _belongs(self) -> str:
        said = _(
            "The stored password was meant for %(host)s. On the feed's own page, type"
            " the one for the new address, or clear the user name."
        )
        return said % {"host": self.instance.host}


class FeedOfSourceForm(FeedForm):
    """A feed within its source's form: without what is sent to its server."""

    password = None  # type: ignore[assignment]


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
    notice = forms.CharField(
        label=gettext_lazy("Public notice"),
        required=False,
        widget=forms.TextInput(attrs={"maxlength": workflow.LONGEST_NOTICE}),
    )


class MoveForm(forms.Form):
    """What a button that moves the piece needs to know."""

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
    notice = forms.CharField(
        label=gettext_lazy("Public notice"),
        required=False,
        max_length=workflow.LONGEST_NOTICE,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=gettext_lazy(
            "For the button Kill: what readers find at the piece's address. Blank: that"
            " it has been withdrawn."
        ),
    )


class ArticleForm(MoveForm, forms.ModelForm):
    """The desk's side of a piece.

    Every field carries along what it held when the page was made, so that only
    what this person changed is saved, and what a colleague has changed in the
    same field meanwhile is refused instead of overwritten.
    """

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
        if "notice" in self.fields:
            self.initial["notice"] = self.instance.notice
        self.initial["tags"] = TagNamesField.text_of(self.instance.tags.all())
        for name in self._kept():
            self.fields[name].show_hidden_initial = True
        choices = [
            (str(each.tag_id), f"#{each.tag} — “{each.found}”")
            for each in self.instance.suggestions.filter(state=SuggestionState.OPEN)
            .select_related("tag")
            .order_by("pk")
        ]
        for name in ("accepted", "dismissed"):
            if choices:
                cast(forms.ChoiceField, self.fields[name]).choices = choices
            else:
                del self.fields[name]

    def _kept(self) -> list[str]:
        """The fields that hold a stored value, and so can be changed by two."""
        return [name for name in (*EDITED, "tags") if name in self.fields]

    def clean(self) -> dict[str, Any]:
        super().clean()
        for name in self._kept():
            if name in self.changed_data and name in self.cleaned_data:
                self._refuse_overwriting(name)
        return self.cleaned_data

    def clean_publish_at(self) -> datetime | None:
        at: datetime | None = self.cleaned_data["publish_at"]
        if at and self.data.get("_move") != "publish":
            raise ValidationError(
                _(
                    "Only the button Publish uses this; nothing is saved yet."
                    " Press Publish, or clear the field."
                )
            )
        return at

    def clean_reason(self) -> str:
        reason: str = self.cleaned_data["reason"]
        if reason and not self.data.get("_move"):
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
        if is_killed or self.data.get("_move") == "kill":
            return notice
        if "notice" in self.changed_data:
            raise ValidationError(
                _(
                    "Only the button Kill uses this; nothing is saved yet. Press Kill,"
                    " or put the field back as it was."
                )
            )
        return notice

    def _refuse_overwriting(self, name: str) -> None:
        bound, field = self[name], self.fields[name]
        begun = self.data.get(bound.html_initial_name)
        now = self.get_initial_for_field(field, name)
        if begun is None or not field.has_changed(now, begun):
            return
        if not field.has_changed(now, bound.data):
            return
        # Saved once more, what stands in the field is meant to replace the other.
        shown = "" if now is None else str(field.prepare_value(now))
        data = cast(QueryDict, self.data).copy()
        data[bound.html_initial_name] = shown
        self.data = data
        self.add_error(
            name,
            ValidationError(
                _(
                    "Someone else has changed this meanwhile, to: “%(now)s”."
                    " Save again to replace it with what stands here."
                ),
                code="changed_meanwhile",
                params={"now": shown or "–"},
            ),
        )

    def clean_picture(self) -> Any:
        upload = self.cleaned_data.get("picture")
        if not upload:
            return None
        try:
            return library.store(upload)
        except NotAPicture as error:
            raise ValidationError(
                _("This cannot be shown: %(why)s."), params={"why": error}
            ) from error


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
