"""Pictures that nothing uses any more: which are removed, and which are not."""

import io
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.storage import default_storage
from PIL import Image as Pillow

from articles import workflow
from articles.images import library
from articles.images.encoding import encode
from articles.ingest import pictures
from articles.ingest.addresses import Allow
from articles.models import Act, Article, Image
from tests.commands.invocation import invoke
from tests.factories import ArticleFactory, make_user

DAY = timedelta(days=1)


def data(colour: str = "navy") -> bytes:
    out = io.BytesIO()
    Pillow.new("RGB", (32, 24), colour).save(out, "PNG")
    return out.getvalue()


def files() -> set[str]:
    root = Path(default_storage.location)
    found = (path for path in root.rglob("*") if path.is_file())
    return {path.relative_to(root).as_posix() for path in found}


def removed() -> int:
    return library.remove_unused()


def age_acts(by: timedelta) -> None:
    """Let so much time pass since all acts."""
    for act in Act.objects.all():
        Act.objects.filter(pk=act.pk).update(at=act.at - by)


def all_is_whole() -> bool:
    """Whether every picture has its files, and every file its picture."""
    expected = set()
    for image in Image.objects.all():
        widths = image.renditions or {}
        expected |= {image.file.name}
        expected |= {
            image.name_of(each, form) for form in widths for each in widths[form]
        }
    return files() == expected


@pytest.mark.django_db
def test_a_picture_that_no_piece_has_goes_with_its_file():
    used = library.attach(ArticleFactory(), data("navy"))
    library.keep(encode(data("red")))

    assert removed() == 1

    assert list(Image.objects.all()) == [used]
    assert all_is_whole()
    assert removed() == 0


@pytest.mark.django_db
def test_a_picture_of_two_pieces_stays_while_either_has_it():
    first, second = ArticleFactory(), ArticleFactory()
    library.attach(first, data())
    library.attach(second, data())
    first.delete()
    assert removed() == 0
    second.delete()
    assert removed() == 1
    assert files() == set()


@pytest.mark.django_db
def test_more_pictures_than_a_batch_go_in_one_run(monkeypatch):
    monkeypatch.setattr(library, "BATCH", 2)
    for number in range(5):
        library.keep(encode(data(f"#{number}0{number}0{number}0")))
    assert removed() == 5
    assert files() == set()


@pytest.mark.django_db
def test_what_a_source_has_replaced_goes():
    article = ArticleFactory()
    library.attach(article, data("navy"))
    article.image_url = "https://pictures.example/new.png"
    article.image_wanted = True
    article.save()
    run = pictures.Run(lambda url: data("red"), encode)
    run.fetch(run.wishes(Allow(), (), None))

    assert removed() == 1

    article.refresh_from_db()
    assert article.image.file.name in files()
    assert all_is_whole()


@pytest.fixture
def replaced() -> Article:
    """A piece whose picture an editor has replaced."""
    article = ArticleFactory()
    library.attach(article, data("navy"))
    article.refresh_from_db()
    article.image = library.keep(encode(data("red")))
    workflow.edit(article, ["image"], by=make_user())
    return article


@pytest.mark.django_db
def test_what_an_editor_has_replaced_can_come_back_for_30_days(replaced):
    age_acts(library.RESTORABLE - DAY)
    assert removed() == 0
    age_acts(2 * DAY)
    assert removed() == 1
    assert Image.objects.get() == replaced.image
    assert all_is_whole()


@pytest.mark.django_db
def test_an_earlier_version_comes_back_without_a_picture_that_is_gone(replaced):
    replaced.refresh_from_db()
    replaced.headline = "Of later"
    workflow.edit(replaced, ["headline"], by=make_user("sato"))
    age_acts(2 * library.RESTORABLE)
    assert removed() == 1

    workflow.restore(replaced, 0, by=make_user("mori"))

    assert replaced.headline == ""
    assert replaced.image == Image.objects.get()


@pytest.mark.django_db
def test_a_picture_whose_file_was_lost_is_written_anew():
    image = library.keep(encode(data()))
    image.file.storage.delete(image.file.name)

    assert library.keep(encode(data())) == image
    assert all_is_whole()


@pytest.mark.django_db
def test_a_process_that_dies_between_file_and_row_leaves_what_the_next_one_mends(
    monkeypatch,
):
    class Killed(BaseException):
        pass

    def die(name: str) -> None:
        delete(name)
        raise Killed

    image = library.keep(encode(data()))
    delete: Callable[[str], None] = default_storage.delete
    with monkeypatch.context() as patch:
        patch.setattr(default_storage._wrapped, "delete", die)
        with pytest.raises(Killed):
            removed()
    assert Image.objects.count() == 1
    assert image.file.name not in files()
    assert removed() == 1
    assert not Image.objects.exists()


@pytest.mark.django_db
def test_fetch_images_clears_up_at_its_end_unless_it_runs_dry():
    library.keep(encode(data()))
    assert invoke("fetch_images", "--dry-run", "--format=json").json["removed"] == 0
    assert Image.objects.count() == 1
    assert invoke("fetch_images", "--format=json").json["removed"] == 1
    assert not Image.objects.exists()
