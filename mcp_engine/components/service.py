"""Calling capabilities: scopes first, then the schema, then the call in a span of its own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import structlog

from mcp_engine.access import Caller
from mcp_engine.components.capability import Capability
from mcp_engine.errors import InvalidInput, NotFound, Refused
from mcp_engine.json_schemas import check_schema, check_value
from mcp_engine.telemetry import gen_ai, tracing

_log = structlog.get_logger(__name__)
_tracer = tracing.tracer(__name__)


class CapabilityService:
    """Every capability that the installed components contribute, by name.

    Raises:
        ValueError: two capabilities share a name.
        InvalidInput: `schema.invalid` for a schema that is not JSON Schema 2020-12.
    """

    def __init__(self, capabilities: Iterable[Capability]) -> None:
        self._capabilities: dict[str, Capability] = {}
        for capability in capabilities:
            if capability.name in self._capabilities:
                raise ValueError(f"two capabilities are named {capability.name!r}")
            check_schema(capability.input_schema, what=f"the input schema of {capability.name}")
            check_schema(capability.output_schema, what=f"the output schema of {capability.name}")
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
            Refused: `capability.result_invalid`: the capability broke its promise, what it did may have happened.
        """
        capability = self.get(name)
        for scope in sorted(capability.scopes):
            caller.require(scope)
        what = f"The set of arguments of {name}"
        check_value(capability.input_schema, dict(arguments), code="capability.arguments_invalid", what=what)
        span, attributes = gen_ai.tool_span(name)
        with tracing.span(_tracer, span, attributes=attributes):
            result = dict(await capability.call(caller, arguments))
            _check_result(capability, result)
        return result


def _check_result(capability: Capability, result: dict[str, Any]) -> None:
    code, what = "capability.result_invalid", f"What the capability {capability.name} answered"
    try:
        check_value(capability.output_schema, result, code=code, what=what)
    except InvalidInput as error:
        # Not the caller's mistake: whoever maintains the capability must know.
        _log.error(code, capability=capability.name)
        raise Refused(code, f"{error.message} Report it to whoever maintains the capability.") from error
