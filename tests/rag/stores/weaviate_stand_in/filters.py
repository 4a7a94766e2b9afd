"""Which objects pass a filter, as the wire says it."""

from __future__ import annotations

import uuid
from typing import Any

from weaviate.proto.v1 import base_pb2

from tests.rag.stores.weaviate_stand_in.state import Collection, Thing, Unprocessable

_O = base_pb2.Filters.Operator


def passes(collection: Collection, wanted: base_pb2.Filters, thing: Thing) -> bool:
    if wanted.operator == _O.OPERATOR_AND:
        return all(passes(collection, one, thing) for one in wanted.filters)
    if wanted.operator == _O.OPERATOR_OR:
        return any(passes(collection, one, thing) for one in wanted.filters)
    part = collection.property(wanted.target.property)
    if part.get("indexFilterable") is False:
        raise Unprocessable(f"Filtering by property '{part['name']}' requires inverted index, set indexFilterable")
    held = thing.properties.get(part["name"])
    if wanted.operator == _O.OPERATOR_EQUAL:
        return held == _value(part["dataType"][0], wanted)
    if wanted.operator == _O.OPERATOR_CONTAINS_ANY:
        return held in _values(part["dataType"][0], wanted)
    raise Unprocessable(f"the stand-in knows no operator {wanted.operator}")


def _value(kind: str, wanted: base_pb2.Filters) -> Any:
    which = wanted.WhichOneof("test_value")
    if kind in ("uuid", "text") and which == "value_text":
        return _uuid(wanted.value_text) if kind == "uuid" else wanted.value_text
    if kind == "int" and which == "value_int":
        return wanted.value_int
    raise Unprocessable(f"data type filter cannot use {which} on type {kind}")


def _values(kind: str, wanted: base_pb2.Filters) -> list[Any]:
    which = wanted.WhichOneof("test_value")
    if kind in ("uuid", "text") and which == "value_text_array":
        values = wanted.value_text_array.values
        return [_uuid(value) for value in values] if kind == "uuid" else list(values)
    if kind == "int" and which == "value_int_array":
        return list(wanted.value_int_array.values)
    raise Unprocessable(f"data type filter cannot use {which} on type {kind}")


def _uuid(value: str) -> uuid.UUID:
    try:
        return uuid.UUID(value)
    except ValueError:
        raise Unprocessable(f"invalid UUID in filter: {value!r}") from None
