"""Settings, read once from `MCP_ENGINE_*` environment variables."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


def default_home() -> Path:
    """Return the data directory used when `MCP_ENGINE_HOME` is unset.

    Root gets `/var/lib/mcp-engine`, because PostgreSQL refuses to run as root and the account it
    runs as instead can't reach root's home.
    """
    if os.geteuid() == 0:
        return Path("/var/lib/mcp-engine")
    return _xdg("XDG_DATA_HOME", ".local/share") / "mcp-engine"


def default_state_home() -> Path:
    """Return the directory for what must survive outside the data directory: pinned checkpoints."""
    return _xdg("XDG_STATE_HOME", ".local/state") / "mcp-engine"


def default_config_home() -> Path:
    """Return the directory of the command line's saved server address and key."""
    return _xdg("XDG_CONFIG_HOME", ".config") / "mcp-engine"


def _xdg(variable: str, fallback: str) -> Path:
    value = os.environ.get(variable)
    return Path(value) if value else Path.home() / fallback


class Settings(BaseSettings):
    """What an operator can set; every field is `MCP_ENGINE_` plus its name in capitals."""

    model_config = SettingsConfigDict(env_prefix="MCP_ENGINE_", frozen=True)

    home: Path = Field(default_factory=default_home)
    state_home: Path = Field(default_factory=default_state_home)
    host: str = "127.0.0.1"
    port: int = Field(default=8600, ge=1, le=65535)
    database_url: SecretStr | None = None
    """Owner URL of your own PostgreSQL 16+ with pgvector; unset means the embedded one."""
    database_pool_size: int = Field(default=32, ge=2)
    workers: int = Field(default=1, ge=0)
    """Worker processes that the server starts beside itself; 0 when workers run elsewhere."""
    log_level: str = "auto"
    """`auto` writes from `info`, and shows a terminal warnings and worse."""
    log_format: str = Field(default="auto", pattern="^(auto|json|console)$")
    sample: bool = True
    """Whether the first start fills a sample workspace."""
    trusted_hosts: str = "127.0.0.1,localhost,[::1]"
    """Comma-separated Host names that the server answers to; a defence against DNS rebinding."""
    web_dir: Path | None = None
    """A built web application to serve in place of the installed dashboard, such as one in development."""
    max_request_bytes: int = Field(default=8 * 1024 * 1024, ge=1024)
    """Limit of a JSON request body; uploads have `max_upload_bytes`."""
    max_upload_bytes: int = Field(default=100 * 1024 * 1024, ge=1024)

    model_path: Path | None = None
    """GGUF weights to serve instead of the bundled SmolLM2-135M-Instruct."""
    model_gpu_layers: int = Field(default=0, ge=-1)
    model_processes: int | None = Field(default=None, ge=1)
    model_threads: int | None = Field(default=None, ge=1)
    model_context_tokens: int = Field(default=4096, ge=256)
    model_queue_length: int = Field(default=64, ge=1)
    model_timeout_seconds: float = Field(default=300.0, gt=0)

    vector_store: Literal["postgresql", "weaviate"] = "postgresql"
    """What finds passages: PostgreSQL itself, or a server that follows it."""
    weaviate_url: str | None = Field(default=None, pattern=r"^https?://[^/@?#\s]+/?$")
    """REST address of a Weaviate server, such as `http://127.0.0.1:8080`; the key is not part of it."""
    weaviate_grpc_host: str | None = None
    """The host of its gRPC interface when that is another one."""
    weaviate_grpc_port: int = Field(default=50051, ge=1, le=65535)
    weaviate_api_key: SecretStr | None = None
    weaviate_prefix: str = Field(default="McpEngine", pattern="^[A-Z][A-Za-z0-9]{0,63}$")
    """How the names of the engine's collections begin, for servers that several engines share."""
    weaviate_timeout_seconds: float = Field(default=5.0, gt=0)
    """How long a search waits for it; a write waits six times as long."""

    span_retention_days: int = Field(default=30, ge=0, le=36_500)
    """How long finished spans are kept; 0 keeps them for ever."""
    otlp_endpoint: str | None = None
    """OTLP/HTTP traces endpoint of your own collector, besides the store in PostgreSQL."""

    @property
    def secrets_dir(self) -> Path:
        return self.home / "secrets"

    @property
    def journal_dir(self) -> Path:
        """Where the server and its workers keep their log lines."""
        return self.home / "logs"
