"""Of a notebook, the cells without which some of them cannot run: read from their code by names, as `rerun` does."""

from case_studies.kit.cell_dependencies import flow_of


def needed_by(targets, cells):
    """The names of those `cells` (sources by name, in order) that give what the cells `targets` use, and of these.

    The first cell imports. Where names leave a doubt, a cell is needed.
    """
    flows = {name: flow_of(source) for name, source in cells.items()}
    imports, *others = cells
    found, needed = set(targets), set()
    for name in reversed(others):
        if name in found or flows[name].writes & needed - flows[imports].writes:
            found.add(name)
            needed |= flows[name].reads.union(*flows[name].bodies.values())
    return [name for name in cells if name in found | {imports}]
