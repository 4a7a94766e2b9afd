"""How many answers are kept and for how long, from `MCP_ENGINE_*` environment variables."""

from __future__ import annotations

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

_DAY = 24 * 60 * 60


class AnswerCacheOptions(BaseSettings):
    """The operator's bounds; whether answers are kept at all is for each strategy to say."""

    model_config = SettingsConfigDict(env_prefix="MCP_ENGINE_", frozen=True)

    answer_cache_entries: int = Field(default=10_000, ge=0, le=1_000_000)
    """Of each tenant; what was given longest ago goes first. 0 keeps none."""
    answer_cache_seconds: int = Field(default=7 * _DAY, ge=1, le=3650 * _DAY)
    """How long after it was first given an answer may be given again."""
