"""The decoder as an ONNX file: the same logits and answers, however its cache is kept."""

from itertools import islice

import numpy as np
import onnx
import pytest
import torch

from lessons.decode_step.answers import answer
from lessons.decode_step.costs import costs_of
from lessons.decode_step.onnx_decoder import MODEL, OnnxDecoder, write_in_eight_bits, write_model
from lessons.decode_step.runtime import by_onnx, by_torch, in_turn
from mlsd_lib.modeling.decoder import Decoder

PROMPT = [3, 1, 4, 1, 5, 9]


@pytest.fixture(scope="module")
def decoder():
    return Decoder(32, 2, 4, np.random.default_rng(0))


@pytest.fixture(scope="module")
def folders(decoder, tmp_path_factory):
    folder = tmp_path_factory.mktemp("models")
    write_model(decoder, folder / "copied", in_place=False)
    write_model(decoder, folder / "in place")
    write_model(decoder, folder / "by column", by_mask=False)
    write_in_eight_bits(folder / "copied", folder / "eight bits")
    return folder


def ours(decoder, prompt, tokens):
    return answer(decoder, torch.tensor([prompt]), decoder.new_cache(1, len(prompt) + tokens), tokens)


@pytest.mark.parametrize("kind", ["copied", "in place", "by column"])
def test_a_graph_writes_what_the_decoder_writes(decoder, folders, kind):
    graph, text = OnnxDecoder(folders / kind), PROMPT + ours(decoder, PROMPT, 20)
    assert list(islice(graph.answer(PROMPT), 20)) == text[len(PROMPT) :]
    np.testing.assert_allclose(graph.logits(text), decoder.logits(torch.tensor([text]))[0], atol=1e-4)


def test_another_decoder_writes_other_logits(folders):
    other = Decoder(32, 2, 4, np.random.default_rng(1)).logits(torch.tensor([PROMPT]))[0]
    assert np.abs(OnnxDecoder(folders / "copied").logits(PROMPT) - other.numpy()).max() > 0.1


def test_the_graph_that_writes_in_place_uses_the_runtimes_operator_and_the_other_copies(folders):
    kinds = {name: {node.op_type for node in onnx.load(folders / name / MODEL).graph.node} for name in
             ("copied", "in place")}  # fmt: skip
    assert "GroupQueryAttention" in kinds["in place"] - kinds["copied"]
    assert "Softmax" in kinds["copied"] - kinds["in place"]


def test_eight_bits_are_a_smaller_file_with_other_logits(decoder, folders):
    full, coarse = ((folders / kind / MODEL).stat().st_size for kind in ("copied", "eight bits"))
    off = OnnxDecoder(folders / "eight bits").logits(PROMPT) - decoder.logits(torch.tensor([PROMPT]))[0].numpy()
    assert coarse < 0.6 * full
    assert 1e-3 < np.abs(off).max() < 1


def test_a_token_costs_what_the_clock_says_between_two():
    at = iter([0, 5, 5, 6, 8, 11, 11])
    assert costs_of(iter("abcd"), 3, lambda: next(at)) == (["a", "b", "c"], [5, 1, 3])


def test_ways_are_timed_in_turn(decoder, folders):
    called = []

    def noted(name, way):
        return lambda prompt, tokens: (called.append((name, len(prompt), tokens)), way(prompt, tokens))[1]

    ways = {"torch": by_torch(decoder), "onnx": by_onnx(OnnxDecoder(folders / "copied"))}
    read, stepped = in_turn({name: noted(name, way) for name, way in ways.items()}, [PROMPT, PROMPT[:3]], 4)
    assert called == [("torch", 6, 5), ("onnx", 6, 5), ("torch", 3, 5), ("onnx", 3, 5)]
    assert read.shape == stepped.shape == (2, 2)
    assert (read.to_numpy() > 0).all()
    assert (stepped.to_numpy() > 0).all()
