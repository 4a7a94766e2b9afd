"""Which cross-encoders an operator has: folders below the one that `MCP_ENGINE_RERANKERS_DIR` names.

/models/rerankers/ms-marco-minilm-l6/model.onnx
                                    /tokenizer.json
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import structlog
from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from mcp_engine.canonical import digest
from mcp_engine.errors import Refused
from mcp_engine.models.weights import file_digest

MODEL: Final = "model.onnx"
TOKENIZER: Final = "tokenizer.json"
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}")
_log = structlog.get_logger(__name__)


class RerankerOptions(BaseSettings):
    """From `MCP_ENGINE_*` environment variables."""

    model_config = SettingsConfigDict(env_prefix="MCP_ENGINE_", frozen=True)

    rerankers_dir: Path | None = None
    reranker_seconds: float = Field(default=60.0, gt=0, le=600)
    """How long one question may take; its process is ended then, and started again for the next."""

    @field_validator("rerankers_dir")
    @classmethod
    def _absolute(cls, path: Path | None) -> Path | None:
        if path is not None and not path.is_absolute():
            raise ValueError("give the whole path: the engine's working directory is no place to look from")
        return path

    @property
    def names(self) -> list[str]:
        """Return the folders that could be models, by name."""
        try:
            found = [] if self.rerankers_dir is None else list(self.rerankers_dir.iterdir())
        except OSError as error:
            _log.warning("rerankers_unreadable", folder=str(self.rerankers_dir), error=error.strerror)
            return []
        return sorted(one.name for one in found if one.is_dir() and _NAME.fullmatch(one.name))

    def folder(self, name: str) -> Path:
        """Return the folder of a model.

        Raises:
            Refused: `reranker.not_configured`, naming those that there are.
        """
        if self.rerankers_dir is None or name not in self.names:
            raise Refused("reranker.not_configured", not_there(name, self.names))
        return self.rerankers_dir / name

    def digests(self) -> Mapping[str, str]:
        """Return the digest of each model that can be read; all of its weights are read for that."""
        found: dict[str, str] = {}
        for name in self.names:
            try:
                found[name] = files_digest(self.folder(name))
            except Refused as error:
                _log.warning("reranker_left_out", name=name, error=error.message)
        return found


def not_there(name: str, known: list[str]) -> str:
    """Return what to say of a model that is not there."""
    return (
        f"No cross-encoder is named {name!r}; there are: {', '.join(known) or 'none'}. A folder with {MODEL} and "
        f"{TOKENIZER} makes one, below the folder that the operator names in MCP_ENGINE_RERANKERS_DIR."
    )


def contents_digest(files: Mapping[str, bytes]) -> str:
    """Return what `files_digest` does, of files that were read."""
    return digest({name: hashlib.sha256(content).hexdigest() for name, content in files.items()})


def files_digest(folder: Path) -> str:
    """Return the digest of both files of a model.

    Raises:
        Refused: `reranker.weights_missing`.
    """
    try:
        return digest({name: file_digest(folder / name) for name in (MODEL, TOKENIZER)})
    except OSError as error:
        raise Refused(
            "reranker.weights_missing",
            f"The cross-encoder {folder.name!r} can't be read ({error.filename}: {error.strerror}); its folder needs "
            f"{MODEL} and {TOKENIZER}.",
        ) from error
