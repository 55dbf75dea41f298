"""Explorers: what is chosen is computed, and a question counts as answered by a right choice and by no other."""

import ast
import importlib
import io
import itertools

import matplotlib
import pytest
from IPython.core.interactiveshell import InteractiveShell
from matplotlib.text import Text
from PIL import Image

from mlsd_lib.lesson import plotting as plot
from mlsd_lib.lesson import use_style
from mlsd_lib.lesson.explorer import SIZE, Explorer, Setting, Shown, Verdict, controls, explore, frame, frames
from mlsd_lib.lesson.figures import overlapping_texts
from mlsd_lib.lesson.reader import LessonError
from notebook_runner import course_root
from notebook_runner.course import notebook_paths, read_json
from tests.test_rooms import code_of

ROOT = course_root()
computed = []


@pytest.fixture(autouse=True)
def style():
    matplotlib.use("Agg")
    with matplotlib.rc_context():
        use_style()
        computed.clear()
        yield


def product() -> Explorer:
    """Two factors; the question is answered where the first is 3 and the product 12."""

    def multiply(one, other):
        computed.append((one, other))
        return one * other

    def judge(found, one, other):
        return Verdict(f"It is {found}.", (one, found) == (3, 12), f"{one} times {other} <here>.")

    return Explorer(
        "Which other factor makes 12 of 3?",
        (
            Setting("one", "first factor", {"two": 2, "three": 3}, "three"),
            Setting("other", "other factor", {"4": 4, "6": 6}, "6"),
        ),
        multiply,
        lambda found: plot.lines({"": [1, found]}, "A product", "factor", "value", at=[0, 1], size=SIZE),
        judge,
    )


def test_all_choices_are_computed_and_only_the_right_one_answers():
    found = list(frames(product()))
    assert computed == [(2, 4), (2, 6), (3, 4), (3, 6)]
    assert [one.choice["other"] for one in found] == ["4", "6", "4", "6"]
    assert [one.verdict.answered for one in found] == [False, False, True, False]  # 2 times 6 is 12 too
    assert str(found[2].verdict) == "It is 12. Answered: 3 times 4 <here>."
    assert str(found[1].verdict).startswith("It is 12. Not answered yet:")
    assert found[0].alt == "A product; x: factor; y: value."
    assert found[0].picture != found[3].picture


@pytest.mark.parametrize(
    "choice", [{"one": "three"}, {"one": "3", "other": "4"}, {"one": "two", "other": "4", "x": "1"}]
)
def test_a_choice_that_the_explorer_lacks_is_refused(choice):
    with pytest.raises(LessonError, match="one of"):
        frame(product(), choice)


def test_a_run_without_a_reader_computes_the_first_choice_and_nothing_else(capsys):
    shown = []
    InteractiveShell.instance().display_pub.publish = lambda data, **_: shown.append(data)
    try:
        explore(product)
    finally:
        InteractiveShell.clear_instance()
    assert computed == [(3, 6)]
    assert 'data-explorer="tests.mlsd_lib.lesson.test_explorer:product"' in shown[0]["text/html"]


def test_what_is_shown_without_controls_says_the_choice_and_the_verdict():
    explorer = product()
    shown = Shown(explorer, frame(explorer, explorer.first), "somewhere:product")
    assert repr(shown).splitlines()[1:] == [
        "first factor: three, other factor: 6",
        "It is 18. Not answered yet: 3 times 6 <here>.",
    ]
    assert "3 times 6 &lt;here&gt;" in shown._repr_html_()
    assert 'alt="A product; x: factor; y: value."' in shown._repr_html_()


def test_a_reader_chooses_from_named_lists_and_sees_the_result():
    explorer = product()
    _, chosen, verdict, picture = controls(explorer, frame(explorer, explorer.first)).children
    assert [(one.description, one.options) for one in chosen.children] == [
        ("first factor", ("two", "three")),
        ("other factor", ("4", "6")),
    ]
    before, said = picture.value, []
    verdict.observe(lambda change: said.append((change.new, picture.layout.visibility)), "value")
    chosen.children[1].value = "4"
    assert "It is 12. Answered: " in verdict.value
    assert "Computing this choice." in said[0][0]  # the old verdict and picture never stand with a new choice
    assert [shown for _, shown in said] == [None, "hidden"]
    assert picture.layout.visibility == "visible"
    assert 'role="status"' in verdict.value
    assert picture.value != before
    chosen.children[0].value = "two"
    assert "Not answered yet" in verdict.value


def explorers():
    """Every explorer that a notebook shows, as its module and its name."""
    found = []
    for path in notebook_paths(ROOT):
        if "explore(" not in "".join(map(str, read_json(path)["cells"])):
            continue
        tree = ast.parse(code_of(path))
        calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and ast.unparse(node.func) == "explore"]
        shown = {ast.unparse(node.args[0]) for node in calls}
        for node in (one for one in tree.body if isinstance(one, ast.ImportFrom)):
            found += [(node.module, one.name) for one in node.names if one.name in shown]
    return found


@pytest.mark.parametrize(("module", "name"), explorers(), ids=[name for _, name in explorers()])
def test_an_explorer_of_a_lesson_is_not_answered_at_first_and_can_be(module, name):
    explorer = getattr(importlib.import_module(module), name)()
    verdicts = {}
    for choice in itertools.product(*(one.values for one in explorer.settings)):
        values = {one.name: one.values[text] for one, text in zip(explorer.settings, choice, strict=True)}
        result = explorer.compute(**values)
        verdicts[choice] = result, explorer.judge(result, **values)
    first = tuple(explorer.first.values())
    assert not verdicts[first][1].answered
    answered = [choice for choice, (_, verdict) in verdicts.items() if verdict.answered]
    assert 0 < len(answered) < len(verdicts) / 2
    assert all(str(verdict).endswith(".") for _, verdict in verdicts.values())
    for choice, (result, _) in verdicts.items():
        axes = explorer.draw(result)  # each can be drawn; how it looks, which takes long, is seen of three
        if choice in (first, answered[0], answered[-1]):
            assert overlapping_texts(axes.figure) == []
            assert cut_off(axes) == []
        matplotlib.pyplot.close("all")


def cut_off(axes):
    """The labels of a picture that reach beyond its edge: an explorer's pictures all have one size."""
    axes.figure.draw_without_rendering()
    labels = {
        axes.get_title(loc="left"),
        axes.get_xlabel(),
        axes.get_ylabel(),
        *(text.get_text() for text in axes.texts),
    }
    written = [text for text in axes.figure.findobj(Text) if text.get_text() in labels - {""}]
    inside = axes.figure.bbox.padded(1)
    boxes = {text.get_text(): text.get_window_extent() for text in written}
    return [label for label, box in boxes.items() if not (inside.contains(*box.min) and inside.contains(*box.max))]


def test_a_label_that_is_cut_off_is_found():
    fits, too_long = (
        plot.lines({"": [1, 2]}, "A product", "factor", "v" * letters, at=[0, 1], size=SIZE) for letters in (5, 60)
    )
    assert cut_off(fits) == []
    assert cut_off(too_long) == ["v" * 60]


def test_every_picture_of_an_explorer_has_the_same_size():
    sizes = {Image.open(io.BytesIO(one.picture)).size for one in frames(product())}
    assert len(sizes) == 1
