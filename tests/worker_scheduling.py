"""How the workers of `mlsd test` share the tests out.

What is prepared for several tests is prepared once if these go to one worker: those of a module with a fixture of its
own, of a case study, of an exercise's sandbox; and the notebooks that run alone, which would else keep every worker
waiting for one of them. Every other test goes to whichever worker is free. What only lies in a folder, `tests.prepared`
has made once for all workers.
"""

import functools
import re

from xdist.scheduler import LoadScopeScheduling

PREPARES, WARMS = 'scope="module"', "sandboxes(name)"


class TestsThatShare(LoadScopeScheduling):
    """xdist's `--dist loadscope`, in which only the tests that share what is prepared for them stay together."""

    def _split_scope(self, nodeid):
        return shared_by(self.config.rootpath, nodeid)


def shared_by(root, nodeid):
    """The name of what a test shares with others; its own where it shares nothing."""
    path, _, test = nodeid.partition("::")
    folder = path.rpartition("/")[0]
    about = re.search(r"\[(\w+)", test)  # the first of its parameters: the case study, the exercise
    if folder == "tests/notebook_runner" and (notebook := re.search(r"\[(.+\.ipynb)\]", test)):
        from notebook_runner.runner import runs_alone

        return f"{folder}/alone" if runs_alone(root / notebook[1]) else nodeid
    if folder == "tests/case_studies" and about:
        return f"{folder}/{about[1]}"
    if folder.startswith("tests/case_studies/"):
        return folder
    text = text_of(root / path)
    if WARMS in text and about:
        return f"{path}::{about[1]}"
    return path if PREPARES in text else nodeid


@functools.cache
def text_of(path):
    """The text of a module; the process that deals out imports none."""
    return path.read_text(encoding="utf-8")
