"""Kinds of columns of our own."""

from typing import Any

from django.core.validators import URLValidator
from django.db import models


class AddressField(models.CharField):
    """An absolute http or https address of at most 2,000 characters.

    Django's URLField guesses a scheme where none was typed; an address that
    identifies a piece must not be guessed.
    """

    default_validators = [URLValidator(schemes=["http", "https"])]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", 2000)
        super().__init__(*args, **kwargs)
