"""What the public page of one piece shows; the desk's preview shows the same."""

from typing import Any

from articles import corrections
from articles.listing import carriers
from articles.models import Article
from articles.rights import Channel, permitted, tags_shown
from articles.why import why


def page_of(article: Article) -> dict[str, Any]:
    """What ``site/article_detail.html`` is told of an article.

    Its source, category and image are loaded already.
    """
    tags = tags_shown([article.pk])[article.pk]
    return {
        "article": article,
        "shown": permitted(article, Channel.PAGE),
        "corrections": corrections.of_piece(article),
        "tags": tags,
        "carriers": carriers([article.pk])[article.pk],
        "why": why(article, tags),
    }
