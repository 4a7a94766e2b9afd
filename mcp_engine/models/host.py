"""Child process: one model, one request at a time (`python -m mcp_engine.models.host OPTIONS`).

The parent's end of the socket pair is the life line: when it closes, however the parent ended, this
process exits at once. Requests are `generate` and `cancel` frames; answers are `ready`, then for
each request `started`, any number of `text` and `progress` frames, and one `end` or `error`.
"""

from __future__ import annotations

import json
import os
import queue
import signal
import socket
import sys
import threading
import time
from dataclasses import asdict
from typing import Any, BinaryIO, cast

from mcp_engine.errors import EngineError, ModelFailed
from mcp_engine.models.calls import ModelCall
from mcp_engine.models.frames import Frame, FrameError, HostOptions, encode_frame, read_frame
from mcp_engine.models.llama import Cancelled, LocalLlama, Outcome

PROGRESS_SECONDS = 1.0
"""How often a process that has no text to send says that it is still at work."""


class Host:
    """Serves the requests that arrive on a socket, in order."""

    def __init__(self, channel: socket.socket, options: HostOptions) -> None:
        self._channel = channel
        self._options = options
        self._requests: queue.SimpleQueue[Frame] = queue.SimpleQueue()
        self._cancelled = 0
        self._sent_at = 0.0

    def run(self) -> None:
        """Load the model, then serve until the parent closes the channel."""
        threading.Thread(target=self._listen, name="listen", daemon=True).start()
        llama = LocalLlama(self._options)
        self._send({"type": "ready", "context_tokens": llama.context_tokens})
        while True:
            request = self._requests.get()
            self._serve(llama, request)

    def _listen(self) -> None:
        source = cast(BinaryIO, self._channel.makefile("rb"))
        try:
            while frame := read_frame(source):
                if frame["type"] == "cancel":
                    self._cancelled = int(frame["id"])
                else:
                    self._requests.put(frame)
        except (OSError, FrameError) as error:
            sys.stderr.write(f"the channel to the engine broke: {error}\n")
        os._exit(0)

    def _serve(self, llama: LocalLlama, request: Frame) -> None:
        number = int(request["id"])
        outcome = Outcome()

        def check() -> None:
            if number == self._cancelled:
                raise Cancelled
            if time.monotonic() - self._sent_at > PROGRESS_SECONDS:
                self._send({"type": "progress", "id": number})

        self._send({"type": "started", "id": number})
        try:
            call = ModelCall.model_validate(request["call"])
            for piece in llama.generate(request["messages"], call, outcome, check):
                self._send({"type": "text", "id": number, "text": piece, **_tokens(outcome)})
        except Cancelled:
            outcome.finish_reason = "cancelled"
        except EngineError as error:
            self._send(_error_frame(number, error))
            return
        except Exception as error:  # noqa: BLE001 - one bad request must not take the process with it
            sys.stderr.write(f"unexpected {type(error).__name__} while generating: {error}\n")
            failure = ModelFailed("model.failed", "The model failed on this request; the engine's log says why.")
            self._send(_error_frame(number, failure))
            return
        self._send({"type": "end", "id": number, **asdict(outcome)})

    def _send(self, frame: Frame) -> None:
        self._channel.sendall(encode_frame(frame))
        self._sent_at = time.monotonic()


def _tokens(outcome: Outcome) -> Frame:
    return {
        "prompt_tokens": outcome.prompt_tokens,
        "cached_tokens": outcome.cached_tokens,
        "completion_tokens": outcome.completion_tokens,
    }


def _error_frame(number: int, error: EngineError) -> Frame:
    return {
        "type": "error",
        "id": number,
        "error": type(error).__name__,
        "code": error.code,
        "message": error.message,
        "details": error.details,
    }


def main(options: dict[str, Any]) -> None:
    # Ctrl-C reaches the whole terminal group; the parent decides when this process ends.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.dup2(2, 1)
    channel = socket.socket(fileno=int(options.pop("descriptor")))
    Host(channel, HostOptions(**options)).run()


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
