"""Git repositories on disk, read by the real git; and what a repository must not be able to do."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from mcp_engine.access import Caller
from mcp_engine.errors import EngineError, InvalidInput, NotAllowed, TooLarge
from rag.connectors.git import GitKind, GitSettings
from rag.connectors.git_command import Git
from rag.connectors.options import SourceOptions
from tests.rag.conftest import Workspace
from tests.rag.connectors.conftest import Library, counts, library_of


class Checkout:
    """A repository with a working tree, as somebody who writes documents has it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.mkdir()
        self.git("init", "--quiet", "--initial-branch=main")

    @property
    def url(self) -> str:
        return f"file://{self.path}"

    def git(self, *arguments: str) -> str:
        who = ("-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "protocol.file.allow=always")
        environment = {"PATH": os.environ["PATH"], "HOME": str(self.path), "GIT_CONFIG_NOSYSTEM": "1"}
        done = subprocess.run(
            ["git", *who, *arguments], cwd=self.path, check=True, capture_output=True, text=True, env=environment
        )
        return done.stdout.strip()

    def commit(self, **files: str) -> str:
        for name, text in files.items():
            path = self.path / f"{name}.md"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", "More")
        return self.git("rev-parse", "HEAD")


@pytest.fixture
def checkout(root: Path) -> Checkout:
    return Checkout(root / "manual")


async def repository(library: Library, checkout: Checkout, name: str = "it", ref: str = "HEAD", **more: Any) -> Any:
    return await library.make("git", {"url": checkout.url, "ref": ref}, name, **more)


async def test_commits_bring_versions(library: Library, checkout: Checkout) -> None:
    checkout.commit(a="Words of a.", b="Words of b.")
    source = await repository(library, checkout, remove_gone=True, prefix="manual/")
    assert counts(await library.first(source)) == {"added": 2}
    checkout.git("rm", "--quiet", "b.md")
    checkout.commit(a="Other words of a.", c="Words of c.")
    assert counts(await library.read(source)) == {"added": 1, "changed": 1, "removed": 1}
    assert await library.names() == {"manual/a.md": 2, "manual/c.md": 1}
    assert counts(await library.read(source)) == {"unchanged": 2}


async def test_a_branch_a_tag_or_a_commit_is_read(library: Library, checkout: Checkout) -> None:
    first = checkout.commit(a="First.")
    checkout.git("tag", "v1")
    checkout.git("tag", "--annotate", "--message", "One", "v1.0")
    checkout.git("switch", "--quiet", "--create", "docs/next")
    checkout.commit(a="Second.", b="New.")
    refs = (("tag", "v1", 1), ("annotated", "v1.0", 1), ("branch", "docs/next", 2), ("commit", first, 1))
    for name, ref, brought in refs:
        source = await repository(library, checkout, name, ref, prefix=f"{name}/")
        assert counts(await library.first(source)) == {"added": brought}


async def test_only_files_are_read_and_nothing_is_run(library: Library, checkout: Checkout, tmp_path: Path) -> None:
    mark = tmp_path / "ran"
    for hook in ("post-checkout", "post-merge", "reference-transaction", "upload-pack"):
        script = checkout.path / ".git/hooks" / hook
        script.write_text(f"#!/bin/sh\ntouch {mark}\n")
        script.chmod(0o755)
    checkout.git("config", "uploadpack.packObjectsHook", f"touch {mark};")
    checkout.git("config", "filter.evil.smudge", f"touch {mark}")
    (checkout.path / ".gitattributes").write_text("*.md filter=evil\n")
    (checkout.path / "link.md").symlink_to("/etc/hostname")
    (checkout.path / "tab\tname.md").write_text("Tab.")
    checkout.commit(a="Words.")
    inner = Checkout(checkout.path.parent / "inner")
    inner.commit(x="Inner.")
    checkout.git("submodule", "--quiet", "add", inner.url, "inner")
    checkout.commit()
    source = await repository(library, checkout)
    mark.unlink(missing_ok=True)
    assert counts(await library.first(source)) == {"added": 1, "failed": 1}
    assert await library.names() == {"a.md": 1}
    assert not mark.exists()


async def test_a_ref_that_is_none_or_a_repository_that_is_none_fails_the_run(
    library: Library, checkout: Checkout
) -> None:
    checkout.commit(a="Words.")
    (checkout.path.parent / "plain").mkdir()
    plain = await library.make("git", {"url": f"file://{checkout.path.parent}/plain"}, "plain")
    for source in (await repository(library, checkout, ref="nothing"), plain):
        assert source.last_run is not None
        with pytest.raises(InvalidInput) as raised:
            await library.attempt(source.last_run.id)
        assert raised.value.code == "source.git_failed"
        assert "git said" in raised.value.message


async def test_a_large_file_is_a_failure_of_its_own(library: Library, checkout: Checkout) -> None:
    checkout.commit(a="Words.", large="x" * 20_000)
    source = await repository(library, checkout)
    assert counts(await library.first(source)) == {"added": 1, "failed": 1}
    assert await library.failures(source) == {"large.md": "document.too_large"}


async def test_a_repository_that_fills_the_disk_is_given_up(
    workspace: Workspace, caller: Caller, checkout: Checkout
) -> None:
    checkout.commit(large=os.urandom(100_000).hex())
    options = SourceOptions(source_roots=str(checkout.path.parent), source_clone_bytes=50_000)
    library = library_of(workspace, caller, options)
    source = await repository(library, checkout)
    assert source.last_run is not None
    with pytest.raises(TooLarge) as raised:
        await library.attempt(source.last_run.id)
    assert raised.value.code == "source.clone_too_large"


async def test_the_quick_look_sees_another_commit(library: Library, checkout: Checkout, root: Path) -> None:
    kind, settings = GitKind(SourceOptions(source_roots=str(root))), GitSettings(url=checkout.url)
    first = checkout.commit(a="Words.")
    async with kind.open(settings, None) as connector:
        assert await connector.state() == first
    second = checkout.commit(a="Other words.")
    async with kind.open(settings, None) as connector:
        assert await connector.state() == second


async def test_the_quick_look_takes_the_ref_that_is_read_and_none_that_ends_like_it(
    library: Library, checkout: Checkout, root: Path
) -> None:
    kind, settings = GitKind(SourceOptions(source_roots=str(root))), GitSettings(url=checkout.url, ref="main")

    async def seen() -> tuple[str | None, set[str]]:
        async with kind.open(settings, None) as connector:
            return await connector.state(), {item.name async for item in connector.items()}

    main = checkout.commit(a="Words.")
    checkout.git("switch", "--quiet", "--create", "docs/main")
    checkout.commit(b="Other words.")
    assert await seen() == (main, {"a.md"})
    checkout.git("tag", "--annotate", "--message", "One", "main")
    assert await seen() == (checkout.git("rev-parse", "refs/tags/main"), {"a.md", "b.md"})
    checkout.git("tag", "--delete", "main")
    checkout.git("branch", "--delete", "--force", "main")
    async with kind.open(settings, None) as connector:
        assert await connector.state() is None


async def test_a_repository_outside_the_roots_or_at_a_private_address_is_refused(
    library: Library, tmp_path: Path
) -> None:
    for url, code in (
        (f"file://{tmp_path}", "source.path_refused"),
        ("https://127.0.0.1/x.git", "source.address_refused"),
        ("https://localhost:8443/x.git", "source.address_refused"),
        ("ssh://git@10.0.0.1/x.git", "source.address_refused"),
    ):
        with pytest.raises(NotAllowed) as raised:
            await library.make("git", {"url": url})
        assert raised.value.code == code


@pytest.mark.parametrize("url", ["file:///srv/manual", "ssh://git@93.184.215.14/x.git"])
async def test_what_belongs_to_the_server_needs_its_operator(library: Library, url: str) -> None:
    writer = library.as_somebody_with({"documents:read", "documents:write"})
    with pytest.raises(NotAllowed) as raised:
        await writer.make("git", {"url": url})
    assert raised.value.code == "access.scope_missing"


async def test_anybody_who_writes_documents_may_name_a_public_repository(library: Library) -> None:
    writer = library.as_somebody_with({"documents:read", "documents:write"})
    source = await writer.make("git", {"url": "https://93.184.215.14/x.git"}, credential="ghp_secret", sync=False)
    assert source.has_credential
    assert "ghp_secret" not in source.model_dump_json()


@pytest.mark.parametrize(
    "settings",
    [
        {"url": "http://example.org/x.git"}, {"url": "git://example.org/x"}, {"url": "ext::sh -c id"},
        {"url": "/srv/x"}, {"url": "--upload-pack=id"}, {"url": "https://token@example.org/x"},
        {"url": "https://a:b@example.org/x"}, {"url": "ssh://-oProxyCommand=id/x"}, {"url": "file://host/x"},
        {"url": "ssh://-l@example.org/x"}, {"url": "https://example.org/x", "ref": "--output=x"},
        {"url": "https://example.org/x", "ref": "a..b"}, {"url": "https://example.org/x", "ref": "a:refs/heads/main"},
        {"url": "https://example.org/x", "depth": 5},
    ],
)  # fmt: skip
def test_settings_hold_no_options_and_no_secrets(settings: dict[str, Any]) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - pydantic's own says which member
        GitSettings.model_validate(settings)


async def test_the_token_is_given_to_its_host_alone_and_to_no_command_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The stand-in for git writes down what it is started with."""
    told = tmp_path / "told"
    (tmp_path / "bin").mkdir()
    command = tmp_path / "bin/git"
    command.write_text(f'#!/bin/sh\n(echo "$@"; env) > {told}\necho "fatal: stop" >&2\nexit 128\n')
    command.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}/bin:{os.environ['PATH']}")
    monkeypatch.setenv("GIT_SSH_COMMAND", "leak")
    monkeypatch.setenv("MCP_ENGINE_API_KEY", "leak")
    kind = GitKind(SourceOptions())
    async with kind.open(GitSettings(url="https://93.184.215.14/x.git"), "ghp_secret") as connector:
        with pytest.raises(EngineError) as raised:
            await connector.state()
    assert "fatal: stop" in raised.value.message
    arguments, _, environment = told.read_text().partition("\n")
    assert arguments == "ls-remote --quiet -- https://93.184.215.14/x.git HEAD"
    assert "leak" not in environment
    assert "=http.https://93.184.215.14/.extraHeader" in environment
    assert "=93.184.215.14:443:93.184.215.14" in environment
    assert "GIT_ALLOW_PROTOCOL=https\n" in environment


async def test_a_command_that_hangs_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "bin").mkdir()
    command = tmp_path / "bin/git"
    command.write_text("#!/bin/sh\nsleep 600\n")
    command.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}/bin:{os.environ['PATH']}")
    (tmp_path / "scratch").mkdir()
    git = Git(tmp_path / "scratch", "https", {}, seconds=0.2, most_bytes=1000)
    with pytest.raises(EngineError) as raised:
        await git.run("fetch")
    assert raised.value.code == "source.timed_out"
