"""The process that runs a hosted model: `python -m rag.embedders.host OPTIONS` (JSON of `HostedOptions`).

Standard input has one JSON list of texts a line. Standard output has a JSON line for each, first one about the model
itself (`dimensions`, or `error` and `code`); one with `rows` is followed by so many vectors, little-endian 32-bit
floats. What libraries print goes to standard error. The process ends with its input.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
from collections.abc import Callable, Sequence
from typing import Any, BinaryIO

import numpy as np
from pydantic import TypeAdapter

from rag.embedders.options import GgufOptions, SentenceTransformersOptions

HostedModel = GgufOptions | SentenceTransformersOptions
OPTIONS: TypeAdapter[HostedModel] = TypeAdapter(HostedModel)
MISSING = "embedder.package_missing"
FAILED = "embedder.failed"
_Encode = Callable[[Sequence[str]], Any]
_NO_POOLING = "the file does not say how its tokens become one vector: set `pooling` to mean, cls or last"


def main() -> None:
    """Load the model, then answer until the input ends."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    options = OPTIONS.validate_json(sys.argv[1])
    try:
        encode = _gguf(options) if isinstance(options, GgufOptions) else _sentence_transformers(options)
        dimensions = np.asarray(encode(["one"])).shape[1]
    except ImportError as error:
        _say(answers, {"error": str(error), "code": MISSING})
        return
    except Exception as error:  # noqa: BLE001 - the parent names it to whoever waits
        _say(answers, {"error": str(error) or repr(error), "code": FAILED})
        return
    _say(answers, {"dimensions": dimensions})
    for line in sys.stdin.buffer:
        _answer(answers, encode, json.loads(line))


def _answer(answers: BinaryIO, encode: _Encode, texts: Sequence[str]) -> None:
    try:
        vectors = np.ascontiguousarray(encode(texts), dtype="<f4")
    except Exception as error:  # noqa: BLE001 - as above
        _say(answers, {"error": str(error) or repr(error), "code": FAILED})
        return
    _say(answers, {"rows": len(vectors)}, vectors.tobytes())


def _say(answers: BinaryIO, header: dict[str, Any], body: bytes = b"") -> None:
    answers.write(json.dumps(header).encode() + b"\n" + body)
    answers.flush()


def _gguf(options: GgufOptions) -> _Encode:
    llama_cpp: Any = importlib.import_module("llama_cpp")
    pooling = {
        "model": llama_cpp.LLAMA_POOLING_TYPE_UNSPECIFIED,
        "mean": llama_cpp.LLAMA_POOLING_TYPE_MEAN,
        "cls": llama_cpp.LLAMA_POOLING_TYPE_CLS,
        "last": llama_cpp.LLAMA_POOLING_TYPE_LAST,
    }[options.pooling]
    tokens = options.context_tokens
    model = llama_cpp.Llama(
        str(options.path), embedding=True, pooling_type=pooling, n_ctx=tokens, n_batch=tokens, n_ubatch=tokens,
        n_gpu_layers=options.gpu_layers, verbose=False,
    )  # fmt: skip
    if model.pooling_type() == llama_cpp.LLAMA_POOLING_TYPE_NONE:
        raise ValueError(_NO_POOLING)

    def encode(texts: Sequence[str]) -> Any:
        # One by one: what is read together in one batch shifts a vector's last bits.
        return [model.embed(text, normalize=False, truncate=True) for text in texts]

    return encode


def _sentence_transformers(options: SentenceTransformersOptions) -> _Encode:
    library: Any = importlib.import_module("sentence_transformers")
    model = library.SentenceTransformer(str(options.path), device=options.device, trust_remote_code=False)

    def encode(texts: Sequence[str]) -> Any:
        return model.encode(list(texts), batch_size=options.batch, convert_to_numpy=True, show_progress_bar=False)

    return encode


if __name__ == "__main__":
    main()
