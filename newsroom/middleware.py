"""What every answer carries, and what an answer to HEAD does not."""

from collections.abc import Callable
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse
from django.utils import translation


class HeadMiddleware:
    """Answer HEAD with the headers of GET and no body (RFC 9110, 9.3.2).

    Django leaves the body to the server to drop; gunicorn writes a warning for
    each one, and uptime probes ask by HEAD all day.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.method == "HEAD" and not response.streaming:
            response.content = b""
        return response


class ContentSecurityPolicyMiddleware:
    """Send ``SECURE_CSP`` with every answer that does not bring its own.

    Django 6 has this built in, under the same setting; on 5.2 these lines stand in
    for it. ``PERMISSIONS_POLICY``, which Django has no word for, goes along.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.policy = "; ".join(
            " ".join([directive, *sources])
            for directive, sources in settings.SECURE_CSP.items()
        )

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Content-Security-Policy", self.policy)
        response.headers["Permissions-Policy"] = settings.PERMISSIONS_POLICY
        return response


class FreshErrorsMiddleware:
    """Let nobody keep an error: what is not there may be at the next request.

    A cache in front of the site may keep a 404 or a 410 that says nothing about it
    (RFC 9111, 4.2.2), and would hide a piece that appears when its hour comes.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if response.status_code >= 400:
            response.headers.setdefault("Cache-Control", "no-cache")
        return response


class CrawlersMiddleware:
    """Keep what is no public page of this site out of search engines.

    That is any answer under another name than ``NEWSROOM_SITE_URL``'s (a staging
    host, a bare address), and everything in debug. On every answer it reserves text
    and data mining, where the operator does
    (https://www.w3.org/community/reports/tdmrep/CG-FINAL-tdmrep-20240510/).
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if settings.DEBUG or not self._is_canonical(request):
            response.headers["X-Robots-Tag"] = "noindex, nofollow"
        if settings.NEWSROOM_TDM_RESERVATION:
            response.headers["tdm-reservation"] = "1"
            if settings.NEWSROOM_TDM_POLICY_URL:
                response.headers["tdm-policy"] = settings.NEWSROOM_TDM_POLICY_URL
        return response

    def _is_canonical(self, request: HttpRequest) -> bool:
        try:
            host = request.get_host().lower()
        except DisallowedHost:
            return False
        return host == urlsplit(settings.NEWSROOM_SITE_URL).netloc.lower()


class LanguageMiddleware:
    """Speak the language that an address names: ``/ja/…``, or the site's own.

    Nothing else is asked, so a page is the same for everybody and may be kept by any
    cache. Django's LocaleMiddleware decides the same for our addresses, but reads a
    cookie, tells caches of addresses without a prefix that they vary with
    Accept-Language, and leaves the language to the thread's next request.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        named = translation.get_language_from_path(request.path_info)
        language = named or settings.LANGUAGE_CODE
        with translation.override(language):
            return self.get_response(request)
