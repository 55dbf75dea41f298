"""What `mlsd doctor` says of the sandbox."""

from grader.sandbox.level import Level, SandboxError
from grader.sandbox.probe import advice, best_level, describe
from mlsd_lib.doctor import Finding


def sandbox_finding() -> Finding:
    """The level in force, what it leaves open and what would close that; a fault where no level works."""
    try:
        level = best_level()
    except SandboxError as error:
        return Finding("sandbox", False, "no student code can be run here", str(error))
    seen = describe(level).removeprefix("sandbox: ")
    return Finding("sandbox", True, seen, advice(level), remark=level != Level.NAMESPACES)
