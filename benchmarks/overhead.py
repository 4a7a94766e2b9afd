"""What the engine adds to a model: a streamed `prompt run` beside llama-cpp-python called directly.

The same weights, threads, messages and greedy sampling; each prompt is new to both, so that neither has it
in its context. Our times are those of an HTTP client: rendering, the queue, the record of the execution and
the stream are in them.
"""

from __future__ import annotations

import http.client
import json
import os
import random
import time
from dataclasses import dataclass
from typing import Any

from benchmarks.harness.benchmark import Benchmark, Context, Metric, Outcome, at_least, at_most
from benchmarks.harness.engine import Engine, EngineFailed, running_engine
from benchmarks.harness.figures import middle, percentile, ratio
from benchmarks.harness.peers import own_environment, running_peer

NAME = "benchmark-story"
MAX_TOKENS = 96
CONTEXT_TOKENS = 2048
_WORDS = (
    "harbour lantern orchard granite violin compass meadow glacier weaver falcon ember canal marble thistle "
    "anchor saddle willow cobalt quarry sparrow beacon timber raven copper island mirror garden winter"
)


@dataclass(frozen=True, slots=True)
class Answer:
    """One streamed answer: its text, tokens after the first a second, milliseconds to the first."""

    text: str
    tokens_per_second: float
    first_ms: float


def run(context: Context) -> Outcome:
    """Send each prompt to both, in turn first."""
    threads = max(1, (os.cpu_count() or 1) // 2)
    prompts = 24 if context.full else 6
    settings = {"model_threads": str(threads), "model_context_tokens": str(CONTEXT_TOKENS)}
    with running_engine(**settings) as engine, running_peer(own_environment(), "llama_direct") as peer:
        _push(engine)
        _ours(engine, "first")  # the weights are made, and the model loaded, by then
        weights = next((engine.home / "models").glob("*.gguf"))
        loaded = peer.ask("load", path=str(weights), threads=threads, context_tokens=CONTEXT_TOKENS)
        context.say(f"{prompts} prompts of about 150 tokens, {MAX_TOKENS} tokens each, {threads} thread(s)")
        ours, theirs = _answers(engine, peer, random.Random(context.seed), prompts)
    return _outcome(ours, theirs, {"threads": threads, "prompts": prompts, "llama_cpp_python": loaded["version"]})


def _answers(engine: Engine, peer: Any, chance: random.Random, prompts: int) -> tuple[list[Answer], list[Answer]]:
    ours: list[Answer] = []
    theirs: list[Answer] = []
    for number in range(prompts + 1):
        subject = " ".join(chance.choices(_WORDS.split(), k=60))
        steps = [
            lambda s=subject: ours.append(_ours(engine, s)),
            lambda s=subject: theirs.append(_theirs(engine, peer, s)),
        ]
        for step in steps if number % 2 == 0 else reversed(steps):
            step()
    # The first prompt warms both up: pages of the weights, connections, statements.
    return ours[1:], theirs[1:]


def _outcome(ours: list[Answer], theirs: list[Answer], settings: dict[str, Any]) -> Outcome:
    pairs = list(zip(ours, theirs, strict=True))
    same = sum(own.text == peer.text for own, peer in pairs) / len(pairs)
    extra = [own.first_ms - peer.first_ms for own, peer in pairs]
    metrics = {
        **_figures(ours),
        "tokens_ratio": middle([ratio(own.tokens_per_second, peer.tokens_per_second) for own, peer in pairs]),
        "ttft_extra_ms": middle(extra),
        "ttft_extra_p90_ms": percentile(extra, 0.9),
        "same_answers": same,
    }
    return Outcome(metrics, {"llama-cpp-python": _figures(theirs)}, settings)


def _figures(answers: list[Answer]) -> dict[str, float]:
    return {
        "tokens_per_s": middle([one.tokens_per_second for one in answers]),
        "ttft_ms": middle([one.first_ms for one in answers]),
    }


def _push(engine: Engine) -> None:
    body = {
        "type": "chat",
        "messages": [
            {"role": "system", "content": "You tell short stories."},
            {"role": "user", "content": "Tell a story with these words: {{ subject }}."},
        ],
        "parameters": {"max_tokens": MAX_TOKENS, "temperature": 0.0},
    }
    engine.call("POST", "/prompts", {"name": NAME, "body": body, "message": "First wording", "labels": ["production"]})


def _theirs(engine: Engine, peer: Any, subject: str) -> Answer:
    rendered = engine.call(
        "POST", f"/prompts/{NAME}/render", {"label": "production", "variables": {"subject": subject}}
    )
    seen = peer.ask("chat", messages=rendered["messages"], max_tokens=MAX_TOKENS)
    return Answer(seen["text"], (seen["tokens"] - 1) / seen["rest"], seen["first"] * 1000)


def _ours(engine: Engine, subject: str) -> Answer:
    connection = http.client.HTTPConnection("127.0.0.1", engine.port, timeout=600)
    body = {"label": "production", "variables": {"subject": subject}, "stream": True}
    headers = {"Authorization": f"Bearer {engine.key}", "Content-Type": "application/json"}
    connection.connect()
    began = time.perf_counter()
    connection.request("POST", f"/api/v1/prompts/{NAME}/run", json.dumps(body), headers)
    response = connection.getresponse()
    if response.status != 200:
        raise EngineFailed(f"the run failed: {response.read().decode(errors='replace')[:500]}")
    moments: list[float] = []
    pieces: list[str] = []
    tokens = 0
    while line := response.readline():
        name, _, value = line.decode().rstrip("\n").partition(": ")
        if name != "data":
            continue
        event = json.loads(value)
        if "usage" in event:
            tokens = _tokens(event)
        elif event.get("text"):
            moments.append(time.perf_counter())
            pieces.append(event["text"])
    connection.close()
    return Answer("".join(pieces), (tokens - 1) / (moments[-1] - moments[0]), (moments[0] - began) * 1000)


def _tokens(completed: dict[str, Any]) -> int:
    return int(completed["usage"]["output_tokens"])


BENCHMARK = Benchmark(
    name="overhead",
    summary="a streamed prompt run beside llama-cpp-python called directly",
    metrics=(
        Metric("tokens_per_s", "tokens/s after the first"),
        Metric("ttft_ms", "time to the first token, ms"),
        Metric("tokens_ratio", "ours / direct, tokens/s (median of pairs)", at_least(0.97)),
        Metric("ttft_extra_ms", "ours - direct, first token, ms (median of pairs)", at_most(15)),
        Metric("ttft_extra_p90_ms", "the same, p90"),
        Metric("same_answers", "share of answers that are equal to the letter"),
    ),
    run=run,
)
