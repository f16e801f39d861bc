"""The guarded fetch: the only package that opens connections.

Every address is hostile until checked, and every peer stays so. A name is resolved
once for each connection; all its answers must be public, and one of these very
answers is connected to, so that no second lookup can lead elsewhere. One clock runs
over the whole fetch and is asked at every read of the socket, as are the sizes: no
layer above can be made to wait or to collect. Redirects are followed by hand, each
from the first check on. No proxy or credentials are taken from the environment, no
cookie is kept, no referrer sent.

Knows no Django; whoever calls says what is exempt (``addresses.Allow``).
"""

from .connection import Resolve
from .fetch import fetch, retry_after
from .outcome import (
    FEED,
    MIB,
    PAGE,
    PICTURE,
    Failure,
    Fetched,
    FetchError,
    Hop,
    Limits,
)

__all__ = [
    "FEED",
    "MIB",
    "PAGE",
    "PICTURE",
    "Failure",
    "FetchError",
    "Fetched",
    "Hop",
    "Limits",
    "Resolve",
    "fetch",
    "retry_after",
]
