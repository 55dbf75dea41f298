"""A watch keeps what each step did, whatever the optimizer, and draws while the run goes on only for a reader."""

import numpy as np
import pytest
import torch
from torch import nn

from lessons.debugging import Watch
from lessons.debugging import watch as watching
from mlsd_lib.modeling import ModelingError


def run(watch, model, steps=6):
    optimizer = torch.optim.SGD(model.parameters(), lr=0.5)
    for _ in range(steps):
        optimizer.zero_grad()
        loss = ((model(torch.ones(4, 3)) - 1) ** 2).mean()
        loss.backward()
        optimizer.step()
        watch(loss.item())
    return watch


def test_a_plain_step_moves_the_weights_by_rate_times_gradient():
    torch.manual_seed(0)
    model = nn.Linear(3, 1)
    size = float(sum((parameter.detach() ** 2).sum() for parameter in model.parameters()) ** 0.5)
    watch = run(Watch(model), model, steps=1)
    assert watch.update_ratio[0] == pytest.approx(0.5 * watch.gradient_norm[0] / size, rel=1e-5)


def test_the_norm_before_clipping_is_kept_where_it_is_given():
    model = nn.Linear(3, 1)
    watch = Watch(model)
    watch(1.0, gradient_norm=7.0)
    assert watch.gradient_norm == [7.0]
    assert watch.update_ratio == [0.0]


def test_nothing_is_displayed_where_nobody_is_there(monkeypatch):
    shown = []
    monkeypatch.setattr("IPython.display.display", lambda *given, **_named: shown.append(given))
    model = nn.Linear(3, 1)
    with Watch(model, every_s=0) as watch:
        run(watch, model)
    assert shown == []
    assert len(watch.loss) == 6


def test_a_reader_sees_one_picture_that_renews_itself_by_the_clock(monkeypatch):
    class Handle:
        updates = 0

        def update(self, _what):
            self.updates += 1

    handle, moments, displays = Handle(), iter(range(100)), []
    monkeypatch.setattr(watching, "someone_is_there", lambda: True)
    monkeypatch.setattr("IPython.display.display", lambda *_given, **named: displays.append(named) or handle)
    model = nn.Linear(3, 1)
    with Watch(
        model, every_s=4, clock=lambda: next(moments)
    ) as watch:  # two looks at the clock when it draws, else one
        run(watch, model, steps=8)
    assert displays == [{"display_id": True}]
    assert handle.updates == 2  # one renewal, and the live picture goes when the final one is drawn


def test_the_picture_has_three_panels_and_survives_what_is_not_finite():
    model = nn.Linear(3, 1)
    watch = Watch(model)
    for loss in (1.0, float("inf"), float("nan"), 2.0):
        with torch.no_grad():
            model.weight += 0.1
        watch(loss, gradient_norm=loss)
    panels = watch.draw("a run")
    assert [ax.get_ylabel() for ax in panels] == ["loss", "gradient norm", "update over weight"]
    assert np.isfinite(panels[0].lines[0].get_ydata()).sum() == 2


def test_what_has_nothing_to_watch_is_refused():
    with pytest.raises(ModelingError, match="model is int"):
        Watch(3)
    with pytest.raises(ModelingError, match="no parameter to learn"):
        Watch(nn.Linear(2, 1).requires_grad_(False))
    with pytest.raises(ModelingError, match="no step was kept"):
        Watch(nn.Linear(2, 1)).draw("nothing")
