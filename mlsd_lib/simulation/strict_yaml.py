"""YAML as far as a document needs it: YAML 1.2's core schema, each key once, no alias or tag, of bounded size.

PyYAML reads YAML 1.1, in which `010` is 8, `1:30` is 90, `yes` is true, and of two equal keys the last one counts.
"""

import re
from collections.abc import Hashable
from pathlib import Path
from typing import Any, ClassVar

import yaml

from mlsd_lib.own_file import require_bounded

LONGEST, DEEPEST = 20_000, 20  # characters, and mappings or lists in each other
MOST_DIGITS = 100  # of a whole number; Python shows none of more than 4,300


class StrictYamlError(ValueError):
    """A text that is no plain YAML, with the line and what to change."""


class _CoreLoader(yaml.SafeLoader):
    """Scalars by https://yaml.org/spec/1.2.2/#103-core-schema; refuses what could mean two things."""

    yaml_implicit_resolvers: ClassVar[dict[str, list[Any]]] = {}

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        """The mapping; a key that stands in it twice is an error."""
        seen = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if not isinstance(key, Hashable):
                continue  # PyYAML refuses it in its own words
            if key in seen:
                raise yaml.constructor.ConstructorError(None, None, f"{key!r} stands here twice", key_node.start_mark)
            seen.add(key)
        return super().construct_mapping(node, deep)

    def construct_yaml_int(self, node: yaml.ScalarNode) -> int:
        """Decimal, also with zeros in front; octal as 0o17, hexadecimal as 0x1f."""
        text = str(node.value).lower()
        if len(text) > MOST_DIGITS:
            line = f"line {node.start_mark.line + 1}"
            raise StrictYamlError(f"{line} holds a number of {len(text):,} digits; {MOST_DIGITS} are read. Shorten it")
        return int(text, 8 if text.startswith("0o") else 16 if text.startswith("0x") else 10)


SCALARS = {
    "null": (r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    "bool": (r"true|True|TRUE|false|False|FALSE", list("tTfF")),
    "int": (r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", list("-+0123456789")),
    "float": (
        r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)",
        list("-+.0123456789"),
    ),
}
for _name, (_pattern, _first) in SCALARS.items():
    _CoreLoader.add_implicit_resolver(f"tag:yaml.org,2002:{_name}", re.compile(f"(?:{_pattern})\\Z"), _first)
_CoreLoader.add_constructor("tag:yaml.org,2002:int", _CoreLoader.construct_yaml_int)


def read_yaml_file(path: Path) -> Any:
    """The value of a YAML file; raises `StrictYamlError` as `read_yaml` does, and `OSError` or `UnicodeDecodeError`."""
    require_bounded(path, 4 * LONGEST)  # of a character UTF-8 makes four bytes at most
    return read_yaml(path.read_text(encoding="utf-8"))


def read_yaml(text: str) -> Any:
    """The value of a YAML text; raises `StrictYamlError` in one line."""
    if len(text) > LONGEST:
        raise StrictYamlError(f"it has {len(text):,} characters; at most {LONGEST:,} are read. Shorten it")
    try:
        _bounded(text)
        return yaml.load(text, _CoreLoader)  # a SafeLoader
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        if isinstance(error, StrictYamlError):
            raise
        raise StrictYamlError(" ".join(str(error).split())[:300]) from None


def _bounded(text: str) -> None:
    """Refuses aliases, since a few, one in the other, fill any memory, tags, and what is too deep to be meant."""
    depth = 0
    for event in yaml.parse(text, _CoreLoader):
        line = f"line {event.start_mark.line + 1}"
        if isinstance(event, yaml.AliasEvent):
            raise StrictYamlError(f"{line} holds a YAML alias (*{event.anchor}). Write its value out")
        if tag := getattr(event, "tag", None):
            raise StrictYamlError(f"{line} holds a YAML tag ({tag}). Leave it out")
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > DEEPEST:
            raise StrictYamlError(f"{line} lies more than {DEEPEST} levels deep. Write it flatter")
