"""What students' code and texts show, made unable to run anything where it is looked at: formgrader, feedback, reports.

Of outputs only kinds that cannot run are kept, texts are cut, HTML and markdown cleaned in time that grows with their
length. It runs in workers, never where the gradebook is open; an output whose cleaning fails is left out. Nothing here
knows marks.
"""

import html
import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from grader.grading.output.html_cleaner import BREAK, DATA_PICTURE, clean, without_live_text

TEXT_CHARACTERS = 200_000
MARKDOWN_CHARACTERS = 200_000
LINK_CHARACTERS = 2_000
NOTICE_CHARACTERS = 500
RICH_CHARACTERS = 4_000_000  # HTML and markdown of one notebook; a class waits for every page
COLOURS = 2_000  # nbconvert copies the rest of a text at each colour
FORMULAS = 100  # nbconvert looks for the end of each to the end of the text
BRACKETS = 1_000  # and for that of a link from each bracket on
BEGINS = ("\\begin", "\\\\(", "\\\\[")  # of a formula
ESCAPE = "\x1b"
PICTURES = ("image/png", "image/jpeg", "image/gif")
BASE64 = re.compile(r"[A-Za-z0-9+/=\s]*+")
PLAIN_TAG = re.compile(r"<(?!/?(?:b|i|em|strong|br|sub|sup|p|code|pre|u|hr|ul|ol|li|kbd)\s*+/?>)(?=[A-Za-z/!?])")
ATTACHED = re.compile(r"attachment:([^\s)\"'>]*+)", re.IGNORECASE)
LINK = re.compile(r"(\]\(\s*+<?|\]:\s*+<?)([^)\s>]*+)")
# Without its slashes an address begins at the page on which it is shown: `http:/logout` is that server's.
ALIVE = re.compile(r"https?://|mailto:|attachment:|#|$", re.IGNORECASE)
PICTURE_FILE = re.compile(r"[\w.,/ %-]++(?<=\.png|\.jpg|\.gif)|[\w.,/ %-]++(?<=\.jpeg)", re.IGNORECASE)
MARKDOWN = re.compile(r"([\\`*_{}\[\]()#+!|~$-])")
CUT = "\n\n[The rest was left out: it is too long to be shown.]"
FAILED = "This output could not be shown.\n"


@dataclass
class Allowance:
    """How many characters of HTML and markdown may still be cleaned; what comes after is shown as plain text alone."""

    left: int = RICH_CHARACTERS

    def grants(self, text: str) -> bool:
        """Whether this text may be cleaned; it is counted."""
        self.left -= len(text)
        return self.left >= 0


def clean_outputs(outputs: Any, allowance: Allowance | None = None) -> list[dict[str, Any]]:
    """The outputs of a code cell with only what cannot run; their metadata is dropped.

    An output that cannot be cleaned is replaced by a sentence. `allowance` is shared by the cells of a notebook.
    """
    allowance = allowance or Allowance()
    found = [_cleaned(output, allowance) for output in outputs if isinstance(output, dict)]
    return [output for output in found if output]


def clean_markdown(text: str, pictures: Collection[str] = ()) -> str:
    """Markdown whose tags and links are dead, and which otherwise reads as before, in code too.

    Simple tags without attributes stay alive, and links to other sites; a link to a file of the student's does not,
    for nbgrader hands that file to the browser as a page of its own. `pictures` are those attached to the cell;
    nbconvert gives up a notebook that shows another.
    """
    text = text if len(text) <= MARKDOWN_CHARACTERS else text[:MARKDOWN_CHARACTERS] + CUT
    text = ATTACHED.sub(lambda found: found[0] if unquote(found[1]) in pictures else f"#{found[1]}", text)
    text = PLAIN_TAG.sub(f"<{BREAK}", text)
    text = LINK.sub(_dead_link, text)
    *first, rest = text.split("[", BRACKETS)
    text = "[".join(first) + CUT if "[" in rest else text
    for begin in BEGINS:
        if text.count(begin) > FORMULAS:
            text = text.replace(begin, f"{begin[0]}{BREAK}{begin[1:]}")
    return without_live_text(text)


def as_line(text: str, most: int = NOTICE_CHARACTERS) -> str:
    """A text that may come from anybody as one bounded line without control characters, for a terminal or a table."""
    line = "".join(character if character.isprintable() else " " for character in text[:most])
    return line if len(text) <= most else f"{line} ..."


def as_text(text: str, most: int) -> str:
    """A text that may come from anybody, bounded, with line breaks but without other control characters."""
    return "\n".join(as_line(line, most) for line in text[:most].split("\n"))


def as_markdown(text: str) -> str:
    """One line of anybody's text as markdown that shows it word for word: no tag, link or formula in it."""
    return without_live_text(MARKDOWN.sub(_literal, html.escape(as_line(text), quote=False)))


def _literal(found: re.Match[str]) -> str:
    return f"{found[1]}{BREAK}" if found[1] in "\\$" else f"\\{found[1]}"


def _dead_link(found: re.Match[str]) -> str:
    if len(found[2]) > LINK_CHARACTERS and not DATA_PICTURE.match(found[2]):
        return f"{found[1]}#"
    target = re.sub(r"[\s\x00-\x20\\]", "", html.unescape(html.unescape(found[2][:LINK_CHARACTERS])))
    alive = ALIVE.match(target) or PICTURE_FILE.fullmatch(target) or DATA_PICTURE.match(target)
    return found[0] if alive else f"{found[1]}#"


def _cleaned(output: dict[str, Any], allowance: Allowance) -> dict[str, Any] | None:
    try:
        return _output(output, allowance)
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException:  # whatever it was made of; a panic in nh3 is no Exception
        return {"output_type": "stream", "name": "stdout", "text": FAILED}


def _output(output: dict[str, Any], allowance: Allowance) -> dict[str, Any] | None:
    kind = output.get("output_type")
    if kind == "stream":
        name = "stderr" if output.get("name") == "stderr" else "stdout"
        return {"output_type": "stream", "name": name, "text": _shown(output.get("text"))}
    if kind == "error":
        trace = output.get("traceback")
        lines = [_shown(line) for line in trace[:COLOURS]] if isinstance(trace, list) else []
        named = {key: _shown(output.get(key)) for key in ("ename", "evalue")}
        return {"output_type": "error", **named, "traceback": lines}
    if kind in ("execute_result", "display_data") and isinstance(output.get("data"), dict):
        found = {key: _bundle(key, value, allowance) for key, value in output["data"].items()}
        data = {key: value for key, value in found.items() if value is not None}
        number = output.get("execution_count")
        count = {"execution_count": number if type(number) is int else None} if kind == "execute_result" else {}
        return {"output_type": kind, "data": data, "metadata": {}, **count}
    return None


def _bundle(kind: str, value: Any, allowance: Allowance) -> str | None:
    if kind == "text/plain":
        return _shown(value)
    if kind in PICTURES:
        text = _text(value)
        return text if BASE64.fullmatch(text) else None
    if kind not in ("text/html", "text/markdown"):
        return None
    text = _text(value)[: max(MARKDOWN_CHARACTERS, TEXT_CHARACTERS)]
    if not allowance.grants(text):
        return None
    return clean(text) if kind == "text/html" else clean_markdown(text)


def _shown(value: Any) -> str:
    """A text as a terminal shows it; without colours if there are very many."""
    text = _text(value)[:TEXT_CHARACTERS]
    return text if text.count(ESCAPE) <= COLOURS else text.replace(ESCAPE, "")


def _text(value: Any) -> str:
    if isinstance(value, list):
        value = "".join(line for line in value if isinstance(line, str))
    text = value if isinstance(value, str) else ""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
