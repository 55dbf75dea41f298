"""The decoder as an ONNX file, its keys and values passed in and out, and a loop that decodes with it.

The names of inputs and outputs, and the settings beside the file, are those that ONNX Runtime's package for language
models looks for (https://onnxruntime.ai/docs/genai/reference/config.html).
"""

import json
import math
import os
import shutil
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import gelu
from torch.onnx.operators import shape_as_tensor

from mlsd_lib.modeling.decoder import Decoder, position_code
from mlsd_lib.modeling.onnx_models import in_eight_bits

MODEL, SETTINGS = "model.onnx", "genai_config.json"
OPSET = 17
ROOM = 2_048
"""Tokens that the runtime lets a stream hold, its prompt included."""
NEVER = -1e9
"""The logit of a token that is never the likeliest. The runtime wants a token that ends an answer; ours have no end."""


def write_model(decoder: Decoder, folder: Path, *, in_place: bool = True, by_mask: bool = True) -> Path:
    """`folder`, made, with `decoder` as an ONNX file and the settings that the runtime reads.

    `in_place`: new keys and values are written into those that were passed in, by the runtime's own operator
    GroupQueryAttention; else each step puts old and new together into a copy, by standard operators. `by_mask`: the
    place of a token counts the tokens that the mask shows in its row; else it is the token's column, which is the same
    where no row is padded.
    """
    folder.mkdir(parents=True)
    layers = range(len(decoder.blocks))
    kinds = [f"{layer}.{kind}" for layer in layers for kind in ("key", "value")]
    inputs = ["input_ids", "attention_mask", *(f"past_key_values.{kind}" for kind in kinds)]
    outputs = ["logits", *(f"present.{kind}" for kind in kinds)]
    axes = {name: {0: "rows", 1: "new"} for name in ("input_ids", "logits")}
    axes |= {"attention_mask": {0: "rows", 1: "all"}} | {name: {0: "rows", 2: "held"} for name in inputs[2:]}
    axes |= {name: {0: "rows", 2: "all"} for name in outputs[1:]}
    held = torch.zeros(1, decoder.heads, 3, decoder.width // decoder.heads)
    example = torch.zeros(1, 2, dtype=torch.long), torch.ones(1, 5, dtype=torch.long), *[held] * len(kinds)
    with warnings.catch_warnings(action="ignore"):  # torch would rather use its other exporter
        torch.onnx.export(
            _Graph(decoder, in_place, by_mask).eval(),
            example,
            str(folder / MODEL),
            input_names=inputs,
            output_names=outputs,
            dynamic_axes=axes,
            opset_version=OPSET,
            dynamo=False,
        )
    (folder / SETTINGS).write_text(json.dumps(_settings(decoder, in_place)), encoding="utf-8")
    return folder


def write_in_eight_bits(source: Path, folder: Path) -> Path:
    """`folder`, made, with the model of the folder `source` in weights of eight bits."""
    folder.mkdir(parents=True)
    (folder / MODEL).write_bytes(in_eight_bits((source / MODEL).read_bytes()))
    shutil.copy(source / SETTINGS, folder)
    return folder


class OnnxDecoder:
    """The model in `folder` on plain ONNX Runtime and one thread, with what it held passed back to it by hand."""

    def __init__(self, folder: Path) -> None:
        os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")  # read when it is first imported
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(str(folder / MODEL), options, providers=["CPUExecutionProvider"])
        self._held = {put.name: put.shape for put in self._session.get_inputs() if put.name.startswith("past")}

    def logits(self, tokens: Sequence[int]) -> np.ndarray:
        """Logits of the token that comes next after each of `tokens`, shape (tokens, vocabulary), read in one call."""
        return self._read(tokens, self._nothing(), len(tokens))[0][0, :, :-1]

    def answer(self, prompt: Sequence[int]) -> Iterator[int]:
        """The likeliest tokens after `prompt`, one after the other, without an end."""
        held, length, new = self._nothing(), len(prompt), prompt
        while True:
            logits, held = self._read(new, held, length)
            new, length = [int(logits[0, -1].argmax())], length + 1
            yield new[0]

    def _nothing(self) -> dict[str, np.ndarray]:
        return {name: np.zeros((1, heads, 0, width), np.float32) for name, (_, heads, _, width) in self._held.items()}

    def _read(self, new: Sequence[int], held: dict[str, np.ndarray], length: int) -> tuple[np.ndarray, dict[str, Any]]:
        given = {"input_ids": np.array([new]), "attention_mask": np.ones((1, length), np.int64), **held}
        logits, *present = self._session.run(None, given)
        return logits, dict(zip(held, present, strict=True))


class _Graph(nn.Module):
    """`decoder` as a function of tokens, mask, keys and values, which gives logits, and keys and values."""

    def __init__(self, decoder: Decoder, in_place: bool, by_mask: bool) -> None:
        super().__init__()
        self.decoder, self.in_place, self.by_mask = decoder, in_place, by_mask

    def forward(self, tokens: Tensor, mask: Tensor, *held: Tensor) -> tuple[Tensor, ...]:
        new = tokens.shape[1]
        seen = (mask if self.by_mask else torch.ones_like(mask)).sum(1, keepdim=True)
        positions = (seen - new).clamp(min=0) + torch.arange(new)  # (rows, new); a padded prompt begins at 0
        known = tokens.clamp(max=self.decoder.embedding.num_embeddings - 1)  # what pads a prompt is none of them
        x = self.decoder.embedding(known) + position_code(positions, self.decoder.width)
        kept = list[Tensor]()
        block: Any  # a `Block`, whose parts are taken by their names
        for layer, block in enumerate(self.decoder.blocks):
            parts = block.queries_keys_values(block.norm_attention(x)).chunk(3, dim=2)
            attend = self._in_place if self.in_place else self._copied
            seen_by, *both = attend(parts, held[2 * layer : 2 * layer + 2], mask, positions)
            kept += both
            x = x + block.mix(seen_by)
            x = x + block.narrow(gelu(block.widen(block.norm_network(x))))
        return nn.functional.pad(self.decoder.output(self.decoder.norm(x)), (0, 1), value=NEVER), *kept

    def _in_place(self, parts: Any, held: Any, mask: Tensor, positions: Tensor) -> tuple[Tensor, ...]:
        last = (mask.sum(1) - 1).to(torch.int32)
        columns = shape_as_tensor(mask)[1].to(torch.int32)
        return _RuntimesAttention.apply(*parts, *held, last, columns, self.decoder.heads)

    def _copied(self, parts: Any, held: Any, mask: Tensor, positions: Tensor) -> tuple[Tensor, ...]:
        query, key, value = (_by_head(part, self.decoder.heads) for part in parts)
        key, value = torch.cat([held[0], key], dim=2), torch.cat([held[1], value], dim=2)
        hidden = torch.arange(mask.shape[1]) > positions[:, None, :, None]
        likeness = (query @ key.transpose(2, 3) / math.sqrt(query.shape[3])).masked_fill(hidden, -math.inf)
        return (likeness.softmax(3) @ value).transpose(1, 2).flatten(2), key, value


class _RuntimesAttention(torch.autograd.Function):
    """A node GroupQueryAttention of com.microsoft: an operator of the runtime's that torch does not have."""

    @staticmethod
    def forward(ctx: Any, query: Tensor, key: Tensor, value: Tensor, *more: Any) -> tuple[Tensor, ...]:
        keys, values, *_, heads = more  # for the exporter, to which only the shapes matter
        both = zip((keys, values), (key, value), strict=True)
        return query.clone(), *(torch.cat([old, _by_head(new, heads)], dim=2) for old, new in both)

    @staticmethod
    def symbolic(graph: Any, *given: Any) -> Any:
        *inputs, heads = given
        name = "com.microsoft::GroupQueryAttention"
        outputs = graph.op(name, *inputs, num_heads_i=heads, kv_num_heads_i=heads, outputs=3)
        for output, like in zip(outputs, (inputs[0], *inputs[3:5]), strict=True):
            output.setType(like.type())
        return outputs


def _by_head(part: Tensor, heads: int) -> Tensor:
    """(rows, new, width) as (rows, heads, new, head width)."""
    return part.unflatten(2, (heads, -1)).transpose(1, 2)


def _settings(decoder: Decoder, in_place: bool) -> dict[str, Any]:
    """What the runtime is told. One token behind the vocabulary ends answers and pads prompts: ours hold all others."""
    puts = {"input_ids": "input_ids", "attention_mask": "attention_mask"}
    puts |= {f"past_{kind}_names": f"past_key_values.%d.{kind}" for kind in ("key", "value")}
    gives = {"logits": "logits"} | {f"present_{kind}_names": f"present.%d.{kind}" for kind in ("key", "value")}
    part = {
        "filename": MODEL,
        "session_options": {"intra_op_num_threads": 1, "inter_op_num_threads": 1, "provider_options": []},
        "hidden_size": decoder.width,
        "head_size": decoder.width // decoder.heads,
        "num_attention_heads": decoder.heads,
        "num_key_value_heads": decoder.heads,
        "num_hidden_layers": len(decoder.blocks),
        "inputs": puts,
        "outputs": gives,
    }
    end = decoder.embedding.num_embeddings
    model = {"type": "llama", "vocab_size": end + 1, "context_length": ROOM, "decoder": part}
    marks = dict.fromkeys(["bos_token_id", "eos_token_id", "pad_token_id"], end)
    return {"model": model | marks, "search": {"max_length": ROOM, "past_present_share_buffer": in_place}}
