"""Pictures: one row and one file per content."""

from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _


class Image(models.Model):
    """A checked and re-encoded picture; ``articles.images`` makes these rows."""

    digest = models.CharField(_("SHA-256 of the file"), max_length=64)
    file = models.ImageField(
        _("file"), upload_to="images/", width_field="width", height_field="height"
    )
    width = models.PositiveIntegerField(_("width"), editable=False)
    height = models.PositiveIntegerField(_("height"), editable=False)
    colour = models.CharField(
        _("dominant colour"),
        max_length=7,
        validators=[RegexValidator(r"^#[0-9a-f]{6}$")],
    )

    # {"webp": [160, 320 …], "jpg": [320 …]}: what there is beside the file, so that a
    # page need ask no storage. Null until they are made, {} where none can be.
    renditions = models.JSONField(
        _("widths of its renditions"), null=True, editable=False
    )

    class Meta:
        verbose_name = _("image")
        verbose_name_plural = _("images")
        indexes = [
            # Found by who makes the renditions of older pictures, the newest first.
            models.Index(
                fields=["-id"],
                condition=models.Q(renditions__isnull=True),
                name="image_without_renditions",
            )
        ]
        constraints = [
            models.UniqueConstraint(fields=["digest"], name="image_is_stored_once"),
            models.CheckConstraint(
                condition=models.Q(width__gt=0, height__gt=0), name="image_has_a_size"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.file.name} ({self.width}×{self.height})"

    def name_of(self, width: int, form: str) -> str:
        """The name in the storage of the rendition so wide, as "webp" or "jpg"."""
        stem, _, _ = str(self.file.name).rpartition(".")
        return f"{stem}-{width}.{form}"

    @property
    def webp_srcset(self) -> str:
        """What a browser that knows WebP chooses from; "" if there is nothing."""
        return ", ".join(self._candidates("webp"))

    @property
    def jpeg_srcset(self) -> str:
        """What any other chooses from, the stored picture among it; or ""."""
        smaller = self._candidates("jpg")
        return ", ".join(
            [*smaller, f"{self.file.url} {self.width}w"] if smaller else []
        )

    def _candidates(self, form: str) -> list[str]:
        url = self.file.storage.url
        widths = (self.renditions or {}).get(form, [])
        return [f"{url(self.name_of(width, form))} {width}w" for width in widths]
