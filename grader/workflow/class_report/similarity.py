"""Code that is alike whatever its names, literals, comments and layout: places to look at side by side, no verdict.

Winnowing (Schleimer, Wilkerson, Aiken, "Winnowing: local algorithms for document fingerprinting", SIGMOD 2003) over
the kinds of the syntax tree's nodes. Code is read here, never run.
"""

import ast
import keyword
import re
import warnings
import zlib
from array import array
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations

GRAM = 20  # nodes in a fingerprint, about three lines
WINDOW = 10  # of as many grams one is kept: a shared passage of GRAM + WINDOW - 1 nodes is always found
COMMON = 10  # a passage that more than so many students have, or than a tenth of them, tells nothing
FEWEST = 8  # fingerprints of its own that a submission must have to be compared
ALIKE = 0.6  # of the smaller one's fingerprints
NODES = 50_000  # of one submission's code that are compared; comments and docstrings are none
CHARACTERS = 400_000  # of one submission, without empty lines and lines of comment, that are read
NO_CODE = re.compile(r"^[ \t]*(?:#.*)?$", re.MULTILINE)
PIECE = re.compile(r"[^\W\d]\w*|\d[\w.]*|\"[^\"\n]*\"|'[^'\n]*'|\S")
Tokens = list[tuple[str, int]]
Prints = dict[int, set[int]]


@dataclass(frozen=True)
class Cluster:
    """Students whose code is alike, each like at least one other, from `lowest` to `highest` of a pair.

    `pair` are the two most alike, `lines` the lines (from 0) of what each of the two shares with the other.
    """

    students: list[str]
    lowest: float
    highest: float
    pair: tuple[str, str]
    lines: tuple[set[int], set[int]]


def clusters(sources: Mapping[str, list[str]], released: list[str]) -> list[Cluster]:
    """Clusters among the cells of each student, what stands in the `released` cells left out; the most alike first."""
    given = fingerprints(released).keys()
    prints = {student: fingerprints(cells) for student, cells in sources.items()}
    holders: dict[int, list[str]] = defaultdict(list)
    for student, mine in prints.items():
        for fingerprint in mine.keys() - given:
            holders[fingerprint].append(student)
    most = max(COMMON, len(sources) // 10)
    telling = {fingerprint: students for fingerprint, students in holders.items() if len(students) <= most}
    sizes = Counter(student for students in telling.values() for student in students)
    shared: Counter[tuple[str, str]] = Counter()
    for students in telling.values():
        shared.update(combinations(sorted(students), 2))
    alike = {
        pair: number / smaller
        for pair, number in shared.items()
        if (smaller := min(sizes[student] for student in pair)) >= FEWEST and number / smaller >= ALIKE
    }
    return sorted(
        (_cluster(joined, alike, prints, telling) for joined in _joined(alike)), key=lambda cluster: -cluster.highest
    )


def fingerprints(cells: list[str]) -> Prints:
    """The fingerprints of some cells, with the lines that each covers, counted over the cells joined by line ends."""
    found: Prints = {}
    first = 0
    for source, tokens in zip(cells, _within(cells), strict=True):
        for fingerprint, begin, end in _winnowed(tokens):
            found.setdefault(fingerprint, set()).update(range(first + begin, first + end + 1))
        first += source.count("\n") + 1
    return found


def is_cut(cells: list[str]) -> bool:
    """Whether some cells hold more than is compared."""
    return sum(map(_size, cells)) > CHARACTERS or sum(map(len, _within(cells))) >= NODES


def _within(cells: list[str]) -> list[Tokens]:
    """The nodes of each cell, together at most so many."""
    found: list[Tokens] = []
    characters, nodes = CHARACTERS, NODES
    for source in cells:
        code = source if _size(source) <= characters else NO_CODE.sub("", source)[:characters]
        found.append(normalised(code)[:nodes])
        characters, nodes = max(0, characters - _size(source)), nodes - len(found[-1])
    return found


def _size(source: str) -> int:
    return sum(len(line) for line in NO_CODE.sub("", source).split("\n"))


def normalised(source: str) -> Tokens:
    """The kinds of the nodes in order, with their lines (from 0); of what is no Python, words and signs instead."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of escapes in a student's texts
            return list(_nodes(ast.parse(source)))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return list(_words(source))


def _nodes(tree: ast.AST) -> Iterator[tuple[str, int]]:
    stack, line = [tree], 1
    while stack:
        node = stack.pop()
        if isinstance(node, ast.expr_context) or _is_text(node):
            continue
        line = getattr(node, "lineno", line)
        yield type(node).__name__, line - 1
        stack.extend(reversed(list(ast.iter_child_nodes(node))))


def _is_text(node: ast.AST) -> bool:
    """Whether it is a docstring or another text that does nothing."""
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _words(source: str) -> Iterator[tuple[str, int]]:
    for number, line in enumerate(source.split("\n")):
        for piece in PIECE.findall(line.partition("#")[0]):
            name = piece[0].isidentifier() and not keyword.iskeyword(piece)
            yield "name" if name else "literal" if piece[0] in "\"'0123456789" else piece, number


def _winnowed(tokens: Tokens) -> Iterator[tuple[int, int, int]]:
    """(fingerprint, first line, last line): of each window of grams the least, the last of equals."""
    codes = array("H", (zlib.crc32(kind.encode("utf-8", "replace")) & 0xFFFF for kind, _ in tokens)).tobytes()
    grams = [zlib.crc32(codes[2 * i : 2 * (i + GRAM)]) for i in range(len(tokens) - GRAM + 1)]
    kept = -1
    for start in range(max(1, len(grams) - WINDOW + 1) if grams else 0):
        window = grams[start : start + WINDOW]
        if kept < start or window[-1] <= grams[kept]:
            least = min(window)
            kept = start + len(window) - 1 - window[::-1].index(least)
            lines = [line for _, line in tokens[kept : kept + GRAM]]
            yield least, min(lines), max(lines)


def _joined(pairs: Mapping[tuple[str, str], float]) -> list[list[str]]:
    """The students that pairs join, directly or through others."""
    group: dict[str, list[str]] = {}
    for student, other in pairs:
        mine, theirs = group.setdefault(student, [student]), group.setdefault(other, [other])
        if mine is not theirs:
            mine += theirs
            group.update(dict.fromkeys(theirs, mine))
    return list({id(students): sorted(students) for students in group.values()}.values())


def _cluster(
    students: list[str],
    alike: Mapping[tuple[str, str], float],
    prints: Mapping[str, Prints],
    telling: Mapping[int, list[str]],
) -> Cluster:
    within = {pair: share for pair, share in alike.items() if pair[0] in students}
    pair = max(within, key=lambda pair_of: (within[pair_of], pair_of))
    both = [fingerprint for fingerprint in prints[pair[0]].keys() & prints[pair[1]].keys() if fingerprint in telling]
    left, right = ({line for fingerprint in both for line in prints[student][fingerprint]} for student in pair)
    return Cluster(students, min(within.values()), within[pair], pair, (left, right))
