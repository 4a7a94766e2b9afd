"""A stand-in for embedding servers: it checks each request as the real ones do, and answers as they do."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response

DIMENSIONS = 16
KEY = "sk-stand-in"


@dataclass
class StandIn:
    """What came in, and what the next answers are to be in place of vectors."""

    app: FastAPI = field(default_factory=FastAPI)
    bodies: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    answers: list[Response] = field(default_factory=list[Response])

    def __post_init__(self) -> None:
        self.app.post("/v1/embeddings")(self.openai)
        self.app.post("/v2/embed")(self.cohere)

    async def openai(self, request: Request) -> Response:
        """As https://platform.openai.com/docs/api-reference/embeddings/create says."""
        if (refused := await self._refused(request, {"model", "input", "encoding_format", "dimensions"})) is not None:
            return refused
        body = self.bodies[-1]
        if not 0 < len(body["input"]) <= 2048 or not all(body["input"]):
            return JSONResponse({"error": {"message": "'$.input' is invalid."}}, 400)
        size = body.get("dimensions", DIMENSIONS)
        data = [
            {"object": "embedding", "index": place, "embedding": vector(text, size)}
            for place, text in enumerate(body["input"])
        ]
        # In another order: only `index` says what belongs to what.
        return JSONResponse({"object": "list", "data": data[::-1], "model": body["model"], "usage": {}})

    async def cohere(self, request: Request) -> Response:
        """As https://docs.cohere.com/reference/embed (v2) says."""
        known = {"model", "texts", "input_type", "embedding_types", "truncate", "output_dimension"}
        if (refused := await self._refused(request, known)) is not None:
            return refused
        body = self.bodies[-1]
        right = body["input_type"] in ("search_query", "search_document") and body["embedding_types"] == ["float"]
        if not right or not 0 < len(body["texts"]) <= 96:
            return JSONResponse({"message": "invalid request"}, 400)
        size = body.get("output_dimension", DIMENSIONS)
        found = [vector(f"{body['input_type']}: {text}", size) for text in body["texts"]]
        return JSONResponse({"id": "x", "embeddings": {"float": found}, "texts": body["texts"], "meta": {}})

    async def _refused(self, request: Request, known: set[str]) -> Response | None:
        if request.headers.get("authorization") != f"Bearer {KEY}":
            return JSONResponse({"error": {"message": f"Incorrect API key: {request.headers['authorization']}"}}, 401)
        self.bodies.append(await request.json())
        if self.answers:
            return self.answers.pop(0)
        if not set(self.bodies[-1]) <= known or self.bodies[-1]["model"] != "small":
            return JSONResponse({"error": {"message": "The model does not exist."}}, 404)
        return None


def vector(text: str, size: int = DIMENSIONS) -> list[float]:
    """Return a vector of any length that follows from the words of a text."""
    found = np.zeros(size)
    for word in _words(text):
        found[int.from_bytes(hashlib.sha256(word.encode()).digest()[:4]) % size] += 2.0
    return (found + 0.01).tolist()


def _words(text: str) -> Iterator[str]:
    return (word for word in "".join(one if one.isalnum() else " " for one in text.lower()).split())
