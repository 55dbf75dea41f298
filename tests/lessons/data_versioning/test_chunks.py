"""Chunks: cut where a slow, obvious reference cuts, joined again byte by byte, and kept once each."""

import hashlib
import random
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from lessons.data_versioning import chunks
from lessons.data_versioning.chunks import ChunkStore
from mlsd_lib.data import DataError

few_letters = st.lists(st.sampled_from(b"ab\x00\xff"), max_size=600).map(bytes)
contents = st.binary(max_size=600) | few_letters | st.integers(0, 600).map(bytes)
sizes = st.tuples(st.integers(1, 60), st.integers(32, 64), st.integers(64, 120))


def some_bytes(number, seed=0):
    return random.Random(seed).randbytes(number)


def obvious_cuts(data, average, least, most):
    """Byte by byte: how long the chunk is by now, and the gear hash of the last 32 bytes, added up anew each time."""
    pieces, piece = [], b""
    for place in range(len(data)):
        piece += data[place : place + 1]
        window = data[max(0, place - 31) : place + 1]
        gear = sum(int(chunks.GEAR[byte]) << age for age, byte in enumerate(reversed(window))) % 2**32
        if len(piece) == most or (len(piece) >= least and gear < 2**32 // average):
            pieces.append(piece)
            piece = b""
    return pieces + [piece] * bool(piece)


@settings(max_examples=150, deadline=None)
@given(data=contents, asked=sizes)
@example(data=b"", asked=(8, 32, 64))
@example(data=b"x" * 64, asked=(1, 64, 64))
@example(data=b"x" * 65, asked=(2**33, 32, 64))
def test_content_defined_cuts_where_the_obvious_reference_cuts(data, asked):
    assert chunks.content_defined(data, *asked) == obvious_cuts(data, *asked)


@settings(max_examples=100, deadline=None)
@given(data=contents, size=st.integers(1, 700))
def test_the_pieces_of_every_way_joined_are_the_data(data, size):
    for pieces in (chunks.whole(data), chunks.fixed(data, size), chunks.content_defined(data, 20, 32, 100)):
        assert b"".join(pieces) == data
        assert all(pieces)


def test_fixed_blocks_are_of_one_size_but_the_last():
    assert chunks.fixed(b"abcdefg", 3) == [b"abc", b"def", b"g"]
    assert chunks.fixed(b"abcdef", 3) == [b"abc", b"def"]
    assert chunks.fixed(b"", 3) == chunks.whole(b"") == []


def test_chunks_keep_their_bounds_and_are_about_as_long_as_asked():
    pieces = [len(piece) for piece in chunks.content_defined(some_bytes(2_000_000))]
    assert min(pieces[:-1]) >= 2048
    assert max(pieces) <= 65536
    assert 0.8 < np.mean(pieces) / (2048 + 8192) < 1.2


def test_data_longer_than_the_block_that_is_hashed_at_a_time_is_cut_alike(monkeypatch):
    data = some_bytes(20_000)
    at_once = chunks.content_defined(data, 100, 40, 400)
    for block in (1, 31, 32, 33, 4096):
        monkeypatch.setattr(chunks, "BLOCK", block)
        assert chunks.content_defined(data, 100, 40, 400) == at_once


def test_after_an_insertion_the_cuts_fall_into_step_again():
    data = some_bytes(1_000_000)
    rng = random.Random(1)
    for place in (0, *(rng.randrange(len(data)) for _ in range(20)), len(data)):
        changed = data[:place] + b"a late row\n" + data[place:]
        known = set(chunks.content_defined(data))
        new = [piece for piece in chunks.content_defined(changed) if piece not in known]
        assert 1 <= len(new) <= 4, place
        blocks = set(chunks.fixed(data))
        moved = sum(len(piece) for piece in chunks.fixed(changed) if piece not in blocks)
        assert moved >= len(data) - place


def test_the_cuts_of_last_year_are_the_cuts_of_today():
    """Another hash would share nothing with the chunks that stores already hold."""
    data = b"".join(hashlib.sha256(bytes([number])).digest() for number in range(40))
    assert [len(piece) for piece in chunks.content_defined(data, 64, 32, 512)] == [
        141,
        59,
        269,
        119,
        147,
        53,
        50,
        71,
        106,
        52,
        50,
        57,
        106,
    ]


@pytest.mark.parametrize(
    "asked",
    [(8192, 31, 65536), (8192, 4096, 2048), (0, 2048, 65536)],
    ids=["too short", "least above most", "no length"],
)
def test_sizes_that_cannot_be_kept_are_refused_and_the_fix_is_named(asked):
    with pytest.raises(DataError, match="Ask for 2048, 8192, 65536"):
        chunks.content_defined(b"x", *asked)


def test_blocks_of_no_size_are_refused():
    with pytest.raises(DataError, match=r"size is 0.*Ask for 8192"):
        chunks.fixed(b"x", 0)


@pytest.fixture
def store(tmp_path):
    return ChunkStore(tmp_path / "deep" / "store")


def files_of(store):
    return [path for path in store.folder.rglob("*") if path.is_file()]


@settings(max_examples=15, deadline=None)
@given(versions=st.lists(st.lists(st.binary(max_size=3), max_size=8), max_size=5))
def test_every_version_comes_back_and_each_piece_is_there_once(tmp_path_factory, versions):
    store = ChunkStore(tmp_path_factory.mktemp("store"))
    for pieces in versions:
        before = sum(path.stat().st_size for path in files_of(store))
        told = store.new_bytes(pieces)
        store.put(pieces)
        assert sum(path.stat().st_size for path in files_of(store)) - before == told
        assert store.new_bytes(pieces) == 0
    assert [store.get(store.put(pieces)) for pieces in versions] == [b"".join(pieces) for pieces in versions]
    assert len(files_of(store)) == len({piece for pieces in versions for piece in pieces})


def test_a_chunk_is_named_by_its_content_and_found_by_another_store(store):
    names = store.put(iter([b"one", b"two", b"one"]))
    assert names == [hashlib.sha256(piece).hexdigest() for piece in (b"one", b"two", b"one")]
    assert ChunkStore(store.folder).get(names) == b"onetwoone"
    assert store.get([]) == b""


def test_a_chunk_that_is_there_is_not_written_again(store):
    store.put([b"content"])
    before = files_of(store)[0].stat().st_mtime_ns
    store.put([b"content", b"other"])
    assert before in [path.stat().st_mtime_ns for path in files_of(store)]


def test_a_chunk_that_is_missing_is_named(store):
    [name] = store.put([b"content"])
    files_of(store)[0].unlink()
    with pytest.raises(DataError, match=rf"no chunk {name}.*Put it again"):
        store.get([name])
    assert store.get(store.put([b"content"])) == b"content"


def test_a_chunk_that_was_changed_is_never_handed_out(store):
    [name] = store.put([b"content"])
    files_of(store)[0].write_bytes(b"cOntent")
    with pytest.raises(DataError, match="is not what was put"):
        store.get([name])


@pytest.mark.parametrize("name", ["", "../../secret", "0" * 63, "G" * 64, "A" * 64, "0" * 64 + "\n"])
def test_what_is_no_name_of_a_chunk_opens_no_file(store, name):
    with pytest.raises(DataError, match="no name of a chunk"):
        store.get([name])


def test_what_a_killed_writer_left_behind_is_no_chunk(store):
    [name] = store.put([b"content"])
    (files_of(store)[0].parent / f".{name[2:]}.x8s7").write_bytes(b"cont")
    assert store.get(store.put([b"content"])) == b"content"


def test_writers_at_the_same_time_do_not_disturb_each_other(store):
    pieces = [bytes([number]) * 500 for number in range(40)]
    with ThreadPoolExecutor(4) as pool:
        names = list(pool.map(lambda _: ChunkStore(store.folder).put(pieces), range(4)))
    assert all(store.get(name) == b"".join(pieces) for name in names)
    assert len(files_of(store)) == len(pieces)
