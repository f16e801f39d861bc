"""The nouns, and the one path to import them from."""

from .article import Article, ArticleStatus, moment_listed
from .category import DEFAULT_CATEGORY, Category
from .history import StatusChange
from .image import Image
from .imports import ImportRun, RecordOutcome, RefusedRecord, RunState
from .source import Feed, Reuse, Source
from .tag import Tag, TagAlias, TagPhrase, parse_tag_names
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
    "Article",
    "ArticleStatus",
    "Category",
    "Feed",
    "Image",
    "ImportRun",
    "RecordOutcome",
    "RefusedRecord",
    "Reuse",
    "RunState",
    "Source",
    "StatusChange",
    "SuggestionState",
    "Tag",
    "TagAlias",
    "TagOrigin",
    "TagPhrase",
    "TagSuggestion",
    "TaggedArticle",
    "TaggedArticleQuerySet",
    "moment_listed",
    "parse_tag_names",
    "relisting",
]
