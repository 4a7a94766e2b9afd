"""The process that counts a GGUF model's tokens: `python -m mcp_engine.models.token_host PATH`.

Each line of its input is a text as JSON, each line of its output how many tokens that is. Only the vocabulary is
loaded, and control tokens that stand in a text are counted as the plain text that they are for the model.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
from typing import Any


def main() -> None:
    """Load the vocabulary, say so, then count until the input ends."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    llama_cpp: Any = importlib.import_module("llama_cpp")
    model = llama_cpp.Llama(sys.argv[1], vocab_only=True, verbose=False)
    print(json.dumps({"ready": True}), file=answers, flush=True)
    for line in sys.stdin.buffer:
        text = json.loads(line).encode(errors="replace")
        count = len(model.tokenize(text, add_bos=False, special=False)) if text else 0
        print(json.dumps({"tokens": count}), file=answers, flush=True)


if __name__ == "__main__":
    main()
