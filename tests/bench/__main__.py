"""``python -m tests.bench [NAME] [options]``: one bench, or all of them."""

import subprocess
import sys

from . import (
    admin,
    desk,
    fetching,
    front,
    fuzz,
    importing,
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
    "search": search.main,
    "fuzz": fuzz.main,
    "reading": reading.main,
    "front": front.main,
    "site": site.main,
    "where": where.main,
}

chosen = sys.argv[1] if len(sys.argv) > 1 else ""
if chosen in BENCHES:
    del sys.argv[1]
    BENCHES[chosen]()
elif not chosen:
    # Each in a process of its own: settings are read once in a process, and each has
    # its own database.
    ended = [
        subprocess.run([sys.executable, "-m", "tests.bench", name], check=False)
        for name in BENCHES
    ]
    raise SystemExit(any(each.returncode for each in ended))
else:
    raise SystemExit(f"{chosen!r} is no bench: {', '.join(BENCHES)}.")
