"""Cheap checks of a torch network, its training loop and its prediction function.

Sources: A. Karpathy, A Recipe for Training Neural Networks, 2019; E. Breck et al., The ML Test Score, 2017. Six
rules were corrected on networks of `healthy`; false alarms are measured on other seeds than those.
"""

from typing import Any

import numpy as np

from lessons.debugging.findings import Check, Measured, NotRun
from lessons.debugging.network_case import RUN_EPOCHS, NetworkCase, asked
from lessons.debugging.recorded_run import row_keys
from mlsd_lib.modeling.errors import ModelingError

ONE_BATCH_EPOCHS = (10, 20, 40, 80, 160, 290)
"""The reader's loop goes on with one batch for so many epochs, then for so many more, until it has learned it."""
START_LOW, START_HIGH = 0.6, 2.0
REACH = 1e-4
DEAD = 0.8
FITTED = 0.4
STEP_LOW, STEP_HIGH = 1e-6, 0.25
STALE = 0.5
SEEN = 0.8
MIXED = 0.25
SAME = 1e-3
"""Two predictions are the same within this share of the spread of all predictions."""


def logits(case: NetworkCase) -> Measured:
    """Whether outputs look as if a softmax or a ReLU had been applied before a loss that wants logits."""
    if case.loss is not None or not case.split.has_classes:
        raise NotRun("only cross entropy is known to want logits; the loss is another")
    inputs, model = case.rows[0], case.run[0]
    seen = [case.start_outputs, case.outputs(model, inputs)]
    if inputs.is_floating_point():  # far from the rows, logits of a healthy network go below zero
        seen += [case.outputs(model, 10 * inputs), case.outputs(model, -10 * inputs)]
    lowest = min(float(output.min()) for output in seen)
    summed = seen[0].ndim > 1 and seen[0].shape[1] > 1 and lowest >= 0
    if summed and all(float((output.sum(dim=1) - 1).abs().max()) < 1e-3 for output in seen):
        return Measured("each row sums to 1: the network ends in a softmax", True)
    return Measured(f"the smallest of {sum(output.numel() for output in seen):,} outputs is {lowest:.3g}", lowest >= 0)


def start(case: NetworkCase) -> Measured:
    """The loss before training, between that of the best constant output and that of the output zero."""
    import torch

    loss = float(case.loss_of(case.start_outputs, case.rows[1]))
    zero = float(case.loss_of(torch.zeros_like(case.start_outputs), case.rows[1]))
    text = f"loss at the start {loss:.3g}, of the best constant {case.constant:.3g}, of the output zero {zero:.3g}"
    return Measured(text, not START_LOW * case.constant <= loss <= START_HIGH * max(case.constant, zero))


def rows_apart(case: NetworkCase) -> Measured:
    """How far a row's prediction moves when the other rows of its batch change, or when it comes alone."""
    model, inputs = case.run[0], case.batch[0]
    half = len(inputs) // 2
    whole = case.outputs(model, inputs)
    _finite_or_not_run(whole)
    if not _same(whole, case.outputs(model, inputs), whole):
        raise NotRun("predictions are not the same twice")
    changed = case.rows[2][torch_order(len(case.rows[2]), half, case.seed)]
    mixed = case.outputs(model, _joined(inputs[:half], changed))
    try:
        alone = [case.outputs(model, inputs[row : row + 1]) for row in range(min(8, half))]
    except ModelingError as error:
        return Measured(f"a row alone: {error}", True)
    far = max(
        _distance(whole[:half], mixed[:half], whole),
        *(_distance(whole[row : row + 1], output, whole) for row, output in enumerate(alone)),
    )
    return Measured(f"a prediction moves by {far:.2g} of the predictions' spread", not far <= SAME)


def same_twice(case: NetworkCase) -> Measured:
    """How far two predictions for the same rows lie apart, and whether asking changes the rows."""
    model, inputs = case.run[0], case.batch[0]
    first, second = case.outputs(model, inputs), case.outputs(model, inputs)
    _finite_or_not_run(first)
    given = inputs.clone()
    asked("predict", case.predict, model, given)
    if not bool((given == inputs).all()):
        return Measured("predict changes its inputs in place", True)
    return Measured(
        f"they differ by {_distance(first, second, first):.2g} of their spread", not _same(first, second, first)
    )


def reaches(case: NetworkCase) -> Measured:
    """The smallest gradient norm of a weight over the largest, medians over the steps of the recorded run."""
    run = case.run[1]
    if not run.steps:
        raise NotRun("no step of a torch optimizer was seen")
    names = list(dict.fromkeys(name for step in run.gradient_norms for name in step))
    if not names:
        raise NotRun("no weight had a gradient")
    norms = {name: float(np.median([step.get(name, 0.0) for step in run.gradient_norms])) for name in names}
    low, high = min(norms, key=lambda n: norms[n]), max(norms, key=lambda n: norms[n])
    if not np.isfinite(list(norms.values())).all():
        return Measured("gradients are not finite", True)
    ratio = norms[low] / max(norms[high], 1e-30)
    return Measured(f"{low} gets {norms[low]:.1e}, {high} {norms[high]:.1e}: ratio {ratio:.0e}", ratio < REACH)


def dead_units(case: NetworkCase) -> Measured:
    """The largest share, over the ReLU layers, of units that are zero for every row after the recorded run."""
    import torch

    model, shares, hooks = case.run[0], {}, []
    for name, module in model.named_modules():
        if isinstance(module, torch.nn.ReLU):

            def note(_module: Any, _inputs: Any, output: Any, name: str = name) -> None:
                active = (output.detach() > 0).reshape(len(output), -1).any(dim=0)
                shares[name] = 1 - float(active.float().mean())

            hooks.append(module.register_forward_hook(note))
    if not hooks:
        raise NotRun("the network has no nn.ReLU")
    try:
        case.outputs(model, case.rows[0])
    finally:
        for hook in hooks:
            hook.remove()
    worst = max(shares, key=lambda name: shares[name]) if shares else ""
    share = shares.get(worst, 0.0)
    return Measured(f"layer {worst}: {share:.0%} of the units are zero for every row", share > DEAD)


def one_batch(case: NetworkCase) -> Measured:
    """How small a share of the best constant's loss the reader's loop reaches on one batch."""
    inputs, targets = case.batch
    constant, model = case.constant_loss(targets), case.copied()
    if constant < 1e-6:
        raise NotRun("the batch holds one target only")
    done = 0
    for epochs in ONE_BATCH_EPOCHS:
        if not case.trained(inputs, targets, epochs, model, count_only=True).steps and not done:
            raise NotRun(f"the loop made no step on {len(inputs)} rows; pass batch_rows at least its batch size")
        done += epochs
        share = float(case.loss_of(case.outputs(model, inputs), targets)) / constant
        if share <= FITTED or not np.isfinite(share):
            break
    text = f"after {done} epochs on {len(inputs)} rows {share:.0%} of the constant's loss are left"
    return Measured(text, not share <= FITTED)


def moves(case: NetworkCase) -> Measured:
    """Parameters that are the same, to the bit, after the recorded run; not those that the loss cannot move.

    A bias before a normalisation is one: its gradient is rounding.
    """
    import torch

    model, built = case.copied(), dict(case.model.named_parameters())
    free = {name: parameter for name, parameter in model.named_parameters() if parameter.requires_grad}
    loss = case.loss_of(model.train()(case.batch[0]), case.batch[1])
    gradients = torch.autograd.grad(loss, list(free.values()), allow_unused=True)
    norms = {name: 0.0 if g is None else float(g.norm()) for name, g in zip(free, gradients, strict=True)}
    needless = {
        n for n, g in zip(free, gradients, strict=True) if g is not None and norms[n] < 1e-6 * max(norms.values())
    }
    still = [
        name
        for name, parameter in case.run[0].named_parameters()
        if not name.startswith(tuple(case.frozen)) and bool((parameter == built[name]).all()) and name not in needless
    ]
    shown = f": {', '.join(still[:3])}" if still else ""
    return Measured(f"{len(still)} of {len(built)} parameters did not move{shown}", bool(still))


def step_size(case: NetworkCase) -> Measured:
    """The median step's update over the weight that it updates."""
    run = case.run[1]
    if not run.steps:
        raise NotRun("no step of a torch optimizer was seen")
    ratio = float(np.median(run.update_ratios))
    return Measured(f"a step changes a weight by {ratio:.1e} of itself", not STEP_LOW <= ratio <= STEP_HIGH)


def fresh_gradients(case: NetworkCase) -> Measured:
    """How often a step's first backward pass added to a gradient that the step before had left."""
    stale = case.run[1].stale
    if not stale:
        raise NotRun("fewer than two steps of a torch optimizer were seen")
    share = float(np.mean(stale))
    return Measured(f"{share:.0%} of the gradients were added to those of the step before", share > STALE)


def rows_seen(case: NetworkCase) -> Measured:
    """The share of the learning rows that the network was shown in the recorded run."""
    keys = [key for batch in case.run[1].batches for key in batch]
    if not keys:
        raise NotRun("no forward pass in training mode was seen")
    rows = len(np.unique(row_keys(case.rows[0])))
    share = min(1.0, len(set(keys)) / rows)
    return Measured(f"{share:.0%} of {rows:,} different rows were shown", share < SEEN)


def mixed_batches(case: NetworkCase) -> Measured:
    """How much more often two rows of a batch have one label than two rows of the whole."""
    if not case.split.has_classes:
        raise NotRun("targets are not classes")
    label_of = dict(zip(row_keys(case.rows[0]).tolist(), case.rows[1].tolist(), strict=True))
    batches = [[label_of[key] for key in batch.tolist() if key in label_of] for batch in case.run[1].batches]
    shown, known = sum(len(batch) for batch in case.run[1].batches), sum(map(len, batches))
    if known < 0.5 * max(shown, 1):
        raise NotRun("the loop changes the rows, so that their labels cannot be told")
    shares = [_same_pairs(np.array(batch)) for batch in batches if len(batch) >= 8]
    if not shares:
        raise NotRun("batches are smaller than 8 rows")
    excess = float(np.mean(shares)) - _same_pairs(case.rows[1].numpy())
    return Measured(f"pairs of one label are more frequent by {excess:+.2f}", excess > MIXED)


def beats_constant(case: NetworkCase) -> Measured:
    """The loss on the judging rows after the recorded run over that of the best constant."""
    loss = float(case.loss_of(case.outputs(case.run[0], case.rows[2]), case.rows[3]))
    ratio = loss / max(case.constant_loss(case.rows[3]), 1e-12)
    return Measured(f"after {case.run_epochs} epochs the loss is {ratio:.2f} of the best constant's", not ratio < 1)


CHECKS = (
    Check(
        "logits",
        "among the outputs for cross entropy, before and after some training, some are negative",
        "Remove the softmax, sigmoid or ReLU after the last layer: the loss applies its own.",
        logits,
    ),
    Check(
        "start",
        f"the loss starts between {START_LOW} of the best constant's and {START_HIGH} of the output zero's",
        "Too high: smaller weights in the last layer, or targets scaled. Too low: pass the network untrained.",
        start,
    ),
    Check(
        "rows apart",
        f"a prediction moves by less than {SAME} of the spread when its neighbours change or leave",
        "Look for a statistic over axis 0, or a reshape that mixes the axes.",
        rows_apart,
    ),
    Check(
        "same twice",
        f"two predictions for one row agree within {SAME} of the spread, and inputs are left alone",
        "Call model.eval() before predicting; work on a copy of the inputs.",
        same_twice,
    ),
    Check(
        "reaches",
        f"no weight gets less than {REACH} of the largest gradient, and all are finite",
        "ReLU and He's start, normalisation or residual connections; clipping if they explode.",
        reaches,
    ),
    Check(
        "dead units",
        f"in no ReLU layer are more than {DEAD:.0%} of the units zero for every row",
        "A smaller learning rate, biases that start at zero, inputs centred.",
        dead_units,
    ),
    Check(
        "one batch",
        f"the loop can learn one batch by heart: at most {FITTED:.0%} of the constant's loss are left",
        "If it cannot, outputs, loss or updates are wrong; or regularisation is too strong for any learning.",
        one_batch,
    ),
    Check(
        "moves",
        "training changes every parameter that is not named in frozen",
        "Pass all parameters to the optimizer; look for requires_grad and detach. Name what stays in frozen=.",
        moves,
    ),
    Check(
        "step size",
        f"a step changes a weight by {STEP_LOW:g} to {STEP_HIGH:g} of itself",
        "Change the learning rate until it is near 0.001 to 0.01.",
        step_size,
    ),
    Check(
        "fresh gradients",
        f"at most {STALE:.0%} of the gradients are added to those of the step before",
        "Call optimizer.zero_grad() before each backward().",
        fresh_gradients,
    ),
    Check(
        "rows seen",
        f"a run shows the network at least {SEEN:.0%} of the rows",
        "Look at the indices of the batches.",
        rows_seen,
    ),
    Check(
        "mixed batches",
        f"two rows of a batch have one label at most {MIXED} more often than any two rows",
        "Shuffle the rows each epoch.",
        mixed_batches,
    ),
    Check(
        "beats constant",
        f"after {RUN_EPOCHS} epochs or a few more the judging loss is below that of the best constant",
        "Look whether inputs and targets still belong together; then at the learning rate.",
        beats_constant,
    ),
)


def torch_order(rows: int, count: int, seed: int) -> np.ndarray:
    """`count` row numbers below `rows`, drawn with replacement only where there are too few."""
    return np.random.default_rng([seed, 1]).choice(rows, count, replace=rows < count)


def _finite_or_not_run(outputs: Any) -> None:
    if not bool(outputs.isfinite().all()):
        raise NotRun("after the recorded run the outputs are not finite")


def _joined(first: Any, second: Any) -> Any:
    import torch

    return torch.cat([first, second])


def _spread(whole: Any) -> float:
    return float(whole.float().std()) + 1e-9


def _distance(value: Any, other: Any, whole: Any) -> float:
    if value.shape != other.shape:
        return float("inf")
    return float((value - other).abs().max()) / _spread(whole)


def _same(value: Any, other: Any, whole: Any) -> bool:
    return _distance(value, other, whole) <= SAME


def _same_pairs(labels: np.ndarray) -> float:
    """How often two different rows have one label."""
    counts = np.unique(labels, return_counts=True)[1]
    return float((counts * (counts - 1)).sum() / (len(labels) * (len(labels) - 1)))
