"""Ways to write an answer with the same weights, timed in turn; one of them is a process in another environment."""

import json
import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from lessons.decode_step.answers import likeliest
from lessons.decode_step.costs import costs_of
from lessons.decode_step.onnx_decoder import OnnxDecoder
from lessons.decode_step.readers import sent
from mlsd_lib.modeling.decoder import Decoder
from mlsd_lib.serving import ServerProcess
from notebook_runner import tool_python
from notebook_runner.course import course_root
from notebook_runner.tools import environment

TOOL = "onnxruntime-genai"
Way = Callable[[list[int], int], tuple[list[int], list[float]]]
"""From a prompt and a number of tokens to the likeliest tokens, and the CPU seconds of each where it was computed."""


def runtime_server(folder: Path) -> ServerProcess:
    """The server of `genai_server` over the models in `folder`. Raises `NotebookError` where the tool is missing."""
    command = [str(tool_python(TOOL)), "-m", "lessons.decode_step.genai_server", "{port}", str(folder.resolve())]
    return ServerProcess(command, cwd=course_root(), env=environment(folder, os.environ))


def by_torch(decoder: Decoder) -> Way:
    """Our loop."""

    def write(prompt: list[int], tokens: int) -> tuple[list[int], list[float]]:
        cache = decoder.new_cache(1, len(prompt) + tokens)
        return costs_of(likeliest(decoder, torch.tensor([prompt]), cache), tokens)

    return write


def by_onnx(graph: OnnxDecoder) -> Way:
    """Our loop around plain ONNX Runtime."""
    return lambda prompt, tokens: costs_of(graph.answer(prompt), tokens)


def by_genai(url: str, model: str) -> Way:
    """The runtime's own loop, in the server at `url`."""

    def write(prompt: list[int], tokens: int) -> tuple[list[int], list[float]]:
        with sent(f"{url}/costs", model=model, prompt=prompt, tokens=tokens).getresponse() as answer:
            written, taken_s = json.load(answer)
        return written, taken_s

    return write


def in_turn(ways: Mapping[str, Way], prompts: Iterable[list[int]], steps: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """CPU ms of reading a prompt, and of a step behind it (median of `steps`): a column a way, a row a prompt."""
    read, stepped = [], []
    for prompt in prompts:
        costs = {name: 1e3 * np.array(way(prompt, 1 + steps)[1]) for name, way in ways.items()}
        read.append({name: cost[0] for name, cost in costs.items()})
        stepped.append({name: np.median(cost[1:]) for name, cost in costs.items()})
    return pd.DataFrame(read), pd.DataFrame(stepped)
