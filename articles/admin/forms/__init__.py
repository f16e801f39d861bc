"""The forms of the editors' screens."""

from .articles import ArticleForm, NewArticleForm
from .feeds import FeedForm, FeedOfSourceForm
from .moves import ArticleActionForm, MoveForm, asked_action
from .names import NamedForm

__all__ = [
    "ArticleActionForm",
    "ArticleForm",
    "FeedForm",
    "FeedOfSourceForm",
    "MoveForm",
    "NamedForm",
    "NewArticleForm",
    "asked_action",
]
