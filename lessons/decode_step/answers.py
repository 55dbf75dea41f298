"""What a decoder writes when it takes the likeliest token each time."""

from collections.abc import Iterator
from itertools import islice

import torch

from mlsd_lib.modeling.decoder import Decoder, KeyValueCache


def likeliest(decoder: Decoder, prompt: torch.Tensor, cache: KeyValueCache) -> Iterator[int]:
    """The likeliest tokens, one after the other, after `prompt`, shape (1, new), was read behind `cache`."""
    while True:
        token = int(decoder(prompt, cache).argmax())
        yield token
        prompt = torch.tensor([[token]])


def answer(decoder: Decoder, prompt: torch.Tensor, cache: KeyValueCache, tokens: int) -> list[int]:
    """The first `tokens` of the likeliest tokens."""
    return list(islice(likeliest(decoder, prompt, cache), tokens))
