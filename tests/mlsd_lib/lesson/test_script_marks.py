"""The moments that a measured program prints are seconds since its own start, in the order in which it printed them."""

from mlsd_lib.lesson.tool_scripts import ToolScripts

PROGRAM = """
import time
print("imported", time.time())
print("not a moment", 3)
print("[1, 2]")
time.sleep(0.2)
print("1000", time.time())
"""


def test_marks_are_seconds_from_the_start_and_nothing_else_is_one(tmp_path):
    scripts = ToolScripts(tmp_path / "work")
    scripts.write("marked", PROGRAM)
    run = scripts.run("marked")
    assert list(run.marks) == ["imported", "1000"]
    assert 0 < run.marks["imported"] <= run.marks["1000"] - 0.2
    assert run.marks["1000"] <= run.wall_s
