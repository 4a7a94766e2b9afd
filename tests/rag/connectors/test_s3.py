"""Buckets of a real server of the protocol (moto's), read by the real client."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer

from mcp_engine.access import Caller
from mcp_engine.errors import EngineError, InvalidInput, NotAllowed, NotFound, Refused, TryLater
from rag.connectors import s3
from rag.connectors.options import SourceOptions
from tests.rag.conftest import Workspace
from tests.rag.connectors.conftest import MAX_BYTES, Library, counts, library_of

REGION = "eu-central-1"
SECRET = "secret-key-of-the-tests"


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    served = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    served.start()
    _, port = served.get_host_and_port()
    yield f"127.0.0.1:{port}"
    served.stop()


class Store:
    """A bucket as somebody who fills it has it."""

    def __init__(self, server: str, bucket: str) -> None:
        self.bucket = bucket
        self._client: Any = boto3.client(  # pyright: ignore[reportUnknownMemberType]
            "s3", endpoint_url=f"http://{server}", region_name=REGION, aws_access_key_id="key",
            aws_secret_access_key=SECRET,
        )  # fmt: skip
        self._client.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})

    def put(self, **files: str) -> None:
        for name, text in files.items():
            self._client.put_object(Bucket=self.bucket, Key=name.replace("__", "/") + ".md", Body=text.encode())

    def drop(self, *keys: str) -> None:
        for key in keys:
            self._client.delete_object(Bucket=self.bucket, Key=key)

    def end(self) -> None:
        self.drop(*(one["Key"] for one in self._client.list_objects_v2(Bucket=self.bucket).get("Contents", ())))
        self._client.delete_bucket(Bucket=self.bucket)

    def close(self) -> None:
        self._client.close()


@pytest.fixture
def store(server: str, caller: Caller) -> Iterator[Store]:
    store = Store(server, f"b{caller.tenant_id.hex[:20]}")
    yield store
    store.close()


@pytest.fixture
def library(workspace: Workspace, caller: Caller, server: str) -> Library:
    return library_of(workspace, caller, SourceOptions(source_hosts=server, source_seconds=10))


async def bucket(library: Library, server: str, store: Store, **more: Any) -> Any:
    settings = {
        "bucket": store.bucket, "endpoint": f"http://{server}", "region": REGION, "access_key": "key",
        **more.pop("settings", {}),
    }  # fmt: skip
    return await library.make("s3", settings, credential=SECRET, **more)


async def test_new_changed_same_and_gone(library: Library, server: str, store: Store) -> None:
    store.put(a="A.", deep__b="B.", c="C.")
    source = await bucket(library, server, store, remove_gone=True)
    assert SECRET not in source.model_dump_json()
    assert counts(await library.first(source)) == {"added": 3}
    assert await library.names() == {"a.md": 1, "c.md": 1, "deep/b.md": 1}
    store.put(a="Other.")
    store.drop("c.md")
    assert counts(await library.read(source)) == {"changed": 1, "unchanged": 1, "removed": 1}
    assert await library.names() == {"a.md": 2, "deep/b.md": 1}


async def test_a_prefix_narrows_and_a_large_object_stops_nothing(library: Library, server: str, store: Store) -> None:
    store.put(out="Out.", docs__a="A.", docs__large="x" * (MAX_BYTES + 1))
    source = await bucket(library, server, store, settings={"key_prefix": "docs/"})
    assert counts(await library.first(source)) == {"added": 1, "failed": 1}
    assert await library.names() == {"a.md": 1}
    assert await library.failures(source) == {"large.md": "document.too_large"}


async def test_a_bucket_that_is_gone_fails_the_run_and_takes_nothing(
    library: Library, server: str, store: Store
) -> None:
    store.put(a="A.")
    source = await bucket(library, server, store, remove_gone=True)
    await library.first(source)
    store.end()
    run = await library.sources.start(library.caller, source.id)
    with pytest.raises(NotFound) as raised:
        await library.attempt(run.id)
    assert raised.value.code == "source.bucket_gone"
    assert await library.names() == {"a.md": 1}


async def test_no_private_address_is_connected_to(workspace: Workspace, caller: Caller, server: str) -> None:
    library = library_of(workspace, caller, SourceOptions(source_hosts=""))
    settings = {"bucket": "any", "endpoint": f"http://{server}"}
    with pytest.raises(NotAllowed):
        await library.make("s3", settings)
    # Also where the name came to mean another address after the source was made.
    kind = s3.S3Kind(SourceOptions(source_hosts=""))
    async with kind.open(s3.S3Settings.model_validate(settings), None) as connector:
        with pytest.raises(NotAllowed) as raised:
            [item async for item in connector.items()]
    assert raised.value.code == "source.address_refused"


async def test_a_server_that_is_not_there_is_tried_again(workspace: Workspace, caller: Caller) -> None:
    kind = s3.S3Kind(SourceOptions(source_hosts="127.0.0.1"))
    settings = s3.S3Settings(bucket="any", endpoint="http://127.0.0.1:1")
    async with kind.open(settings, None) as connector:
        with pytest.raises(TryLater):
            [item async for item in connector.items()]


async def test_a_missing_client_is_said_at_once(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(s3, "find_spec", lambda _: None)
    with pytest.raises(Refused) as raised:
        await library.make("s3", {"bucket": "any"})
    assert raised.value.code == "source.package_missing"
    assert "extra `s3`" in raised.value.message


@pytest.mark.parametrize(
    "settings",
    [
        {}, {"bucket": "Upper"}, {"bucket": "any", "endpoint": "ftp://x"}, {"bucket": "any", "secret_key": "x"},
        {"bucket": "any", "endpoint": "https://a:b@example.org"}, {"bucket": "any", "endpoint": "https://x/path"},
    ],
)  # fmt: skip
async def test_settings_are_closed(library: Library, settings: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput) as raised:
        await library.make("s3", settings)
    assert raised.value.code == "source.settings_invalid"


async def test_errors_never_repeat_the_secret(library: Library, server: str, store: Store) -> None:
    settings = {"bucket": "never-made", "endpoint": f"http://{server}", "region": REGION, "access_key": "key"}
    source = await library.make("s3", settings, credential=SECRET)
    assert source.last_run is not None
    with pytest.raises(EngineError) as raised:
        await library.attempt(source.last_run.id)
    assert SECRET not in str(raised.value) + repr(raised.value.__cause__)
