"""The nouns, and the one path to import them from."""

from . import lookups  # noqa: F401 (it gives fields two more)
from .article import MOST_SILENT_UPDATES, Article
from .article_queries import ArticleQuerySet, ArticleStatus
from .category import DEFAULT_CATEGORY, Category, CategoryAlias
from .correction import Correction, CorrectionKind
from .desk import Claim, Comment, DeskPreferences, SavedFilter
from .duplicates import DuplicateState, PossibleDuplicate, Resemblance, TextBand
from .edition import Appearance, Edition, renew_all, renew_editions, renewing
from .feed import (
    LONGEST_PAUSE,
    Feed,
    FeedHealth,
    FetchAttempt,
    FetchHost,
    FetchOutcome,
    host_of,
)
from .history import Act, Change, SourceChange, SourceChangeState
from .identity import FormerAddress, FormerId, Sighting, Tombstone
from .image import Image
from .imports import ImportRun, RecordOutcome, RefusedRecord, RunState
from .moments import moment_listed, moment_within
from .search_row import SearchRow, Shelf
from .source import Indexing, Reuse, Source, SourceAlias
from .tag import Tag, TagAlias, TagPhrase, parse_tag_names, written_tag_names
from .tagged_article import (
    SuggestionState,
    TaggedArticle,
    TaggedArticleQuerySet,
    TagOrigin,
    TagSuggestion,
    relisting,
)

__all__ = [
    "DEFAULT_CATEGORY",
    "LONGEST_PAUSE",
    "MOST_SILENT_UPDATES",
    "Act",
    "Appearance",
    "Article",
    "ArticleQuerySet",
    "ArticleStatus",
    "Category",
    "CategoryAlias",
    "Change",
    "Claim",
    "Comment",
    "Correction",
    "CorrectionKind",
    "DeskPreferences",
    "DuplicateState",
    "Edition",
    "Feed",
    "FeedHealth",
    "FetchAttempt",
    "FetchHost",
    "FetchOutcome",
    "FormerAddress",
    "FormerId",
    "Image",
    "ImportRun",
    "Indexing",
    "PossibleDuplicate",
    "RecordOutcome",
    "RefusedRecord",
    "Resemblance",
    "Reuse",
    "RunState",
    "SavedFilter",
    "SearchRow",
    "Shelf",
    "Sighting",
    "Source",
    "SourceAlias",
    "SourceChange",
    "SourceChangeState",
    "SuggestionState",
    "Tag",
    "TagAlias",
    "TagOrigin",
    "TagPhrase",
    "TagSuggestion",
    "TaggedArticle",
    "TaggedArticleQuerySet",
    "TextBand",
    "Tombstone",
    "host_of",
    "moment_listed",
    "moment_within",
    "parse_tag_names",
    "renew_all",
    "renew_editions",
    "renewing",
    "written_tag_names",
    "relisting",
]
