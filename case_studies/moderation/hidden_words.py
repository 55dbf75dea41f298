"""Words that somebody hides from a word list, read again: look-alike letters, digits for letters, spaced letters.

Each step wins something back and alters something that hid nothing: look-alikes take a word of another script for a
Latin one if it happens to look like one, digits turn part numbers into words, spacing joins letters that were meant to
stand apart.
"""

import re
import unicodedata
from collections.abc import Collection

LOOK_ALIKES = dict(zip("асеорхуіѕј", "aceopxyisj", strict=True))  # noqa: RUF001
"""Cyrillic letters that are drawn like Latin ones."""
DIGITS = str.maketrans("431057", "aeiost")
SPACED = re.compile(r"\b(a |i )?((?:\w[ ._*-]){3,}\w)\b")
"""A lone "a" or "i" before spaced letters stays a word of its own."""
MIXED = re.compile(r"\b(?=\w*[a-z])\w*[0-9]\w*\b")
STEPS = ("look-alikes", "digits", "spacing")


def read_plainly(text: str, steps: Collection[str] = STEPS) -> str:
    """The text in small letters, with words that were hidden in one of the ways of `steps` as they were meant."""
    plain = unicodedata.normalize("NFKC", text).lower()
    if "spacing" in steps:
        plain = SPACED.sub(lambda found: (found[1] or "") + re.sub(r"[ ._*-]", "", found[2]), plain)
    if "look-alikes" in steps and not plain.isascii():
        plain = re.sub(r"\w+", lambda found: _one_script(found[0]), plain)
    if "digits" in steps:
        plain = MIXED.sub(lambda found: found[0].translate(DIGITS), plain)
    return plain


def _one_script(word: str) -> str:
    """A word in Latin letters, if every foreign letter in it has a Latin double."""
    plain = "".join(LOOK_ALIKES.get(letter, letter) for letter in word)
    return plain if plain.isascii() else word
