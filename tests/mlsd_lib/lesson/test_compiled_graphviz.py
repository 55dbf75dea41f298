"""Graphviz's compiled code is taken from where it was kept, and only if it is exactly what was kept."""

import pytest
import wasmtime

from mlsd_lib.lesson import compiled_graphviz
from mlsd_lib.lesson.compiled_graphviz import CompiledGraphviz

TWO = "digraph { a -> b }"


@pytest.fixture(scope="module")
def first(tmp_path_factory):
    """A folder with the code that was compiled there, and what it drew."""
    folder = tmp_path_factory.mktemp("kept")
    return folder, CompiledGraphviz(folder).render(TWO, format="json")


@pytest.fixture
def compiled(monkeypatch):
    """How many modules were compiled since."""
    made, compile_module = [], wasmtime.Module

    class Counted(compile_module):
        def __init__(self, *arguments):
            made.append(self)
            super().__init__(*arguments)

    monkeypatch.setattr(compiled_graphviz.wasmtime, "Module", Counted)
    return made


def test_code_that_was_kept_is_not_compiled_again_and_draws_the_same(first, compiled):
    folder, picture = first
    assert CompiledGraphviz(folder).render(TWO, format="json") == picture
    assert compiled == []


@pytest.mark.parametrize("spoil", ["one byte", "cut off", "code of another version"])
def test_code_that_is_not_what_was_kept_is_compiled_again(first, compiled, tmp_path, spoil):
    (kept,) = first[0].iterdir()
    data = bytearray(kept.read_bytes())
    if spoil == "one byte":
        data[len(data) // 2] ^= 1
    elif spoil == "cut off":
        del data[len(data) // 2 :]
    else:
        code = b"\x7fELF of another version"
        data = bytearray(compiled_graphviz._digest(code) + code)
    (tmp_path / kept.name).write_bytes(data)
    assert CompiledGraphviz(tmp_path).render(TWO, format="json") == first[1]
    assert len(compiled) == 1
    assert (tmp_path / kept.name).read_bytes() == kept.read_bytes()


def test_where_nothing_can_be_kept_it_draws_all_the_same(first, tmp_path):
    (tmp_path / "file").touch()
    assert CompiledGraphviz(tmp_path / "file" / "folder").render(TWO, format="json") == first[1]
