"""Parts of addresses."""

from django.urls.converters import IntConverter


class UnicodeSlugConverter:
    """Letters of any script, digits, hyphens and underscores.

    Django's own ``slug`` converter is ASCII only and cannot reverse 日米同盟.
    """

    regex = r"[-\w]+"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


class SlugsConverter(UnicodeSlugConverter):
    """Slugs, with ``+`` between them where there are several."""

    regex = r"[-\w]+(?:\+[-\w]+)*"


class NumberConverter(IntConverter):
    """The number of a row, in no more digits than a database holds."""

    regex = "[0-9]{1,18}"


class YearConverter:
    """Four digits: a day has one address, not 2026/6/1 and 2026/06/01."""

    regex = r"[0-9]{4}"
    digits = 4

    def to_python(self, value: str) -> int:
        return int(value)

    def to_url(self, value: int) -> str:
        return str(value).zfill(self.digits)


class TwoDigitsConverter(YearConverter):
    """A month or a day of the month, in two digits."""

    regex = r"[0-9]{2}"
    digits = 2
