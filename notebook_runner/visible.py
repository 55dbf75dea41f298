"""Text that is not ours, as a terminal may show it. Standard library only."""

import re

UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def visible(text: str) -> str:
    """The text with each control character and each change of direction written out, as `\\x1b`; lines stay lines."""
    return UNSEEN.sub(lambda match: match[0].encode("unicode_escape").decode(), text)
