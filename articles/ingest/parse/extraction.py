"""The article of a web page, found by trafilatura, an optional extra."""

import trafilatura

from articles.ingest import sanitise

from .charset import decoded

#: Characters of a page that are read.
MOST_PAGE = 4 * 2**20


def article(page: bytes, *, url: str, content_type: str = "") -> str:
    """The sanitised HTML of what a page is about, "" where nothing is found."""
    text = decoded(page, content_type)[:MOST_PAGE].replace("\0", "")
    if not text.strip():
        return ""
    found = trafilatura.extract(
        text,
        url=url,
        output_format="html",
        include_comments=False,
        include_formatting=True,
        include_images=False,
        include_links=True,
        include_tables=True,
    )
    return sanitise.article_html(found, base=url) if found else ""
