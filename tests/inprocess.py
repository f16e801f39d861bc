"""Odd requests to the site in this process, as a server would hand them over."""

import traceback
from io import BytesIO
from urllib.parse import unquote_to_bytes

from django.test import Client

from tests.fuzzing import Request


def answered(client: Client, request: Request) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body of the answer."""
    target = request.target.encode("utf-8", "surrogatepass")
    path, _, query = target.partition(b"?")
    environ = {
        "REQUEST_METHOD": request.method,
        "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
        "QUERY_STRING": query.decode("latin-1"),
        "CONTENT_LENGTH": str(len(request.body)),
        "wsgi.input": BytesIO(request.body),
    }
    for name, value in request.headers.items():
        key = name.upper().replace("-", "_")
        environ[key if key == "CONTENT_TYPE" else f"HTTP_{key}"] = value.encode(
            "utf-8"
        ).decode("latin-1")
    try:
        response = client.request(**environ)
    except Exception:  # noqa: BLE001 a server would have nothing to answer with
        return 599, {}, traceback.format_exc().encode()
    headers = dict(response.headers.items())
    if response.streaming:
        body = b"".join(response.streaming_content)
        response.close()
    else:
        body = response.content
    return response.status_code, headers, body
