"""Which prompt files a branch changed."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mcp_engine.cli.failures import CommandFailed, ExitCode


@dataclass(frozen=True, slots=True)
class Branch:
    """The commit that is checked, and the prompt files that differ from where it left the base."""

    root: Path
    commit: str
    base: str
    files: tuple[Path, ...]


def changed_files(base: str, globs: Sequence[str]) -> Branch:
    """Return the files under the present folder's repository that were added or changed since `base` was left.

    What is not committed yet counts as well. Removed files don't: a released prompt has no file to compare.
    """
    root = Path(_git("rev-parse", "--show-toplevel"))
    commit = _git("rev-parse", "--short", "HEAD")
    origin = _git("merge-base", base, "HEAD")
    # The repository's own folder is where git's globs begin; `**/` stands for any number of folders.
    wanted = ["--", *(f":(top,glob){glob}" for glob in globs)]
    names = _git("diff", "--name-only", "-z", "--no-renames", "--diff-filter=AM", origin, *wanted, cwd=root).split("\0")
    names += _git("ls-files", "-z", "--others", "--exclude-standard", *wanted, cwd=root).split("\0")
    return Branch(root, commit, origin[:12], tuple(root / name for name in sorted({*names} - {""})))


def _git(*arguments: str, cwd: Path | None = None) -> str:
    git = shutil.which("git")
    if git is None:
        raise CommandFailed("git is not installed; `ci` asks it what changed.", ExitCode.USAGE)
    try:
        done = subprocess.run([git, *arguments], capture_output=True, text=True, check=True, cwd=cwd)
    except subprocess.CalledProcessError as error:
        said = " ".join(error.stderr.split())
        raise CommandFailed(f"git {arguments[0]}: {said}", ExitCode.USAGE) from error
    return done.stdout.strip("\n")
