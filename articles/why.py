"""Why a piece is here: what put its tags on it, who published it, whose it is."""

from dataclasses import dataclass

from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from articles.models import (
    Article,
    ArticleStatus,
    Change,
    Reuse,
    Source,
    Tag,
    TagOrigin,
)
from articles.roles import Role, names_of
from newsroom.prepared import prepared

#: How a tag came to stand on a piece, in readers' words.
ORIGINS: dict[str, str | Promise] = {
    TagOrigin.HAND: gettext_lazy("put on by the desk"),
    TagOrigin.IMPORT: gettext_lazy("came with the piece from its publisher"),
    TagOrigin.SUGGESTION: gettext_lazy("found in its text, and accepted by the desk"),
    TagOrigin.MERGE: gettext_lazy("came with a tag that means the same"),
}
#: What readers are told of those who publish, the first of a person's roles.
CURATORS: dict[str, str | Promise] = {
    Role.EDITORS: gettext_lazy("an editor"),
    Role.ADMINISTRATORS: gettext_lazy("an administrator"),
    Role.RIGHTS_MANAGERS: gettext_lazy("a rights manager"),
    Role.CONTRIBUTORS: gettext_lazy("a contributor"),
}
#: What a publisher lets us show, in readers' words.
POLICIES: dict[str, str | Promise] = {
    Reuse.HEADLINE: gettext_lazy("We show its headlines, and lead to its pages."),
    Reuse.EXCERPT: gettext_lazy("We show short excerpts, and lead to its pages."),
    Reuse.FULL_TEXT: gettext_lazy("It lets us show its texts in full."),
}


@dataclass(frozen=True, slots=True)
class Why:
    """What readers are told: ``tags`` come with what put them on."""

    tags: list[tuple[Tag, str]]
    curator: str
    source: Source
    policy: str


def why(article: Article, tags: list[Tag]) -> Why:
    """Why an article is here, with its tags (``tags_shown``); its source is loaded.

    People are named by their role, never by name.
    """
    return Why(
        tags=[(tag, str(ORIGINS[tag.origin])) for tag in tags],
        curator=_curator(article),
        source=article.source,
        policy=str(POLICIES.get(article.source.reuse, "")),
    )


def _curator(article: Article) -> str:
    """Who published it last: a role, an import, or the desk where nobody knows."""
    for by, is_superuser, by_name in _last_publication(article.pk):
        if is_superuser:
            return str(CURATORS[Role.ADMINISTRATORS])
        held = names_of(User(pk=by)) if by else []
        for role, words in CURATORS.items():
            if role in held:
                return str(words)
        if not by and article.made_by_run and by_name == str(article.made_by_run):
            return _("an import that the desk has set up")
    return _("the desk")


@prepared
def _last_publication(article: int) -> QuerySet:
    """Who published it last: an account, whether that may do anything, and a name."""
    published = Change.objects.filter(
        article=article, after__status=ArticleStatus.PUBLISHED
    )
    found = published.order_by("-version")[:1]
    return found.values_list("act__by", "act__by__is_superuser", "act__by_name")
