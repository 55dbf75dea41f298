"""A decoder whose weight matrices are kept in eight bits."""

import warnings

import torch
from torch import nn


def in_eight_bits(model: nn.Module) -> nn.Module:
    """A copy of `model` with eight-bit weights; what flows into a matrix is quantised at each call.

    By torch's own dynamic quantisation, which announces in newer versions that it will move to another package.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return torch.ao.quantization.quantize_dynamic(model, {nn.Linear}, dtype=torch.qint8)
