"""HTML by an allowlist, in bounded time: nothing stays that could run, be sent or cover the page.

`nh3` parses as a browser does and decides on tags, attributes, addresses and styles. A browser's parser takes quadratic
time and memory for deep and for wrongly nested tags: what has very many of them is shown as text. Nothing here knows
notebooks or marks.
"""

import html
import re
from collections.abc import Callable

import nh3

# Of every page that shows a text of a student's: no script, no request, so that a hole in the cleaning runs nothing.
POLICY = (
    "default-src 'none'; img-src data:; style-src 'unsafe-inline'; font-src data:; form-action 'none'; base-uri 'none'"
)
HTML_CHARACTERS = 200_000
PAGE_CHARACTERS = 4_000_000  # what we made of one cell: its code with colours is ten times as long as the code
LINK_CHARACTERS = 2_000
GROWTH = 5  # an ampersand is written as five characters; what grows more is a link that a parser repeats
TANGLED = 1_000  # tags that are open at one time or end in another order than they began, counted together
TAGS = frozenset(
    """
    a abbr b blockquote br caption center code col colgroup dd del details div dl dt em h1 h2 h3 h4 h5 h6 hr i img ins
    kbd li mark ol p pre q s small span strong sub summary sup table tbody td tfoot th thead tr tt u ul var
    """.split()  # noqa: SIM905
)
UNSEEN = set("script style title textarea template noscript iframe xmp math svg".split())  # noqa: SIM905
VOID = frozenset("area base br col embed hr img input link meta source track wbr".split())  # noqa: SIM905
STYLES = frozenset(
    """
    background-color border border-bottom border-collapse border-top color font-family font-size font-style
    font-weight height margin margin-left max-width padding text-align text-decoration vertical-align white-space width
    """.split()  # noqa: SIM905
)
NAMES = frozenset("style class align title colspan rowspan border alt width height open".split())  # noqa: SIM905
ATTRIBUTES = {"*": set(NAMES | {"id"}), "a": {"href", "name"}, "img": {"src"}}
CLASSES = frozenset({"dataframe", "mlsd-points"})
BREAK = "\u200b"  # invisible, and no tag, scheme or command begins with it
DEAD_SCHEMES = re.compile(
    r"(java|vb|live)\s*+(script)\s*+:|(data)\s*+:(?!image/(?:png|jpeg|gif);base64,)", re.IGNORECASE
)
TEX = re.compile(r"\\(?=(?:href|url|style|class|cssId|require)(?![A-Za-z]))")
# A style that could move its element over others (a negative length, a computed one) or hide what it says.
MOVES = re.compile(r"\\|(?<![\w-])-\.?\d|(?<!rgb)(?<!rgba)(?<!hsl)(?<!hsla)\(", re.IGNORECASE)
# Possessive (++, *+, ?+): what was read is never read again, so a failed match costs no more than its length.
TAG = re.compile(r"<(/?+)([A-Za-z][^\s/>]*+)")
# A parser repeats such an element, attributes and all, after each tag that ends it too early.
REPEATED = re.compile(r"<(a|b|big|code|em|font|i|nobr|s|small|strike|strong|tt|u)(?=[\s/])[^>]*+>?+", re.IGNORECASE)
LINK = re.compile(r"""<a(?:\s++[a-z-]++(?:=(?:"[^"<>]*+"|'[^'<>]*+'|[^\s"'<>=`]++))?+)*+\s*+>""", re.IGNORECASE)
DATA_PICTURE = re.compile(r"data:image/(?:png|jpeg|gif);base64,[A-Za-z0-9+/=\s]*+")
ADDRESS = re.compile(r"(?:https?://|mailto:|#)[^\s<>\"']*+", re.IGNORECASE)


def clean(text: str, page: bool = False) -> str:
    """The HTML with allowed tags, attributes and styles alone, cut to `HTML_CHARACTERS`; as text if it is a tangle.

    With `page` it is what nbconvert made of a cell's markdown or code, for a page without scripts: it may be longer,
    and classes and anchors stay, for its colours.
    """
    most = PAGE_CHARACTERS if page else HTML_CHARACTERS
    text = REPEATED.sub(_short, text[:most])
    cleaned = html.escape(text) if _is_tangled(text) else _allowed(text, _of_page if page else _of_output)
    if len(cleaned) > GROWTH * most:
        cleaned = html.escape(text)
    return cleaned if page else without_live_text(cleaned)


def without_live_text(text: str) -> str:
    """The text with dead schemes of addresses and dead TeX commands that make links or styles: MathJax reads text."""
    text = TEX.sub(rf"\\{BREAK}", text)
    return DEAD_SCHEMES.sub(lambda found: found[0].replace(":", f"{BREAK}:"), text)


def _allowed(text: str, attributes: Callable[[str, str, str], str | None]) -> str:
    return nh3.clean(
        text,
        tags=set(TAGS),
        clean_content_tags=UNSEEN,
        attributes=ATTRIBUTES,
        attribute_filter=attributes,
        url_schemes={"http", "https", "mailto", "data"},
        filter_style_properties=set(STYLES),
    )


def _short(found: re.Match[str]) -> str:
    """The tag without its attributes; a link of the usual form and length keeps them."""
    keeps = len(found[0]) <= LINK_CHARACTERS and LINK.fullmatch(found[0])
    return found[0] if keeps else f"<{found[1]}>"


def _is_tangled(text: str) -> bool:
    """Whether more than `TANGLED` tags are open at one time or end in another order than they began."""
    opened: list[str] = []
    disorder = 0
    for end, tag in TAG.findall(text):
        name = tag.lower()
        if not end:
            opened += [] if name in VOID else [name]
        elif opened and opened[-1] == name:
            opened.pop()
        else:
            disorder += 1
            _end(opened, name)
        if len(opened) + disorder > TANGLED:
            return True
    return False


def _end(opened: list[str], name: str) -> None:
    """End the innermost such tag and those in it."""
    if name in opened:
        while opened.pop() != name:
            pass


def _of_output(tag: str, name: str, value: str) -> str | None:
    if name in ("id", "name"):  # a page of nbgrader's finds its boxes by id
        return None
    if name == "class":
        return " ".join(word for word in value.split() if word in CLASSES) or None
    return _of_page(tag, name, value)


def _of_page(tag: str, name: str, value: str) -> str | None:
    if tag == "img" and name == "src":
        return value if DATA_PICTURE.fullmatch(value) else None
    if tag == "a" and name == "href":
        return value if ADDRESS.fullmatch(value.strip()) else None
    if name == "style" and MOVES.search(value):
        return None
    return value.replace("<", "").replace(">", "")
