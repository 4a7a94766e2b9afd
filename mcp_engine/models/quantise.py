"""Child process: requantise a GGUF file to Q8_0 (`python -m mcp_engine.models.quantise SOURCE TARGET`)."""

from __future__ import annotations

import ctypes
import sys
from typing import Any, cast


def requantise(source: str, target: str) -> int:
    """Write `source` as Q8_0 to `target`; returns llama.cpp's status, 0 when it is done."""
    import llama_cpp

    native = cast(Any, llama_cpp)
    parameters = native.llama_model_quantize_default_params()
    parameters.ftype = native.LLAMA_FTYPE_MOSTLY_Q8_0
    parameters.allow_requantize = True
    return int(native.llama_model_quantize(source.encode(), target.encode(), ctypes.byref(parameters)))


if __name__ == "__main__":
    sys.exit(requantise(sys.argv[1], sys.argv[2]))
