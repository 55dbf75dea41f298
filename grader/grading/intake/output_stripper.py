"""A notebook's text without its outputs, read in pieces: what is held never depends on how large the outputs are.

A notebook of 200 MB whose plots were kept is an honest one of 20 kB. Nothing is trusted or repaired here: a text that
is no notebook comes out as it went in, up to the limits.
"""

import codecs
import itertools
import re
from collections.abc import Iterator
from typing import BinaryIO

from grader.grading.intake import limits

PIECE = 1 << 20
DEEPEST = 900  # brackets in brackets; Python's own reader gives up at about a thousand
INSIDE = re.compile(rb'(?:[^"\\]++|\\.)*+', re.DOTALL)  # of a string, up to its end or that of the piece
RUN = re.compile(rb'(?:[^"\[\]{}]++|"(?:[^"\\]++|\\.)*+")*+', re.DOTALL)  # whole strings and what is no bracket
STRING = re.compile(rb'"(?:[^"\\]++|\\.)*+"', re.DOTALL)
STRINGS = re.compile(rb'(?:[^"]++|"(?:[^"\\]++|\\.)*+")*+', re.DOTALL)  # up to one that does not end
VALUE = re.compile(rb'"(?:[^"\\]++|\\.)*+"?|[\[{,]', re.DOTALL)
KEY = re.compile(rb'(?<!\\)"(outputs|widgets)"[ \t\r\n]*:[ \t\r\n]*\Z')
NO_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
LEVELS = 50  # of brackets in brackets that are taken out of a piece at once
REMEMBERED = 64  # bytes before a bracket, which hold its key
# What is dropped: the key, the brackets that stand open around it, and what is put in its place.
DROPPED = {
    (b"outputs", b"{[{"): b"[]",
    (b"outputs", b"{[{[{"): b"[]",  # nbformat 3: in a worksheet
    (b"widgets", b"{{"): b"{}",
}
CLOSING = bytes.maketrans(b"[{", b"]}")
PAIRS = {b"]": b"[", b"}": b"{"}
WIDE = (
    (b"\xff\xfe\0\0", "utf-32"),
    (b"\0\0\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
    (b"{\0", "utf-16-le"),
    (b"\0{", "utf-16-be"),
)


class TooLarge(ValueError):
    """What was handed in passes a limit; the message says which."""


def read_notebook(file: BinaryIO, most_bytes: int = limits.FILE_BYTES) -> bytes:
    """The notebook in `file`, without outputs unless it is small anyway, in its own encoding. Raises `TooLarge`."""
    start = file.read(limits.SMALL_NOTEBOOK_BYTES + 1)
    if len(start) <= min(limits.SMALL_NOTEBOOK_BYTES, most_bytes):
        return start
    encoding = next((name for mark, name in WIDE if start.startswith(mark)), "")
    stripper, kept = OutputStripper(), bytearray()
    for piece in _pieces(file, start, encoding):
        kept += stripper.feed(piece)
        if len(kept) > most_bytes:
            raise TooLarge(f"larger than {most_bytes / limits.MB:g} MB without its outputs")
    kept += stripper.rest()
    if sum(1 for _ in itertools.islice(VALUE.finditer(kept), limits.NOTEBOOK_VALUES + 1)) > limits.NOTEBOOK_VALUES:
        raise TooLarge(f"a notebook of more than {limits.NOTEBOOK_VALUES:,} values")
    return kept.decode(errors="replace").encode(encoding) if encoding else bytes(kept)


def _pieces(file: BinaryIO, start: bytes, encoding: str) -> Iterator[bytes]:
    """The content in pieces of a text in which JSON's marks are single bytes."""
    decoder = codecs.getincrementaldecoder(encoding)("replace") if encoding else None
    piece, total = start, 0
    while piece:
        total += len(piece)
        if total > limits.NOTEBOOK_BYTES:
            raise TooLarge(f"larger than {limits.NOTEBOOK_BYTES / limits.MB:g} MB with its outputs")
        yield decoder.decode(piece).encode(errors="replace") if decoder else piece
        piece = file.read(PIECE)


class OutputStripper:
    """Takes a notebook in pieces and gives it back without outputs. Raises `TooLarge` for too many brackets."""

    def __init__(self) -> None:
        self._open = bytearray()  # the brackets that stand open
        self._before = b""  # the last bytes since a bracket
        self._left = b""  # the end of a piece that says nothing yet
        self._in_string = self._is_no_json = False
        self._dropped_in = -1  # how many brackets stand open around what is being dropped; -1: nothing is
        self._brackets = 0

    def feed(self, piece: bytes) -> bytes:
        """What is kept up to the end of `piece`."""
        piece, self._left = self._left + piece, b""
        kept, place, tried = bytearray(), 0, False
        while place < len(piece) and not self._is_no_json:
            if self._dropped_in >= 0 and not self._in_string and not tried:
                if self._passes(piece[place:]):
                    return bytes(kept)
                tried = True
            found = (INSIDE if self._in_string else RUN).match(piece, place)
            end = found.end() if found else place
            mark = piece[end : end + 1]
            if mark == b"\\":  # the last of a piece
                self._left = mark
                return bytes(kept + self._taken(piece[place:end]))
            if mark == b'"':  # of a string that began or ends in another piece
                self._in_string, end, mark = not self._in_string, end + 1, b""
            kept += self._taken(piece[place:end])
            kept += self._bracket(mark) if mark else b""
            place = end + len(mark)
        return bytes(kept + piece[place:])

    def rest(self) -> bytes:
        """What is kept of the end of a text that breaks off."""
        return self._left if self._dropped_in < 0 else b""

    def _taken(self, text: bytes) -> bytes:
        """The text, unless it is being dropped."""
        if self._dropped_in >= 0:
            return b""
        self._before = (self._before + text[-REMEMBERED:])[-REMEMBERED:]
        return text

    def _passes(self, piece: bytes) -> bool:
        """Whether all of the piece is dropped, and then it was noted what stands open behind it; else nothing was."""
        end = _end_of(STRINGS, piece)
        unfinished = piece[end + 1 :]
        brackets = STRING.sub(b"", piece[:end]).translate(None, NO_BRACKETS)
        for _ in range(LEVELS):
            brackets = brackets.replace(b"{}", b"").replace(b"[]", b"")
        opened = brackets.lstrip(b"]}")
        closed = brackets[: len(brackets) - len(opened)]
        closes = bytes(self._open[self._dropped_in + 1 :][::-1].translate(CLOSING))
        if b"]" in opened or b"}" in opened or not closes.startswith(closed) or len(self._open) > DEEPEST:
            return False
        self._open[len(self._open) - len(closed) :] = opened
        self._in_string = end < len(piece)
        self._left = unfinished[_end_of(INSIDE, unfinished) :]
        return True

    def _bracket(self, mark: bytes) -> bytes:
        """What is kept of a bracket: itself, nothing, or what stands in place of what is dropped from here on."""
        self._brackets += 1
        if self._brackets > limits.NOTEBOOK_BRACKETS or len(self._open) > DEEPEST:
            raise TooLarge("a notebook whose outputs hold too many or too deep lists")
        instead = self._opened(mark) if mark in PAIRS.values() else self._closed(mark)
        self._before = b""
        return instead

    def _opened(self, mark: bytes) -> bytes:
        key = KEY.search(self._before) if self._dropped_in < 0 else None
        instead = DROPPED.get((key[1], bytes(self._open)), b"") if key else b""
        if instead:
            self._dropped_in = len(self._open)
        self._open += mark
        return instead if instead or self._dropped_in >= 0 else mark

    def _closed(self, mark: bytes) -> bytes:
        self._is_no_json = not self._open.endswith(PAIRS[mark])
        del self._open[-1:]
        if self._dropped_in < 0:
            return mark
        if len(self._open) == self._dropped_in or self._is_no_json:
            self._dropped_in = -1
        return b""


def _end_of(pattern: re.Pattern[bytes], text: bytes) -> int:
    """How far the pattern goes from the beginning of the text."""
    found = pattern.match(text)
    return found.end() if found else 0
