"""Signatures: marks by which two sets that share much are found without a search.

MinHash (A. Broder, 1997): of each set the smallest values of many hashes are kept,
and two sets have as much of these in common as they share of all they hold. Four
of them make a band, hashed to one key. Two sets that share a key are worth a look:
with 16 bands these are 64 % of those that have half in common, 99 % at 70 %, and
one pair in 77,000 at 3 %, which is much for two texts that have nothing to do with
one another.

The keys are stored and compared by other processes on other machines, so nothing
here depends on ``hash()``.
"""

import struct
from collections.abc import Iterable, Sequence
from hashlib import blake2b

#: Smallest values that make one key.
ROWS = 4
#: Bands of a text, and of a headline, whose near copies have more in common.
TEXT_BANDS, HEADLINE_BANDS = 16, 8

_BINS = TEXT_BANDS * ROWS
#: For each bin those it borrows from, one after the other, while they are empty
#: (A. Shrivastava, "Optimal Densification for Fast and Accurate Minwise Hashing",
#: 2017).
_LENDERS = [
    [byte % _BINS for byte in blake2b(bytes([place]), digest_size=64).digest()]
    for place in range(_BINS)
]
_MANY = struct.Struct(f"<{HEADLINE_BANDS * ROWS}H")


def text_keys(parts: Iterable[str]) -> list[int]:
    """The keys of a text's parts, at least one: a number from -2⁶³ for each band.

    One hash is shared out among the bins, of which each keeps its smallest; a
    hash for each bin would cost sixty times as much.
    """
    bins: dict[int, int] = {}
    for part in parts:
        value = int.from_bytes(blake2b(part.encode(), digest_size=8).digest(), "big")
        place = value % _BINS
        if place not in bins or value < bins[place]:
            bins[place] = value
    smallest = min(bins.values())
    values = [
        bins[place]
        if place in bins
        else next((bins[each] for each in lenders if each in bins), smallest)
        for place, lenders in enumerate(_LENDERS)
    ]
    return _keys(b"text", values)


def headline_keys(parts: Iterable[str]) -> list[int]:
    """The keys of a headline's parts, at least one.

    They are few, so most bins would be empty: each part gets a hash for each value.
    """
    hashes = (
        _MANY.unpack(blake2b(part.encode(), digest_size=_MANY.size).digest())
        for part in parts
    )
    return _keys(b"headline", list(map(min, zip(*hashes, strict=True))))


def _keys(kind: bytes, values: Sequence[int]) -> list[int]:
    keys = []
    for start in range(0, len(values), ROWS):
        band = struct.pack(f"<H{ROWS}Q", start, *values[start : start + ROWS])
        digest = blake2b(band, digest_size=8, person=kind).digest()
        keys.append(int.from_bytes(digest, "big", signed=True))
    return keys
