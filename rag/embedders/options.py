"""Which embedding models an operator configured: a JSON file that `MCP_ENGINE_EMBEDDERS_FILE` names.

[{"name": "large", "kind": "openai", "base_url": "https://api.openai.com/v1", "model": "text-embedding-3-large",
  "dimensions": 3072, "credential_env": "OPENAI_API_KEY"},
 {"name": "own", "kind": "gguf", "path": "/models/bge-small-en-v1.5-q8_0.gguf"}]
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Annotated, Final, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from mcp_engine.errors import Refused
from mcp_engine.faults import faults_of

BUNDLED: Final = "all-minilm-l6-v2-int8"
STATIC: Final = "static-minilm"
MAX_DIMENSIONS: Final = 16_000
"""What pgvector stores in a `vector`."""

Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,62}$")]


class _Options(BaseModel):
    """What every kind has.

    Args:
        query_prefix, passage_prefix: put before texts, for models that were trained with such.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Name
    query_prefix: str = Field(default="", max_length=1000)
    passage_prefix: str = Field(default="", max_length=1000)

    @field_validator("name")
    @classmethod
    def _not_ours(cls, name: str) -> str:
        if name in (BUNDLED, STATIC):
            raise ValueError("this is the name of a model that the engine brings along")
        return name


class ServerOptions(_Options):
    """A model at a server that speaks OpenAI's or Cohere's protocol.

    Args:
        base_url: up to and including the version, such as `http://127.0.0.1:8000/v1`.
        dimensions: of its vectors; a server that answers otherwise is refused.
        ask_dimensions: whether the wanted dimensions are sent, to models that can shorten their vectors.
        credential_env: the environment variable that holds the key; none for a server that wants none.
        batch: texts in one request.
    """

    kind: Literal["openai", "cohere"]
    base_url: str = Field(max_length=2048)
    model: str = Field(min_length=1, max_length=256)
    dimensions: int = Field(ge=1, le=MAX_DIMENSIONS)
    ask_dimensions: bool = False
    credential_env: str | None = Field(default=None, pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")
    batch: int = Field(default=64, ge=1, le=2048)
    timeout_seconds: float = Field(default=60.0, gt=0, le=600)

    @field_validator("base_url")
    @classmethod
    def _plain_http_url(cls, url: str) -> str:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
            raise ValueError("the base URL begins with http:// or https://, names a host and has no query")
        if parts.username is not None or parts.password is not None:
            raise ValueError("the base URL holds no user or password; name the key's variable in `credential_env`")
        return url.rstrip("/")

    @property
    def credential(self) -> str:
        """Return the key as the environment has it now; "" when there is none."""
        return os.environ.get(self.credential_env, "") if self.credential_env else ""


class HostedOptions(_Options):
    """A model of this machine, run in a process of its own.

    Args:
        path: of the file (`gguf`), or of the folder (`sentence_transformers`).
        batch: texts that the process is given at once.
    """

    path: Path
    batch: int = Field(default=32, ge=1, le=1024)

    @field_validator("path")
    @classmethod
    def _absolute(cls, path: Path) -> Path:
        if not path.is_absolute():
            raise ValueError("give the whole path: the engine's working directory is no place to look from")
        return path


class GgufOptions(HostedOptions):
    """A GGUF file on llama.cpp.

    Args:
        pooling: how a text's tokens become one vector; `model` as the file says.
        context_tokens: what of a text is read; the rest is cut.
        gpu_layers: of the model on a GPU; -1 for all.
    """

    kind: Literal["gguf"]
    pooling: Literal["model", "mean", "cls", "last"] = "model"
    context_tokens: int = Field(default=512, ge=16, le=32_768)
    gpu_layers: int = Field(default=0, ge=-1)


class SentenceTransformersOptions(HostedOptions):
    """A model folder on sentence-transformers, which has to be installed beside the engine.

    Args:
        device: of PyTorch's, such as `cpu` or `cuda:0`; None lets the library choose.
    """

    kind: Literal["sentence_transformers"]
    device: str | None = Field(default=None, max_length=32)


EmbedderOptions = ServerOptions | GgufOptions | SentenceTransformersOptions
_FILE: TypeAdapter[list[EmbedderOptions]] = TypeAdapter(list[Annotated[EmbedderOptions, Field(discriminator="kind")]])


class _Settings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="MCP_ENGINE_", frozen=True)

    embedders_file: Path | None = None


def configured() -> list[EmbedderOptions]:
    """Return what the operator configured.

    Raises:
        Refused: `embedders.file_invalid`, naming each member that is wrong.
    """
    path = _Settings().embedders_file
    return [] if path is None else read_options(path)


def read_options(path: Path) -> list[EmbedderOptions]:
    """Return the models that a file lists; raises `Refused` (`embedders.file_invalid`)."""
    try:
        found = _FILE.validate_python(json.loads(path.read_text()))
    except ValidationError as error:
        raise _invalid(path, faults_of(error)) from None
    except (OSError, ValueError) as error:
        raise _invalid(path, str(error)) from None
    names = [one.name for one in found]
    if len({*names}) < len(names):
        raise _invalid(path, "two models have the same name")
    return found


def _invalid(path: Path, faults: str) -> Refused:
    return Refused(
        "embedders.file_invalid",
        f"Correct {path}, the list of embedding models that MCP_ENGINE_EMBEDDERS_FILE names: {faults}",
    )
