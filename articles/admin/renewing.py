"""Saving and deleting what stands on many of the reader's pages."""

from typing import Any

from articles.models import renew_all


class RenewsPages:
    """Let every page be drawn anew after each change, in the change's transaction."""

    def save_model(self, *args: Any) -> None:
        super().save_model(*args)  # type: ignore[misc]
        renew_all()

    def delete_model(self, *args: Any) -> None:
        super().delete_model(*args)  # type: ignore[misc]
        renew_all()

    def delete_queryset(self, *args: Any) -> None:
        super().delete_queryset(*args)  # type: ignore[misc]
        renew_all()
