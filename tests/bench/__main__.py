"""``python -m tests.bench [NAME] [options]``: one bench, or all of them.

``manage.py bench`` runs this. Exit codes as those of commands: 0 done, 1 something was
found to be wrong, 2 wrong usage, 4 it could not be measured, 130 interrupted.
"""

import signal
import subprocess
import sys
import traceback
from collections.abc import Callable

from . import (
    admin,
    bulk,
    desk,
    fetching,
    front,
    fuzz,
    importing,
    mixed,
    reading,
    search,
    site,
    where,
)

BENCHES = {
    "importing": importing.main,
    "fetching": fetching.main,
    "desk": desk.main,
    "admin": admin.main,
    "bulk": bulk.main,
    "mixed": mixed.main,
    "search": search.main,
    "fuzz": fuzz.main,
    "reading": reading.main,
    "front": front.main,
    "site": site.main,
    "where": where.main,
}
#: For whoever asks for it: half an hour, and what needs a filled database, or nginx.
APART = {"mixed", "where", "front"}


def one(name: str, bench: Callable[[], object]) -> None:
    """Run a bench; what it cannot do is told in a line, with the place."""
    try:
        bench()
    except KeyboardInterrupt:
        _end(f"bench {name}: interrupted.", 130)
    except Exception as error:  # noqa: BLE001  whatever it was, it is told
        place = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{place.filename}:{place.lineno}"
        detail = getattr(error, "stderr", None) or ""
        _end(f"bench {name}: {type(error).__name__}: {error} ({where}) {detail}", 4)


def every() -> None:
    """Run all of them, each in a process of its own with a database of its own."""
    # Settings are read once in a process.
    try:
        ended = [
            subprocess.run([sys.executable, "-m", "tests.bench", name], check=False)
            for name in BENCHES
            if name not in APART
        ]
    except KeyboardInterrupt:
        raise SystemExit(130) from None
    raise SystemExit(max(each.returncode for each in ended))


def _end(said: str, code: int) -> None:
    sys.stderr.write(f"{said.strip()}\n")
    raise SystemExit(code)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    chosen = sys.argv[1] if len(sys.argv) > 1 else ""
    if not chosen:
        every()
    elif chosen in BENCHES:
        del sys.argv[1]
        sys.argv[0] = f"bench {chosen}"
        one(chosen, BENCHES[chosen])
    else:
        _end(f"{chosen!r} is no bench: {', '.join(BENCHES)}.", 2)
