"""Behavioural tests of what moderates posts: for each behaviour some mild texts, all harmful or all harmless.

The idea is HateCheck's (Röttger et al. 2021): a test that names one behaviour says more than
an average over posts, in which a rare behaviour does not count.
"""

import numpy as np

from mlsd_lib.datasets.card import DataCard
from mlsd_lib.datasets.moderation import LabelledTexts
from mlsd_lib.datasets.moderation_simulator import EVASIONS, INSULTS, hidden

DIRECT = ("you are a {0}, stop it", "what a {0}, stop writing", "only a {0} would say that")
HARMLESS = {
    "negation": ("you are not a {0}, it is hard", "nobody here is a {0}, we asked", "i think you are not a {0}"),
    "quotation": ("he called me a {0} and i left", "they wrote that i am a {0}, please look"),
    "identity": (
        "we hill people like maps",
        "i am from the hill and i think chess is worth a look",
        "hill people know more about this",
        "as hill people we spoke of maps",
    ),
}
WORDS = INSULTS[:6]


def behaviours() -> LabelledTexts:
    """The texts, labelled "harmful" or "harmless", their group the behaviour that they test."""
    harmful = {"direct": DIRECT} | dict.fromkeys(EVASIONS, DIRECT)
    rows = [
        (template.format(hidden(word, name) if name in EVASIONS else word), label, name)
        for label, tests in (("harmful", harmful), ("harmless", HARMLESS))
        for name, templates in tests.items()
        for template in templates
        for word in (WORDS if "{0}" in template else WORDS[:1])
    ]
    text, label, group = (np.array(column) for column in zip(*rows, strict=True))
    source = "case_studies.moderation.moderation_behaviours"
    return LabelledTexts(text, label, group, DataCard("behavioural tests", len(rows), "MIT", real=False, source=source))
