"""Addresses that break, in every language."""

from typing import NoReturn

from django.conf.urls.i18n import i18n_patterns
from django.http import HttpRequest
from django.urls import path


def breaks(request: HttpRequest) -> NoReturn:
    raise RuntimeError("It broke.")


urlpatterns = i18n_patterns(path("broken/", breaks), prefix_default_language=False)
