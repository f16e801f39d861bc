"""What templates of the admin ask for themselves; in the settings as ``acts``."""

from django import template
from django.contrib.auth.models import User

from articles import history, workflow
from articles.models import Act

register = template.Library()


@register.simple_tag
def own_acts(user: User) -> list[tuple[Act, str, bool]]:
    """A person's last acts: each in words, and whether they can take it back."""
    if not user.has_perm("articles.view_article"):
        return []
    return [
        (act, history.act_words(act), not workflow.why_not_undo(act, user))
        for act in history.own_acts(user.pk)
    ]
