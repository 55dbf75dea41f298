"""The small decoder against the reference layer of torch, and what it keeps against reading everything again."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from mlsd_lib.modeling import ModelingError
from mlsd_lib.modeling.decoder import Block, Decoder, _Places

WIDTH, LAYERS, HEADS, VOCABULARY = 32, 2, 4, 50


@pytest.fixture(scope="module")
def decoder():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # a second thread would only wait: the products are small
    yield Decoder(WIDTH, LAYERS, HEADS, np.random.default_rng(0), VOCABULARY)
    torch.set_num_threads(threads)


def tokens_of(rows, new, seed=1):
    return torch.from_numpy(np.random.default_rng(seed).integers(0, VOCABULARY, (rows, new)))


def close(one, other):
    return torch.allclose(one, other, atol=1e-4)


def same_weights(block: Block) -> nn.TransformerEncoderLayer:
    layer = nn.TransformerEncoderLayer(WIDTH, HEADS, 4 * WIDTH, 0.0, "gelu", batch_first=True, norm_first=True)
    parts = {
        "self_attn.in_proj_": block.queries_keys_values,
        "self_attn.out_proj.": block.mix,
        "linear1.": block.widen,
        "linear2.": block.narrow,
        "norm1.": block.norm_attention,
        "norm2.": block.norm_network,
    }
    named = {f"{name}{kind}": getattr(part, kind) for name, part in parts.items() for kind in ("weight", "bias")}
    layer.load_state_dict(named)
    return layer


def test_a_block_computes_what_torchs_own_layer_computes(decoder):
    block, x = decoder.blocks[0], torch.randn(3, 7, WIDTH, generator=torch.Generator().manual_seed(2))
    room = torch.zeros(3, HEADS, 7, WIDTH // HEADS)
    ours = block(x, (room, room.clone()), _Places(torch.zeros(3, dtype=torch.long), 7))
    mask = nn.Transformer.generate_square_subsequent_mask(7)
    assert close(ours, same_weights(block)(x, src_mask=mask, is_causal=True))


@settings(deadline=None, max_examples=25)
@given(pieces=st.lists(st.integers(1, 6), min_size=1, max_size=5), rows=st.integers(1, 3))
def test_reading_in_pieces_gives_what_reading_at_once_gives(decoder, pieces, rows):
    tokens, cache = tokens_of(rows, sum(pieces)), decoder.new_cache(rows, 30)
    for piece in tokens.split(pieces, dim=1):
        logits = decoder(piece, cache)
    assert close(logits, decoder(tokens))
    assert cache.lengths.tolist() == [sum(pieces)] * rows


@settings(deadline=None, max_examples=25)
@given(lengths=st.lists(st.integers(1, 12), min_size=2, max_size=5), new=st.integers(1, 3))
def test_rows_of_different_lengths_are_read_as_each_alone(decoder, lengths, new):
    prompts, after = [tokens_of(1, n, seed=n) for n in lengths], tokens_of(len(lengths), new)
    cache = decoder.new_cache(len(lengths), 16)
    for row, prompt in enumerate(prompts):
        decoder(prompt, cache.rows(row, row + 1))
    together = decoder(after, cache)
    alone = [decoder(torch.cat([prompt, after[row : row + 1]], dim=1)) for row, prompt in enumerate(prompts)]
    assert close(together, torch.cat(alone))


def test_what_a_row_held_before_does_not_leak_into_the_next_sequence(decoder):
    cache = decoder.new_cache(1, 12)
    decoder(tokens_of(1, 12, seed=3), cache)
    cache.lengths.fill_(0)
    assert close(decoder(tokens_of(1, 5), cache), decoder(tokens_of(1, 5)))


def test_a_changed_token_changes_what_comes_after_it(decoder):
    tokens = tokens_of(1, 8)
    changed = tokens.clone()
    changed[0, 0] = (changed[0, 0] + 1) % VOCABULARY
    assert not close(decoder(tokens), decoder(changed))


def test_the_logits_after_each_token_are_those_of_reading_up_to_it(decoder):
    tokens, cache = tokens_of(2, 6), decoder.new_cache(2, 6)
    up_to = torch.stack([decoder(tokens[:, :end]) for end in range(1, 7)], dim=1)
    assert close(decoder.logits(tokens), up_to)
    decoder(tokens[:, :2], cache)
    assert close(decoder.logits(tokens[:, 2:], cache), up_to[:, 2:])


def test_without_a_cache_gradients_reach_every_weight():
    decoder = Decoder(WIDTH, LAYERS, HEADS, np.random.default_rng(0), VOCABULARY).requires_grad_()
    decoder.logits(tokens_of(2, 6)).square().sum().backward()
    assert all(weight.grad is not None and weight.grad.abs().sum() > 0 for weight in decoder.parameters())


def test_a_copied_row_goes_on_as_the_one_it_was_copied_from(decoder):
    cache, after = decoder.new_cache(2, 8), tokens_of(1, 1, seed=4)
    decoder(tokens_of(1, 5), cache.rows(1, 2))
    cache.copy_row(1, 0)
    assert cache.lengths.tolist() == [5, 5]
    assert close(decoder(after, cache.rows(0, 1)), decoder(torch.cat([tokens_of(1, 5), after], dim=1)))


def test_a_cache_has_the_bytes_of_the_formula(decoder):
    cache = decoder.new_cache(3, 10)
    assert cache.room == 10
    assert cache.keys.nbytes + cache.values.nbytes == 2 * LAYERS * WIDTH * 4 * 3 * 10


def test_a_step_reads_all_weights_but_the_embedding(decoder):
    assert decoder.step_bytes == sum(p.nbytes for p in decoder.parameters()) - decoder.embedding.weight.nbytes


def test_the_weights_follow_from_the_generator_alone():
    first, again, other = (Decoder(WIDTH, 1, HEADS, np.random.default_rng(n)).output.weight for n in (5, 5, 6))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_what_does_not_fit_is_refused(decoder):
    with pytest.raises(ModelingError, match="would hold 4 tokens and has room for 3"):
        decoder(tokens_of(1, 4), decoder.new_cache(1, 3))
    with pytest.raises(ModelingError, match="2 rows, the cache has 3"):
        decoder(tokens_of(2, 1), decoder.new_cache(3, 3))
    with pytest.raises(ModelingError, match="multiple of 16"):
        Decoder(40, 1, 8, np.random.default_rng(0))
