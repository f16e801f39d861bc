"""Static files under names made from their content, scripts that lead to others too."""

from whitenoise.storage import CompressedManifestStaticFilesStorage


class StaticFilesStorage(CompressedManifestStaticFilesStorage):
    """Also the names within ``import … from`` are those made from the content.

    Otherwise browsers would keep an old module for good beside a new one.
    """

    support_js_module_import_aggregation = True
