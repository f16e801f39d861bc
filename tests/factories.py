"""Made-up sources, articles, tags and people, with what a test does not care about."""

import datetime
from typing import Any

import factory
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group, Permission
from django.utils import timezone

from articles import roles
from articles.models import (
    Article,
    ArticleStatus,
    Category,
    SearchRow,
    Source,
    Tag,
)


class SourceFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Source

    name = factory.Sequence(lambda n: f"Source {n}")
    slug = factory.Sequence(lambda n: f"source-{n}")
    site_url = "https://publisher.example/"


class CategoryFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Category
        django_get_or_create = ("slug",)

    name = "Politics"
    slug = "politics"


class TagFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Tag

    name = factory.Sequence(lambda n: f"Tag{n}")
    slug = factory.Sequence(lambda n: f"tag{n}")


class ArticleFactory(factory.django.DjangoModelFactory):
    """An ingested piece; ``published=True`` makes it public since its date."""

    class Meta:
        model = Article
        skip_postgeneration_save = True

    class Params:
        published = factory.Trait(
            status=ArticleStatus.PUBLISHED,
            published_at=factory.SelfAttribute("source_published_at"),
        )

    source = factory.SubFactory(SourceFactory)
    category = factory.SubFactory(CategoryFactory)
    url = factory.Sequence(lambda n: f"https://publisher.example/{n}")
    canonical_url = factory.SelfAttribute("url")
    source_headline = factory.Sequence(lambda n: f"Headline number {n}")
    source_excerpt = "A short text of the source."
    source_published_at = factory.LazyFunction(
        lambda: timezone.now() - datetime.timedelta(hours=2)
    )
    language = "en"

    @factory.post_generation
    def tags(self, create: bool, names: Any, **kwargs: Any) -> None:
        if create and names:
            self.tags.add(*names)
        elif create:
            # As every verb does: a piece is found from its first moment on.
            SearchRow.objects.mirror([self.pk])


def make_user(name: str = "editor", may: tuple[str, ...] = (), **kwargs: Any) -> Any:
    """A member of staff with these permissions (code names of our models')."""
    user = get_user_model().objects.create_user(
        name, password="secret", is_staff=True, **kwargs
    )
    user.user_permissions.set(
        Permission.objects.filter(content_type__app_label="articles", codename__in=may)
    )
    return user


#: What an editor may do, by code names.
EDITOR = tuple(
    sorted(name.split(".")[1] for name in roles.permissions_of(roles.Role.EDITORS))
)


def make_member(role: roles.Role | None, name: str = "") -> Any:
    """A member of staff in this role, or in none."""
    user = make_user(name or str(role or "nobody"))
    if role:
        # A test with a live server finds a database without what migrations made.
        if not Group.objects.filter(name=role.value).exists():
            roles.sync()
        user.groups.add(Group.objects.get(name=role.value))
    return user
