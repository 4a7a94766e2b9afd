"""The wheel, alone in a fresh environment: what somebody gets who installs nothing else."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.end_to_end.blocks import CHECKOUT

_LOOK = """
import importlib.metadata, importlib.util, pathlib
import mcp_engine_client
from mcp_engine_client import AsyncClient, Client
assert importlib.util.find_spec("mcp_engine") is None, "the server came along"
assert importlib.util.find_spec("jinja2") is None
assert mcp_engine_client.__version__ == importlib.metadata.version("mcp-engine-client")
assert (pathlib.Path(mcp_engine_client.__file__).parent / "py.typed").exists()
with Client("http://127.0.0.1:9", "mce_key") as client:
    print(client.get_prompt("greet", fallback="{% for x in xs %}{{ x|upper }}{% endfor %}").compile(xs=["a", "b"]))
try:
    import mcp_engine_client.langchain
except ImportError as error:
    print(error)
"""


def uv() -> str:
    found = shutil.which("uv") or shutil.which("uv", path=str(CHECKOUT / ".uv" / "bin"))
    assert found is not None, "uv is missing: `make` fetches it"
    return found


def run(*command: str, cwd: Path) -> str:
    # Not this checkout's environment, whatever runs the tests.
    environment = {key: value for key, value in os.environ.items() if key not in ("VIRTUAL_ENV", "PYTHONPATH")}
    environment |= {"UV_SYSTEM_CERTS": "true", "UV_PYTHON_DOWNLOADS": "never"}
    done = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, timeout=200, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("wheel")
    run(uv(), "build", "--wheel", "--quiet", "--out-dir", str(folder), str(CHECKOUT / "sdk"), cwd=folder)
    run(uv(), "venv", "--quiet", "--python", sys.executable, "fresh", cwd=folder)
    (wheel,) = folder.glob("*.whl")
    interpreter = str(folder / "fresh" / "bin" / "python")
    run(uv(), "pip", "install", "--quiet", "--python", interpreter, str(wheel), cwd=folder)
    return interpreter


def test_it_works_alone(python: str, tmp_path: Path) -> None:
    printed = run(python, "-W", "error", "-c", _LOOK, cwd=tmp_path).splitlines()
    assert printed[0] == "AB"
    assert 'pip install "mcp-engine-client[langchain]"' in printed[1]


def test_it_brings_httpx_and_pydantic_only(python: str, tmp_path: Path) -> None:
    installed = run(
        uv(), "pip", "tree", "--python", python, "--depth", "1", "--package", "mcp-engine-client", cwd=tmp_path
    )
    direct = {line.split()[1] for line in installed.splitlines() if line.startswith(("├──", "└──"))}
    assert direct == {"httpx", "pydantic"}
