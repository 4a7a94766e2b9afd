"""The private PostgreSQL runs wherever its folder lies, and is given to nobody by a link."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from mcp_engine.database.embedded import EmbeddedPostgres
from mcp_engine.errors import Conflict


@pytest.fixture
def folder() -> Iterator[Path]:
    """A short path that others may enter: root's PostgreSQL runs as another account."""
    folder = Path(tempfile.mkdtemp(prefix="pg "))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


def test_a_folder_may_have_any_name(folder: Path) -> None:
    cluster = EmbeddedPostgres(folder / "it's 100% A&B", "owner-password-of-the-tests")
    cluster.start()
    try:
        engine = create_engine(cluster.url(database="postgres"))
        with engine.connect() as connection:
            assert connection.scalar(text("SELECT 1")) == 1
        engine.dispose()
    finally:
        cluster.stop()
    assert not cluster.is_running()


def test_a_link_in_place_of_the_socket_folder_is_refused(folder: Path) -> None:
    cluster = EmbeddedPostgres(folder / "pg", "password")
    elsewhere = folder / "elsewhere"
    elsewhere.mkdir()
    cluster.root.mkdir()
    cluster.socket_dir.symlink_to(elsewhere)
    owner = elsewhere.stat().st_uid
    with pytest.raises(Conflict):
        cluster.start()
    assert elsewhere.stat().st_uid == owner
