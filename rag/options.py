"""Options of a strategy by name, such as `retrieval.passages`, changed without a version of their own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from pydantic import BaseModel, ValidationError

from mcp_engine.errors import InvalidInput
from mcp_engine.faults import faults_of
from rag.strategy import Answering, Retrieval, Strategy

_PARTS: Final[Mapping[str, type[BaseModel]]] = {"retrieval": Retrieval, "answering": Answering}
NAMES: Final = tuple(f"{part}.{member}" for part, options in _PARTS.items() for member in options.model_fields)
"""What takes effect when a question is asked."""
_OF_THE_INDEX = ("chunking", "embedder")
_OF_THE_LOCK = ("rewriting", "reranking", "judging", "composing")


def with_options(strategy: Strategy, options: Mapping[str, Any]) -> Strategy:
    """Return the strategy with other values of some options.

    Raises:
        InvalidInput: `strategy_option.unknown`; `strategy_option.needs_index` for what takes effect when documents are
            indexed; `strategy_option.needs_version` for what a version's lock pins; `strategy_option.invalid`.
    """
    body = strategy.model_dump(mode="json")
    for name, value in options.items():
        _check_name(name)
        part, _, member = name.partition(".")
        body[part][member] = value
    try:
        return Strategy.model_validate(body)
    except ValidationError as error:
        raise InvalidInput("strategy_option.invalid", f"Correct the options: {faults_of(error)}") from error


def value_of(strategy: Strategy, name: str) -> Any:
    """Return the value of one of `NAMES`, as JSON."""
    part, _, member = name.partition(".")
    value = getattr(getattr(strategy, part), member)
    return value.model_dump(mode="json", exclude_defaults=True) if isinstance(value, BaseModel) else value


def _check_name(name: str) -> None:
    if name in NAMES:
        return
    if name.partition(".")[0] in _OF_THE_INDEX:
        raise InvalidInput(
            "strategy_option.needs_index",
            f"{name[:80]!r} takes effect when documents are indexed, and a question is asked of the index that there "
            "is. Push a strategy `default` with it, index the collection anew, and try other options there.",
        )
    if name.partition(".")[0] in _OF_THE_LOCK:
        raise InvalidInput(
            "strategy_option.needs_version",
            f"{name[:80]!r} belongs to a prompt or a model, which only a version pins. Push versions of the strategy "
            "with and without it, and try other options of each.",
        )
    raise InvalidInput(
        "strategy_option.unknown", f"A strategy has no option {name[:80]!r}; there are: {', '.join(NAMES)}."
    )
