"""Why a piece is here: what put its tags on it, who published it, whose it is."""

from dataclasses import dataclass

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
    published = Change.objects.filter(
        article=article, after__status=ArticleStatus.PUBLISHED
    )
    last = published.select_related("act__by").order_by("-version").first()
    if last and last.act.by:
        if last.act.by.is_superuser:
            return str(CURATORS[Role.ADMINISTRATORS])
        held = names_of(last.act.by)
        roles = [words for role, words in CURATORS.items() if role in held]
        return str(roles[0]) if roles else _("the desk")
    run = article.made_by_run
    if last and run and last.act.by_name == str(run):
        return _("an import that the desk has set up")
    return _("the desk")
