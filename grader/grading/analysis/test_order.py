"""Which tests must run before a test because it uses names that they bind: in a kernel these are still there.

Works on the instructor's text alone; nothing runs here.
"""

from collections.abc import Iterable, Mapping

from grader.grading.analysis.name_analysis import bound, read, tree_of


def needed_before(cells: Iterable[tuple[str, str]], answers: Mapping[str, Iterable[str]]) -> dict[str, tuple[str, ...]]:
    """By test, the earlier ones that bound a name that it reads, and those that these need, in order.

    `cells` are (name, source) of tests and answers in the notebook's order; `answers` the names that an answer binds:
    from there on they are the answer's.
    """
    found: dict[str, tuple[str, ...]] = {}
    owner: dict[str, str] = {}
    for name, source in cells:
        if name in answers:
            for variable in answers[name]:
                owner.pop(variable, None)
            continue
        tree = tree_of(source)
        direct = {owner[variable] for variable in read(tree) if variable in owner}
        every = direct.union(*(found[test] for test in direct))
        found[name] = tuple(test for test in found if test in every)
        owner |= dict.fromkeys(bound(tree), name)
    return found
