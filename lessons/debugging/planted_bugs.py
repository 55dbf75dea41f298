"""A small pipeline on scikit-learn's digits, and the same with one bug planted in it: a subclass a bug.

Every version runs to its end and reports an accuracy on its judging rows. What its service would reach is measured on
rows that the pipeline never gets, asked one at a time. Nothing that finds a bug may stand here.
"""

from typing import Any, NamedTuple

import numpy as np
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.nn import functional

LEARN, JUDGE = 1_000, 397
EPOCHS, BATCH = 20, 64


def digit_images(seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    """scikit-learn's digits in the order of a seed: 8 x 8 numbers from -0.5 to 0.5 in a row, (1797, 64), and labels."""
    table, labels = load_digits(return_X_y=True)
    order = np.random.default_rng(seed).permutation(len(table))
    return torch.as_tensor(table[order] / 16 - 0.5, dtype=torch.float32), torch.as_tensor(labels[order])


def moved(images: torch.Tensor) -> torch.Tensor:
    """Each image, (rows, 64), moved by one pixel or none along each axis, drawn by torch; empty where it left."""
    shift = torch.randint(-1, 2, (2, len(images), 1))
    padded = functional.pad(images.reshape(-1, 8, 8), (1, 1, 1, 1), value=-0.5)
    rows, columns = (torch.arange(8) + 1 + by for by in shift)
    return padded[torch.arange(len(images))[:, None, None], rows[:, :, None], columns[:, None, :]].reshape(-1, 64)


class Pipeline:
    """The healthy version: label, split, scale, build, train, predict, serve. A bug overrides one of these.

    `learn` and `judge` are scaled rows as the network gets them, (rows, 64); `known` and `truth` their labels.
    """

    rate = 0.1

    def __init__(self, seed: int) -> None:
        self.rng, self.seed = np.random.default_rng(seed), seed
        table, labels = load_digits(return_X_y=True)
        order = self.rng.permutation(len(table))
        pipeline, live = order[: LEARN + JUDGE], order[LEARN + JUDGE :]
        (learn, known), (judge, truth) = self.divided(table[pipeline], self.labelled(labels[pipeline]))
        self.mean, self.deviation = learn.mean(axis=0), learn.std(axis=0) + 1e-3
        self.learn, self.known = self.scaled(learn), torch.as_tensor(known)
        self.judge, self.truth = self.judged(judge), torch.as_tensor(truth)
        self.live, self.live_truth = self.served(table[live]), torch.as_tensor(labels[live])

    def labelled(self, labels: np.ndarray) -> np.ndarray:
        """The labels as the annotators pass them on."""
        return labels

    def divided(self, table: np.ndarray, labels: np.ndarray) -> Any:
        """Rows and labels to learn from, and to judge by."""
        return (table[:LEARN], labels[:LEARN]), (table[LEARN:], labels[LEARN:])

    def scaled(self, table: np.ndarray) -> torch.Tensor:
        """Rows scaled by the mean and deviation of the learning rows."""
        return torch.as_tensor((table - self.mean) / self.deviation, dtype=torch.float32)

    def judged(self, table: np.ndarray) -> torch.Tensor:
        """The judging rows, scaled."""
        return self.scaled(table)

    def served(self, table: np.ndarray) -> torch.Tensor:
        """Rows that arrive at the service, scaled."""
        return self.scaled(table)

    def build(self) -> nn.Module:
        """A new network with random weights."""
        return nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Dropout(0.3), nn.Linear(64, 10))

    def trainable(self, model: nn.Module) -> Any:
        """The parameters that the optimizer gets."""
        return model.parameters()

    def order(self, targets: torch.Tensor) -> torch.Tensor:
        """Numbers of the rows in the order of one epoch."""
        return torch.randperm(len(targets))

    def changed(self, inputs: torch.Tensor) -> torch.Tensor:
        """The augmented batch."""
        return inputs

    def clear(self, optimizer: torch.optim.Optimizer) -> None:
        """Forget the gradients of the step before."""
        optimizer.zero_grad()

    def train(self, model: nn.Module, inputs: torch.Tensor, targets: torch.Tensor, epochs: int) -> None:
        """Train `model` in place."""
        optimizer = torch.optim.SGD(self.trainable(model), lr=self.rate)
        model.train()
        for _ in range(epochs):
            for rows in self.order(targets).split(BATCH):
                self.clear(optimizer)
                functional.cross_entropy(model(self.changed(inputs[rows])), targets[rows]).backward()
                optimizer.step()

    @torch.no_grad()
    def predict(self, model: nn.Module, inputs: torch.Tensor) -> torch.Tensor:
        """The outputs for each row, (rows, 10)."""
        model.eval()
        return model(inputs)

    def network(self) -> nn.Module:
        """A network as built, the same for one seed."""
        torch.manual_seed(self.seed)
        return self.build()

    def accuracies(self) -> "Accuracies":
        """Trains to the end; the accuracy that the pipeline reports, and the one that its service reaches."""
        model = self.network()
        self.train(model, self.learn, self.known, EPOCHS)
        reported = self.predict(model, self.judge.clone()).argmax(dim=1) == self.truth
        answers = torch.stack([self.predict(model, row[None].clone()).argmax() for row in self.live])
        return Accuracies(float(reported.float().mean()), float((answers == self.live_truth).float().mean()))


class Accuracies(NamedTuple):
    """Shares of right answers: reported on the judging rows; live, on fresh rows that come one at a time."""

    reported: float
    live: float


class JudgedRowsLearned(Pipeline):
    def divided(self, table, labels):
        learn, judge = super().divided(table, labels)
        return tuple(np.concatenate([mine, other]) for mine, other in zip(learn, judge, strict=True)), judge


class JudgedRowsScaledAlone(Pipeline):
    def judged(self, table):
        return torch.as_tensor((table - table.mean(axis=0)) / (table.std(axis=0) + 1e-3), dtype=torch.float32)


class ServiceScalesOtherwise(Pipeline):
    def served(self, table):
        return torch.as_tensor(table / 16 - 0.5, dtype=torch.float32)


class JudgedAndServedOtherwise(ServiceScalesOtherwise):
    def judged(self, table):
        return self.served(table)


class LabelsOneRowOff(Pipeline):
    def divided(self, table, labels):
        (learn, known), judge = super().divided(table, labels)
        return (learn, np.concatenate([known[:700], np.roll(known[700:], 1)])), judge


class LearningLabelsRedrawn(Pipeline):
    def divided(self, table, labels):
        (learn, known), judge = super().divided(table, labels)
        return (learn, np.where(self.rng.random(len(known)) < 0.3, self.rng.integers(0, 10, len(known)), known)), judge


class AnswerInAColumn(Pipeline):
    def divided(self, table, labels):
        table = table.copy()
        table[:, 0] = labels  # a corner pixel, empty in every image and so at the service
        return super().divided(table, labels)


class ThreesFiledAsEights(Pipeline):
    def labelled(self, labels):
        return np.where((labels == 3) & (self.rng.random(len(labels)) < 0.7), 8, labels)


class MirroredInTraining(Pipeline):
    def changed(self, inputs):
        mirrored = inputs.reshape(-1, 8, 8).flip(2).reshape(-1, 64)
        return torch.where(torch.rand(len(inputs), 1) < 0.5, mirrored, inputs)


class SoftmaxBeforeTheLoss(Pipeline):
    def build(self):
        return nn.Sequential(super().build(), nn.Softmax(dim=1))


class ReluAfterTheLastLayer(Pipeline):
    def build(self):
        return nn.Sequential(super().build(), nn.ReLU())


class LastLayerTooWide(Pipeline):
    def build(self):
        model: Any = super().build()
        model[3].weight.data *= 20
        return model


class SigmoidsSixDeep(Pipeline):
    def build(self):
        hidden = [part for _ in range(6) for part in (nn.Linear(64, 64), nn.Sigmoid())]
        return nn.Sequential(*hidden, nn.Linear(64, 10))


class DeadUnits(Pipeline):
    def build(self):
        model: Any = super().build()
        model[0].bias.data -= 4
        return model


class FirstLayerLeftOut(Pipeline):
    def trainable(self, model):
        return model[3].parameters()


class _Before(nn.Module):
    """A network that does something to its batch first."""

    def __init__(self, network: nn.Module, first: Any) -> None:
        super().__init__()
        self.network, self.first = network, first

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        return self.network(self.first(inputs))


class RowsMixedByAReshape(Pipeline):
    def build(self):
        return _Before(super().build(), lambda inputs: inputs.t().reshape(inputs.shape))


class CentredByTheBatch(Pipeline):
    def build(self):
        return _Before(super().build(), lambda inputs: inputs - inputs.mean(dim=0))


class GradientsNeverCleared(Pipeline):
    def clear(self, optimizer):
        pass


class StepTooLong(Pipeline):
    rate = 5.0


class StepTooShort(Pipeline):
    rate = 1e-6


class DropoutWhilePredicting(Pipeline):
    @torch.no_grad()
    def predict(self, model, inputs):
        return model(inputs)


class SortedAndNeverShuffled(Pipeline):
    def order(self, targets):
        return targets.argsort()


class FirstBatchesOnly(Pipeline):
    def order(self, targets):
        return torch.randperm(min(len(targets), 2 * BATCH))


class ScalesInPlaceWhilePredicting(Pipeline):
    @torch.no_grad()
    def predict(self, model, inputs):
        model.eval()
        return model(inputs.clamp_(-1, 1))


BUGS: dict[str, type[Pipeline]] = {
    "judged rows learned": JudgedRowsLearned,
    "judged rows scaled alone": JudgedRowsScaledAlone,
    "judged and served, scaled otherwise": JudgedAndServedOtherwise,
    "served, scaled otherwise": ServiceScalesOtherwise,
    "labels one row off, from row 700": LabelsOneRowOff,
    "learning labels redrawn": LearningLabelsRedrawn,
    "the answer in a column": AnswerInAColumn,
    "threes filed as eights": ThreesFiledAsEights,
    "mirrored in training": MirroredInTraining,
    "softmax before the loss": SoftmaxBeforeTheLoss,
    "ReLU after the last layer": ReluAfterTheLastLayer,
    "last layer 20 times too wide": LastLayerTooWide,
    "sigmoids, six deep": SigmoidsSixDeep,
    "dead units": DeadUnits,
    "first layer left out": FirstLayerLeftOut,
    "rows mixed by a reshape": RowsMixedByAReshape,
    "centred by the batch": CentredByTheBatch,
    "gradients never cleared": GradientsNeverCleared,
    "step 50 times too long": StepTooLong,
    "step far too short": StepTooShort,
    "dropout while predicting": DropoutWhilePredicting,
    "sorted, never shuffled": SortedAndNeverShuffled,
    "first batches only": FirstBatchesOnly,
    "scales in place while predicting": ScalesInPlaceWhilePredicting,
}
