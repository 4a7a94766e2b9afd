"""llama-cpp-python called directly: the same weights, the same messages, the same sampling."""

from __future__ import annotations

import importlib
import time
from typing import Any

from protocol import serve

_loaded: dict[str, Any] = {}


def load(path: str, threads: int, context_tokens: int) -> dict[str, Any]:
    llama: Any = importlib.import_module("llama_cpp")
    _loaded["model"] = llama.Llama(
        path, n_ctx=context_tokens, n_threads=threads, n_threads_batch=threads, verbose=False
    )
    return {"version": llama.__version__}


def chat(messages: list[dict[str, str]], max_tokens: int) -> dict[str, Any]:
    """Return the answer with the seconds to its first token, and from the first to the last.

    The context is emptied before: the engine reuses what it has read in whole chunks only, so of these short prompts
    neither has the beginning that they share.
    """
    _loaded["model"].reset()
    began = time.perf_counter()
    moments: list[float] = []
    pieces: list[str] = []
    # Greedy and unfiltered, as the engine's own call with temperature 0.
    chunks = _loaded["model"].create_chat_completion(
        messages=messages, max_tokens=max_tokens, temperature=0.0, top_k=0, top_p=1.0, min_p=0.0, repeat_penalty=1.0,
        stream=True,
    )  # fmt: skip
    for chunk in chunks:
        text = chunk["choices"][0]["delta"].get("content")
        if text:
            moments.append(time.perf_counter())
            pieces.append(text)
    return {
        "text": "".join(pieces), "tokens": len(pieces), "first": moments[0] - began, "rest": moments[-1] - moments[0],
    }  # fmt: skip


if __name__ == "__main__":
    serve({"load": load, "chat": chat})
