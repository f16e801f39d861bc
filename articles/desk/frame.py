"""The desk's pages stand in the admin's frame."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def page(
    request: HttpRequest,
    template: str,
    title: str,
    context: dict[str, Any],
    *,
    status: int = 200,
) -> HttpResponse:
    """A page of the desk with all that the admin's own pages know."""
    whole = admin.site.each_context(request) | {"title": title} | context
    return render(request, template, whole, status=status)
