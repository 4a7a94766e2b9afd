"""Vector search by Chroma and LanceDB, each as its own documentation sets it up, in a folder of its own."""

from __future__ import annotations

import importlib
import time
from pathlib import Path
from typing import Any

from protocol import serve

BATCH = 5000
_open: dict[str, Any] = {}


def load(path: str) -> None:
    """Take vectors (`vectors`, `questions`) from a file of numpy's."""
    numpy: Any = importlib.import_module("numpy")
    with numpy.load(path) as stored:
        _open["vectors"], _open["questions"] = stored["vectors"], stored["questions"]


def memory() -> int:
    """Return the resident memory of this process in bytes."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmRSS:"))


def build(library: str, folder: str) -> float:
    """Put the vectors into a new collection, with the index that the library makes for it; return the seconds."""
    began = time.perf_counter()
    _open[library] = _BUILDERS[library](folder)
    return time.perf_counter() - began


def search(library: str, limit: int, repeats: int) -> dict[str, Any]:
    """Return the seconds of each query, and the numbers of what the last round found."""
    query = _QUERIES[library]
    for vector in _open["questions"][:20]:
        query(_open[library], vector, limit)
    seconds: list[float] = []
    found: list[list[int]] = []
    for _ in range(repeats):
        found = []
        for vector in _open["questions"]:
            began = time.perf_counter()
            numbers = query(_open[library], vector, limit)
            seconds.append(time.perf_counter() - began)
            found.append(numbers)
    return {"seconds": seconds, "found": found}


def _build_chroma(folder: str) -> Any:
    chromadb: Any = importlib.import_module("chromadb")
    client = chromadb.PersistentClient(path=folder, settings=chromadb.Settings(anonymized_telemetry=False))
    collection = client.create_collection("passages", metadata={"hnsw:space": "ip"})
    vectors = _open["vectors"]
    for start in range(0, len(vectors), BATCH):
        part = vectors[start : start + BATCH]
        collection.add(ids=[str(start + place) for place in range(len(part))], embeddings=part)
    return collection


def _query_chroma(collection: Any, vector: Any, limit: int) -> list[int]:
    answer = collection.query(query_embeddings=[vector], n_results=limit, include=["distances"])
    return [int(one) for one in answer["ids"][0]]


def _build_lancedb(folder: str) -> Any:
    lancedb: Any = importlib.import_module("lancedb")
    arrow: Any = importlib.import_module("pyarrow")
    vectors = _open["vectors"]
    flat = arrow.array(vectors.reshape(-1), type=arrow.float32())
    data = {"id": list(range(len(vectors))), "vector": arrow.FixedSizeListArray.from_arrays(flat, vectors.shape[1])}
    table = lancedb.connect(folder).create_table("passages", arrow.table(data))
    table.create_index(metric="dot", index_type="IVF_HNSW_SQ", vector_column_name="vector")
    return table


def _query_lancedb(table: Any, vector: Any, limit: int) -> list[int]:
    rows = table.search(vector).distance_type("dot").limit(limit).select(["id", "_distance"]).to_list()
    return [int(row["id"]) for row in rows]


_BUILDERS = {"chroma": _build_chroma, "lancedb": _build_lancedb}
_QUERIES = {"chroma": _query_chroma, "lancedb": _query_lancedb}

if __name__ == "__main__":
    serve({"load": load, "memory": memory, "build": build, "search": search})
