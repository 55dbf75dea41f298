"""Every command that a document shows is typed as it stands, in the order of the documents, and does what they say.

A new command is typed too. What cannot be typed here stands in `tables.NOT_TYPED`, with why.
"""

import re
import shlex
from fnmatch import fnmatch
from importlib import import_module
from pathlib import Path

import pytest
import typer
from nbgrader.apps import NbGraderApp

from mlsd.cli import app
from tests.documents.reader import Reader, prepare
from tests.documents.shown import BEGINS, Shown, in_help, in_markdown, shown
from tests.documents.tables import NOT_TYPED, PROMISED, REFUSED, SERVED, TYPED, UNTIL

ROOT = Path(__file__).parents[2]
OURS = re.compile(r"(?:mlsd|python -m case_studies\.(\w+)) ")


def why_not(text: str) -> str:
    """Why a command is not typed; empty for one that is."""
    return next((why for pattern, why in NOT_TYPED.items() if fnmatch(text, pattern)), "")


ALL = shown(ROOT)
COMMANDS = [command for command in ALL if not command.mention]
RUN = [command for command in COMMANDS if not why_not(command.text)]
NEW = [command.text for command in RUN if command.text.startswith("mlsd new ")]
CLONES = {
    text: f"git clone -q . ../new{number} && cd ../new{number} && {TYPED.get(text, text)}"
    for number, text in enumerate(dict.fromkeys(NEW))
}  # each in a clone of its own: what is new belongs to no course
FOREIGN = {c.text: f"{c.text} --course ~/cs101" for c in RUN if " ps1" in c.text and "--course" not in c.text}
MENTIONS = sorted({command.text: command for command in ALL if command.mention}.values(), key=str)


@pytest.fixture(scope="module")
def reader(tmp_path_factory):
    folder = tmp_path_factory.mktemp("reader")
    prepare(ROOT, folder)
    return Reader(folder, RUN, TYPED | CLONES | FOREIGN, UNTIL, SERVED)


def check(reader: Reader, command: Shown) -> None:
    """Raise AssertionError unless a command ended as its document says."""
    status, said = reader.result(command.text)
    assert "Traceback (most recent call last)" not in said, f"{command}\n{said}"
    if command.text in REFUSED:
        assert status != 0, f"{command}\n{said}"
        assert REFUSED[command.text] in said, f"{command}\n{said}"
        return
    assert status == 0, f"{command} ended with {status}\n{said}"
    for promised in PROMISED.get(command.text, ()):
        assert promised in said or (reader.course / promised).exists(), f"{command}: no {promised}\n{said}"


@pytest.mark.parametrize("command", RUN, ids=str)
def test_a_command_that_a_document_shows_does_what_it_says(reader, command):
    check(reader, command)


@pytest.mark.parametrize("command", MENTIONS, ids=str)
def test_a_verb_that_a_document_mentions_is_there(command):
    program, *verb = re.sub(r"^\.venv[/\\]\w+[/\\]", "", command.text).split()
    if program == "mlsd":
        assert not verb or verb[0] == "--help" or verb[0] in typer.main.get_command(app).commands
    elif program == "make":
        assert not verb or re.search(rf"^{verb[0]}:", (ROOT / "Makefile").read_text(), re.MULTILINE)
    elif program in ("python", "python3"):
        assert (ROOT / verb[0]).is_file()
    elif program == "nbgrader":
        assert verb[0] in NbGraderApp.subcommands
    else:
        assert (program, *verb) in [("dask", "scheduler"), ("npm",), ("pytest",)]


@pytest.mark.parametrize("command", [c for c in COMMANDS if why_not(c.text) and OURS.match(c.text)], ids=str)
def test_a_command_that_is_not_typed_has_its_verb_and_options(command):
    case, words = OURS.match(command.text)[1], shlex.split(OURS.sub("", command.text))
    known = typer.main.get_command(import_module(f"case_studies.{case}.cli").app if case else app)
    while words and words[0] in getattr(known, "commands", {}):
        known = known.commands[words.pop(0)]
    options = {name for parameter in known.params for name in [*parameter.opts, *parameter.secondary_opts]}
    passed_on = known.context_settings.get("ignore_unknown_options")
    assert not hasattr(known, "commands"), f"{command}: no such verb"
    assert passed_on or {word for word in words if word.startswith("--")} <= options, str(command)


def test_no_entry_of_the_tables_is_about_a_command_that_no_document_shows():
    texts = {command.text for command in COMMANDS}
    assert not {pattern for pattern in NOT_TYPED if not any(fnmatch(text, pattern) for text in texts)}
    texts = {command.text for command in RUN}
    assert {*TYPED, *PROMISED, *REFUSED} <= texts
    assert {*UNTIL, *SERVED} <= texts | {*TYPED.values(), *SERVED.values()}


def test_no_document_shows_an_output_that_nobody_compares():
    """A block that begins with a command holds commands alone: an output in it is red until it is compared here."""
    for name in ("README.md", "INSTRUCTORS.md", "CONTRIBUTING.md", "ARCHITECTURE.md"):
        for block in re.findall(
            r"^```\w*\n(.*?)^```", (ROOT / name).read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE
        ):
            lines = [line for line in block.splitlines() if line.strip()]
            assert not BEGINS.match(lines[0]) or all(map(BEGINS.match, lines)), f"{name}: {block}"


def test_every_verb_shows_an_example():
    examples = {shown.document for shown in in_help("mlsd", typer.main.get_command(app))}
    groups = {name for name, verb in typer.main.get_command(app).commands.items() if hasattr(verb, "commands")}
    assert {f"mlsd {name}" for name in typer.main.get_command(app).commands if name not in groups} <= examples


@pytest.mark.parametrize(
    ("text", "fault"),
    [("```\nmlsd nothing\n```", "ended with 2"), ("Type `make -f none all` now.", "ended with 2"),
     ("```sh\npython -c 'raise KeyError'  # fails\n```", "Traceback")],
)  # fmt: skip
def test_a_new_command_that_fails_is_red(tmp_path, text, fault):
    (command,) = in_markdown("NEW.md", text)
    (tmp_path / "course").mkdir()
    with pytest.raises(AssertionError, match=rf"^NEW.md:[12] [\s\S]*{fault}"):
        check(Reader(tmp_path, [command], {}, {}, {}), command)


def test_a_promise_that_is_not_kept_is_red(tmp_path, monkeypatch):
    (command,) = in_markdown("NEW.md", "`python -c pass` writes a page.")
    (tmp_path / "course").mkdir()
    monkeypatch.setitem(PROMISED, command.text, ["page.html"])
    with pytest.raises(AssertionError, match=r"^NEW.md:1 python -c pass: no page.html"):
        check(Reader(tmp_path, [command], {}, {}, {}), command)
