"""Parts of addresses."""


class UnicodeSlugConverter:
    """Letters of any script, digits, hyphens and underscores.

    Django's own ``slug`` converter is ASCII only and cannot reverse 日米同盟.
    """

    regex = r"[-\w]+"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value
