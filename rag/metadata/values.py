"""Which keys and values metadata has."""

from __future__ import annotations

import re
from typing import Annotated, Any, Final

from pydantic import BeforeValidator, Field, StrictBool, StrictFloat, StrictInt, StrictStr

MOST_KEYS: Final = 32
MOST_CHARACTERS: Final = 512
MOST: Final = 2**53 - 1
"""Numbers up to this one are the same in every program that reads JSON."""
_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,63}")
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def _key(key: Any) -> Any:
    if isinstance(key, str) and _KEY.fullmatch(key):
        return key
    raise ValueError("a key has 1 to 64 letters, digits, `_`, `.` or `-`, and begins with a letter or `_`")


def _scalar(value: Any) -> Any:
    match value:
        case bool():
            return value
        case int() | float() if -MOST <= value <= MOST:
            return value
        case str() if len(value) <= MOST_CHARACTERS and not _UNSTORABLE.search(value):
            return value
        case _:
            raise ValueError(
                f"a value is text of at most {MOST_CHARACTERS} characters (and no NUL), a number from -(2^53 - 1) to "
                "2^53 - 1, true or false"
            )


def _bound(value: Any) -> Any:
    if isinstance(value, bool):
        raise ValueError("a range has numbers or texts as its ends: write true or false as `one_of`")  # noqa: TRY004 - pydantic passes this one on
    return None if value is None else _scalar(value)


_Text = Annotated[StrictStr, Field(max_length=MOST_CHARACTERS, pattern=r"^[^\x00]*$")]
_Integer = Annotated[StrictInt, Field(ge=-MOST, le=MOST)]
_Float = Annotated[StrictFloat, Field(ge=-MOST, le=MOST, allow_inf_nan=False)]

Key = Annotated[str, Field(pattern=rf"^{_KEY.pattern}$"), BeforeValidator(_key)]
Value = Annotated[StrictBool | _Integer | _Float | _Text, BeforeValidator(_scalar)]
Bound = Annotated[_Integer | _Float | _Text | None, BeforeValidator(_bound)]
Metadata = Annotated[dict[Key, Value], Field(max_length=MOST_KEYS)]
