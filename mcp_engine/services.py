"""The service container: one instance a type, built once by the composition root."""

from __future__ import annotations

from typing import Any, TypeVar, cast

T = TypeVar("T")


class Services:
    """Long-lived objects by their type, so that routes and components ask for what they use by name."""

    def __init__(self) -> None:
        self._instances: dict[type[Any], object] = {}

    def add(self, instance: object, *, provides: type[Any] | None = None) -> None:
        """Register `instance` under its own type, or under the Protocol `provides`."""
        key = provides or type(instance)
        if key in self._instances:
            raise ValueError(f"{key.__name__} is registered already")
        self._instances[key] = instance

    def get(self, kind: type[T]) -> T:
        """Return the instance registered for `kind`; a missing one is a programming error (`LookupError`)."""
        try:
            return cast(T, self._instances[kind])
        except KeyError:
            raise LookupError(f"no {kind.__name__} is registered") from None
