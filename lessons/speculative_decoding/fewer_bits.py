"""A decoder with weights of fewer bits, to see what rounding does to what it says; its steps cost what they did."""

import copy

import torch

from mlsd_lib.modeling.decoder import Decoder


def rounded(decoder: Decoder, bits: int) -> Decoder:
    """A copy whose weight matrices have 2 ** bits - 1 values in each row, evenly spaced up to its largest weight."""
    model = copy.deepcopy(decoder)
    for weight in model.parameters():
        if weight.dim() == 2:
            step = weight.abs().amax(dim=1, keepdim=True) / (2 ** (bits - 1) - 1)
            weight.copy_(torch.round(weight / step) * step)
    return model
