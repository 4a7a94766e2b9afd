"""The REST interface: what the server is, collections, tenants."""

from __future__ import annotations

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.rag.stores.weaviate_stand_in.faults import Faults
from tests.rag.stores.weaviate_stand_in.state import State, Unknown, Unprocessable

VERSION = "1.36.2"


class RestServer(ThreadingHTTPServer):
    """Serves a state on a port of this machine."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, state: State, faults: Faults, key: str, port: int) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.state, self.faults, self.key = state, faults, key
        self._open: set[Any] = set()
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def process_request(self, request: Any, client_address: Any) -> None:
        self._open.add(request)
        super().process_request(request, client_address)

    def stop(self) -> None:
        """Stop as a server that is killed: connections that are kept open end too."""
        self.shutdown()
        self.server_close()
        for connection in self._open:
            connection.close()


class _Handler(BaseHTTPRequestHandler):
    server: RestServer
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
        """Say nothing."""

    def do_GET(self) -> None:
        self._serve("GET")

    def do_POST(self) -> None:
        self._serve("POST")

    def do_DELETE(self) -> None:
        self._serve("DELETE")

    def _serve(self, method: str) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = json.loads(self.rfile.read(length)) if length else None
        time.sleep(self.server.faults.slow_seconds)
        parts = self.path.removeprefix("/v1/").split("/")
        if parts[0] != ".well-known" and self.headers.get("Authorization") != f"Bearer {self.server.key}":
            self._say(401, {"code": 401, "message": "unauthorized: invalid api key"})
            return
        try:
            with self.server.state.lock:
                status, answer = self._answer(method, parts, body)
        except Unknown as error:
            status, answer = 404, {"error": [{"message": str(error)}]}
        except Unprocessable as error:
            status, answer = 422, {"error": [{"message": str(error)}]}
        self._say(status, answer)

    def _answer(self, method: str, parts: list[str], body: Any) -> tuple[int, Any]:
        state = self.server.state
        match method, parts:
            case "GET", [".well-known", "live" | "ready"]:
                return 200, None
            case "GET", ["meta"]:
                return 200, {"hostname": "http://[::]:8080", "modules": {}, "version": VERSION}
            case "GET", ["schema"]:
                return 200, {"classes": [one.config for one in state.collections.values()]}
            case "POST", ["schema"]:
                return 200, state.create(body).config
            case "GET", ["schema", name]:
                return 200, state.collection(name).config
            case "DELETE", ["schema", name]:
                state.collections.pop(name, None)
                return 200, None
            case "POST", ["schema", name, "tenants"]:
                return 200, self._add_tenants(name, body)
            case "DELETE", ["schema", name, "tenants"]:
                for tenant in body:
                    state.collection(name).shards.pop(tenant, None)
                return 200, None
            case "GET", ["schema", name, "tenants", tenant]:
                state.collection(name).shard(tenant)
                return 200, {"name": tenant, "activityStatus": "HOT"}
            case _:
                return 404, {"code": 404, "message": f"path {self.path} was not found"}

    def _add_tenants(self, name: str, body: Any) -> Any:
        collection = self.server.state.collection(name)
        if not collection.config.get("multiTenancyConfig", {}).get("enabled"):
            raise Unprocessable(f"multi-tenancy is not enabled for class {name}")
        for tenant in body:
            if tenant["name"] in collection.shards:
                raise Unprocessable(f"tenant {tenant['name']} already exists")
        for tenant in body:
            collection.shards[tenant["name"]] = {}
        return body

    def _say(self, status: int, answer: Any) -> None:
        data = b"" if answer is None else json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)
