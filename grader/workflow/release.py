"""Releasing: exercises/ is generated from solutions/ by nbgrader, this course's notebooks in their canonical form.

What was generated carries a seal (a digest in the notebook's metadata), so that an exercise somebody worked in is never
overwritten unasked. A notebook is this course's if its metadata has an entry `mlsd`; any other is written as nbgrader
makes it, and no rule of ours is asked of it. The student edition is `grader.workflow.edition`.
"""

import hashlib
import json
import shutil
import tempfile
from pathlib import Path
from typing import Any

from grader import secret
from grader.course import Course, reason
from grader.errors import GraderError
from grader.grading.intake.notebook_parser import read
from grader.grading.intake.released_texts import fingerprint, released_source, remember
from grader.whole_files import unused, write_folder, write_whole
from grader.write_errors import full_disk_told, is_full_by_text, no_room
from notebook_runner.canonical import source_of, with_ids
from notebook_runner.course import read_json

SEAL = "released"
REPLACED = "replaced_exercises"
FIRST_WITH_IDS = 5
"""The minor version of nbformat 4 from which on a cell has an id."""
CHECKPOINTS = ".ipynb_checkpoints"
FETCHED_CONFIG = '''"""Made by `mlsd release`: JupyterLab's assignment list reads this where it fetches to."""

from pathlib import Path

load_subconfig("nbgrader_config.py", path=str(Path(__file__).resolve().parents[{depth}]))
'''

Files = dict[str, bytes]


def release(course: Course, name: str, force: bool = False) -> str:
    """What happened to the released exercise: "released", "updated" or "unchanged".

    Writes exercises/NAME and nbgrader's gradebook; an edited exercise is first copied into the classroom. Raises
    `GraderError` if it was edited (unless `force`), nbgrader refuses the source or there is no room; then nothing in
    exercises/NAME changes.
    """
    from grader.suite_kit.exercise import missing_cases  # with numpy, which `mlsd grade` need not load

    course.require(name)
    for path in sorted(course.folder("source", name=name).glob("*.ipynb")):
        read_json(path)  # raises for one that is damaged
    if left := missing_cases(course.root, name):
        raise GraderError(f"{name} cannot be released yet. {left}")
    place = course.folder("release", name=name)
    there = read_files(place)
    if there and is_edited(there) and not force:
        raise GraderError(
            f"{place} was edited since it was generated. To generate it anew, with what is there now kept in "
            f"{course.home / REPLACED}: {course.command(f'release {name} --force')}"
        )
    course.require_writable()
    with full_disk_told(course.secret_file.parent):
        secret.create(course.secret_file)
    with course.gradebook():  # one that cannot be read is no fault of the source
        pass
    wanted, source = generate(course, name), _source_state(course, name)
    if there:
        remember(course, name, there)
    if there == wanted:
        remember(course, name, wanted, source)
        return "unchanged"
    if there and is_edited(there):
        kept = unused(course.home / REPLACED / name)
        kept.parent.mkdir(parents=True, exist_ok=True)
        shutil.copytree(place, kept, symlinks=True)
    write_folder(place, wanted)
    remember(course, name, wanted, source)
    return "updated" if there else "released"


def is_unreleased(course: Course, name: str) -> bool:
    """True if the source's notebooks are not those that the last release came from, as far as that is known.

    Other files of the source are read anew whenever something is graded.
    """
    known = released_source(course, name)
    return bool(known) and _source_state(course, name) not in ("", known)


def _source_state(course: Course, name: str) -> str:
    """A fingerprint of what counts of the source's notebooks."""
    texts = []
    for path in sorted(course.folder("source", name=name).glob("*.ipynb")):
        cells = read(path.read_bytes()).cells or []
        texts.append([path.name, [[cell.kind, cell.text, cell.entry, cell.pictures] for cell in cells]])
    return fingerprint(json.dumps(texts, sort_keys=True)) if texts else ""


def differences(course: Course, name: str) -> list[str]:
    """What in exercises/NAME is not as its source would generate it, one sentence a file; touches nothing."""
    course.require(name)
    wanted = generate(_without_gradebook(course), name)
    there = read_files(course.folder("release", name=name))
    found = [f"{name}/{file} is missing" for file in sorted(wanted.keys() - there.keys())]
    found += [f"{name}/{file} is not generated from the source" for file in sorted(there.keys() - wanted.keys())]
    both = sorted(wanted.keys() & there.keys())
    return found + [f"{name}/{file} differs from its source" for file in both if wanted[file] != there[file]]


def generate(course: Course, name: str) -> Files:
    """The files of a released exercise, canonical and sealed, by relative name. The gradebook learns their cells."""
    with tempfile.TemporaryDirectory(prefix="mlsd-release-") as scratch:
        steps = _steps(course)
        aside = course.configured(CourseDirectory={"release_directory": scratch}, GenerateAssignment=steps)
        result = aside.call(lambda api: api.generate_assignment(name, force=True))
        if not result["success"]:
            _require_room(result, f"below {course.home} or {Path(scratch).parent}")
            raise GraderError(f"nbgrader does not accept the source of {name}: {reason(result)}")
        return sealed(read_files(Path(scratch) / name))


def _without_gradebook(course: Course) -> Course:
    """The course configured so that nbgrader generates the same files but opens no database."""
    from nbgrader.preprocessors import SaveCells

    steps = [step for step in _steps(course)["preprocessors"] if step is not SaveCells]
    return course.configured(GenerateAssignment={"no_database": True, "preprocessors": steps})


def _steps(course: Course) -> dict[str, list[type]]:
    """The steps in which nbgrader generates, as the course's configuration has them; cells of a header get ids."""
    from nbgrader.converters import GenerateAssignment
    from nbgrader.preprocessors import IncludeHeaderFooter

    class WithIds(IncludeHeaderFooter):
        """What an older notebook lacks gets the same ids each time: nbformat would make up new ones."""

        def preprocess(self, nb: Any, resources: Any) -> tuple[Any, Any]:
            nb, resources = super().preprocess(nb, resources)
            if nb.nbformat_minor >= FIRST_WITH_IDS:
                for cell, named in zip(nb.cells, with_ids(nb.cells, set()), strict=True):
                    cell["id"] = named["id"]
            return nb, resources

    configured = course.config.GenerateAssignment.get("preprocessors") or GenerateAssignment.preprocessors.default()
    return {"preprocessors": [WithIds if step is IncludeHeaderFooter else step for step in configured]}


def read_files(folder: Path) -> Files:
    """Every file below `folder` by relative name with forward slashes, checkpoints left out; empty if there is none."""
    found = (path for path in sorted(folder.rglob("*")) if path.is_file() and not path.is_symlink())
    paths = [path for path in found if CHECKPOINTS not in path.relative_to(folder).parts]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


def sealed(files: Files) -> Files:
    """The same files, our notebooks in canonical form, and all with the digest of the whole in their metadata."""
    notebooks = {name: json.loads(content) for name, content in files.items() if name.endswith(".ipynb")}
    seal = digest(files)
    for notebook in notebooks.values():
        notebook["metadata"]["nbgrader"] = {SEAL: seal}
    return files | {name: _written(name, notebook).encode() for name, notebook in notebooks.items()}


def is_edited(files: Files) -> bool:
    """True if the files are not those that were sealed; running a notebook, which adds outputs only, is no edit."""
    try:
        notebooks = [json.loads(content) for name, content in files.items() if name.endswith(".ipynb")]
        seals = [notebook["metadata"]["nbgrader"][SEAL] for notebook in notebooks]
        return not seals or set(seals) != {digest(files)}
    except (ValueError, KeyError, TypeError, AttributeError, GraderError):  # also a cell that is none
        return True


def digest(files: Files) -> str:
    """A digest of names and contents; of notebooks what counts of them: neither the seal nor what a run leaves."""
    whole = hashlib.sha256()
    for name, content in sorted(files.items()):
        if name.endswith(".ipynb"):
            notebook = json.loads(content)
            notebook["metadata"].pop("nbgrader", None)
            content = _what_counts(name, notebook).encode()
        whole.update(name.encode() + b"\0" + hashlib.sha256(content).digest())
    return whole.hexdigest()


def publish(course: Course, name: str) -> Path | None:
    """Where nbgrader's exchange now holds the exercise; None if the exchange is not inside this course.

    Raises `GraderError` if it cannot; then the exchange does not offer a part of the exercise.

    An exchange elsewhere is shared: what students get there, and when, the instructor says with nbgrader itself.
    """
    exchange = local_exchange(course)
    if exchange is None:
        return None
    fetched = course.home / "fetched"
    depth = len(fetched.relative_to(course.root).parts)
    write_whole(fetched / "nbgrader_config.py", FETCHED_CONFIG.format(depth=depth))
    offered = exchange / course.directory.course_id / "outbound" / name
    before = read_files(offered)
    forced = course.configured(ExchangeReleaseAssignment={"force": True})
    result = forced.call(lambda api: api.release_assignment(name))
    if not result["success"]:
        if read_files(offered) != before:
            shutil.rmtree(offered)
        _require_room(result, f"below {exchange}")
        raise GraderError(
            f"nbgrader could not put {name} into the exchange {exchange}: {reason(result)}. Give yourself the right to "
            "write there, or name another folder: Exchange.root in nbgrader_config.py"
        )
    return offered


def _require_room(result: dict[str, Any], where: str) -> None:
    """Raises `DiskFull` if a failure of nbgrader's is that there was no room to write."""
    if is_full_by_text(result.get("log", "") + result.get("error", "")):
        raise no_room(where)


def local_exchange(course: Course) -> Path | None:
    """The exchange's folder if the configuration puts it inside this course (one machine, one user), else None."""
    root = course.config.Exchange.get("root")
    return Path(root) if root and Path(root).is_relative_to(course.root) else None


def _written(name: str, notebook: dict[str, Any]) -> str:
    if _is_ours(notebook):
        return _canonical(name, notebook)
    return json.dumps(notebook, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def _what_counts(name: str, notebook: dict[str, Any]) -> str:
    """Of a notebook that is not ours the cells' kinds, texts, pictures and nbgrader's entries: JupyterLab adds ids."""
    if _is_ours(notebook):
        return _canonical(name, notebook)
    kept = [
        [cell["cell_type"], source_of(cell), cell["metadata"].get("nbgrader"), cell.get("attachments")]
        for cell in notebook["cells"]
    ]
    return json.dumps(kept, sort_keys=True)


def _is_ours(notebook: dict[str, Any]) -> bool:
    return "mlsd" in notebook["metadata"]


def _canonical(name: str, notebook: dict[str, Any]) -> str:
    from notebook_runner import NotebookError, canonical

    try:
        return canonical(notebook)
    except NotebookError as error:
        raise GraderError(f"{name}: {error}") from error
