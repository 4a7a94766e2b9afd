"""Calling capabilities: scopes first, then the schema, then the call in a span of its own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from jsonschema import Draft202012Validator, ValidationError
from opentelemetry import trace

from mcp_engine.access import Caller
from mcp_engine.components.capability import Capability
from mcp_engine.errors import InvalidInput, NotFound

_tracer = trace.get_tracer(__name__)


class CapabilityService:
    """Every capability that the installed components contribute, by name.

    Raises:
        ValueError: two capabilities share a name, or a schema is not valid JSON Schema 2020-12.
    """

    def __init__(self, capabilities: Iterable[Capability]) -> None:
        self._capabilities: dict[str, Capability] = {}
        for capability in capabilities:
            if capability.name in self._capabilities:
                raise ValueError(f"two capabilities are named {capability.name!r}")
            Draft202012Validator.check_schema(capability.input_schema)
            Draft202012Validator.check_schema(capability.output_schema)
            self._capabilities[capability.name] = capability

    def list(self) -> list[Capability]:
        return [self._capabilities[name] for name in sorted(self._capabilities)]

    def get(self, name: str) -> Capability:
        """Return one capability, or raise `NotFound` naming those that exist."""
        try:
            return self._capabilities[name]
        except KeyError:
            known = ", ".join(sorted(self._capabilities)) or "none"
            raise NotFound(
                "capability.not_found", f"No capability is named {name[:100]!r}; there are: {known}."
            ) from None

    async def call(self, caller: Caller, name: str, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
        """Run a capability for `caller`.

        Raises:
            NotFound: `capability.not_found`.
            NotAllowed: `access.scope_missing`.
            InvalidInput: `capability.arguments_invalid`, naming the member that does not fit.
        """
        capability = self.get(name)
        for scope in sorted(capability.scopes):
            caller.require(scope)
        try:
            Draft202012Validator(capability.input_schema).validate(dict(arguments))
        except ValidationError as fault:
            place = "/".join(str(part) for part in fault.absolute_path) or "the arguments"
            raise InvalidInput("capability.arguments_invalid", f"{name}: {place}: {fault.message[:500]}") from fault
        attributes = {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": name}
        with _tracer.start_as_current_span(f"execute_tool {name}", attributes=attributes):
            return await capability.call(caller, arguments)
