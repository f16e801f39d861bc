"""Form fields of the editors' screens."""

from collections.abc import Iterable, Mapping
from operator import attrgetter
from typing import Any

from django import forms
from django.contrib.admin.widgets import AdminTextInputWidget
from django.core.exceptions import ValidationError
from django.db import models
from django.http import QueryDict
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

from articles.ingest.text import clean, printable
from articles.models import Tag, parse_tag_names, written_tag_names
from articles.models.named import validate_name
from articles.names import name_key
from articles.tagging.tags import MOST_TAGS


class LineField(forms.CharField):
    """One line, cleaned like the names and headlines of an import."""

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value)
        return clean(text) if text else text

    def has_changed(self, initial: Any, data: Any) -> bool:
        return super().has_changed(self.to_python(initial), data)


class LinesField(LineField):
    """Several lines, freed of control characters."""

    def to_python(self, value: Any) -> Any:
        text = forms.CharField.to_python(self, value)
        return printable(text).strip() if text else text


def typed_into(form: type[forms.ModelForm], data: QueryDict) -> list[tuple[str, str]]:
    """The texts that a person has changed in a form: each field's label, and the text.

    As far as the form carries along what its fields held, only what differs.
    """
    texts = {
        name: data.get(name, "").strip()
        for name, field in form.base_fields.items()
        if isinstance(field, forms.CharField) and not field.widget.is_hidden
    }
    return [
        (str(form.base_fields[name].label or name), text)
        for name, text in texts.items()
        if text and text != data.get(f"initial-{name}", "").strip()
    ]


class CleanTexts:
    """Has the texts of an admin's form cleaned: what is pasted may hold anything."""

    formfield_overrides: Mapping[type[models.Field], Mapping[str, Any]] = {
        models.CharField: {"form_class": LineField},
        models.TextField: {"form_class": LinesField},
        # It refuses what it cannot hold.
        models.SlugField: {"widget": AdminTextInputWidget},
    }


class TagNamesWidget(forms.TextInput):
    """Names with commas between them, completed while one types.

    A plain text field without JavaScript; ``tags.js`` makes it a combobox that
    asks the admin for tags and their other names.
    """

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        own = {
            "data-tag-names": reverse_lazy("admin:articles_tag_names"),
            "autocomplete": "off",
            "class": "vTextField",
        }
        super().__init__(attrs=own | (attrs or {}))

    class Media:
        js = ["js/tags.js"]


class TagNamesField(LineField):
    """A list of tag names; "" is none. Each must be able to have an address."""

    widget = TagNamesWidget

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("label", _("Tags"))
        super().__init__(required=False, max_length=5000, **kwargs)

    @staticmethod
    def text_of(tags: Iterable[Tag]) -> str:
        """The tags as they stand in the field, in the order of their names."""
        ordered = sorted(tags, key=attrgetter("key"))
        return written_tag_names(tag.name for tag in ordered)

    def has_changed(self, initial: Any, data: Any) -> bool:
        before, after = (
            {name_key(name) for name in parse_tag_names(text or "")}
            for text in (initial, data)
        )
        return before != after

    def clean(self, value: Any) -> list[str]:
        names = parse_tag_names(super().clean(value))
        if len(names) > MOST_TAGS:
            raise ValidationError(_("More than 50 tags say nothing."))
        for name in names:
            if len(name) > 100:
                raise ValidationError(
                    _("“%(name)s…” is longer than 100 characters."),
                    params={"name": name[:40]},
                )
            validate_name(name)
        return names


class DateTimeLocalField(forms.DateTimeField):
    """A date and a time in one field that the browser labels and checks."""

    widget = forms.DateTimeInput(
        attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"
    )
