"""The process that runs a cross-encoder: `python -m rag.reranking.host FOLDER DIGEST`.

Standard input has one JSON object a line (`question`, `texts`, `max_tokens`), standard output one for each (`scores`,
or `error` and `code`), first one about the model itself. What libraries print goes to standard error.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from rag.reranking.options import MODEL, TOKENIZER, contents_digest
from rag.weights import session

FAILED: Final = "reranker.failed"
UNFIT: Final = "reranker.unfit"
CHANGED: Final = "reranker.changed"
_INPUTS: Final = {"input_ids": "ids", "attention_mask": "attention_mask", "token_type_ids": "type_ids"}
_BATCH: Final = 16
_BATCH_TOKENS: Final = 4096
"""What a batch may hold with its padding, so that its memory stays small."""
_PADDINGS: Final = ("[PAD]", "<pad>")


class Unfit(Exception):
    """The files hold no cross-encoder."""


class Scorer:
    """A model that gives one number for a question and a text."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        from tokenizers import Tokenizer

        self._tokenizer: Any = Tokenizer.from_buffer(files[TOKENIZER])
        self._tokenizer.no_padding()
        known = (self._tokenizer.token_to_id(token) for token in _PADDINGS)
        self._padding = next((one for one in known if one is not None), 0)
        self._session = session(files[MODEL])
        self._inputs = [one.name for one in self._session.get_inputs()]
        unknown = sorted({*self._inputs} - {*_INPUTS})
        if unknown or "input_ids" not in self._inputs:
            why = f"asks for {', '.join(unknown)}" if unknown else "takes no input_ids"
            raise Unfit(f"{MODEL} {why}; a cross-encoder takes input_ids, attention_mask and token_type_ids")
        # Two of different length: what only works for one, or for one length, is found out here.
        self.scores("one", ["two", "two and a few more words"], 64)

    def scores(self, question: str, texts: Sequence[str], max_tokens: int) -> list[float]:
        """Return the model's number for each text, in order."""
        self._tokenizer.enable_truncation(max_tokens, strategy="longest_first")
        read = self._tokenizer.encode_batch([(question, text) for text in texts])
        found = np.zeros(len(texts), dtype=np.float64)
        for places in _batches([len(one.ids) for one in read]):
            found[places] = self._run([read[place] for place in places])
        return found.tolist()

    def _run(self, batch: Sequence[Any]) -> Any:
        width = max(len(one.ids) for one in batch)
        feeds = {
            name: np.array(
                [
                    _padded(getattr(one, _INPUTS[name]), width, self._padding if name == "input_ids" else 0)
                    for one in batch
                ],
                dtype=np.int64,
            )
            for name in self._inputs
        }
        output = np.asarray(self._session.run(None, feeds)[0], dtype=np.float64)
        if output.shape not in ((len(batch), 1), (len(batch),)):
            shape = list(output.shape)
            raise Unfit(
                f"{MODEL} gives numbers of the shape {shape} for {len(batch)} pairs, and not one score for each"
            )
        if not np.isfinite(output).all():
            raise ValueError("the model gave a score that is no number")
        return output.reshape(len(batch))


def _batches(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Yield places of texts that are read together: alike in length, and few enough."""
    batch: list[int] = []
    for place in sorted(range(len(lengths)), key=lambda one: lengths[one]):
        if batch and (len(batch) == _BATCH or (len(batch) + 1) * lengths[place] > _BATCH_TOKENS):
            yield batch
            batch = []
        batch.append(place)
    if batch:
        yield batch


def _padded(values: Sequence[int], width: int, padding: int) -> list[int]:
    return [*values, *[padding] * (width - len(values))]


def main() -> None:
    """Load the model, then answer until the input ends."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    folder, wanted = Path(sys.argv[1]), sys.argv[2]
    try:
        # Read once: what is run is what was compared.
        files = {name: (folder / name).read_bytes() for name in (MODEL, TOKENIZER)}
        if contents_digest(files) != wanted:
            _say(answers, {"error": "its files were changed", "code": CHANGED})
            return
        scorer = Scorer(files)
    except Exception as error:  # noqa: BLE001 - the parent names it to whoever waits
        _say(answers, {"error": str(error) or repr(error), "code": UNFIT})
        return
    _say(answers, {"ready": True})
    for line in sys.stdin:
        try:
            asked = json.loads(line)
            _say(answers, {"scores": scorer.scores(asked["question"], asked["texts"], asked["max_tokens"])})
        except Exception as error:  # noqa: BLE001 - as above
            _say(answers, {"error": str(error) or repr(error), "code": FAILED})


def _say(answers: Any, said: dict[str, Any]) -> None:
    answers.write(json.dumps(said) + "\n")
    answers.flush()


if __name__ == "__main__":
    main()
