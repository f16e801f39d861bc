"""Bytes of a feed or a page as text: what is true counts more than what is said.

In this order: a byte order mark, valid UTF-8, the charset of the answer's header,
the document's own declaration, and then what comes nearest. Labels are taken as the
WHATWG Encoding Standard takes them: who says Latin-1 means Windows-1252.
"""

import codecs
import re

# UTF-32 first, as its little-endian mark begins with that of UTF-16.
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
    (codecs.BOM_UTF8, "utf-8"),
)
# How a "<" begins that no mark precedes (XML 1.0, appendix F).
_UNMARKED = (
    (b"<\0\0\0", "utf-32-le"),
    (b"\0\0\0<", "utf-32-be"),
    (b"<\0", "utf-16-le"),
    (b"\0<", "utf-16-be"),
    (b"\x4c\x6f\xa7\x94", "cp037"),
)
_HEADER = re.compile(r"""charset\s*=\s*["']?([\w.:+-]{1,40})""", re.IGNORECASE)
_XML = re.compile(
    r"""\s*<\?xml[^>]{1,200}?encoding\s*=\s*["']([\w.:+-]{1,40})["']""", re.IGNORECASE
)
_META = re.compile(
    r"""<meta[^>]{1,200}?charset\s*=\s*["']?([\w.:+-]{1,40})""", re.IGNORECASE
)
#: Bytes in which a declaration is looked for.
_HEAD = 2_048

# By the name Python gives a label, what is meant by it.
_MEANT = {
    "ascii": "cp1252",
    "big5": "big5hkscs",
    "euc_kr": "cp949",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "iso8859-1": "cp1252",
    "iso8859-11": "cp874",
    "iso8859-9": "cp1254",
    "shift_jis": "cp932",
    "tis-620": "cp874",
}
#: Codecs that are no charset of a document, some of them in quadratic time.
_NONE = frozenset(
    {"idna", "mbcs", "oem", "punycode", "raw-unicode-escape", "undefined",
     "unicode-escape", "utf-7"}
)  # fmt: skip
# Charsets whose text is ASCII, and with it valid UTF-8, to the eye of a machine.
_OF_SEVEN_BITS = ("iso2022", "hz")
#: One wrong byte among so many that are not ASCII is a slip, not another charset.
_SLIPS = 20


def decoded(data: bytes, content_type: str = "") -> str:
    """``data`` as text, without its byte order mark. Never raises.

    ``content_type`` is the header of the answer that brought it.
    """
    for mark, codec in _MARKS:
        if data.startswith(mark):
            return data[len(mark) :].decode(codec, "replace")
    for begin, codec in _UNMARKED:
        if data.startswith(begin):
            return _unmarked(data, codec)
    candidates = _declared(data, content_type)
    if data.isascii():
        wide = (name for name in candidates if name.startswith(_OF_SEVEN_BITS))
        return data.decode(next(wide, "ascii"), "replace")
    candidates = ["utf-8", *candidates]
    for codec in candidates:
        try:
            return data.decode(codec)
        except UnicodeDecodeError:
            continue
    return _nearest(data, [*candidates[1:], "utf-8"])


def _unmarked(data: bytes, codec: str) -> str:
    if codec == "cp037":
        # Code pages of EBCDIC have the letters of the declaration in common.
        declared = _codec(_XML.match(data[:_HEAD].decode(codec)))
        return data.decode(declared or codec, "replace")
    return data.decode(codec, "replace")


def _declared(data: bytes, content_type: str) -> list[str]:
    """The codecs that the header and the document name, those that there are."""
    head = data[:_HEAD].decode("ascii", "replace")
    found = [_HEADER.search(content_type), _XML.match(head), _META.search(head)]
    return [codec for match in found if (codec := _codec(match))]


def _codec(match: re.Match[str] | None) -> str:
    """The codec for the label that was found, "" if there is none."""
    if match is None:
        return ""
    try:
        name = codecs.lookup(match[1]).name
        b"a".decode(name)  # codecs from bytes to bytes are none
    except (LookupError, UnicodeError):
        return ""
    # What calls itself wide in ASCII is not.
    is_wide = name.startswith(("utf-16", "utf-32"))
    return "" if name in _NONE or is_wide else _MEANT.get(name, name)


def _nearest(data: bytes, candidates: list[str]) -> str:
    """By the first of ``candidates`` in which only slips are wrong, else Western."""
    beyond_ascii = len(data) - len(data.translate(None, bytes(range(128, 256))))
    for codec in candidates:
        text = data.decode(codec, "replace")
        if text.count("\ufffd") * _SLIPS <= beyond_ascii:
            return text
    return data.decode("cp1252", "replace")
