"""Hostile and broken submissions of problem set 1, one module a kind (archives apart)."""

from tests.attacks.case import Case

KINDS = ("forging", "structure", "processes", "reaching", "shown", "honest")


def cases(*kinds: str) -> list[Case]:
    """Every case, or those of some kinds."""
    from tests.attacks.corpus import forging, honest, processes, reaching, shown, structure

    modules = (forging, structure, processes, reaching, shown, honest)
    found = [case for module in modules for case in module.CASES]
    names = [case.name for case in found]
    doubled = {name for name in names if names.count(name) > 1}
    if doubled:
        raise ValueError(f"two cases have one name: {sorted(doubled)}")
    return [case for case in found if not kinds or case.kind in kinds]
