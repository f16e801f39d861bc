"""Django's admin, with this house's own door."""

from django.contrib.admin import apps


class AdminConfig(apps.AdminConfig):
    default_site = "newsroom.admin_site.AdminSite"
