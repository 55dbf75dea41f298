"""Explorers on pages: every choice of one is computed while the pages are made, and the page's script shows them."""

import importlib
import json
import re
from collections.abc import Mapping
from contextlib import suppress
from html import escape
from typing import Any

from mlsd_lib.lesson.explorer import Explorer, Frame, frames
from notebook_runner.errors import CourseError

FOLDER = "explorers"
MADE_BY = re.compile(r'<div class="explorer" data-explorer="((?:lessons|case_studies)\.[\w.]+):(\w+)">')


def explorable(page: Mapping[str, Any], to_root: str) -> dict[str, bytes]:
    """Put all choices of its explorers into a page's source; the pictures that they need, by path from the pages' root.

    `to_root` leads from the page to that root, such as "../../". Raises `CourseError` for an explorer that is gone.
    """
    pictures: dict[str, bytes] = {}
    for output in (one for cell in page["cells"] for one in cell.get("outputs", [])):
        data = output.get("data", {})
        if found := MADE_BY.match(data.get("text/html", "")):
            explorer, place = _explorer(*found.groups()), f"{FOLDER}/{found[2]}"
            computed = list(frames(explorer))
            pictures |= {f"{place}/{number}.webp": one.picture for number, one in enumerate(computed)}
            data["text/html"] = _html(explorer, computed, to_root + place)
    return pictures


def _explorer(module: str, name: str) -> Explorer:
    import matplotlib

    from mlsd_lib.lesson import use_style

    matplotlib.use("Agg")
    use_style()
    make = None
    with suppress(ModuleNotFoundError):
        make = getattr(importlib.import_module(module), name, None)
    if make is None or getattr(make, "__annotations__", {}).get("return") is not Explorer:
        raise CourseError(f"A notebook shows the explorer {name} of {module}, which has none. Run the notebook again.")
    return make()


def _html(explorer: Explorer, computed: list[Frame], place: str) -> str:
    """The explorer at its first choice, which is all that a page without scripts shows, and the data of the others."""
    first = next(number for number, one in enumerate(computed) if one.choice == explorer.first)
    settings = [{"label": one.label, "texts": list(one.values), "first": one.first} for one in explorer.settings]
    results = [{"alt": one.alt, "says": str(one.verdict), "answered": one.verdict.answered} for one in computed]
    data = json.dumps({"place": place, "settings": settings, "results": results})
    shown = computed[first]
    return (
        f'<div class="explorer" data-explorer="{escape(data)}"><p><strong>{escape(explorer.question)}</strong></p>'
        f'<p class="verdict" role="status">{escape(str(shown.verdict))}</p>'
        f'<img src="{place}/{first}.webp" alt="{escape(shown.alt)}"></div>'
    )
