"""Finding articles by words: one function, on PostgreSQL and on SQLite."""

from django.db.models import Q

from articles.models import Reuse

#: Words of a query that count; the rest of an absurdly long one is left out.
MOST_WORDS = 10
#: What a reader's words are looked for in.
SEARCHED = ("headline", "source_headline", "excerpt", "note")


def matching(query: str, *, path: str = "") -> Q:
    """Articles that hold every word of ``query`` somewhere in their short texts.

    ``path`` is the lookup that leads to the article (``content_object__`` from
    the listing index). Case does not count, and a Japanese word of one
    character finds as well: the words are looked for inside the text.
    """
    # Finding a piece by words that its source does not let us show tells them.
    hidden = Q(**{f"{path}source__reuse": Reuse.HEADLINE})
    found = Q()
    for word in query.split()[:MOST_WORDS]:
        in_any = Q()
        for name in SEARCHED:
            in_any |= Q(**{f"{path}{name}__icontains": word})
        in_any |= Q(**{f"{path}source_excerpt__icontains": word}) & ~hidden
        found &= in_any
    return found
