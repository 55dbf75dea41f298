"""`examine`: the debugging checklist as one function, for a reader's own model and rows."""

from collections.abc import Callable, Sequence
from typing import Any

from lessons.debugging import data_checks, estimator_checks, network_checks
from lessons.debugging.findings import Examination, Finding, Split
from lessons.debugging.network_case import NetworkCase, plain_predict, plain_train
from mlsd_lib.modeling.errors import ModelingError


def examine(
    model: Any,
    data: Split,
    *,
    train: Callable[..., Any] | None = None,
    predict: Callable[[Any, Any], Any] | None = None,
    loss: Callable[[Any, Any], Any] | None = None,
    frozen: Sequence[str] = (),
    batch_rows: int = 64,
    seed: int = 0,
) -> Examination:
    """What cheap checks say about `model`, a torch network as built or a scikit-learn estimator, and about `data`.

    For a network, `train(model, inputs, targets, epochs)` is your own loop (in place), `predict(model, inputs)` your
    own way to outputs, `loss(outputs, targets)` what you minimise. Each has a plain default, and what is left out is
    not examined. `frozen` names parameters, by their beginnings, that are meant to stay. `batch_rows` must not be
    smaller than your loop's batch if it drops incomplete ones. Neither the model nor the data change, nor torch's state
    of randomness.

    An alarm is a reason to look, not a proof. Of 200 healthy networks 3 had an alarm, 1.5 % (95 % interval .3 to
    4.3 %), and of 100 healthy estimators none (below 3.6 %), each on a table of its own; measured by
    `python -m lessons.debugging.healthy`.

    Raises `ModelingError` for what cannot be examined.
    """
    if not isinstance(data, Split):
        raise ModelingError(
            f"data is {type(data).__name__}; it must be a Split. Write Split(train_inputs, train_targets, "
            "valid_inputs, valid_targets)."
        )
    if isinstance(model, type):
        raise ModelingError(f"model is the class {model.__name__}; it must be an object. Write {model.__name__}(...).")
    for name, function in (("train", train), ("predict", predict), ("loss", loss)):
        if function is not None and not callable(function):
            raise ModelingError(f"{name} is {function!r:.60}; it must be a function. Pass its name without calling it.")
    if _is_network(model):
        return Examination(_of_network(model, data, train, predict, loss, frozen, batch_rows, seed))
    if not (hasattr(model, "fit") and hasattr(model, "predict") and hasattr(model, "get_params")):
        raise ModelingError(
            f"model is {type(model).__name__}; it must be a torch.nn.Module or a scikit-learn estimator with fit and "
            "predict. Wrap it in one of the two."
        )
    if train or predict or loss or frozen:
        raise ModelingError(
            "train, predict, loss and frozen belong to a torch network; an estimator brings its own fit and predict. "
            "Leave them out."
        )
    case = estimator_checks.EstimatorCase(data, model, seed)
    return Examination([*_of_data(data), *(check.finding(case) for check in estimator_checks.CHECKS)])


def _is_network(model: Any) -> bool:
    return any(
        f"{base.__module__}.{base.__qualname__}" == "torch.nn.modules.module.Module" for base in type(model).__mro__
    )


def _of_data(data: Split) -> list[Finding]:
    return [check.finding(data) for check in data_checks.CHECKS]


def _of_network(
    model: Any,
    data: Split,
    train: Callable[..., Any] | None,
    predict: Callable[[Any, Any], Any] | None,
    loss: Callable[[Any, Any], Any] | None,
    frozen: Sequence[str],
    batch_rows: int,
    seed: int,
) -> list[Finding]:
    import torch

    findings = _of_data(data)
    if findings[0].verdict == "alarm":
        raise ModelingError(
            f"inputs or targets are not finite: {findings[0].measured}, which a network turns into NaN everywhere. "
            "Fill them, say by a column that is 1 where the value was missing."
        )
    if data.has_classes and any(target.dtype.kind not in "iub" for target in data.targets):
        raise ModelingError(
            f"targets are {data.targets[0].dtype}; a network needs classes as whole numbers from 0. "
            "Write names, targets = numpy.unique(targets, return_inverse=True)."
        )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        case = NetworkCase(
            data,
            model,
            train or _plain(lambda: case),
            predict or plain_predict,
            loss,
            frozen,
            batch_rows,
            seed,
        )
        _check_outputs(case)
        findings += [check.finding(case) for check in network_checks.CHECKS]
    return findings


def _plain(case: Callable[[], NetworkCase]) -> Callable[..., Any]:
    """The default loop, with the loss of the case."""

    def train(model: Any, inputs: Any, targets: Any, epochs: int) -> None:
        plain_train(model, inputs, targets, epochs, case().loss_of)

    return train


def _check_outputs(case: NetworkCase) -> None:
    outputs, targets = case.start_outputs, case.rows[1]
    if len(outputs) != len(targets):
        raise ModelingError(
            f"the network gave {len(outputs)} outputs for {len(targets)} rows; it must give one a row. Look at its "
            "reshapes."
        )
    if case.loss is None and case.split.has_classes and outputs.ndim > 1 and outputs.shape[1] > 1:
        low, high = int(targets.min()), int(targets.max())
        if low < 0 or high >= outputs.shape[1]:
            raise ModelingError(
                f"targets go from {low} to {high} and the network has {outputs.shape[1]} outputs; classes must be 0 to "
                f"{outputs.shape[1] - 1}. Renumber them, or give the network {high + 1} outputs."
            )
