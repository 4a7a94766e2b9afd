"""A stand-in for Langfuse that keeps to its public API: keys, pages, tags resolved or not, labels, limits, refusals.

Made after its published definition (`fern/apis/server/definition/prompts.yml`); the real service can't run here.
"""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass, field
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, PlainTextResponse

PUBLIC, SECRET = "pk-lf-1", "sk-lf-secret"
_TAG = re.compile(r"@@@langfusePrompt:name=([^|]+)\|(version|label)=([^@]+)@@@")


@dataclass
class Langfuse:
    """What one project holds, and what the server does next."""

    prompts: dict[str, dict[int, dict[str, Any]]] = field(default_factory=dict)
    limited: list[dict[str, str]] = field(default_factory=list)
    """Headers of answers 429 to give before anything else."""
    broken: int = 0
    """How many more times a POST fails with 500, once it is above 0."""
    calls: list[str] = field(default_factory=list)
    knows_resolve: bool = True

    def add(self, name: str, prompt: Any, *labels: str, **more: Any) -> int:
        versions = self.prompts.setdefault(name, {})
        number = max(versions, default=0) + 1
        kind = "text" if isinstance(prompt, str) else "chat"
        versions[number] = {
            "id": f"{name}-{number}", "type": kind, "name": name, "version": number, "prompt": prompt,
            "config": more.get("config") or {}, "labels": [], "tags": more.get("tags") or [],
            "commitMessage": more.get("commitMessage"), "resolutionGraph": None,
        }  # fmt: skip
        # Tags are those of the prompt: the last version's, for all of them.
        for version in versions.values():
            version["tags"] = more.get("tags") or version["tags"]
        for label in (*labels, "latest"):
            self.point(name, number, label)
        return number

    def point(self, name: str, number: int, label: str) -> None:
        for version in self.prompts[name].values():
            version["labels"] = [one for one in version["labels"] if one != label]
        self.prompts[name][number]["labels"].append(label)

    def find(self, name: str, kind: str, which: str) -> dict[str, Any] | None:
        versions = self.prompts.get(name, {})
        if kind == "version":
            return versions.get(int(which))
        return next((one for one in versions.values() if which in one["labels"]), None)

    def resolved(self, version: dict[str, Any]) -> dict[str, Any]:
        if not isinstance(version["prompt"], str) or not _TAG.search(version["prompt"]):
            return version
        text = _TAG.sub(lambda tag: (self.find(*tag.groups()) or {"prompt": ""})["prompt"], version["prompt"])
        return {**version, "prompt": text, "resolutionGraph": {"root": {}, "dependencies": {}}}


def langfuse_app(project: Langfuse) -> FastAPI:
    app = FastAPI()
    root = "/api/public/v2/prompts"
    expected = "Basic " + base64.b64encode(f"{PUBLIC}:{SECRET}".encode()).decode()

    @app.middleware("http")
    async def guard(request: Request, call_next: Any) -> Any:
        project.calls.append(f"{request.method} {request.url.path}")
        if request.headers.get("authorization") != expected:
            return JSONResponse({"message": "Invalid credentials. Confirm that you've configured the host."}, 401)
        if project.limited:
            return PlainTextResponse("429 - rate limit exceeded", 429, headers=project.limited.pop())
        return await call_next(request)

    @app.get(root)
    async def listed(name: str | None = None, page: int = 1, limit: int = 10) -> Any:
        limit = min(limit, 2)  # small pages, whatever is asked for
        found = [
            {
                "name": one, "versions": sorted(versions), "labels": [], "tags": [], "lastConfig": {},
                "lastUpdatedAt": "2026-11-01T00:00:00.000Z", "type": "text",
            }
            for one, versions in sorted(project.prompts.items())
            if name in (None, one)
        ]  # fmt: skip
        pages = -(-len(found) // limit)
        meta = {"page": page, "limit": limit, "totalItems": len(found), "totalPages": pages}
        return {"data": found[(page - 1) * limit : page * limit], "meta": meta}

    @app.get(root + "/{name:path}")
    async def one(name: str, version: int | None = None, label: str = "production", resolve: bool = True) -> Any:
        found = project.find(name, *(("label", label) if version is None else ("version", str(version))))
        if found is None:
            return JSONResponse({"error": "LangfuseNotFoundError", "message": "Prompt not found"}, 404)
        return project.resolved(found) if resolve or not project.knows_resolve else found

    @app.post(root)
    async def create(request: Request) -> Any:
        body = await request.json()
        if project.broken:
            project.broken -= 1
            if project.broken == 0:
                return JSONResponse({"message": "Internal Server Error"}, 500)
        for tag in _TAG.finditer(str(body["prompt"])):
            if project.find(*tag.groups()) is None:
                message = f"Prompt dependency not found: {tag[1]} - {tag[2]} {tag[3]}"
                return JSONResponse({"error": "InvalidRequestError", "message": message}, 400)
        more = {key: body.get(key) for key in ("config", "tags", "commitMessage")}
        number = project.add(body["name"], body["prompt"], *body["labels"], **more)
        return JSONResponse(project.prompts[body["name"]][number], 201)

    @app.patch(root + "/{name}/versions/{version}")
    async def label(name: str, version: int, request: Request) -> Any:
        for one in (await request.json())["newLabels"]:
            project.point(name, version, one)
        return project.prompts[name][version]

    return app
