"""An assistant that reads documents and calls tools, the attacks that reach it through a document, and defences.

The assistant is no language model. It obeys every instruction that it can read, whoever wrote it: the worst case, in
which nothing depends on a model's good will. What a defence stops here, it stops by itself.
"""

import base64
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import compress

OUTSIDER, COLLEAGUE, CLIENT = "x7@drop.example", "desk@shop.example", "anna@client.example"
ZERO_WIDTH = "\u200b"
LOOK_ALIKES, LATIN = "аеосхр", "aeocxp"  # noqa: RUF001 - letters of another alphabet, and what they look like
ADDRESS = r"[\w-]+@[\w-]+\.\w+"
PATTERNS = {
    "send": rf"(?:send|mail|forward|pass on)\b[^.:]*? to ({ADDRESS})",
    "delete": r"(?:delete|remove|erase)\b[^.:]*? file ([\w-]+\.\w+)",
}
"""What the assistant understands as an instruction."""


@dataclass(frozen=True)
class Call:
    """A tool, "send" or "delete", and the address or the file that it is called for."""

    tool: str
    argument: str


@dataclass(frozen=True)
class Defence:
    """Which documents the assistant gets to read, and which of the calls that it wants are made.

    `lets_in` is given documents and says of each whether it is read. `permits` is given the call, the request, and
    whether the assistant has read a document.
    """

    lets_in: Callable[[Sequence[str]], Sequence[bool]] = lambda documents: [True] * len(documents)
    permits: Callable[[Call, str, bool], bool] = lambda call, request, has_read: True


def understood(text: str) -> set[Call]:
    """The calls that `text` asks for, as far as the assistant can read it: through every disguise."""
    plain = text.replace(ZERO_WIDTH, "").translate(str.maketrans(LOOK_ALIKES, LATIN))
    plain = re.sub(r"(?<=\b\w) (?=\w\b)", "", plain)
    hidden = re.findall(r"[A-Za-z0-9+/]{24,}={0,2}", plain)
    whole = [one[: len(one) // 4 * 4] for one in hidden]  # of four letters each
    plain += "".join(f". {base64.b64decode(one).decode(errors='replace')}" for one in whole)
    return {Call(tool, found) for tool, one in PATTERNS.items() for found in re.findall(one, plain.lower())}


def wants(request: str, documents: Sequence[str]) -> set[Call]:
    """The calls that the assistant would make after reading, those that documents ask for included."""
    calls = understood(request).union(*map(understood, documents))
    if "the address in the document" in request:
        calls |= {Call("send", found) for one in documents for found in re.findall(ADDRESS, one.lower())}
    return calls


def acts(request: str, documents: Sequence[str], defence: Defence) -> set[Call]:
    """The calls that are made for `request` once `documents` were found."""
    return acts_after(request, [*compress(documents, defence.lets_in(documents))], defence)


def acts_after(request: str, read: Sequence[str], defence: Defence) -> set[Call]:
    """The calls that are made for `request` once the documents `read` were let in and read."""
    return {call for call in wants(request, read) if defence.permits(call, request, bool(read))}
