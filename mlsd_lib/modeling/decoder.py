"""A small decoder-only transformer that keeps the keys and values of what it has read: what serving one costs.

Its weights are drawn at random. What a step costs does not depend on their values; what the text is worth does. A
lesson that needs a text that is worth something trains them: called without a cache, the decoder passes on gradients.
"""

import math
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import gelu, scaled_dot_product_attention

from mlsd_lib.modeling.errors import ModelingError


@dataclass(frozen=True)
class KeyValueCache:
    """What a decoder has read, for some rows: each row is a sequence of its own length.

    `keys`, `values`: shape (layers, rows, heads, room, head width), float32; `lengths`: tokens held by each row, shape
    (rows,), to be set back where a row shall forget its last tokens. All three are changed in place.
    """

    keys: Tensor
    values: Tensor
    lengths: Tensor

    @property
    def room(self) -> int:
        """The tokens that a row can hold."""
        return self.keys.shape[3]

    def rows(self, start: int, stop: int) -> "KeyValueCache":
        """The rows from `start` up to `stop`, as a view: what is read into it is in this cache too."""
        return KeyValueCache(self.keys[:, start:stop], self.values[:, start:stop], self.lengths[start:stop])

    def copy_row(self, source: int, target: int) -> None:
        """Put what row `source` holds into row `target`."""
        length = int(self.lengths[source])
        for numbers in (self.keys, self.values):
            numbers[:, target, :, :length] = numbers[:, source, :, :length]
        self.lengths[target] = length


class Decoder(nn.Module):
    """A transformer of `layers` pre-norm blocks, `width` numbers a token, whose weights come from `rng`.

    Raises `ModelingError` if `width` is no multiple of twice `heads`.

    Source: A. Vaswani et al., Attention Is All You Need (2017), with the layer norm before each part of a block.
    """

    def __init__(self, width: int, layers: int, heads: int, rng: np.random.Generator, vocabulary: int = 512) -> None:
        super().__init__()
        if width % (2 * heads):
            raise ModelingError(f"width is {width} and heads {heads}; width must be a multiple of {2 * heads}.")
        self.width, self.heads = width, heads
        # skip_init would import torch's compiler for it, a second of CPU time
        self.embedding = nn.Embedding.from_pretrained(torch.empty(vocabulary, width), freeze=False)
        self.blocks = nn.ModuleList(Block(width, heads) for _ in range(layers))
        self.norm = nn.LayerNorm(width)
        self.output = nn.utils.skip_init(nn.Linear, width, vocabulary, bias=False)
        generator = torch.Generator().manual_seed(int(rng.integers(2**63)))
        for name, weight in self.named_parameters():
            if weight.dim() == 2:
                spread = 1.0 if name.startswith("embedding") else 1 / math.sqrt(weight.shape[1])
                nn.init.normal_(weight, std=spread, generator=generator)
            elif name.endswith("bias"):
                nn.init.zeros_(weight)
        self.requires_grad_(requires_grad=False)

    @property
    def step_bytes(self) -> int:
        """Bytes of weights that each step reads: all but the embedding, of which it reads a row a token."""
        return 4 * sum(weight.numel() for name, weight in self.named_parameters() if not name.startswith("embedding"))

    def new_cache(self, rows: int, room: int) -> KeyValueCache:
        """An empty cache for `rows` sequences of up to `room` tokens each."""
        shape = len(self.blocks), rows, self.heads, room, self.width // self.heads
        return KeyValueCache(torch.zeros(shape), torch.zeros(shape), torch.zeros(rows, dtype=torch.long))

    def forward(self, tokens: Tensor, cache: KeyValueCache | None = None) -> Tensor:
        """Logits of the token that comes next in each row, shape (rows, vocabulary), after `tokens` were read.

        `tokens`: shape (rows, new). They are read behind what `cache` holds, and are then held by it too. Without one
        the sequences begin with `tokens`, and nothing is kept. Raises `ModelingError` where they do not fit.
        """
        return self.output(self.norm(self._read(tokens, cache)[:, -1]))

    def logits(self, tokens: Tensor, cache: KeyValueCache | None = None) -> Tensor:
        """Logits of the token that comes next after each of `tokens`, shape (rows, new, vocabulary); else as a call."""
        return self.output(self.norm(self._read(tokens, cache)))

    def _read(self, tokens: Tensor, cache: KeyValueCache | None) -> Tensor:
        rows, new = tokens.shape
        if cache is None:
            places = _Places(torch.zeros(rows, dtype=torch.long), new)
        elif len(cache.lengths) != rows:
            raise ModelingError(
                f"tokens have {rows} rows, the cache has {len(cache.lengths)}. Pass cache.rows(start, stop)."
            )
        else:
            places = _Places(cache.lengths, new)
            if places.end > cache.room:
                raise ModelingError(
                    f"a row would hold {places.end} tokens and has room for {cache.room}. Make more room."
                )
        x = self.embedding(tokens) + position_code(places.positions, self.width)
        for layer, block in enumerate(self.blocks):
            held = None if cache is None else (cache.keys[layer], cache.values[layer])
            x = block(x, held, places)
        if cache is not None:
            cache.lengths.add_(new)
        return x


class Block(nn.Module):
    """Attention over all that was read, then a network for each token by itself."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.norm_attention, self.norm_network = nn.LayerNorm(width), nn.LayerNorm(width)
        self.queries_keys_values = nn.utils.skip_init(nn.Linear, width, 3 * width)
        self.mix = nn.utils.skip_init(nn.Linear, width, width)
        self.widen = nn.utils.skip_init(nn.Linear, width, 4 * width)
        self.narrow = nn.utils.skip_init(nn.Linear, 4 * width, width)

    def forward(self, x: Tensor, held: tuple[Tensor, Tensor] | None, places: "_Places") -> Tensor:
        rows, new, width = x.shape
        parts = self.queries_keys_values(self.norm_attention(x)).view(rows, new, 3, self.heads, width // self.heads)
        query, key, value = parts.permute(2, 0, 3, 1, 4)  # each (rows, heads, new, head width)
        read = key, value
        if held is not None:
            for room, fresh in zip(held, read, strict=True):
                places.write(room, fresh)
            read = held[0][:, :, : places.end], held[1][:, :, : places.end]
        seen = scaled_dot_product_attention(query, *read, attn_mask=places.mask)
        x = x + self.mix(seen.transpose(1, 2).reshape(rows, new, width))
        return x + self.narrow(gelu(self.widen(self.norm_network(x))))


class _Places:
    """Where the `new` tokens of each row go, and which tokens each of them may see: those not after it."""

    def __init__(self, lengths: Tensor, new: int) -> None:
        self.start, longest = int(lengths.min()), int(lengths.max())
        self.end, self.ragged = longest + new, longest > self.start
        self.positions = lengths[:, None] + torch.arange(new)  # (rows, new)
        self.mask: Tensor | None = None
        if self.ragged:
            self.mask = (torch.arange(self.end) <= self.positions[:, :, None])[:, None]  # (rows, 1, new, end)
        elif new > 1:
            self.mask = torch.arange(self.end) <= self.positions[0, :, None]  # (new, end)

    def write(self, held: Tensor, fresh: Tensor) -> None:
        if self.ragged:
            held[torch.arange(len(held))[:, None], :, self.positions] = fresh.transpose(1, 2)
        else:
            held[:, :, self.start : self.end] = fresh


def position_code(positions: Tensor, width: int) -> Tensor:
    """Sines and cosines of `positions`, shape (rows, new, width), by the formula of the source of `Decoder`."""
    angles = positions[:, :, None] / 10_000 ** (torch.arange(0, width, 2) / width)
    return torch.cat([angles.sin(), angles.cos()], dim=2)
