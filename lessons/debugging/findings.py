"""What a check is given, what it says, and how a list of them is shown. No check stands here."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from mlsd_lib.lesson.show import Message
from mlsd_lib.modeling.errors import ModelingError

QUIET, ALARM, NOT_RUN = "quiet", "alarm", "not run"
MOST_ROWS = 2_000
"""Checks that compare rows with rows look at a sample of this many."""


class NotRun(Exception):
    """Why a check says nothing about this model or these data."""


@dataclass(frozen=True)
class Split:
    """The rows that a model learns from and those that judge it, as the model gets them.

    Inputs: arrays or tensors, first axis rows; targets: (rows,), whole numbers for classes, else real numbers. Groups
    (whose rows they are) and times may be left out; each is given for both sides or for none.
    """

    train_inputs: Any
    train_targets: Any
    valid_inputs: Any
    valid_targets: Any
    train_groups: Any = None
    valid_groups: Any = None
    train_times: Any = None
    valid_times: Any = None

    def __post_init__(self) -> None:
        for side in ("train", "valid"):
            rows = _rows(f"{side}_inputs", getattr(self, f"{side}_inputs"))
            for part in ("targets", "groups", "times"):
                name = f"{side}_{part}"
                value = getattr(self, name)
                if value is None and part != "targets":
                    continue
                if _rows(name, value) != rows:
                    raise ModelingError(
                        f"{name} has {_rows(name, value)} rows and {side}_inputs {rows}; each row of inputs needs one "
                        "entry. Take both from the same slice."
                    )
            if rows < 20:
                raise ModelingError(
                    f"{side}_inputs has {rows} rows; the checks need 20 or more to tell a fault from chance. "
                    "Pass more rows."
                )
        for part in ("groups", "times"):
            if (getattr(self, f"train_{part}") is None) != (getattr(self, f"valid_{part}") is None):
                raise ModelingError(f"{part} are given for one side only. Give train_{part} and valid_{part}, or none.")
        if self.tables[0].shape[1] != self.tables[1].shape[1]:
            raise ModelingError(
                f"train_inputs has {self.tables[0].shape[1]} columns and valid_inputs {self.tables[1].shape[1]}; both "
                "must have the same. Prepare both by the same function."
            )
        if any(target.ndim != 1 for target in self.targets):
            raise ModelingError(
                f"targets have the shape {self.targets[0].shape}; they must be one number a row. Of one-hot rows take "
                "the argmax, of a single column ravel()."
            )

    @property
    def tables(self) -> tuple[np.ndarray, np.ndarray]:
        """Both sides' inputs as numbers, (rows, columns): the axes after the first are laid in one.

        Of a pandas table, columns of names become columns of codes.
        """
        sides = {"train_inputs": self.train_inputs, "valid_inputs": self.valid_inputs}
        if all(hasattr(side, "columns") for side in sides.values()):
            sides = dict(zip(sides, _coded(*sides.values()), strict=True))
        first, second = (_table(name, side) for name, side in sides.items())
        return first, second

    @property
    def targets(self) -> tuple[np.ndarray, np.ndarray]:
        """Both sides' targets as arrays, (rows,)."""
        return as_array(self.train_targets), as_array(self.valid_targets)

    @property
    def has_classes(self) -> bool:
        """True if the targets are classes: whole numbers, booleans or names."""
        return all(target.dtype.kind in "iubOUST" for target in self.targets)


@dataclass(frozen=True)
class Measured:
    """What a check measured, in words, and whether its rule is broken."""

    text: str
    alarm: bool


@dataclass(frozen=True)
class Check:
    """One cheap check: its name, its rule, what to do where the rule is broken, and how it is measured.

    `measure` takes the case (the split and, for a model, everything around it) and raises `NotRun` where it has
    nothing to say.
    """

    name: str
    rule: str
    fix: str
    measure: Callable[[Any], Measured]

    def finding(self, case: Any) -> "Finding":
        """What this check says about `case`."""
        try:
            measured = self.measure(case)
        except NotRun as reason:
            return Finding(self.name, NOT_RUN, str(reason), self.rule, self.fix)
        return Finding(self.name, ALARM if measured.alarm else QUIET, measured.text, self.rule, self.fix)


@dataclass(frozen=True)
class Finding:
    """What one check said: "quiet", "alarm" or "not run"; what it measured; its rule; and what to do about an alarm."""

    check: str
    verdict: str
    measured: str
    rule: str
    fix: str


class Examination(Sequence[Finding]):
    """The findings of all checks, in their order; shown as a table, alarms first."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        self._findings = tuple(findings)

    def __getitem__(self, index: Any) -> Any:
        return self._findings[index]

    def __len__(self) -> int:
        return len(self._findings)

    def __iter__(self) -> Iterator[Finding]:
        return iter(self._findings)

    @property
    def alarms(self) -> tuple[Finding, ...]:
        """The findings whose rule is broken."""
        return tuple(finding for finding in self._findings if finding.verdict == ALARM)

    def message(self) -> Message:
        """What a reader sees: each alarm with its rule and its fix, then the other checks and what they measured."""
        quiet = [finding for finding in self._findings if finding.verdict == QUIET]
        not_run = [finding for finding in self._findings if finding.verdict == NOT_RUN]
        count = len(self.alarms)
        text = f"{count or 'no'} alarm{'s' * (count != 1)}, {len(quiet)} checks quiet, {len(not_run)} not run."
        rows = [
            (
                finding.verdict,
                finding.check,
                finding.measured,
                finding.rule,
                finding.fix if finding.verdict == ALARM else "",
            )
            for finding in (*self.alarms, *quiet, *not_run)
        ]
        return Message(text, "bad" if self.alarms else "good", ("", "check", "measured", "rule", "what to do"), rows)

    def __repr__(self) -> str:
        return repr(self.message())

    def _repr_html_(self) -> str:
        return self.message()._repr_html_()


def as_array(values: Any) -> np.ndarray:
    """`values` as a numpy array; a tensor is taken off its graph first."""
    return np.asarray(values.detach().cpu() if hasattr(values, "detach") else values)


def _coded(train: Any, valid: Any) -> tuple[Any, Any]:
    """Two pandas tables whose columns of names are replaced by codes, the same on both sides."""
    import pandas as pd

    if list(train.columns) != list(valid.columns):
        apart = sorted(set(map(str, train.columns)) ^ set(map(str, valid.columns))) or "the order"
        raise ModelingError(f"the columns of the two sides differ in {apart}. Take valid_inputs[train_inputs.columns].")
    train, valid = train.copy(), valid.copy()
    for name in train.columns:
        if not pd.api.types.is_numeric_dtype(train[name]):
            codes = pd.factorize(pd.concat([train[name], valid[name]]).astype(str))[0]
            train[name], valid[name] = codes[: len(train)], codes[len(train) :]
    return train, valid


def _rows(name: str, values: Any) -> int:
    if values is None or not hasattr(values, "__len__") or isinstance(values, str | dict):
        raise ModelingError(f"{name} is {values!r:.60}; it must be an array, a table or a tensor. Pass its rows.")
    return len(values)


def _table(name: str, values: Any) -> np.ndarray:
    array = as_array(values)
    try:
        return array.reshape(len(array), -1).astype(float)
    except (TypeError, ValueError) as error:
        raise ModelingError(
            f"{name} holds values that are not numbers ({error}); the checks compare columns of numbers. Encode them "
            "as the model gets them, or pass the columns of numbers alone."
        ) from error
