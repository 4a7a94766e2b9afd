"""Nearest vectors, BM25, and their fusion, by the formulas that Weaviate documents."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

import numpy as np
from weaviate.proto.v1 import base_search_pb2, search_get_pb2

from tests.rag.stores.weaviate_stand_in.filters import passes
from tests.rag.stores.weaviate_stand_in.state import Collection, Thing, Unprocessable

Scored = list[tuple[Thing, float]]


def search(collection: Collection, request: search_get_pb2.SearchRequest) -> Scored:
    """Return objects with their score (hybrid, BM25) or distance (near), best first."""
    shard = list(collection.shard(request.tenant).values())
    passing = [one for one in shard if not request.HasField("filters") or passes(collection, request.filters, one)]
    for name in request.properties.non_ref_properties:
        collection.property(name)
    limit = request.limit or 10
    if request.HasField("hybrid_search"):
        return _hybrid(collection, shard, passing, request.hybrid_search, limit)
    if request.HasField("bm25_search"):
        wanted = request.bm25_search
        return _bm25(collection, shard, passing, wanted.query, wanted.properties)[:limit]
    if request.HasField("near_vector"):
        wanted = request.near_vector
        vector = _numbers(wanted.vectors[0].vector_bytes if wanted.vectors else wanted.vector_bytes)
        return _nearest(collection, passing, _target(collection, wanted.targets), vector)[:limit]
    return [(one, 0.0) for one in passing[:limit]]


def _hybrid(
    collection: Collection, shard: Sequence[Thing], passing: Sequence[Thing], wanted: base_search_pb2.Hybrid, limit: int
) -> Scored:
    alpha = wanted.alpha_param if wanted.use_alpha_param else wanted.alpha
    vector = _numbers(wanted.vector_bytes)
    near = _nearest(collection, passing, _target(collection, wanted.targets), vector)[:limit] if alpha > 0 else []
    dense = [(one, 1 - distance) for one, distance in near]
    sparse = _bm25(collection, shard, passing, wanted.query, wanted.properties)[:limit] if alpha < 1 else []
    fuse = _ranked if wanted.fusion_type == base_search_pb2.Hybrid.FUSION_TYPE_RANKED else _relative
    scores: Counter[object] = Counter()
    for found, weight in ((dense, alpha), (sparse, 1 - alpha)):
        for one, share in zip(found, fuse(found), strict=True):
            scores[one[0].id] += weight * share
    things = {one.id: one for one, _ in (*dense, *sparse)}
    return [(things[key], score) for key, score in sorted(scores.items(), key=lambda item: (-item[1], str(item[0])))][
        :limit
    ]


def _relative(found: Scored) -> list[float]:
    scores = [score for _, score in found]
    low, high = min(scores, default=0.0), max(scores, default=0.0)
    return [1.0 if high == low else (score - low) / (high - low) for score in scores]


def _ranked(found: Scored) -> list[float]:
    return [1 / (60 + rank) for rank in range(1, len(found) + 1)]


def _nearest(collection: Collection, passing: Sequence[Thing], target: str, vector: np.ndarray) -> Scored:
    """Return objects by cosine distance."""
    if collection.config["vectorConfig"][target]["vectorIndexConfig"].get("distance", "cosine") != "cosine":
        raise Unprocessable("the stand-in knows cosine only")
    held = [one for one in passing if target in one.vectors]
    if held and len(held[0].vectors[target]) != len(vector):
        raise Unprocessable(f"vector lengths don't match: {len(held[0].vectors[target])} vs {len(vector)}")
    unit = vector / np.linalg.norm(vector)
    found = [(one, 1 - float(one.vectors[target] @ unit / np.linalg.norm(one.vectors[target]))) for one in held]
    return sorted(found, key=lambda item: (item[1], str(item[0].id)))


def _bm25(
    collection: Collection, shard: Sequence[Thing], passing: Sequence[Thing], query: str, properties: Sequence[str]
) -> Scored:
    """Return objects that hold a word of the query; how rare a word is, is that of the whole tenant."""
    config = collection.config["invertedIndexConfig"]["bm25"]
    name = properties[0] if len(properties) == 1 else ""
    part = collection.property(name)
    if part.get("indexSearchable") is False or part["dataType"] != ["text"] or part["tokenization"] != "whitespace":
        raise Unprocessable(f"property '{name}' is not searchable by the stand-in")
    texts = {one.id: str(one.properties.get(name, "")).split() for one in shard}
    average = sum(map(len, texts.values())) / max(len(texts), 1) or 1.0
    found: Scored = []
    for one in passing:
        counts = Counter(texts[one.id])
        score = 0.0
        for word in set(query.split()):
            holding = sum(word in words for words in texts.values())
            bound = counts[word] + config["k1"] * (1 - config["b"] + config["b"] * len(texts[one.id]) / average)
            score += math.log(1 + (len(texts) - holding + 0.5) / (holding + 0.5)) * counts[word] / bound
        if score > 0:
            found.append((one, score))
    return sorted(found, key=lambda item: (-item[1], str(item[0].id)))


def _target(collection: Collection, targets: base_search_pb2.Targets) -> str:
    names = list(targets.target_vectors) or list(collection.config["vectorConfig"])
    if len(names) != 1 or names[0] not in collection.config["vectorConfig"]:
        raise Unprocessable(f"target vectors {names} are not those of {collection.config['class']}")
    return names[0]


def _numbers(data: bytes) -> np.ndarray:
    if not data:
        raise Unprocessable("the request has no vector")
    return np.frombuffer(data, dtype="<f4").astype(np.float64)
