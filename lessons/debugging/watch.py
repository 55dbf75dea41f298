"""A training run watched while it goes: loss, gradient norm and update ratio, step by step."""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from mlsd_lib.lesson import plotting as plot
from mlsd_lib.lesson.reader import someone_is_there
from mlsd_lib.modeling.errors import ModelingError

if TYPE_CHECKING:
    from matplotlib.axes import Axes

GOOD_UPDATES = (1e-4, 1e-1)
"""Between these shares of itself a weight usually changes in one step; beyond, it stands still or is thrown about."""
PANELS = ("loss", "gradient norm", "update over weight")


class Watch:
    """Keeps what each step of a run did to a torch `model`, and draws it for a reader while the run goes on.

    Use it around the loop and call it after each `optimizer.step()` with the loss; where gradients are clipped, also
    with the norm that `clip_grad_norm_` returned. In JupyterLab the picture renews itself every `every_s` seconds of
    `clock`; where nobody watches (papermill, tests) only the last picture is drawn, by `draw`.

        with Watch(model) as watch:
            for inputs, targets in batches:
                ...
                optimizer.step()
                watch(loss.item())
        watch.draw("It learned")
    """

    def __init__(self, model: Any, every_s: float = 0.5, clock: Callable[[], float] = time.monotonic) -> None:
        if not hasattr(model, "named_parameters"):
            raise ModelingError(f"model is {type(model).__name__}; it must be a torch.nn.Module. Pass the network.")
        self.weights = [parameter for parameter in model.parameters() if parameter.requires_grad]
        if not self.weights:
            raise ModelingError("the model has no parameter to learn. Look for requires_grad_(False).")
        self.loss: list[float] = []
        self.gradient_norm: list[float] = []
        self.update_ratio: list[float] = []
        self._every_s, self._clock, self._drawn_s = every_s, clock, -float("inf")
        self._before = [weight.detach().clone() for weight in self.weights]
        self._shown: Any = None

    def __enter__(self) -> "Watch":
        return self

    def __exit__(self, *_error: object) -> None:
        if self._shown is not None:  # the finished picture is drawn where the reader asks for it
            self._shown.update(_Nothing())

    def __call__(self, loss: float, gradient_norm: float | None = None) -> None:
        """Keep one step: its loss, its gradient's norm (`gradient_norm` if given), and its update over the weights."""
        if gradient_norm is None:
            gradient_norm = _norm([weight.grad for weight in self.weights if weight.grad is not None])
        moved = _norm([weight.detach() - old for weight, old in zip(self.weights, self._before, strict=True)])
        self.loss.append(float(loss))
        self.gradient_norm.append(float(gradient_norm))
        self.update_ratio.append(moved / (_norm(self._before) + 1e-12))
        for old, weight in zip(self._before, self.weights, strict=True):
            old.copy_(weight.detach())
        if someone_is_there() and self._clock() - self._drawn_s >= self._every_s:
            self._renew()
            self._drawn_s = self._clock()

    def draw(self, title: str) -> "list[Axes]":
        """The whole run as three lines over its steps; values that are not finite leave a gap."""
        if not self.loss:
            raise ModelingError("no step was kept. Call the watch after each optimizer.step().")
        axes = plot.panels(3, size=(9.8, 3.3), title=title)
        for ax, name, values in zip(axes, PANELS, self._series(), strict=True):
            self._panel(ax, name, values)
        return axes

    def _series(self) -> tuple[list[float], ...]:
        return self.loss, self.gradient_norm, self.update_ratio

    def _panel(self, ax: "Axes", name: str, values: list[float]) -> None:
        drawn = np.where(np.isfinite(values) & (np.array(values) > 0), values, np.nan)
        levels = {"usual, at most": GOOD_UPDATES[1], "usual, at least": GOOD_UPDATES[0]}
        frame: dict[str, Any] = {"levels": levels} if name == PANELS[2] else {}
        at = list(range(1, len(values) + 1))
        style = "-" if np.isfinite(drawn).sum() > 25 else "o-"
        plot.lines({name: drawn}, "", "step", name, at=at, labels=False, log="y", style=style, ax=ax, **frame)

    def _renew(self) -> None:
        import matplotlib.pyplot as plt
        from IPython.display import display

        figure: Any = self.draw(f"step {len(self.loss):,}")[0].figure
        if self._shown is None:
            self._shown = display(figure, display_id=True)
        else:
            self._shown.update(figure)
        plt.close(figure)


class _Nothing:
    """What stands where the live picture stood."""

    def __repr__(self) -> str:
        return ""

    def _repr_html_(self) -> str:
        return ""


def _norm(tensors: list[Any]) -> float:
    return float(sum(float((tensor * tensor).sum()) for tensor in tensors) ** 0.5)
