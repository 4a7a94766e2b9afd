"""The ```sh blocks of a page, run as a reader would run them."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

from tests.end_to_end.instance import COMMAND, EngineProcess

CHECKOUT = Path(__file__).parents[2]
_BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def sh_blocks(page: Path) -> list[str]:
    """Return the page's blocks marked `sh`, in order; others are not meant to be run."""
    return _BLOCK.findall(page.read_text())


def run_blocks(blocks: list[str], engine: EngineProcess, folder: Path, *, timeout: float = 600) -> str:
    """Run the blocks in one bash in `folder` and return what they print; the first command that fails ends it.

    Raises:
        AssertionError: a command failed; says in which block, with all the output.
    """
    marked = [f"echo '--- block {number}' >&2\n{block}" for number, block in enumerate(blocks, start=1)]
    environment = engine.environment
    done = subprocess.run(
        ["bash", "-c", "set -euo pipefail\n" + "\n".join(marked)],
        env={**environment, "PATH": os.pathsep.join((str(COMMAND.parent), environment["PATH"]))},
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=timeout,
        check=False,
    )
    assert done.returncode == 0, f"exit code {done.returncode}:\n{done.stdout}"
    return done.stdout
