"""The environment of a pytest that a test starts.

Every plugin that some package brings is loaded at its start, and Hypothesis' alone takes a second of CPU time. What a
nested pytest needs is named, and that is xdist.
"""

import os

ONLY_XDIST = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTEST_PLUGINS": "xdist.plugin"}


def environment(*without: str, **more: str) -> dict[str, str]:
    """This environment without what pytest set in it and without what begins with one of `without`, and `more`."""
    kept = {name: text for name, text in os.environ.items() if not name.startswith(("PYTEST", *without))}
    return kept | ONLY_XDIST | more
