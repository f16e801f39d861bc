"""Forms of what has a name that nothing else has."""

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from articles.names import name_key


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
