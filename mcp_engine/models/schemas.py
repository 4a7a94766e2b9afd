"""What goes in and out of the model routes. A credential goes in only."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator

from mcp_engine.identifiers import NAME_PATTERN
from mcp_engine.models.remote import SchemaStyle, TokensField

LOCAL = "local"
MAX_CREDENTIAL = 4096

ModelId = Annotated[str, Field(min_length=1, max_length=256, pattern=r"^[^\s\x00-\x1f]+$")]


class ProviderOptions(BaseModel):
    """How a provider's server differs from others.

    `models` names the models that it offers; empty means that any id may be asked of it.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    models: list[ModelId] = Field(default_factory=list[ModelId], max_length=200)
    schema_style: SchemaStyle = "json_schema"
    tokens_field: TokensField = "max_tokens"


class NewProvider(ProviderOptions):
    """A provider to create."""

    name: str = Field(pattern=NAME_PATTERN, description="How models name it: `<name>/<model id>`.")
    kind: Literal["openai"] = "openai"
    base_url: str = Field(max_length=2048, description="Up to the version: `http://127.0.0.1:8000/v1`.")
    credential: SecretStr | None = Field(default=None, description="The server's API key; never shown again.")

    @field_validator("name")
    @classmethod
    def _not_the_local_model(cls, name: str) -> str:
        if name.lower() == LOCAL:
            raise ValueError("`local` names the engine's own model; choose another name")
        return name

    @field_validator("base_url")
    @classmethod
    def _plain_http_url(cls, url: str) -> str:
        return checked_base_url(url)

    @field_validator("credential")
    @classmethod
    def _fits_a_header(cls, credential: SecretStr | None) -> SecretStr | None:
        value = credential.get_secret_value() if credential else ""
        if len(value) > MAX_CREDENTIAL or not value.isascii() or any(not " " < character <= "~" for character in value):
            # The value itself stays out of the message.
            raise ValueError(f"a credential has up to {MAX_CREDENTIAL} visible ASCII characters and no spaces")
        return credential if value else None


class ProviderView(ProviderOptions):
    """A configured provider; whether it has a credential, never which."""

    name: str
    kind: str
    base_url: str
    has_credential: bool
    created_at: datetime


class ModelView(BaseModel):
    """A model that can be asked for by `name`."""

    name: str
    provider: str
    model: str
    digest: str = Field(description="SHA-256 of the model's identity, as executions record it.")
    weights_digest: str | None = None
    source_digest: str | None = None


class ProviderTest(BaseModel):
    """What a provider answered when its models were asked for."""

    reachable: bool
    seconds: float
    models: list[str]


def checked_base_url(url: str) -> str:
    """Return an http(s) URL without a trailing slash; raises `ValueError` saying what is wrong with it."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise ValueError("the base URL is not a URL") from error
    if parts.scheme not in ("http", "https") or not host:
        raise ValueError("the base URL begins with http:// or https:// and names a host")
    if parts.username is not None or parts.password is not None:
        raise ValueError("the base URL holds no user or password; send the credential in its own field")
    if parts.query or parts.fragment:
        raise ValueError("the base URL has no query and no fragment")
    if any(character.isspace() or not character.isprintable() for character in url):
        raise ValueError("the base URL holds no spaces or control characters")
    return url.rstrip("/")
