"""Collections, tenants and objects, and the rules that the real server has for them."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt


class Unprocessable(Exception):
    """What the server answers with 422, or with an error of one object."""


class Unknown(Exception):
    """A collection or tenant that does not exist."""


@dataclass
class Thing:
    """An object: its id, properties by name, and vectors by name."""

    id: uuid.UUID
    properties: dict[str, Any]
    vectors: dict[str, npt.NDArray[np.float32]]


@dataclass
class Collection:
    """A collection with multi-tenancy; each tenant has a shard of its own."""

    config: dict[str, Any]
    shards: dict[str, dict[uuid.UUID, Thing]] = field(default_factory=dict)

    @property
    def types(self) -> dict[str, str]:
        return {part["name"]: part["dataType"][0] for part in self.config["properties"]}

    def property(self, name: str) -> dict[str, Any]:
        for part in self.config["properties"]:
            if part["name"] == name:
                return part
        raise Unprocessable(f"no such prop with name '{name}' found in class '{self.config['class']}' in the schema")

    def shard(self, tenant: str) -> dict[uuid.UUID, Thing]:
        if not tenant:
            raise Unprocessable(
                f"class {self.config['class']} has multi-tenancy enabled, but request was without tenant"
            )
        if tenant not in self.shards:
            raise Unknown(f'tenant not found: "{tenant}"')
        return self.shards[tenant]

    def put(self, tenant: str, thing: Thing) -> None:
        """Add or replace an object."""
        shard = self.shard(tenant)
        for name, value in thing.properties.items():
            thing.properties[name] = _typed(self.property(name), value)
        for name, vector in thing.vectors.items():
            if name not in self.config["vectorConfig"]:
                raise Unprocessable(f"vector with name {name} not found in the schema")
            held = next((one.vectors[name] for one in shard.values() if name in one.vectors), vector)
            if len(held) != len(vector):
                raise Unprocessable(f"new node has a vector with length {len(vector)}. Existing nodes have {len(held)}")
        shard[thing.id] = thing


@dataclass
class State:
    """Everything a server keeps."""

    lock: threading.RLock = field(default_factory=threading.RLock)
    collections: dict[str, Collection] = field(default_factory=dict)

    def collection(self, name: str) -> Collection:
        if name not in self.collections:
            raise Unknown(f"could not find class {name} in schema")
        return self.collections[name]

    def create(self, config: Mapping[str, Any]) -> Collection:
        name = config["class"]
        if not name[:1].isupper() or not name.isalnum():
            raise Unprocessable(f"'{name}' is not a valid class name")
        if name in self.collections:
            raise Unprocessable(f"class name {name} already exists")
        for part in config.get("vectorConfig", {}).values():
            if "vectorIndexType" not in part:
                raise Unprocessable("vector index type is missing")
            if set(part["vectorizer"]) != {"none"}:
                raise Unprocessable("vectorizer: no module with that name present")
        self.collections[name] = Collection({**config, "properties": [_filled(part) for part in config["properties"]]})
        return self.collections[name]


def _filled(part: Mapping[str, Any]) -> dict[str, Any]:
    """Return a property with the server's defaults."""
    is_text = part["dataType"] == ["text"]
    filled: dict[str, Any] = {"indexFilterable": True, "indexSearchable": is_text, "indexRangeFilters": False}
    if is_text:
        filled["tokenization"] = "word"
    return {**filled, **part}


def _typed(part: Mapping[str, Any], value: Any) -> Any:
    kind, name = part["dataType"][0], part["name"]
    if kind == "uuid":
        try:
            return uuid.UUID(value)
        except (ValueError, AttributeError, TypeError):
            raise Unprocessable(f"invalid uuid property '{name}'") from None
    if kind == "int":
        # The wire knows one kind of number.
        if not isinstance(value, int | float) or isinstance(value, bool) or value != int(value):
            raise Unprocessable(f"invalid integer property '{name}'")
        return int(value)
    if kind == "text":
        if not isinstance(value, str):
            raise Unprocessable(f"invalid text property '{name}'")
        return value
    raise Unprocessable(f"the stand-in knows no properties of type {kind}")
