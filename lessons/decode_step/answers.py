"""What a decoder writes when it takes the likeliest token each time."""

import torch

from mlsd_lib.modeling.decoder import Decoder, KeyValueCache


def answer(decoder: Decoder, prompt: torch.Tensor, cache: KeyValueCache, tokens: int) -> list[int]:
    """The `tokens` likeliest tokens, one after the other, after `prompt`, shape (1, new), was read behind `cache`."""
    logits, written = decoder(prompt, cache), list[int]()
    for _ in range(tokens):
        written.append(int(logits.argmax()))
        logits = decoder(torch.tensor([written[-1:]]), cache)
    return written
