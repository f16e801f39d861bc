"""Full-text search, on PostgreSQL and on SQLite behind one function.

What is found and how words are compared: docs/search.md. Why it is built so:
decision 0023.
"""

from .checking import check
from .finding import Narrowed, Span, found, narrowed
from .highlights import Marked, Segment, highlighted, marked
from .query import LONGEST_QUERY, Query, parse

__all__ = [
    "LONGEST_QUERY",
    "Marked",
    "Narrowed",
    "Query",
    "Segment",
    "Span",
    "check",
    "found",
    "highlighted",
    "marked",
    "narrowed",
    "parse",
]
