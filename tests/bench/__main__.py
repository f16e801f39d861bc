"""``python -m tests.bench [NAME] [options]``: one bench, or all of them."""

import sys

from . import desk, fetching, fuzz, importing, search

BENCHES = {
    "importing": importing.main,
    "fetching": fetching.main,
    "desk": desk.main,
    "search": search.main,
    "fuzz": fuzz.main,
}

chosen = sys.argv[1] if len(sys.argv) > 1 else ""
if chosen in BENCHES:
    del sys.argv[1]
    BENCHES[chosen]()
elif not chosen:
    for run in BENCHES.values():
        run()
else:
    raise SystemExit(f"{chosen!r} is no bench: {', '.join(BENCHES)}.")
