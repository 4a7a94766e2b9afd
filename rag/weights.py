"""Weights that come with the engine: checked before they are loaded, and run one thread at a time."""

from __future__ import annotations

import hashlib
import importlib
import importlib.resources
from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from mcp_engine.errors import Refused

if TYPE_CHECKING:
    from tokenizers import Tokenizer

_PROVIDERS: Final = ("CUDAExecutionProvider", "CPUExecutionProvider")
_UNKNOWN: Final = "[UNK]"
_VOCABULARY: Final = "minilm-vocabulary.txt"
VOCABULARY_SHA256: Final = "07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3"
"""Of the uncased vocabulary of BERT (Devlin et al., 2018; Apache-2.0), which lies beside this module."""


def tokenizer() -> Tokenizer:
    """Return WordPiece with BERT's uncased vocabulary; it adds no special tokens, and neither cuts nor pads.

    Raises:
        Refused: `embedding.weights_changed` when the vocabulary is not the pinned one.
    """
    from tokenizers import Tokenizer
    from tokenizers.models import WordPiece
    from tokenizers.normalizers import BertNormalizer
    from tokenizers.pre_tokenizers import BertPreTokenizer

    vocabulary = verified(Path(str(importlib.resources.files("rag") / _VOCABULARY)), VOCABULARY_SHA256)
    ids = {token: index for index, token in enumerate(vocabulary.decode().split("\n")[:-1])}
    words: Any = Tokenizer(WordPiece(ids, unk_token=_UNKNOWN, max_input_chars_per_word=100))
    words.normalizer = BertNormalizer(lowercase=True)
    words.pre_tokenizer = BertPreTokenizer()
    return words


def session(model: bytes) -> Any:
    """Return an ONNX Runtime session on one thread, which does not spin: under load more threads gave less."""
    runtime: Any = importlib.import_module("onnxruntime")  # it carries no types
    options = runtime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return runtime.InferenceSession(model, options, providers=_providers(runtime.get_available_providers()))


def _providers(available: Collection[str]) -> list[str]:
    """Return what runs a model, the first that can: a GPU where this ONNX Runtime was built for one."""
    return [one for one in _PROVIDERS if one in available]


def verified(path: Path, sha256: str) -> bytes:
    """Return the content of a file.

    Raises:
        Refused: `embedding.weights_changed` when its SHA-256 is another.
    """
    content = path.read_bytes()
    if hashlib.sha256(content).hexdigest() != sha256:
        raise Refused(
            "embedding.weights_changed",
            f"{path} is not the file this release was tested with; install the locked dependencies again (`make up`).",
        )
    return content
