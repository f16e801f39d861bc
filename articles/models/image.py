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

    class Meta:
        verbose_name = _("image")
        verbose_name_plural = _("images")
        constraints = [
            models.UniqueConstraint(fields=["digest"], name="image_is_stored_once"),
            models.CheckConstraint(
                condition=models.Q(width__gt=0, height__gt=0), name="image_has_a_size"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.file.name} ({self.width}×{self.height})"
