"""Requests made up from an OpenAPI document: enough to get past validation and into the route."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

Json = dict[str, Any]
METHODS = ("get", "put", "post", "delete", "patch")


@dataclass(frozen=True)
class Operation:
    """One method of one path, with what its parameters and body look like."""

    method: str
    path: str
    document: Json

    def __str__(self) -> str:
        return f"{self.method.upper()} {self.path}"

    @property
    def parameters(self) -> list[str]:
        """The names in the path, in order."""
        return [part.split("}")[0] for part in self.path.split("{")[1:]]

    def requests(self) -> Iterator[Json]:
        """Yield keyword arguments for httpx, from the smallest request to the fullest."""
        query = {
            parameter["name"]: self._example(parameter["schema"], full=False)
            for parameter in self._spec.get("parameters", [])
            if parameter["in"] == "query" and parameter.get("required")
        }
        content = self._spec.get("requestBody", {}).get("content", {})
        if "application/json" in content:
            for full in (False, True):
                yield {"params": query, "json": self._example(content["application/json"]["schema"], full=full)}
        elif "multipart/form-data" in content:
            yield {"params": query, **self._form(content["multipart/form-data"]["schema"])}
        elif content:
            yield {"params": query, "content": b"bytes"}
        else:
            yield {"params": query}

    @property
    def _spec(self) -> Json:
        return self.document["paths"][self.path][self.method]

    def _form(self, schema: Json) -> Json:
        form = self._resolved(schema)
        required = set(form.get("required", []))
        files, data = dict[str, Any](), dict[str, Any]()
        for name, field in form.get("properties", {}).items():
            resolved = self._resolved(field)
            if "contentMediaType" in resolved or resolved.get("format") == "binary":
                files[name] = ("file.txt", b"text", "text/plain")
            elif name in required:
                data[name] = self._example(field, full=False)
        return {"files": files, "data": data}

    def _resolved(self, schema: Json) -> Json:
        while "$ref" in schema:
            schema = self.document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]
        for choice in ("anyOf", "oneOf", "allOf"):
            if choice in schema:
                options = [self._resolved(option) for option in schema[choice]]
                return next((option for option in options if option.get("type") != "null"), options[0])
        return schema

    def _example(self, schema: Json, *, full: bool) -> Any:
        schema = self._resolved(schema)
        if "const" in schema:
            return schema["const"]
        if "enum" in schema:
            return schema["enum"][0]
        match schema.get("type"):
            case "object":
                wanted = schema.get("properties", {}) if full else schema.get("required", [])
                properties = cast("Mapping[str, Json]", schema.get("properties", {}))
                return {name: self._example(properties[name], full=full) for name in wanted}
            case "array":
                count = max(schema.get("minItems", 0), int(full))
                return [self._example(schema["items"], full=full) for _ in range(count)]
            case "integer" | "number":
                return max(schema.get("minimum", 1), schema.get("exclusiveMinimum", 0) + 1)
            case "boolean":
                return True
            case "string":
                return _text(schema)
            case _:
                return {}


def operations_of(document: Json) -> list[Operation]:
    """Return every operation of an OpenAPI document, by path."""
    return [
        Operation(method, path, document)
        for path, item in sorted(document["paths"].items())
        for method in METHODS
        if method in item
    ]


def _text(schema: Json) -> str:
    match schema.get("format"):
        case "uuid":
            return "00000000-0000-4000-8000-000000000000"
        case "date-time":
            return "2100-01-01T00:00:00Z"
        case _:
            return "x" * max(1, schema.get("minLength", 1))
