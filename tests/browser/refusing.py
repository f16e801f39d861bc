"""The site's addresses, and one for readers that refuses everybody."""

from typing import NoReturn

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.urls import path

from newsroom import urls

handler403 = urls.handler403


def refuse(request: HttpRequest) -> NoReturn:
    raise PermissionDenied


urlpatterns = [path("refused/", refuse), *urls.urlpatterns]
