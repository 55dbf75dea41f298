"""HTML by an allowlist, in time that grows with its length: nothing stays that could run, be sent or cover the page.

Two steps. `simplified` reads tags by one expression without backtracking and writes allowed ones, well nested and not
deep; so `nh3` (a browser's parser, which takes quadratic time and memory for deep and for wrongly nested tags) always
meets small trees, and it decides on attributes, addresses and styles. Nothing here knows notebooks or marks.
"""

import re

import nh3

# Of every page that shows a text of a student's: no script, no request, so that a hole in the cleaning runs nothing.
POLICY = (
    "default-src 'none'; img-src data:; style-src 'unsafe-inline'; font-src data:; form-action 'none'; base-uri 'none'"
)
HTML_CHARACTERS = 200_000
PAGE_CHARACTERS = 4_000_000  # what we made of one cell: its code with colours is ten times as long as the code
ATTRIBUTE_CHARACTERS = 2_000
DEEP = 60  # open elements at a time
FORMATS_DEEP = 4  # open formatting elements: a parser repeats each of them after every wrongly nested tag
TAGS = frozenset(
    """
    a abbr b blockquote br caption center code col colgroup dd del details div dl dt em h1 h2 h3 h4 h5 h6 hr i img ins
    kbd li mark ol p pre q s small span strong sub summary sup table tbody td tfoot th thead tr tt u ul var
    """.split()  # noqa: SIM905
)
VOID = frozenset({"br", "col", "hr", "img"})
FORMATS = frozenset({"a", "b", "code", "em", "i", "s", "small", "strong", "tt", "u"})
UNSEEN = ("script", "style", "title", "textarea", "template", "noscript", "iframe", "xmp", "math", "svg")
BLOCKS = frozenset(
    "blockquote center details div dl h1 h2 h3 h4 h5 h6 hr ol p pre summary table ul".split()  # noqa: SIM905
)
CELLS = {"table", "td", "th", "caption"}
# Which open elements end where such a tag begins, as in a browser, and which element they are looked for in.
ENDS_BEFORE = {
    **{name: ({"p"}, CELLS) for name in BLOCKS},
    "li": ({"li", "p"}, CELLS | {"ul", "ol"}),
    **{name: ({"dt", "dd", "p"}, CELLS | {"dl"}) for name in ("dt", "dd")},
    **{name: ({"td", "th", "caption"}, {"table"}) for name in ("td", "th")},
    "tr": ({"td", "th", "tr", "caption"}, {"table"}),
    **{
        name: ({"td", "th", "tr", "thead", "tbody", "tfoot", "caption"}, {"table"})
        for name in ("thead", "tbody", "tfoot")
    },
}
PARTS = frozenset({"caption", "colgroup", "col", "thead", "tbody", "tfoot", "tr", "td", "th"})
ROWS = frozenset({"table", "colgroup", "thead", "tbody", "tfoot", "tr"})  # these hold no text, only parts of a table
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
TAG = re.compile(
    r"""<(/?+)([A-Za-z][A-Za-z0-9]*+)((?:[\s/]++[^\s"'<>/=]++(?:\s*+=\s*+(?:"[^"<>]*+"|'[^'<>]*+'|[^\s"'<>=`]++))?+)*+)[\s/]*+>"""
)
DATA_PICTURE = re.compile(r"data:image/(?:png|jpeg|gif);base64,[A-Za-z0-9+/=\s]*+")
ADDRESS = re.compile(r"(?:https?://|mailto:|#)[^\s<>\"']*+", re.IGNORECASE)


def clean(text: str, page: bool = False) -> str:
    """The HTML with allowed tags, attributes and styles alone, cut to `HTML_CHARACTERS`.

    With `page` it is what nbconvert made of a cell's markdown or code, for a page without scripts: it may be longer,
    and classes and anchors stay, for its colours.
    """
    cleaned = nh3.clean(
        simplified(text[: PAGE_CHARACTERS if page else HTML_CHARACTERS]),
        tags=set(TAGS),
        clean_content_tags={"script", "style"},
        attributes=ATTRIBUTES,
        attribute_filter=_of_page if page else _of_output,
        url_schemes={"http", "https", "mailto", "data"},
        filter_style_properties=set(STYLES),
    )
    return cleaned if page else without_live_text(cleaned)


def without_live_text(text: str) -> str:
    """The text with dead schemes of addresses and dead TeX commands that make links or styles: MathJax reads text."""
    text = TEX.sub(rf"\\{BREAK}", text)
    return DEAD_SCHEMES.sub(lambda found: found[0].replace(":", f"{BREAK}:"), text)


def without_elements(text: str, *names: str) -> str:
    """The text without these elements and what is in them; one that does not end goes to the end of the text."""
    for name in names:
        text = _without(text, name)
    return text


def simplified(text: str) -> str:
    """The allowed tags, well nested, at most `DEEP` of them open at a time; every other `<` is text."""
    text = without_elements(_without_comments(text), *UNSEEN)
    tree, at = _Tree(), 0
    for found in TAG.finditer(text):
        tree.text(text[at : found.start()])
        tree.tag(found[2].lower(), bool(found[1]), found[3])
        at = found.end()
    tree.text(text[at:])
    return tree.whole()


class _Tree:
    """What was written so far, and the elements that are open, innermost last."""

    def __init__(self) -> None:
        self.written: list[str] = []
        self.open: list[str] = []

    def text(self, text: str) -> None:
        """Write text, except where a table can hold none: a browser would move each piece in front of the table."""
        self.written.append("\n" if self._between_cells() else text.replace("<", "&lt;"))

    def tag(self, name: str, is_end: bool, attributes: str) -> None:
        """Write an allowed tag where it may stand, else nothing."""
        if name not in TAGS:
            return
        if is_end:
            self._end_of(name)
            return
        self._end_before(name)
        if self._fits(name):
            self.written.append(f"<{name}{_attributes(name, attributes)}>")
            self.open += [] if name in VOID else [name]

    def whole(self) -> str:
        """Everything, with ends for what is open."""
        self._end_from(0)
        return "".join(self.written)

    def _between_cells(self) -> bool:
        return bool(self.open) and self.open[-1] in ROWS

    def _fits(self, name: str) -> bool:
        if name in PARTS:
            return "table" in self.open and len(self.open) < DEEP
        if self._between_cells() or len(self.open) >= DEEP:
            return False
        formats = [tag for tag in self.open if tag in FORMATS]
        return name not in FORMATS or (len(formats) < FORMATS_DEEP and not (name == "a" and "a" in formats))

    def _end_before(self, name: str) -> None:
        ending, within = ENDS_BEFORE.get(name, (set(), set()))
        outermost = len(self.open)
        for number in reversed(range(len(self.open))):
            if self.open[number] in within:
                break
            if self.open[number] in ending:
                outermost = number
        self._end_from(outermost)

    def _end_of(self, name: str) -> None:
        """End the innermost such element and what is open in it; a table's cells are not ended from within."""
        for number in reversed(range(len(self.open))):
            if self.open[number] == name:
                self._end_from(number)
                return
            if self.open[number] in CELLS and name not in PARTS | {"table"}:
                return

    def _end_from(self, number: int) -> None:
        self.written += [f"</{name}>" for name in reversed(self.open[number:])]
        del self.open[number:]


def _attributes(name: str, text: str) -> str:
    """As written, where they are short; formatting elements other than links have none."""
    most = HTML_CHARACTERS if name == "img" else ATTRIBUTE_CHARACTERS
    return "" if len(text) > most or (name in FORMATS and name != "a") else text.rstrip("/")


def _without_comments(text: str) -> str:
    kept, at = [], 0
    while (begin := text.find("<!--", at)) >= 0:
        kept.append(text[at:begin])
        end = text.find("-->", begin + 4)
        at = end + 3 if end >= 0 else len(text)
    return "".join([*kept, text[at:]])


def _without(text: str, name: str) -> str:
    begins = re.compile(rf"<{name}(?=[\s/>])", re.IGNORECASE)
    ends = re.compile(rf"</{name}(?=[\s/>])[^>]*+>?+", re.IGNORECASE)
    kept, at = [], 0
    while begin := begins.search(text, at):
        kept.append(text[at : begin.start()])
        end = ends.search(text, begin.end())
        at = end.end() if end else len(text)
    return "".join([*kept, text[at:]])


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
