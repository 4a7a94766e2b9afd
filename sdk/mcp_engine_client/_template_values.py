"""Values in templates: members, loops, filters, tests, and how they are written."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from numbers import Number
from typing import Any, NoReturn, cast

LOOP_MEMBERS = frozenset({"index", "index0", "revindex", "revindex0", "first", "last", "length"})


class UndefinedUse(Exception):
    """Something that is not there was used."""


class Undefined:
    """Stands for a value that is not there: it can be tested and defaulted, any other use is an error."""

    __slots__ = ("_why",)

    def __init__(self, why: str) -> None:
        self._why = why

    def fail(self, *_: Any) -> NoReturn:
        raise UndefinedUse(self._why)

    __bool__ = __str__ = __iter__ = __len__ = __contains__ = __hash__ = __eq__ = __ne__ = fail
    __lt__ = __le__ = __gt__ = __ge__ = fail


class NoElse(Undefined):
    """What an inline `if` without `else` gives when it is false: written as nothing, and false itself."""

    __slots__ = ()

    def __bool__(self) -> bool:
        return False

    def __str__(self) -> str:
        return ""

    def __len__(self) -> int:
        return 0

    def __iter__(self) -> Iterator[Any]:
        return iter(())

    def __contains__(self, _: object) -> bool:
        return False

    def __eq__(self, other: object) -> bool:
        return isinstance(other, NoElse)

    def __ne__(self, other: object) -> bool:
        return not isinstance(other, NoElse)

    def __hash__(self) -> int:
        return hash(NoElse)


class Loop:
    """What `loop` is inside a loop."""

    def __init__(self, index0: int, length: int) -> None:
        self.index0 = index0
        self.index = index0 + 1
        self.length = length
        self.revindex = length - index0
        self.revindex0 = length - index0 - 1
        self.first = index0 == 0
        self.last = index0 == length - 1


def member(holder: Any, key: Any) -> Any:
    """Return `holder.key` or `holder[key]`: members of objects, items of lists, characters of texts."""
    if isinstance(holder, Loop):
        return getattr(holder, key)
    if isinstance(holder, Undefined):
        holder.fail()
    by_key = isinstance(holder, dict) and isinstance(key, str)
    by_index = isinstance(holder, list | str) and isinstance(key, int) and not isinstance(key, bool)
    if by_key or by_index:
        try:
            return cast("Any", holder)[key]
        except LookupError:
            pass
    return Undefined(f"there is no {key!r}")


def looped(value: Any) -> list[Any]:
    """Return what a loop goes over."""
    if isinstance(value, Undefined):
        str(value)
    if not isinstance(value, list | str | dict):
        raise TypeError("for needs a list, a text or an object")
    return list(cast("list[Any]", value))


def shown(value: Any) -> str:
    """Return what `{{ value }}` writes: text as it is, nothing for null, everything else as JSON."""
    if value is None:
        return ""
    if isinstance(value, Undefined):
        return str(value)
    return value if isinstance(value, str) else _to_json(value)


def _to_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=_not_json)


def _not_json(value: Any) -> NoReturn:
    if isinstance(value, Undefined):
        str(value)
    raise TypeError("only variables and what they hold can be written")


def _on_text(change: Callable[[str], str]) -> Callable[[Any], str]:
    return lambda value: change(_text(value))


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"this filter needs a text, not {_to_json(value)[:60]}")
    return value


def _join(value: Any, separator: str = "") -> str:
    if not isinstance(value, list):
        raise TypeError("join needs a list")
    return _text(separator).join(shown(item) for item in cast("list[Any]", value))


def _length(value: Any) -> int:
    if not isinstance(value, list | str | dict):
        raise TypeError("length needs a list, a text or an object")
    return len(cast("list[Any]", value))


def _default(value: Any, fallback: Any = "", also_when_empty: Any = False) -> Any:
    if value is None or isinstance(value, Undefined) or (also_when_empty and not value):
        return fallback
    return value


def _items(value: Any) -> list[list[Any]]:
    if not isinstance(value, dict):
        raise TypeError("items needs an object")
    return [[key, item] for key, item in cast("dict[str, Any]", value).items()]


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_number(value: Any) -> bool:
    return isinstance(value, Number)


def _is_boolean(value: Any) -> bool:
    return value is True or value is False


def _is_none(value: Any) -> bool:
    return value is None


def _is_mapping(value: Any) -> bool:
    return isinstance(value, Mapping)


def _is_sequence(value: Any) -> bool:
    return isinstance(value, str | list | tuple | dict | NoElse)


def _is_undefined(value: Any) -> bool:
    return isinstance(value, Undefined)


def _is_defined(value: Any) -> bool:
    return not isinstance(value, Undefined)


FILTERS: Mapping[str, Callable[..., Any]] = {
    "upper": _on_text(str.upper),
    "lower": _on_text(str.lower),
    "capitalize": _on_text(str.capitalize),
    "trim": _on_text(str.strip),
    "join": _join,
    "length": _length,
    "default": _default,
    "items": _items,
    "tojson": _to_json,
}

TESTS: Mapping[str, Callable[..., bool]] = {
    "defined": _is_defined,
    "undefined": _is_undefined,
    "none": _is_none,
    "string": _is_text,
    "number": _is_number,
    "boolean": _is_boolean,
    "mapping": _is_mapping,
    "sequence": _is_sequence,
}
