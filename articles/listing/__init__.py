"""What a listing is: what it lists, the rows of a page, its filters, its days."""

from .cards import UNREAD, Card, cards
from .carriers import Carrier, carriers
from .counts import shown_tags, visible_count
from .days import Group, Period
from .filters import (
    LABELS,
    MOST_ROWS,
    PAGE_SIZE,
    IntegerFilter,
    InvalidListing,
    NumberField,
)
from .pages import Page, groups, is_sparse_whole, neighbours, page
from .related import related
from .scopes import (
    Place,
    Scope,
    everything,
    of_category,
    of_source,
    of_tag,
    of_tags,
    shown_categories,
    shown_sources,
)

__all__ = [
    "LABELS",
    "MOST_ROWS",
    "PAGE_SIZE",
    "UNREAD",
    "Card",
    "Carrier",
    "Group",
    "IntegerFilter",
    "InvalidListing",
    "NumberField",
    "Page",
    "Period",
    "Place",
    "Scope",
    "cards",
    "carriers",
    "everything",
    "groups",
    "is_sparse_whole",
    "neighbours",
    "of_category",
    "of_source",
    "of_tag",
    "of_tags",
    "page",
    "related",
    "shown_categories",
    "shown_sources",
    "shown_tags",
    "visible_count",
]
