"""What was done to articles, for people to read: acts and changes in words.

The interfaces show these words and ask the workflow for the verbs.
"""

from .acts import (
    ActsQuery,
    Piece,
    left_alone,
    own_acts,
    page_of_acts,
    page_of_pieces,
)
from .timeline import Entry, Page, of_article
from .words import (
    KINDS,
    Line,
    Names,
    act_words,
    column_label,
    in_order,
    kind_words,
    line_of,
    lines,
    marked,
    told,
)

__all__ = [
    "KINDS",
    "ActsQuery",
    "Entry",
    "Line",
    "Names",
    "Page",
    "Piece",
    "act_words",
    "column_label",
    "in_order",
    "kind_words",
    "left_alone",
    "line_of",
    "lines",
    "marked",
    "of_article",
    "own_acts",
    "page_of_acts",
    "page_of_pieces",
    "told",
]
