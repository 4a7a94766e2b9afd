"""A child process that is asked line by line, for native code whose crash may take a request with it and no more.

The child reads one line of JSON for each question and writes one line for each answer; what libraries print belongs
on its standard error. It ends with its input.
"""

from __future__ import annotations

import json
import subprocess
import sys
from typing import IO, Any, Final

_STOP_SECONDS: Final = 5.0


class ChildEnded(Exception):
    """The process ended, or answered with what is no JSON."""


class LineChild:
    """One such process; its calls block, and are one thread's at a time.

    Args:
        module: that `python -m` runs, with the arguments after it.
    """

    def __init__(self, module: str, *arguments: str) -> None:
        command = [sys.executable, "-m", module, *arguments]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    @property
    def is_alive(self) -> bool:
        return self._process.poll() is None

    def receive(self) -> dict[str, Any]:
        """Return the next answer.

        Raises:
            ChildEnded: there is none.
        """
        try:
            line = self._pipes[1].readline()
            if line:
                return dict(json.loads(line))
        except (OSError, ValueError) as error:
            raise ChildEnded from error
        raise ChildEnded

    def receive_bytes(self, size: int) -> bytes:
        """Return what follows an answer that announced so many bytes; raises `ChildEnded`."""
        body = self._pipes[1].read(size)
        if len(body) < size:
            raise ChildEnded
        return body

    def ask(self, question: Any) -> dict[str, Any]:
        """Return the answer to one question; raises `ChildEnded`."""
        to_child = self._pipes[0]
        try:
            to_child.write(json.dumps(question).encode() + b"\n")
            to_child.flush()
        except OSError as error:
            raise ChildEnded from error
        return self.receive()

    def kill(self) -> None:
        """End it at once, also while another thread waits for its answer, which then gets `ChildEnded`."""
        self._process.kill()

    def close(self) -> None:
        """End it, and wait until it has."""
        self._process.terminate()
        try:
            self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        for pipe in self._pipes:
            try:
                pipe.close()
            except BrokenPipeError:
                continue  # Text that a dead process never read.

    @property
    def _pipes(self) -> tuple[IO[bytes], IO[bytes]]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        return self._process.stdin, self._process.stdout
