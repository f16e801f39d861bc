"""Django's admin, with this house's own door."""

from django.contrib.admin import apps


class AdminConfig(apps.AdminConfig):
    """Named in INSTALLED_APPS instead of Django's own."""

    default_site = "newsroom.admin_site.AdminSite"
