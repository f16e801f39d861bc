"""Markup and addresses that mean harm, through the sanitiser and through feeds."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from html import escape
from html.parser import HTMLParser
from io import BytesIO
from pathlib import Path
from urllib.parse import urlsplit
from xml.sax.saxutils import quoteattr

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from articles.ingest import parse, sanitise
from articles.ingest.elements import ALLOWED_TAGS
from articles.ingest.entries import Entry, Record
from articles.ingest.records import Defaults, to_entry
from articles.ingest.text import clean

BASE = "https://publisher.example/news/a"


def words(text: str) -> frozenset[str]:
    return frozenset(text.split())


#: Payloads by what they try. All of them call alert(), so that a browser that runs
#: one can say so.
HOSTILE: dict[str, tuple[str, ...]] = {
    "scripts": (
        "<script>alert(1)</script>",
        "<ScRiPt\x0csrc=//evil.example/x.js></sCrIpT>",
        "<script/x>alert(1)</script\t>",
        "<scr<script>ipt>alert(1)</scr</script>ipt>",
        "<script><!--<script>alert(1)</script>-->alert(1)</script>",
        "<<script>alert(1);//<</script>",
        "<script>alert(1)",
        "</title></textarea></style></noscript></script><script>alert(1)</script>",
        "</main></article></body></html><script>alert(1)</script>",
    ),
    "events": (
        "<img src=x onerror=alert(1)>",
        "<img/src=x/onerror=alert(1)>",
        "<img src=x\x00 onerror\x00=alert(1)>",
        "<img src=x ONERROR\n=\n'alert(1)'>",
        "<body onload=alert(1)><p onpointerover=alert(1) onfocus=alert(1) tabindex=1>x",
        "<x-y onclick=alert(1) autofocus tabindex=0 onfocus=alert(1)>unknown</x-y>",
        "<a href=https://a.example/ onmouseover=alert(1)>over</a>",
        "<details open ontoggle=alert(1)><summary>x</summary></details>",
        "<marquee onstart=alert(1)>x</marquee>",
        "<input autofocus onfocus=alert(1)><select autofocus onfocus=alert(1)>",
        "<b onanimationstart=alert(1) style=animation-name:x>x</b>",
        "<time datetime=2024 onclick=alert(1)>x</time>",
        "<dialog open onclose=alert(1)><p popover onbeforetoggle=alert(1)>x</dialog>",
    ),
    "addresses": (
        "<a href='javascript:alert(1)'>x</a>",
        "<a href='JaVaScRiPt:alert(1)'>x</a>",
        "<a href='java\tscr\nipt\r:alert(1)'>x</a>",
        "<a href='&#x6A;avascript&colon;alert(1)'>x</a>",
        "<a href='java&Tab;script&NewLine;:alert(1)'>x</a>",
        "<a href='&#0000106avascript:alert(1)'>x</a>",
        "<a href='\x01\x1f javascript:alert(1)'>x</a>",
        "<a href='\u2028javascript:alert(1)'>x</a>",
        "<a href='\ufeffjavascript:alert(1)'>x</a>",
        "<a href='java\u00adscript:alert(1)'>x</a>",
        "<a href='javascript://a.example/%0aalert(1)'>x</a>",
        "<a href='data:text/html,<script>alert(1)</script>'>x</a>",
        "<a href='data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg=='>x</a>",
        "<a href='vbscript:msgbox(1)'>x</a><a href='livescript:alert(1)'>y</a>",
        "<a href='blob:https://a.example/1'>x</a><a href='filesystem:x'>y</a>",
        "<a href='view-source:javascript:alert(1)'>x</a>",
        "<a href='feed:javascript:alert(1)'>x</a><a href='jar:javascript:x!/'>y</a>",
        "<a href='http:javascript:alert(1)'>x</a><a href='https:/\\evil.example'>y</a>",
        "<a href='mailto:a@b.example?body=\" onclick=alert(1) x=\"'>x</a>",
        "<a href='https://a.example/\" onmouseover=\"alert(1)'>x</a>",
        "<a href=`javascript:alert(1)`>x</a>",
        "<a href=javascript&#58;alert&lpar;1&rpar; ping=//evil.example>x</a>",
        "<a href='' xlink:href='javascript:alert(1)'>x</a>",
        "<q cite='javascript:alert(1)'>x</q><blockquote cite=data:x>y</blockquote>",
    ),
    "frames and players": (
        "<iframe src='javascript:alert(1)'></iframe>",
        "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
        "<iframe srcdoc=&lt;img&Tab;src=x&Tab;onerror=alert(1)&gt;>",
        "<iframe src=data:text/html,<script>alert(1)</script>>",
        "<iframe/onload=alert(1)><iframe name=x src=about:blank>",
        "<object data=javascript:alert(1) type=text/html></object>",
        "<object><param name=movie value=javascript:alert(1)></object>",
        "<embed src=javascript:alert(1) code=x allowscriptaccess=always>",
        "<video poster=javascript:alert(1) src=x onerror=alert(1)><track></video>",
        "<audio src=x onerror=alert(1)><source onerror=alert(1) src=data:,x></audio>",
        "<frameset onload=alert(1)><frame src=javascript:alert(1)></frameset>",
        "<portal src=javascript:alert(1)></portal><fencedframe src=x></fencedframe>",
        "<applet code=x archive=//evil.example/x.jar></applet>",
    ),
    "forms": (
        "<form action='java\nscript:alert(1)'><button>x</button></form>",
        "<form id=f></form><button form=f formaction=javascript:alert(1)>x</button>",
        "<isindex type=image src=1 onerror=alert(1) action=javascript:alert(1)>",
        "<form method=post action=/admin/logout/><input type=submit value=Read></form>",
        "<input type=image src=x formaction=javascript:alert(1) onerror=alert(1)>",
    ),
    "the head of a page": (
        "<base href='javascript:/a/-alert(1)///'><a href=x>x</a>",
        "<base href=https://evil.example/><a href=x>x</a>",
        "<meta http-equiv=refresh content='0;url=javascript:alert(1)'>",
        "<meta http-equiv=refresh content='0;url=https://evil.example/'>",
        "<meta http-equiv=Content-Security-Policy content=script-src&#32;*>",
        "<meta charset=utf-7>+ADw-script+AD4-alert(1)+ADw-/script+AD4-",
        "<link rel=stylesheet href=https://evil.example/x.css>",
        "<link rel=import href=data:text/html,<script>alert(1)</script>>",
        "<html onload=alert(1)><head><title>x</title><script>alert(1)</script></head>",
    ),
    "style": (
        "<style>@import 'https://evil.example/x.css';*{x:expression(alert(1))}</style>",
        "<p style='background:url(javascript:alert(1));x:expression(alert(1))'>x</p>",
        "<p style=behavior:url(#x) class=masthead>x</p>",
        "<style><img title='</style><img src=x onerror=alert(1)>'></style>",
        "<div style='position:fixed;inset:0;z-index:9999'>over all</div>",
        "<table background=javascript:alert(1)><td background=javascript:alert(1)>x",
    ),
    "other namespaces": (
        "<svg onload=alert(1)><script>alert(1)</script></svg>",
        "<svg><script href=data:,alert(1) /></svg>",
        "<svg><script>alert&#40;1&#41;</script></svg>",
        "<svg><a xlink:href=javascript:alert(1)><text y=20>x</text></a></svg>",
        "<svg><animate attributeName=href values=javascript:alert(1)></svg>",
        "<svg><set attributeName=onmouseover to=alert(1)></svg>",
        "<svg><use href=data:image/svg+xml,<svg/onload=alert(1)>#x></use></svg>",
        "<svg><foreignObject><iframe srcdoc='<script>alert(1)</script>'>",
        "<svg><style><!--</style><img title='--><img src=x onerror=alert(1)>'>",
        "<svg></p><style><a id='</style><img src=1 onerror=alert(1)>'>",
        "<svg><title><![CDATA[</title><img src=x onerror=alert(1)>]]></svg>",
        "<svg><desc><p><style><g title='</style><img src=x onerror=alert(1)>'>",
        "<math href=javascript:alert(1)>x</math>",
        "<math><maction actiontype=statusline xlink:href=javascript:alert(1)>x",
        "<math><mtext><table><mglyph><style><!--</style>"
        "<img title='--&gt;&lt;img src=1 onerror=alert(1)&gt;'>",
        "<form><math><mtext></form><form><mglyph><style></math>"
        "<img src onerror=alert(1)>",
        "<math><annotation-xml encoding=text/html><style><img src=x onerror=alert(1)>",
        "<?xml version='1.0'?><x:script xmlns:x='http://www.w3.org/1999/xhtml'>"
        "alert(1)</x:script>",
        "<html:script xmlns:html='http://www.w3.org/1999/xhtml'>alert(1)</html:script>",
    ),
    "mutation": (
        "<noscript><p title='</noscript><img src=x onerror=alert(1)>'></noscript>",
        "<template><p title='</template><img src=x onerror=alert(1)>'></template>",
        "<template><script>alert(1)</script></template>",
        "<div><template shadowrootmode=open><script>alert(1)</script></template></div>",
        "<textarea><p title='</textarea><img src=x onerror=alert(1)>'></textarea>",
        "<title><p title='</title><img src=x onerror=alert(1)>'></title>",
        "<xmp><p title='</xmp><img src=x onerror=alert(1)>'></xmp>",
        "<plaintext><img src=x onerror=alert(1)>",
        "<listing>&lt;img src=x onerror=alert(1)&gt;</listing>",
        "<noembed><img title='</noembed><img src=x onerror=alert(1)>'></noembed>",
        "<p title='&lt;/p&gt;&lt;script&gt;alert(1)&lt;/script&gt;'>x</p>",
        "<a title='&quot; onmouseover=&quot;alert(1)' href=https://a.example/>x</a>",
        "<table><a><tr><script>alert(1)</script></a><td><svg><td><script>alert(1)",
        "<select><option><iframe></select><b><script>alert(1);</script></select></b>",
        "<p>&lt;script&gt;alert(1)&lt;/script&gt;",
        "&lt;script&gt;alert(1)&lt;/script&gt;",
        "&amp;lt;img src=x onerror=alert(1)&amp;gt;",
        "&#60;img src=x onerror=alert(1)&#62;",
        "&lt;img src=x onerror=alert(1)>",
        "<b>" * 300 + "<img src=x onerror=alert(1)>",
        "<div>" * 2_100 + "<script>alert(1)</script>",
        "<p><ruby><rt>" * 70 + "<svg><style><a title='</style><img onerror=alert(1)>'>",
    ),
    "comments and the like": (
        "<!--><img src=x onerror=alert(1)>-->",
        "<!---!><img src=x onerror=alert(1)>-->",
        "<!-- --!><img src=x onerror=alert(1)><!-- -->",
        "<!--[if gte IE 4]><script>alert(1)</script><![endif]-->",
        "<![CDATA[<script>alert(1)</script>]]>",
        "<![CDA<![CDATA[TA[<img src=x onerror=alert(1)>]]>]]>",
        "<scr<![CDATA[ipt>alert(1)</scr]]>ipt>",
        "<?php echo 1 ?><?x ><img src=x onerror=alert(1)>?>",
        "<! foo='><script>alert(1)</script>'>",
        "</ a='><img src=x onerror=alert(1)>'>",
        "<!doctype html [<!entity x '<script>alert(1)</script>'>]>&x;",
        "<%<!--'%><script>alert(1)</script -->",
    ),
    "quotes and half tags": (
        '"><script>alert(1)</script>',
        "'><img src=x onerror=alert(1)>",
        "` onmouseover=alert(1) x=`",
        '" autofocus onfocus=alert(1) x="',
        "' style='x:expression(alert(1))' x='",
        "</a><a href=javascript:alert(1)>x",
        "</textarea><script>alert(1)</script>",
        "</title><script>alert(1)</script>",
        "</pre></details><script>alert(1)</script>",
        "]]><script>alert(1)</script>",
        "-->\"'/><script>alert(1)</script>",
        "<img src=x onerror=alert(1)",
        "<img src='x onerror=alert(1)//",
        'x<a href="javascript:alert(1)',
        '<a title="x"href="javascript:alert(1)"/onclick=alert(1)>x',
        "{{ 1|add:1 }}{% debug %}{{constructor.constructor('alert(1)')()}}",
        "${alert(1)}<%= alert(1) %>#{alert(1)}",
        "';alert(1);//\\';alert(1);//</script>",
        '=HYPERLINK("javascript:alert(1)";"x")',
        "@SUM(1+1)*cmd|' /C calc'!A0",
    ),
    "characters": (
        "<scr\x00ipt>alert(1)</scr\x00ipt>",
        "<\x00script>alert(1)</script>",
        "\uff1cscript\uff1ealert(1)\uff1c/script\uff1e",
        "\u226escript\u226falert(1)",
        "<\u200bscript>alert(1)</\u200bscript>",
        "<scr\u00adipt>alert(1)</scr\u00adipt>",
        "<img src=x one\u202error=alert(1)>",
        "\u202e>tpircs/<)1(trela>tpircs<\u202c",
        "\u2066<script>\u2069alert(1)\u2066</script>\u2069",
        "<\ufeffimg src=x onerror=alert(1)>",
        "+ADw-script+AD4-alert(1)+ADw-/script+AD4-",
        "\xc0\xbcscript\xc0\xbealert(1)\xc0\xbc/script\xc0\xbe",
        "%3Cscript%3Ealert(1)%3C/script%3E",
        "\\u003cscript\\u003ealert(1)\\x3c/script\\x3e",
        "<img src=x\u3000onerror=alert(1)>",
        "<\u017fcript>alert(1)</\u017fcript>",
        "\ud83c<script>alert(1)</script>\udf00",
        "\x1b]8;;javascript:alert(1)\x07x\x1b]8;;\x07<script>alert(1)</script>",
        "\u0130<i>m\u0131</i><\u0130mg src=x onerror=alert(1)>",
        "\u2029alert(1)\u2028<script>\u2028alert(1)</script>",
    ),
    "clobbering": (
        "<a id=location name=location href=javascript:alert(1)>x</a>",
        "<form id=main name=body><input name=attributes><input name=parentNode></form>",
        "<img name=getElementById><img name=cookie><p id=content>x</p>",
        "<a id=seek class=skip href=https://evil.example/#x>x</a>",
        "<div id=tag-choices-1 role=listbox data-tag-names=//evil.example>x</div>",
        "<p slot=x is=x-y contenteditable nonce=x lang=x>x</p>",
    ),
}
PAYLOADS = [payload for group in HOSTILE.values() for payload in group]

#: The tags and attributes that the specification of bodies names, written out here
#: so that a slip in the sanitiser's own list does not go unseen; pictures are none.
BODY_TAGS = words(
    "a abbr b blockquote br cite code dd del dl dt em figure figcaption h2 h3 h4 h5 h6"
    " hr i ins kbd li ol p pre q s small strong sub sup table tbody td th thead time"
    " tr u ul"
)
BODY_ATTRIBUTES: dict[str, frozenset[str]] = {
    "a": frozenset({"href", "title", "rel"}),
    "blockquote": frozenset({"cite"}),
    "q": frozenset({"cite"}),
    "td": frozenset({"colspan", "rowspan", "scope"}),
    "th": frozenset({"colspan", "rowspan", "scope"}),
    "time": frozenset({"datetime"}),
}
VOID = frozenset({"br", "hr"})


class Reader(HTMLParser):
    """Notes what is not allowed in a body, and writes down again what it reads."""

    def __init__(self, markup: str) -> None:
        super().__init__(convert_charrefs=True)
        self.faults: list[str] = []
        self.written = ""
        self.feed(markup)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in BODY_TAGS:
            self.faults.append(f"<{tag}>")
        self.written += f"<{tag}"
        for name, value in attrs:
            if name not in BODY_ATTRIBUTES.get(tag, ()):
                self.faults.append(f"<{tag} {name}>")
            elif name in ("href", "cite") and not is_harmless(value or ""):
                self.faults.append(f"<{tag} {name}={value}>")
            self.written += f' {name}="{_escaped(value or "", quote=True)}"'
        self.written += ">"

    def handle_endtag(self, tag: str) -> None:
        self.written += f"</{tag}>"

    def handle_data(self, data: str) -> None:
        self.written += _escaped(data)

    def handle_comment(self, data: str) -> None:
        self.faults.append(f"<!--{data}-->")

    def handle_decl(self, decl: str) -> None:
        self.faults.append(f"<!{decl}>")

    def unknown_decl(self, data: str) -> None:
        self.faults.append(f"<![{data}]>")

    def handle_pi(self, data: str) -> None:
        self.faults.append(f"<?{data}>")


def _escaped(text: str, *, quote: bool = False) -> str:
    """As the HTML standard writes text and attributes (13.3)."""
    escaped = escape(text, quote=False).replace("\xa0", "&nbsp;")
    return escaped.replace('"', "&quot;") if quote else escaped


def is_harmless(address: str) -> bool:
    """Whether a browser can make of it but an http or https page, or a letter."""
    parts = urlsplit(address)
    is_plain = address.isprintable() and address == address.strip()
    if parts.scheme == "mailto":
        return is_plain
    return is_plain and parts.scheme in ("http", "https") and bool(parts.hostname)


def faults_of(markup: str) -> list[str]:
    """What in a body is not allowed, or is read in another way than it is written."""
    read = Reader(markup)
    if read.written != markup:
        return [*read.faults, f"is read as {read.written!r}"]
    return read.faults


def assert_is_disarmed(payload: str) -> None:
    for body in (sanitise.html, sanitise.article_html):
        once = body(payload, base=BASE)
        assert faults_of(once) == [], payload
        assert sanitise.html(once, base=BASE) == once, payload
        assert sanitise.article_html(once, base=BASE) == once or not once, payload
    line = sanitise.text(payload)
    assert clean(line) == line, payload


def test_there_are_many_payloads_and_none_is_there_twice() -> None:
    assert len(PAYLOADS) == len(set(PAYLOADS))
    assert len(PAYLOADS) >= 150


@pytest.mark.parametrize("kind", HOSTILE)
def test_nothing_is_left_of_what_is_hostile(kind: str) -> None:
    """Fault 58, at the gate."""
    for payload in HOSTILE[kind]:
        assert_is_disarmed(payload)
        assert_is_disarmed(f"<p>Before {payload}<p>after")


def test_nothing_is_left_of_what_others_have_collected(shared: Path) -> None:
    cases = json.loads((shared / "xss/payloads.json").read_text(encoding="utf-8"))
    assert len(cases) >= 112
    for case in cases:
        assert_is_disarmed(case["payload"])
        assert_is_disarmed(f"<p>Before {case['payload']}<p>after")


NAMES = sorted(
    ALLOWED_TAGS
    | words(
        "script style template noscript noembed noframes textarea title xmp plaintext"
        " listing svg math mtext mi mglyph malignmark annotation-xml foreignObject desc"
        " animate use form button input select option iframe object embed video source"
        " base meta link img image table caption colgroup body html head x-y x:script"
        " html:script font nobr frameset marquee details dialog"
    )
)
ATTRIBUTES = sorted(
    words(
        "href src title cite style srcdoc action formaction id name onclick onerror"
        " xlink:href xmlns is encoding datetime colspan http-equiv content"
    )
)
VALUES = (
    "javascript:alert(1)",
    "java\tscript:alert(1)",
    "https://a.example/",
    "//a.example/b",
    "text/html",
    "--><script>alert(1)</script>",
    "</style><img src=x onerror=alert(1)>",
    "</title></noscript></template></textarea><img src=x onerror=alert(1)>",
    "&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;",
    "x' onclick='alert(1)",
    'x" onclick="alert(1)',
    "\x00",
    "",
)
ATTRIBUTE = st.builds(
    "{}{}={}{}{}".format,
    st.sampled_from((" ", "/", "\n", "\x0c", "")),
    st.sampled_from(ATTRIBUTES),
    st.shared(st.sampled_from(('"', "'", "`", "")), key="quote"),
    st.sampled_from(VALUES),
    st.shared(st.sampled_from(('"', "'", "`", "")), key="quote"),
)
TAG = st.builds(
    "<{}{}{}{}".format,
    st.sampled_from(("", "/", "/ ", "\x00", "<")),
    st.sampled_from(NAMES),
    st.lists(ATTRIBUTE, max_size=3).map("".join),
    st.sampled_from((">", "/>", " >", "", "\n>")),
)
OTHER = st.sampled_from(
    (
        *("x", "&lt;", "&#60;", "&", "<", ">", "alert(1)", "\x00", "\u202e", "\ud800"),
        *(
            "<!--",
            "-->",
            "--!>",
            "<!-->",
            "<![CDATA[",
            "]]>",
            "<?x ",
            "?>",
            "<!x",
            "</",
        ),
    )
)
SOUP = st.recursive(
    TAG | OTHER,
    lambda inner: st.builds(
        "<{0}>{1}</{0}>".format,
        st.sampled_from(NAMES),
        st.lists(inner, max_size=4).map("".join),
    ),
    max_leaves=25,
)


@settings(deadline=None, max_examples=150)
@given(st.lists(SOUP, max_size=6).map("".join))
def test_nothing_is_left_of_any_soup_of_tags(markup: str) -> None:
    """Fault 58."""
    assert_is_disarmed(markup)


DEFAULTS = Defaults(
    source="Example",
    date_format=None,
    zone=UTC,
    now=datetime(2024, 5, 1, tzinfo=UTC),
)
#: What stands in a feed where an address should be.
ADDRESSES = (
    "javascript:alert(1)",
    "JAVASCRIPT:alert(1)",
    " \tjava\nscript:alert(1)",
    "javascript://a.example/%0aalert(1)",
    "data:text/html,<script>alert(1)</script>",
    "vbscript:msgbox(1)",
    "file:///etc/passwd",
    "ftp://a.example/x",
    "blob:https://a.example/1",
    "about:blank",
    "mailto:desk@a.example",
    "tag:a.example,2024:1",
    "urn:uuid:1",
    "//evil.example/x",
    "///evil.example/x",
    "\\\\evil.example\\x",
    "/x",
    "x",
    "../../x",
    "?x",
    "#x",
    "",
    " \n ",
    ":",
    "https:",
    "https://",
    "https:///x",
    "http:evil.example",
    "https:\\evil.example",
    "https://[x",
    "https://a.example:99999/",
    "https://a.example@evil.example/",
    "https://javascript:alert(1)@evil.example/",
    'https://a.example/"><script>alert(1)</script>',
    "https://a.example/' onclick='alert(1)",
    "https://a.example/a\nb\tc\x85d",
    "https://a.example/\u202egpj.x",
    "https://\uff41.example/\u200b",
    "https://a.example\u2044@evil.example/",
    "https://\u0430pple.example/\u65e5\u672c",
    "https://a\u3002example/",
    "https://a.example/%00%0d%0aSet-Cookie:x",
    "https://a.example/" + "x" * 3_000,
    "https://" + "a." * 300 + "example/",
)
LINK = "https://a.example/piece"
FIELDS = (
    *("link", "guid", "enclosure", "comments", "image", "source", "domain"),
    *("feed_link", "base"),
)


def rss(field: str, address: str) -> bytes:
    values = dict.fromkeys(FIELDS, "") | {"feed_link": "https://a.example/"}
    values |= {field: address}
    text = {name: escape(value) for name, value in values.items()}
    value = {name: quoteattr(value) for name, value in values.items()}
    link = LINK if field not in ("link", "guid", "enclosure") else text["link"]
    return f"""<?xml version="1.0"?><rss version="2.0"
        xmlns:media="http://search.yahoo.com/mrss/"
        xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd">
    <channel xml:base={value["base"]}><title>Example</title>
    <link>{text["feed_link"]}</link>
    <image><url>{text["image"]}</url><link>{text["image"]}</link></image>
    <item><title>Title</title><link>{link}</link>
    <guid isPermaLink="true">{text["guid"]}</guid>
    <comments>{text["comments"]}</comments>
    <enclosure url={value["enclosure"]} type="image/png" length="1"/>
    <category domain={value["domain"]}>Trade</category>
    <source url={value["source"]}>Other</source>
    <media:content url={value["image"]} medium="image"/>
    <media:thumbnail url={value["image"]}/><itunes:image href={value["image"]}/>
    <description>&lt;a href={escape(value["link"])}&gt;x&lt;/a&gt;</description>
    </item></channel></rss>""".encode()


def atom(field: str, address: str) -> bytes:
    values = dict.fromkeys(FIELDS, "") | {"feed_link": "https://a.example/"}
    values |= {field: address}
    text = {name: escape(value) for name, value in values.items()}
    value = {name: quoteattr(value) for name, value in values.items()}
    link = LINK if field not in ("link", "guid", "enclosure") else values["link"]
    return f"""<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom"
        xmlns:media="http://search.yahoo.com/mrss/" xml:base={value["base"]}>
    <title>Example</title><link href={value["feed_link"]}/>
    <icon>{text["image"]}</icon><logo>{text["image"]}</logo>
    <entry><title>Title</title><link href={quoteattr(link)}/>
    <id>{text["guid"]}</id><link rel="replies" href={value["comments"]}/>
    <link rel="enclosure" type="image/png" href={value["enclosure"]}/>
    <category term="Trade" scheme={value["domain"]}/>
    <author><name>Desk</name><uri>{text["source"]}</uri></author>
    <source><title>Other</title><link href={value["source"]}/>
    <id>{text["source"]}</id></source>
    <media:content url={value["image"]} medium="image"/>
    <content type="html">&lt;a href={escape(value["link"])}&gt;x&lt;/a&gt;</content>
    </entry></feed>""".encode()


def json_feed(field: str, address: str) -> bytes:
    values = dict.fromkeys(FIELDS, "") | {field: address}
    link = LINK if field not in ("link", "guid", "enclosure") else values["link"]
    feed = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": "Example",
        "home_page_url": values["feed_link"] or values["base"],
        "feed_url": values["base"],
        "icon": values["image"],
        "items": [
            {
                "id": values["guid"],
                "url": link,
                "external_url": values["comments"] if link else values["link"],
                "title": "Title",
                "content_html": f"<a href={quoteattr(values['link'])}>x</a>",
                "image": values["image"],
                "banner_image": values["domain"],
                "authors": [{"name": "Desk", "url": values["source"]}],
                "attachments": [{"url": values["enclosure"], "mime_type": "image/png"}],
            }
        ],
    }
    return json.dumps(feed).encode()


def entries(feed: bytes, form: str, base: str) -> Iterator[Entry]:
    for found in parse.read(BytesIO(feed), form, source="Example", base=base):
        if isinstance(found, Record):
            yield to_entry(found, DEFAULTS)


@pytest.mark.parametrize("base", ["", "https://feeds.example/a/feed.xml"])
@pytest.mark.parametrize(
    ("form", "write"), [("rss", rss), ("atom", atom), ("jsonfeed", json_feed)]
)
def test_every_address_of_a_feed_is_absolute_and_of_the_web_or_absent(
    form: str, write: Callable[[str, str], bytes], base: str
) -> None:
    """Fault 57."""
    kept = 0
    for field in FIELDS:
        for address in ADDRESSES:
            case = f"{field}: {address[:80]!r}"
            for entry in entries(write(field, address), form, base):
                kept += 1
                for url in (entry.url, entry.canonical_url, entry.image_url):
                    is_absent = not url and url is entry.image_url
                    assert is_absent or is_address_of_the_web(url), f"{case}: {url}"
                assert faults_of(entry.body) == [], case
    assert kept > len(ADDRESSES) * len(FIELDS) / 2


def is_address_of_the_web(url: str) -> bool:
    return (
        url.startswith(("http://", "https://"))
        and is_harmless(url)
        and url.isascii()
        and not set(url) & set(' "<>`\\^{|}')
        and len(url) <= 2_000
    )
