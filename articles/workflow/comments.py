"""Notes to colleagues: what the desk says about a piece among itself."""

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext

from articles.models import Comment

from .outcomes import NotAllowed


def comment(article: int, text: str, *, by: User) -> Comment:
    """Leave a note about an article (id); raises NotAllowed if it is gone or blank."""
    text = text.strip()
    if not any(each.isprintable() and not each.isspace() for each in text):
        raise NotAllowed(gettext("Write the note first."))
    facts = {"by": by, "by_name": by.get_username(), "at": timezone.now()}
    try:
        with transaction.atomic():
            made: Comment = Comment.objects.create(
                article_id=article, text=text, **facts
            )
    except IntegrityError:
        raise NotAllowed(gettext("It is gone.")) from None
    return made
