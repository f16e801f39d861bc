"""Stored pictures, served without a web server in front."""

from pathlib import PurePosixPath

from django.conf import settings
from django.core.exceptions import SuspiciousFileOperation
from django.http import Http404, HttpRequest, HttpResponseBase
from django.views.static import serve

from newsroom.reading import for_reading

#: The endings of what is stored; anything else in the folder is nobody's to read.
ENDINGS = {".jpg", ".webp"}


@for_reading
def media(request: HttpRequest, path: str) -> HttpResponseBase:
    """A file of ``MEDIA_ROOT``, as a picture and nothing else.

    Its policy lets no byte of it run as script, whatever a browser makes of it.
    """
    if PurePosixPath(path).suffix not in ENDINGS:
        raise Http404("No picture of that name.")
    try:
        response = serve(request, path, document_root=str(settings.MEDIA_ROOT))
    except (SuspiciousFileOperation, OSError, ValueError) as error:
        # Anybody can ask for ../../etc/passwd, or for a name that is too long; it is
        # no event for the error log.
        raise Http404("No picture of that name.") from error
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.headers["X-Content-Type-Options"] = "nosniff"
    # The name is made from the content, so it never changes its meaning.
    response.headers["Cache-Control"] = settings.IMMUTABLE
    return response
