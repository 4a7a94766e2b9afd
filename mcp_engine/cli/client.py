"""The command line's view of the REST API.

The server's address and key come from `MCP_ENGINE_URL` and `MCP_ENGINE_API_KEY`, else from the file
that the first `mcp-engine up` saved for this account (`credentials.json` in the config folder).
"""

from __future__ import annotations

import json
import os
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from mcp_engine.cli.failures import CommandFailed, ExitCode, from_problem

if TYPE_CHECKING:
    import httpx

DEFAULT_URL = "http://127.0.0.1:8600"
CREDENTIALS = "credentials.json"


def credentials_path() -> Path:
    """Return the file with this account's saved address and key (mode 0600)."""
    base = os.environ.get("XDG_CONFIG_HOME")
    return (Path(base) if base else Path.home() / ".config") / "mcp-engine" / CREDENTIALS


def save_credentials(url: str, api_key: str) -> Path:
    """Keep the server's address and key for this account's later commands."""
    path = credentials_path()
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        os.fchmod(file.fileno(), 0o600)  # the mode above is for a new file only
        json.dump({"url": url, "api_key": api_key}, file)
    return path


def _saved() -> dict[str, str]:
    try:
        found = json.loads(credentials_path().read_text())
    except FileNotFoundError:
        return {}
    except (ValueError, OSError) as error:
        raise CommandFailed(f"{credentials_path()} can't be read: {error}", ExitCode.USAGE) from error
    if not isinstance(found, dict):
        raise CommandFailed(f"{credentials_path()} holds no credentials; remove it.", ExitCode.USAGE)
    return {str(name): str(value) for name, value in cast("dict[str, Any]", found).items()}


def server_url() -> str:
    port = os.environ.get("MCP_ENGINE_PORT")
    local = f"http://127.0.0.1:{port}" if port else None
    return (os.environ.get("MCP_ENGINE_URL") or local or _saved().get("url") or DEFAULT_URL).rstrip("/")


class Api:
    """Calls below `/api/v1` as the saved principal; every failure is a `CommandFailed`.

    Paths are given without the prefix: `api.get("/prompts", limit=50)`. Values that go into a path
    must be passed through `quote`.
    """

    def __init__(self) -> None:
        import httpx

        key = os.environ.get("MCP_ENGINE_API_KEY") or _saved().get("api_key")
        self._base = server_url()
        if not self._base.startswith(("http://", "https://")):
            raise CommandFailed(f"MCP_ENGINE_URL must begin with http:// or https://: {self._base}", ExitCode.USAGE)
        if key and not (key.isascii() and key.isprintable()):
            raise CommandFailed("The API key holds characters that no key has; copy it again.", ExitCode.USAGE)
        with self._failures():
            self._client = httpx.Client(
                base_url=f"{self._base}/api/v1",
                headers={"Authorization": f"Bearer {key}"} if key else {},
                timeout=httpx.Timeout(30, read=600),
                trust_env=False,
            )

    @staticmethod
    def quote(value: str) -> str:
        from urllib.parse import quote

        return quote(value, safe="")

    def get(self, path: str, **query: Any) -> Any:
        return self.call("GET", path, query=query)

    def post(self, path: str, body: Any = None, **query: Any) -> Any:
        return self.call("POST", path, body=body, query=query)

    def put(self, path: str, body: Any = None, **query: Any) -> Any:
        return self.call("PUT", path, body=body, query=query)

    def patch(self, path: str, body: Any = None, **query: Any) -> Any:
        return self.call("PATCH", path, body=body, query=query)

    def delete(self, path: str, **query: Any) -> Any:
        return self.call("DELETE", path, query=query)

    def call(self, method: str, path: str, *, body: Any = None, query: Mapping[str, Any] | None = None) -> Any:
        """Return the decoded JSON answer (None for an empty one)."""
        with self._failures():
            response = self._client.request(method, path, json=body, params=_present(query))
            _raise_for_problem(response)
            return _json(response) if response.content else None

    def ready(self) -> dict[str, Any]:
        """Return the answer of `/readyz`, which needs no key."""
        with self._failures():
            response = self._client.get(f"{self._base}/readyz", timeout=10)
            _raise_for_problem(response)
            return _json(response)

    def text(self, path: str, **query: Any) -> str:
        with self._failures():
            response = self._client.get(path, params=_present(query))
            _raise_for_problem(response)
            return response.text

    def upload(self, path: str, file: Path, *, name: str, fields: Mapping[str, str] | None = None, **query: Any) -> Any:
        """Send one file as the multipart part `file`, streamed from disk."""
        with self._failures(), file.open("rb") as content:
            response = self._client.post(
                path, files={"file": (name, content)}, data=dict(fields or {}), params=_present(query)
            )
            _raise_for_problem(response)
            return _json(response)

    def send_file(self, path: str, file: Path, **query: Any) -> Any:
        """Send one file as the raw request body, streamed from disk."""
        with self._failures(), file.open("rb") as content:
            headers = {"Content-Type": "application/octet-stream"}
            response = self._client.post(path, content=content, headers=headers, params=_present(query))
            _raise_for_problem(response)
            return _json(response)

    def download(self, path: str, target: Path, *, method: str = "GET", **query: Any) -> int:
        """Write an answer's body to `target`, which must not exist; return its size in bytes."""
        size = 0
        with self._failures(), self._client.stream(method, path, params=_present(query)) as response:
            _raise_for_problem(response)
            with _new_file(target) as file:
                for piece in response.iter_bytes():
                    size += file.write(piece)
        return size

    def stream(self, method: str, path: str, body: Any = None, **query: Any) -> Iterator[tuple[str, dict[str, Any]]]:
        """Yield (event, data) of a server-sent event stream; an `error` event raises."""
        with self._failures(), self._client.stream(method, path, json=body, params=_present(query)) as response:
            _raise_for_problem(response)
            event = "message"
            for line in _lines(response):
                if line.startswith("event: "):
                    event = line[7:]
                elif line.startswith("data: "):
                    data = json.loads(line[6:])
                    if event == "error":
                        raise from_problem(data)
                    yield event, data

    @contextmanager
    def _failures(self) -> Generator[None]:
        import httpx

        try:
            yield
        except httpx.ConnectError as error:
            raise CommandFailed(
                f"No server answers at {self._base}. Start one with `make up` (or `mcp-engine up`), "
                "or set MCP_ENGINE_URL.",
                ExitCode.UNAVAILABLE,
            ) from error
        except httpx.InvalidURL as error:
            raise CommandFailed(f"{self._base} is no address: {error}", ExitCode.USAGE) from error
        except httpx.HTTPError as error:
            raise CommandFailed(f"The connection to {self._base} broke: {error}", ExitCode.UNAVAILABLE) from error


def _lines(response: httpx.Response) -> Iterator[str]:
    """Yield the lines of an event stream: they end at a line feed, not at what else Unicode takes for a line's end."""
    rest = b""
    for piece in response.iter_bytes():
        *lines, rest = (rest + piece).split(b"\n")
        yield from (line.decode() for line in lines)


@contextmanager
def _new_file(target: Path) -> Generator[BinaryIO]:
    """Open a file that must not exist, readable by its owner only; half a file is removed again."""
    try:
        descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise CommandFailed(f"{target} can't be written: {error.strerror}", ExitCode.USAGE) from error
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield file
    except BaseException as error:
        target.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise CommandFailed(f"{target} can't be written: {error.strerror}", ExitCode.FAILED) from error
        raise


def _json(response: httpx.Response) -> Any:
    try:
        return response.json()
    except ValueError as error:
        raise CommandFailed(
            f"{response.url} does not answer as MCP Engine does; is MCP_ENGINE_URL right?", ExitCode.SERVER_FAILED
        ) from error


def _present(query: Mapping[str, Any] | None) -> dict[str, Any]:
    return {key: value for key, value in (query or {}).items() if value is not None}


def _raise_for_problem(response: httpx.Response) -> None:
    if response.is_success:
        return
    response.read()
    try:
        problem = response.json()
    except ValueError:
        problem = None
    if not isinstance(problem, dict):
        problem = {"detail": response.text[:500]}
    raise from_problem({"status": response.status_code, **cast("dict[str, Any]", problem)})
