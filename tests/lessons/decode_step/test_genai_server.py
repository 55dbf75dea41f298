"""The real runtime behind server-sent events: the answers of our decoder, and what it leaves to its server."""

import os
import subprocess
import sys

import numpy as np
import pytest
import torch

from lessons.decode_step.answers import answer
from lessons.decode_step.onnx_decoder import write_model
from lessons.decode_step.readers import Reader, answers_of, look, visit
from lessons.decode_step.runtime import TOOL, by_genai, runtime_server
from mlsd_lib.modeling.decoder import Decoder
from notebook_runner import isolation, tool_python
from notebook_runner.tools import environment

pytestmark = pytest.mark.tools(TOOL)
PROMPTS = [[5], [*range(10, 29), 0], list(range(100, 107)), list(range(200, 240, 3))]
OFFLINE = """
import os, sys
from notebook_runner import isolation
isolation.enter()
os.execv(sys.argv[1], sys.argv[1:])
"""
DECODE = """
import sys
import numpy, onnxruntime_genai as genai
model = genai.Model(sys.argv[1])
options = genai.GeneratorParams(model)
options.set_search_options(max_length=8)
generator = genai.Generator(model, options)
generator.append_tokens(numpy.array([1, 2, 3], numpy.int32))
while not generator.is_done():
    generator.generate_next_token()
"""


@pytest.fixture(scope="module")
def decoder():
    """One that often writes token 0, at which a runtime may end."""
    decoder = Decoder(32, 2, 4, np.random.default_rng(0))
    decoder.output.weight[0] *= 6
    return decoder


@pytest.fixture(scope="module")
def folder(decoder, tmp_path_factory):
    folder = tmp_path_factory.mktemp("genai") / "models"
    write_model(decoder, folder / "copied", in_place=False)
    write_model(decoder, folder / "in place")
    write_model(decoder, folder / "by column", by_mask=False)
    return folder


@pytest.fixture(scope="module")
def server(folder):
    with runtime_server(folder) as process:
        yield process


def ours(decoder, prompt, tokens):
    return answer(decoder, torch.tensor([prompt]), decoder.new_cache(1, len(prompt) + tokens), tokens)


@pytest.mark.parametrize("model", ["copied", "in place", "by column"])
def test_one_stream_is_answered_as_by_our_decoder(server, decoder, model):
    for prompt in PROMPTS:
        expected = ours(decoder, prompt, 30)
        written, taken_s = by_genai(server.url, model)(prompt, 30)
        events = Reader(f"{server.url}/answer", name=f"one of {model}", model=model, prompt=prompt, tokens=30).read()
        assert written == [token.token for token in events.tokens] == expected
        assert len(taken_s) == 30
        assert min(taken_s) > 0


def test_no_token_of_the_vocabulary_ends_an_answer(server, decoder):
    prompts = np.random.default_rng(0).integers(0, 512, (20, 16)).tolist()
    assert 0 in {token for prompt in prompts for token in ours(decoder, prompt, 60)}
    asks = {f"long {k}": {"prompt": p, "tokens": 60, "model": "in place"} for k, p in enumerate(prompts)}
    assert answers_of(server.url, asks)["decoded"].eq(60).all()


def together(server, model):
    busy = {f"busy {model}": {"prompt": PROMPTS[0], "tokens": 2_000, "model": model}}
    asks = {f"{len(prompt)} {model}": {"prompt": prompt, "tokens": 30, "model": model} for prompt in PROMPTS}
    return answers_of(server.url, busy | asks)


def test_a_batch_begins_after_the_last_answer_of_the_one_before(server):
    log = together(server, "in place")
    assert (log["first"].iloc[1:] == log["last"].iloc[0] + 1).all()


@pytest.mark.parametrize(("model", "right"), [("in place", [True] * 4), ("by column", [False, True, False, False])])
def test_padded_prompts_are_answered_rightly_where_the_graph_heeds_the_mask(server, decoder, model, right):
    answers = together(server, model)["answer"].iloc[1:]
    assert [got == ours(decoder, p, 30) for got, p in zip(answers, PROMPTS, strict=True)] == right


@pytest.mark.parametrize("notify", [True, False])
def test_a_reader_who_leaves_ends_its_answer_only_where_the_runtime_is_told(server, notify):
    names = {f"leaves {notify}": 5, f"gone {notify}": 0, f"stays {notify}": 10**6}
    visit(f"{server.url}/answer", names, model="in place", prompt=PROMPTS[1], tokens=1_500, notify=notify)
    leaves, gone, stays = (look(f"{server.url}/settled")[name]["decoded"] for name in names)
    assert (leaves < 1_500, gone < 1_500, stays) == (notify, notify, 1_500)


@pytest.mark.parametrize("silent", [True, False])
def test_the_runtime_keeps_nothing_to_send_later_only_because_it_was_silenced(folder, tmp_path, silent):
    if isolation.available() != isolation.NAMESPACE:
        pytest.skip("without a network of its own it could send something")
    env = environment(tmp_path / "work", os.environ)
    env.pop("CI", None)  # where it is set the runtime is silent by itself
    if not silent:
        del env["ORT_DISABLE_TELEMETRY"]
    words = [str(tool_python(TOOL)), "-c", DECODE, str(folder / "in place")]
    subprocess.run([sys.executable, "-c", OFFLINE, *words], env=env, capture_output=True, check=True)
    kept = [path for path in (tmp_path / ".work-tools").rglob("*") if "onnxruntime" in path.name]
    assert (kept == []) == silent
