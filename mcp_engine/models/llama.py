"""llama.cpp through llama-cpp-python: exact prompts, repeatable sampling, reuse of what was read before.

Only model processes import this module: one `Llama` serves one request at a time (it is not
thread-safe), and a crash in it ends its process alone.

An answer depends on its request, never on what ran before: prompts are read in chunks at fixed
positions and reuse begins at such a position, because the same tokens read in another split give
slightly different numbers, which can tip the choice of a token.
"""

from __future__ import annotations

import ctypes
import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, cast

from mcp_engine.errors import InvalidInput, ModelFailed
from mcp_engine.models.calls import ModelCall
from mcp_engine.models.frames import HostOptions, Message
from mcp_engine.models.grammar import json_grammar
from mcp_engine.models.prefixes import PrefixCache, SavedPrefix, common_prefix_length
from mcp_engine.models.prompts import ChatTemplate
from mcp_engine.models.stopping import StoppingText

CPU_CHUNK_TOKENS = 128
GPU_CHUNK_TOKENS = 512
WORTH_SAVING_TOKENS = 256
_SEQUENCE = 0
_PIECE_BYTES = 1024
_LONGEST_SCHEMA_BYTES = 64 * 1024


@dataclass(slots=True)
class Outcome:
    """What a generation cost and why it ended; complete once its iterator is exhausted."""

    prompt_tokens: int = 0
    cached_tokens: int = 0
    completion_tokens: int = 0
    first_token_seconds: float = 0.0
    seconds: float = 0.0
    finish_reason: str = "stop"


class Cancelled(Exception):
    """The request's consumer went away."""


class _Native(Protocol):
    """The part of `llama_cpp.Llama` that is used; the package's own types are partial."""

    n_tokens: int
    input_ids: Any
    metadata: dict[str, str]
    ctx: Any
    model: Any

    def n_ctx(self) -> int: ...
    def n_vocab(self) -> int: ...
    def token_bos(self) -> int: ...
    def token_eos(self) -> int: ...
    def tokenize(self, text: bytes, add_bos: bool = True, special: bool = False) -> list[int]: ...
    def reset(self) -> None: ...
    def eval(self, tokens: Sequence[int]) -> None: ...
    def set_seed(self, seed: int) -> None: ...
    def generate(self, tokens: Sequence[int], **sampling: Any) -> Iterator[int]: ...


class LocalLlama:
    """One loaded model and its context."""

    def __init__(self, options: HostOptions) -> None:
        import llama_cpp

        self._native = cast(Any, llama_cpp)
        self._chunk = GPU_CHUNK_TOKENS if options.gpu_layers else CPU_CHUNK_TOKENS
        self._llama = cast(
            _Native,
            llama_cpp.Llama(
                options.model_path,
                n_ctx=options.context_tokens,
                n_batch=self._chunk,
                n_ubatch=self._chunk,
                n_threads=options.threads,
                n_threads_batch=options.threads,
                n_gpu_layers=options.gpu_layers,
                verbose=False,
            ),
        )
        self._vocabulary = self._native.llama_model_get_vocab(self._llama.model)
        trained = int(self._native.llama_model_n_ctx_train(self._llama.model))
        self.context_tokens = min(self._llama.n_ctx(), trained)
        controls, self._longest_token_bytes = self._control_texts()
        self._template = ChatTemplate(
            self._llama.metadata.get("tokenizer.chat_template"),
            bos=self._token_text(self._llama.token_bos()),
            eos=self._token_text(self._llama.token_eos()),
            controls=controls,
        )
        # A recurrent state can't be cut back to a prefix.
        self._can_cut = not (
            self._native.llama_model_is_recurrent(self._llama.model)
            or self._native.llama_model_is_hybrid(self._llama.model)
        )
        self._prefixes = PrefixCache(options.prefix_cache_bytes)
        self._owner = ""
        self._read: list[int] = []

    def prompt_tokens(self, messages: Sequence[Message]) -> list[int]:
        """Return the exact tokens of a chat.

        Raises:
            InvalidInput: `model.context_exceeded`, or `model.template_refused` (the model's own chat
                template does not take such messages).
        """
        pieces = self._template.render(messages)
        size = sum(len(piece.text.encode()) for piece in pieces)
        at_least = size // self._longest_token_bytes
        if at_least >= self.context_tokens:
            # Far too long: don't spend seconds on counting it exactly.
            raise self._exceeded(f"at least {at_least}")
        tokens: list[int] = []
        for piece in pieces:
            tokens += self._llama.tokenize(piece.text.encode(), add_bos=False, special=piece.special)
        if len(tokens) >= self.context_tokens:
            raise self._exceeded(str(len(tokens)))
        return tokens

    def generate(
        self, messages: Sequence[Message], call: ModelCall, outcome: Outcome, check: Callable[[], None]
    ) -> Iterator[str]:
        """Yield the answer's text as it comes; fills `outcome`, whose tokens are at each piece those until then.

        The first piece comes once the prompt is read; it is empty, as is that of a token whose text is held back.

        Args:
            check: called between chunks of the prompt and between tokens; raises `Cancelled` to end.

        Raises:
            InvalidInput: see `prompt_tokens`; `model.schema_unsupported`.
            ModelFailed: `model.decode_failed` when llama.cpp refuses to go on.
        """
        started = time.perf_counter()
        grammar = self._grammar(call.response_schema) if call.response_schema is not None else None
        tokens = self.prompt_tokens(messages)
        outcome.prompt_tokens = len(tokens)
        text = StoppingText(call.stop)
        try:
            outcome.cached_tokens = self._read_prompt(call.fair_key, tokens, check)
            yield ""
            limit = min(call.max_tokens, self.context_tokens - len(tokens))
            for token in self._sample(tokens, call, grammar):
                check()
                if outcome.completion_tokens == 0:
                    outcome.first_token_seconds = time.perf_counter() - started
                if self._native.llama_vocab_is_eog(self._vocabulary, token):
                    break
                outcome.completion_tokens += 1
                yield text.push(self._piece(token))
                if text.stopped:
                    break
                if outcome.completion_tokens >= limit:
                    outcome.finish_reason = "length"
                    break
        except RuntimeError as error:
            self._forget()
            raise ModelFailed(
                "model.decode_failed", f"llama.cpp gave up on this request ({error}); repeat it."
            ) from error
        if piece := text.finish():
            yield piece
        outcome.seconds = time.perf_counter() - started

    def _sample(self, tokens: list[int], call: ModelCall, grammar: Any) -> Iterator[int]:
        self._llama.set_seed(call.seed)
        # The prompt is in the context already, so this only samples. Other filters are off: an
        # answer follows from the parameters that its execution records.
        return self._llama.generate(
            tokens, temp=call.temperature, top_p=call.top_p, top_k=0, min_p=0.0, typical_p=1.0, grammar=grammar
        )

    def _read_prompt(self, owner: str, tokens: list[int], check: Callable[[], None]) -> int:
        """Bring the context to `tokens`; return how many of them were there already."""
        reused = self._reuse(owner, tokens)
        self._owner, self._read = owner, tokens[:reused]
        for start in range(reused, len(tokens), self._chunk):
            check()
            chunk = tokens[start : start + self._chunk]
            self._llama.eval(chunk)
            self._read += chunk
        return reused

    def _reuse(self, owner: str, tokens: Sequence[int]) -> int:
        """Keep or restore the longest beginning of `tokens`, in whole chunks; return its length.

        The last token is always read again: sampling needs its fresh logits.
        """
        if not self._can_cut:
            self._forget()
            return 0
        most = len(tokens) - 1
        held = self._whole_chunks(min(most, common_prefix_length(self._read, tokens))) if owner == self._owner else 0
        if held < self._whole_chunks(len(self._read)):
            self._save_read()
        found = self._prefixes.best(owner, tokens)
        if found is not None and (length := self._whole_chunks(min(most, found[1]))) > held:
            return length if self._restore(found[0]) and self._cut(length) else 0
        return held if self._cut(held) else 0

    def _save_read(self) -> None:
        """Keep a long prompt's state before the next one overwrites it."""
        length = self._whole_chunks(len(self._read))
        tokens = tuple(self._read[:length])
        if length < WORTH_SAVING_TOKENS or self._prefixes.holds(self._owner, tokens) or not self._cut(length):
            return
        size = int(self._native.llama_state_seq_get_size(self._llama.ctx, _SEQUENCE))
        buffer = (ctypes.c_uint8 * size)()
        written = int(self._native.llama_state_seq_get_data(self._llama.ctx, buffer, size, _SEQUENCE))
        if written:
            self._prefixes.put(SavedPrefix(self._owner, tokens, bytes(memoryview(buffer)[:written])))

    def _restore(self, prefix: SavedPrefix) -> bool:
        self._cut(0)
        buffer = (ctypes.c_uint8 * len(prefix.state)).from_buffer_copy(prefix.state)
        if not self._native.llama_state_seq_set_data(self._llama.ctx, buffer, len(prefix.state), _SEQUENCE):
            self._forget()
            return False
        self._llama.n_tokens = len(prefix.tokens)
        self._llama.input_ids[: len(prefix.tokens)] = prefix.tokens
        return True

    def _cut(self, length: int) -> bool:
        """Drop what the context holds beyond `length` tokens; False when it had to be emptied."""
        memory = self._native.llama_get_memory(self._llama.ctx)
        within = 0 < length <= self._llama.n_tokens
        if not within or not self._native.llama_memory_seq_rm(memory, -1, length, -1):
            self._forget()
            return length == 0
        self._llama.n_tokens = length
        return True

    def _forget(self) -> None:
        self._native.llama_memory_clear(self._native.llama_get_memory(self._llama.ctx), True)
        self._llama.reset()
        self._read = []

    def _whole_chunks(self, length: int) -> int:
        return length // self._chunk * self._chunk

    def _grammar(self, schema: dict[str, Any]) -> Any:
        from llama_cpp import LlamaGrammar

        source = json.dumps(schema)
        if len(source) > _LONGEST_SCHEMA_BYTES:
            raise InvalidInput(
                "model.schema_unsupported",
                f"The response schema has {len(source)} bytes, over {_LONGEST_SCHEMA_BYTES}.",
            )
        try:
            grammar = cast(Any, LlamaGrammar).from_string(json_grammar(schema), verbose=False)
        except Exception as error:
            raise InvalidInput(
                "model.schema_unsupported", f"The local model can't follow this response schema: {str(error)[:200]}"
            ) from error
        # Compiled once to see that it can be: the sampler chain would crash on a refused grammar.
        sampler = self._native.llama_sampler_init_grammar(
            self._vocabulary, grammar._grammar.encode(), grammar._root.encode()
        )
        if not sampler:
            raise InvalidInput("model.schema_unsupported", "llama.cpp refuses the grammar of this response schema.")
        self._native.llama_sampler_free(sampler)
        return grammar

    def _control_texts(self) -> tuple[list[str], int]:
        """Return the texts of all control tokens, and an upper bound of a token's length in bytes."""
        controls: list[str] = []
        longest = 1
        for token in range(self._llama.n_vocab()):
            text = self._native.llama_vocab_get_text(self._vocabulary, token) or b""
            longest = max(longest, len(text))
            if self._native.llama_vocab_get_attr(self._vocabulary, token) & self._native.LLAMA_TOKEN_ATTR_CONTROL:
                controls.append(text.decode(errors="replace"))
        return [text for text in controls if text], longest

    def _token_text(self, token: int) -> str:
        if token < 0:
            return ""
        return bytes(self._native.llama_vocab_get_text(self._vocabulary, token) or b"").decode(errors="replace")

    def _piece(self, token: int) -> bytes:
        buffer = ctypes.create_string_buffer(_PIECE_BYTES)
        length = int(self._native.llama_token_to_piece(self._vocabulary, token, buffer, _PIECE_BYTES, 0, False))
        return buffer.raw[: max(0, length)]

    def _exceeded(self, tokens: str) -> InvalidInput:
        return InvalidInput(
            "model.context_exceeded",
            f"The prompt has {tokens} tokens; this model reads fewer than {self.context_tokens}. Send less, or raise "
            "MCP_ENGINE_MODEL_CONTEXT_TOKENS.",
            details={"prompt_tokens": tokens, "context_tokens": self.context_tokens},
        )
