"""What a listing lists: everything, or the pieces of a source, a category, a tag."""

from dataclasses import dataclass

from django.db.models import OuterRef, Prefetch, QuerySet, Subquery

from articles.models import Article, Category, Source, Tag, TaggedArticle
from articles.models.search_row import mark
from articles.rights import Channel, Permitted, permitted, tags_shown
from articles.search import Marked, marked

from .carriers import Carrier, carriers, folded

#: What a card of a listing does not show and a page need not read.
UNREAD = ("source_body", "source_tags")


@dataclass(frozen=True, slots=True)
class Card:
    """One piece of a listing: the article, what may be shown of it, who has it too."""

    article: Article
    shown: Permitted
    tags: list[Tag]
    carriers: list[Carrier]
    #: The same texts with the words of a search, where there is one.
    marked: Marked | None = None


@dataclass(frozen=True, slots=True)
class Scope:
    """What a listing lists: rows with the listing's columns, and how they are named.

    ``path`` leads from a row to its article; "" where the row is the article.
    """

    rows: QuerySet
    path: str
    #: What all of its pieces carry in the search index.
    marks: tuple[str, ...] = ()

    @property
    def id_field(self) -> str:
        return f"{self.path}id".replace("__id", "_id") if self.path else "id"


def everything() -> Scope:
    """All that is public."""
    return Scope(_loaded(Article.objects.published()), path="")


def of_source(source: Source) -> Scope:
    public = Article.objects.published().filter(source=source)
    return Scope(_loaded(public), path="", marks=(mark("source", source.pk),))


def of_category(category: Category) -> Scope:
    public = Article.objects.published().filter(category=category)
    return Scope(_loaded(public), path="", marks=(mark("category", category.pk),))


def of_tag(tag: Tag) -> Scope:
    return of_tags([tag])


def of_tags(tags: list[Tag]) -> Scope:
    """The pieces that carry all of these tags.

    The rarest one's rows are read in their order, and each is looked up under the
    others in the index that keeps a tag once on an article. Written as a value and
    not as EXISTS: that one PostgreSQL may turn into a join, which reads all rows of
    every tag and sorts them. At worst each row of the rarest tag is read once.
    """
    rarest, *others = sorted(tags, key=lambda tag: tag.listed_count)
    rows = TaggedArticle.objects.published().filter(tag=rarest)
    for other in others:
        same = {"tag": other, "content_object": OuterRef("content_object")}
        also = TaggedArticle.objects.filter(**same).order_by().values("tag")[:1]
        name = f"also_{other.pk}"
        rows = rows.alias(**{name: Subquery(also)}).filter(**{f"{name}__isnull": False})
    # These are asked for by their numbers, so that joins lead no planner astray.
    articles: QuerySet = Article.objects.select_related("source", "category", "image")
    articles = articles.prefetch_related("tags", folded()).defer(*UNREAD)
    loaded = Prefetch("content_object", articles)
    marks = tuple(mark("tag", tag.pk) for tag in tags)
    return Scope(rows.prefetch_related(loaded), "content_object__", marks)


def _loaded(articles: QuerySet) -> QuerySet:
    """With all that a card shows, by a query for each kind of row.

    Not by joins: with one, a planner may begin at the joined table and sort
    (SQLite did, at 3,000 pieces of one source); the rows then are no longer one
    range of one index.
    """
    kinds = ("source", "category", "image", "tags", folded())
    return articles.prefetch_related(*kinds).defer(*UNREAD)


def card(article: Article, words: str = "") -> Card:
    """A listing's view of one article, with the words of a search marked."""
    shown = permitted(article, Channel.LISTING)
    return Card(
        article=article,
        shown=shown,
        tags=tags_shown(article),
        carriers=carriers(article),
        marked=marked(shown, words),
    )
