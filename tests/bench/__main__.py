"""``python -m tests.bench [fetching|desk|fuzz] [options]``: one bench, or all."""

import sys

from . import desk, fetching, fuzz

BENCHES = {"fetching": fetching.main, "desk": desk.main, "fuzz": fuzz.main}

chosen = sys.argv[1] if len(sys.argv) > 1 else ""
if chosen in BENCHES:
    del sys.argv[1]
    BENCHES[chosen]()
elif not chosen:
    for run in BENCHES.values():
        run()
else:
    raise SystemExit(f"{chosen!r} is no bench: {', '.join(BENCHES)}.")
