"""The editors' and operators' screens: Django's admin, dressed for the work."""

from . import article, category, imports, source, tag

__all__ = ["article", "category", "imports", "source", "tag"]
