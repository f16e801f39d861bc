"""The forms of a feed: its address, and what is sent to its server."""

from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from articles.ingest.addresses import Allow, Refused, check_url, origin_of
from articles.models import Feed


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
