"""Addresses of other hosts that readers are led to: their form, without a network; whether they answer, with one."""

import json
import re
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from mlsd.site.spelling import texts
from notebook_runner.errors import CourseError

ADDRESS = re.compile(r"""\bhttps?:(?!//\{)(?:[^\s<>"'`\\()\[\]{}]|\([^\s()]*\))+""")
TITLED = re.compile(r"(?<!!)\[([^\]\[]+)\]\((https?:[^)\s]+)\)")
BARE_DOI = re.compile(r"(?<![\w/.])10\.\d{4,9}/\S+")
ARXIV = re.compile(r"\barXiv[: ]+(\d[\w./-]*\w)")
FORMS = {
    "arxiv.org": (r"/abs/\d{4}\.\d{4,5}", "https://arxiv.org/abs/ and a number such as 2010.09931"),
    "doi.org": (r"/10\.\d{4,9}/\S+", "https://doi.org/ and the whole DOI"),
    "dx.doi.org": ("(?!)", "https://doi.org/ and the whole DOI"),
}
"""Hosts whose addresses have a form of their own: of the path, and in words."""
NOT_OUTSIDE = re.compile(r"(localhost|127\.0\.0\.1|www\.w3\.org|(.*\.)?example(\.\w+)?)(:.*)?")
"""The reader's machine, names that nobody has (RFC 2606), and the names of XML's vocabularies."""
MODULES = ("LICENSE", "mlsd_lib/**/*.py", "lessons/**/*.py", "case_studies/**/*.py")


def addresses(root: Path) -> dict[str, str]:
    """Each address outside that the course at `root` names, those of papers at arXiv too, with the first such place."""
    named = ((address, place) for place, text in _read(root) for address in _addresses_in(text))
    return dict(sorted(set(named), reverse=True))


def faults(root: Path) -> list[str]:
    """What is wrong with the form of each address: place, address, rule. No host is asked."""
    found, titles = [], dict[str, str]()
    for place, text in _read(root):
        found += [f"{place}: {address} must be {rule}" for address in _addresses_in(text) if (rule := _broken(address))]
        found += [f"{place}: {doi[0]} must be a link, https://doi.org/{doi[0]}" for doi in BARE_DOI.finditer(text)]
        for title, address in TITLED.findall(text):
            if titles.setdefault(address, title) != title:
                found.append(f"{place}: {address} is {title!r} here and {titles[address]!r} elsewhere; choose one")
    return found


def unreached(python: Path, asked: dict[str, str], timeout_s: float = 15) -> list[str]:
    """A line for each address of `asked` (with its place) that does not answer, or has moved for good.

    Sphinx asks, by `python`, the interpreter of the pages' environment. Raises `CourseError` where it cannot.
    """
    with tempfile.TemporaryDirectory(prefix="mlsd-links-") as scratch:
        listed = "\n".join(f"* `{number} <{address}>`__" for number, address in enumerate(asked))
        Path(scratch, "index.rst").write_text(f"Links\n=====\n\n{listed}\n", encoding="utf-8")
        settings = ("timeout", f"{timeout_s:g}"), ("retries", "1"), ("rate_limit_timeout", "0")
        options = ["-qCb", "linkcheck", *(f"-Dlinkcheck_{name}={value}" for name, value in settings)]
        command = [str(python), "-m", "sphinx", *options, scratch, f"{scratch}/told"]
        done = subprocess.run(command, capture_output=True, text=True)
        if not (answers := Path(scratch, "told", "output.json")).is_file():
            raise CourseError(f"Sphinx asked nobody: {done.stderr.strip()[-500:]}\nmake site renews its environment.")
        told = [json.loads(line) for line in answers.read_text(encoding="utf-8").splitlines()]
    silent = [one for one in told if one["status"] != "working" and one["code"] not in (302, 303, 307)]
    return sorted(f"{asked.get(one['uri'], '')}: {one['uri']} {one['status']}: {one['info'][:99]}" for one in silent)


def _read(root: Path) -> Iterator[tuple[str, str]]:
    yield from texts(root)
    for path in (path for pattern in MODULES for path in root.glob(pattern)):
        yield path.relative_to(root).as_posix(), path.read_text(encoding="utf-8")


def _addresses_in(text: str) -> Iterator[str]:
    named = (address.rstrip(".,;:*") for address in ADDRESS.findall(text))
    yield from (address for address in named if not NOT_OUTSIDE.fullmatch(urlsplit(address).netloc))
    yield from (f"https://arxiv.org/abs/{number}" for number in ARXIV.findall(text))


def _broken(address: str) -> str:
    """The rule that an address breaks, empty if none."""
    parts = urlsplit(address)
    form, rule = FORMS.get(parts.netloc, (".*", "https://HOST/PATH"))
    whole = parts.scheme == "https" and re.fullmatch(r"([\w-]+\.)+\w+", parts.netloc)
    return "" if whole and re.fullmatch(form, parts.path) else rule
