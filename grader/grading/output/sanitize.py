"""What students' code and texts show, made unable to run anything where it is looked at: formgrader, feedback, reports.

Of outputs only kinds that cannot run are kept, HTML by an allowlist. Nothing here knows marks.
"""

import html
import re
from collections.abc import Collection
from typing import Any
from urllib.parse import unquote

HTML_BYTES = 200_000
TEXT_BYTES = 200_000
PICTURES = ("image/png", "image/jpeg", "image/gif")
TAGS = frozenset(
    """
    a abbr b blockquote br caption center code col colgroup dd del details div dl dt em h1 h2 h3 h4 h5 h6 hr i img ins
    kbd li mark ol p pre q s small span strong sub summary sup table tbody td tfoot th thead tr tt u ul var
    """.split()  # noqa: SIM905
)
STYLES = """
    background-color border border-bottom border-collapse border-top color font-family font-size font-style
    font-weight height margin margin-left max-width padding text-align text-decoration vertical-align white-space width
    """.split()  # noqa: SIM905
DATA_PICTURE = re.compile(r"data:image/(?:png|jpeg|gif);base64,[A-Za-z0-9+/=\s]*")
BASE64 = re.compile(r"[A-Za-z0-9+/=\s]*")
BREAK = "\u200b"  # invisible, and no tag or scheme begins with it
DEAD_SCHEMES = re.compile(r"(java|vb|live)\s*(script)\s*:|(data)\s*:(?!image/(?:png|jpeg|gif);base64,)", re.IGNORECASE)
PLAIN_TAG = re.compile(r"<(?!/?(?:b|i|em|strong|br|sub|sup|p|code|pre|u|hr|ul|ol|li|kbd)\s*/?>)(?=[A-Za-z/!?])")
ATTACHED = re.compile(r"attachment:([^\s)\"'>]*)", re.IGNORECASE)
LINK = re.compile(r"(\]\(\s*<?|\]:\s*<?)([^)\s>]*)")
SCHEME = re.compile(r"[\s\x00-\x20]*([a-z][a-z0-9+.-]*):", re.IGNORECASE)
SCHEMES = {"http", "https", "mailto", "attachment"}


def clean(text: str) -> str:
    """HTML with nothing in it that could run, be sent or cover the page: tags, attributes, styles by an allowlist."""
    import bleach
    from bleach.css_sanitizer import CSSSanitizer

    text = re.sub(r"<(style|script)\b.*?</\1\s*>", "", text, flags=re.DOTALL | re.IGNORECASE)
    return str(
        bleach.clean(
            text,
            tags=TAGS,
            attributes=_allowed,
            protocols={"http", "https", "mailto", "data"},
            strip=True,
            css_sanitizer=CSSSanitizer(allowed_css_properties=STYLES),
        )
    )


def _allowed(tag: str, name: str, value: str) -> bool:
    if tag == "img" and name == "src":
        return DATA_PICTURE.fullmatch(value) is not None
    if tag == "a" and name == "href":
        return not re.match(r"\s*data\s*:", html.unescape(value), re.IGNORECASE)
    names = ("style", "class", "align", "title", "colspan", "rowspan", "border", "alt", "width", "height", "open", "id")
    return name in names or (tag == "a" and name == "name")


def clean_outputs(outputs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The outputs of a code cell with only what cannot run; their metadata is dropped."""
    return [one for one in (_output(output) for output in outputs if isinstance(output, dict)) if one]


def clean_markdown(text: str, pictures: Collection[str] = ()) -> str:
    """Markdown whose tags and links are dead, and which otherwise reads as before, in code too.

    Simple tags without attributes stay alive. `pictures` are those attached to the cell; nbconvert gives up a notebook
    that shows another.
    """
    text = ATTACHED.sub(lambda found: found[0] if unquote(found[1]) in pictures else f"#{found[1]}", text)
    text = PLAIN_TAG.sub(f"<{BREAK}", text)
    text = LINK.sub(_dead_link, text)
    return DEAD_SCHEMES.sub(lambda found: found[0].replace(":", f"{BREAK}:"), text)


def _dead_link(found: re.Match[str]) -> str:
    target = re.sub(r"[\s\x00-\x20\\]", "", html.unescape(html.unescape(found[2])))
    scheme = SCHEME.match(target)
    alive = not scheme or scheme[1].lower() in SCHEMES or DATA_PICTURE.match(target)
    return found[0] if alive else f"{found[1]}#"


def _output(output: dict[str, Any]) -> dict[str, Any] | None:
    kind = output.get("output_type")
    if kind == "stream":
        name = "stderr" if output.get("name") == "stderr" else "stdout"
        return {"output_type": "stream", "name": name, "text": _text(output.get("text"))}
    if kind == "error":
        trace = output.get("traceback")
        lines = [_text(line) for line in trace] if isinstance(trace, list) else []
        return {
            "output_type": "error",
            "ename": _text(output.get("ename")),
            "evalue": _text(output.get("evalue")),
            "traceback": lines,
        }
    if kind in ("execute_result", "display_data") and isinstance(output.get("data"), dict):
        data = {
            key: value
            for key, value in ((key, _bundle(key, value)) for key, value in output["data"].items())
            if value is not None
        }
        number = output.get("execution_count")
        count = {"execution_count": number if type(number) is int else None} if kind == "execute_result" else {}
        return {"output_type": kind, "data": data, "metadata": {}, **count}
    return None


def _bundle(kind: str, value: Any) -> str | None:
    text = _text(value, None)
    if kind == "text/plain":
        return text[:TEXT_BYTES]
    if kind == "text/html" and len(text) <= HTML_BYTES:
        return clean(text)
    if kind == "text/markdown" and len(text) <= HTML_BYTES:
        return clean_markdown(text)
    return text if kind in PICTURES and BASE64.fullmatch(text) else None


def _text(value: Any, most: int | None = TEXT_BYTES) -> str:
    if isinstance(value, list):
        value = "".join(one for one in value if isinstance(one, str))
    text = value if isinstance(value, str) else ""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")[:most]
