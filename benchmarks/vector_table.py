"""A table of vectors with pgvector's HNSW index, in a database of its own beside the engine's."""

from __future__ import annotations

from types import TracebackType
from typing import Any, Self

import psycopg
from pgvector.psycopg import register_vector
from sqlalchemy import URL

from rag.embedding import Vectors

_DATABASE = "vector_table"


class VectorTable:
    """Made when the block begins, dropped when it ends.

    Args:
        owner: of the engine's database; the new one is made in the same cluster.
    """

    SETTINGS = "m=16, ef_construction=64, ef_search=100"

    def __init__(self, owner: URL) -> None:
        self._owner = owner

    def __enter__(self) -> Self:
        self._remove()
        with self._connected("postgres") as connection:
            connection.execute(f"CREATE DATABASE {_DATABASE}".encode())
        self._open = self._connected(_DATABASE)
        self._open.execute("CREATE EXTENSION vector")
        register_vector(self._open)
        self._open.execute("CREATE TABLE item (id integer PRIMARY KEY, vector vector(384))")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.close()
        self._remove()

    def build(self, vectors: Vectors) -> None:
        """Copy the vectors in, then make the index."""
        with self._open.cursor().copy("COPY item FROM STDIN WITH (FORMAT BINARY)") as copy:
            copy.set_types(["int4", "vector"])
            for number, vector in enumerate(vectors):
                copy.write_row((number, vector))
        # As its manual asks: the graph is built in memory, some 2 KB a vector of 384 dimensions.
        megabytes = max(1024, len(vectors) * 3 // 1000)
        self._open.execute(f"SET maintenance_work_mem = '{megabytes}MB'".encode())
        self._open.execute("CREATE INDEX ON item USING hnsw (vector vector_ip_ops) WITH (m = 16, ef_construction = 64)")
        self._open.execute("SET hnsw.ef_search = 100")
        self._open.execute("ANALYZE item")

    def nearest(self, vector: Any, limit: int) -> list[int]:
        rows = self._open.execute("SELECT id FROM item ORDER BY vector <#> %s LIMIT %s", (vector, limit))
        return [row[0] for row in rows]

    def bytes(self) -> int:
        """Return what table and index take on disk."""
        row = self._open.execute("SELECT pg_total_relation_size('item')").fetchone()
        return int(row[0]) if row else 0

    def _connected(self, database: str) -> psycopg.Connection[Any]:
        url = self._owner.set(drivername="postgresql", database=database)
        return psycopg.connect(url.render_as_string(hide_password=False), autocommit=True)

    def _remove(self) -> None:
        with self._connected("postgres") as connection:
            connection.execute(f"DROP DATABASE IF EXISTS {_DATABASE} WITH (FORCE)".encode())
