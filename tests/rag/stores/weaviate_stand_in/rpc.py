"""The gRPC interface: searches, batches, removals."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
import numpy as np
from google.protobuf.json_format import MessageToDict
from weaviate.proto.v1 import (
    base_pb2,
    batch_delete_pb2,
    batch_pb2,
    health_weaviate_pb2,
    properties_pb2,
    search_get_pb2,
    tenants_pb2,
    weaviate_pb2_grpc,
)

from tests.rag.stores.weaviate_stand_in.faults import Faults
from tests.rag.stores.weaviate_stand_in.filters import passes
from tests.rag.stores.weaviate_stand_in.searching import search
from tests.rag.stores.weaviate_stand_in.state import State, Thing, Unknown, Unprocessable

QUERY_MAXIMUM_RESULTS = 10_000


def serve(state: State, faults: Faults, key: str, port: int) -> tuple[grpc.Server, int]:
    """Start to serve; return the server and its port."""
    server = grpc.server(ThreadPoolExecutor(8), options=[("grpc.so_reuseport", 0)])
    weaviate_pb2_grpc.add_WeaviateServicer_to_server(_Weaviate(state, faults, key), server)
    check = grpc.unary_unary_rpc_method_handler(
        lambda _request, _context: health_weaviate_pb2.WeaviateHealthCheckResponse(
            status=health_weaviate_pb2.WeaviateHealthCheckResponse.SERVING
        ),
        request_deserializer=health_weaviate_pb2.WeaviateHealthCheckRequest.FromString,
        response_serializer=health_weaviate_pb2.WeaviateHealthCheckResponse.SerializeToString,
    )
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("grpc.health.v1.Health", {"Check": check}),))
    bound = server.add_insecure_port(f"127.0.0.1:{port}")
    server.start()
    return server, bound


class _Weaviate(weaviate_pb2_grpc.WeaviateServicer):
    def __init__(self, state: State, faults: Faults, key: str) -> None:
        self._state, self._faults, self._key = state, faults, key

    def Search(self, request: Any, context: Any) -> Any:  # noqa: N802 - the service's name
        def found() -> Any:
            collection = self._state.collection(request.collection)
            results = [_result(request, *one) for one in search(collection, request)]
            return search_get_pb2.SearchReply(results=results)

        return self._answer("Search", context, found)

    def BatchObjects(self, request: Any, context: Any) -> Any:  # noqa: N802 - the service's name
        def put() -> Any:
            errors = [
                batch_pb2.BatchObjectsReply.BatchError(index=index, error=reason)
                for index, sent in enumerate(request.objects)
                if (reason := self._put(sent)) is not None
            ]
            return batch_pb2.BatchObjectsReply(errors=errors)

        return self._answer("BatchObjects", context, put)

    def BatchDelete(self, request: Any, context: Any) -> Any:  # noqa: N802 - the service's name
        def removed() -> Any:
            collection = self._state.collection(request.collection)
            shard = collection.shard(request.tenant)
            matching = [one.id for one in shard.values() if passes(collection, request.filters, one)]
            matching = matching[: self._faults.removed_at_once or QUERY_MAXIMUM_RESULTS]
            for key in [] if request.dry_run else matching:
                del shard[key]
            return batch_delete_pb2.BatchDeleteReply(matches=len(matching), successful=len(matching))

        return self._answer("BatchDelete", context, removed)

    def TenantsGet(self, request: Any, context: Any) -> Any:  # noqa: N802 - the service's name
        def tenants() -> Any:
            names = list(self._state.collection(request.collection).shards)
            wanted = set(request.names.values) if request.HasField("names") else set(names)
            active = tenants_pb2.TenantActivityStatus.TENANT_ACTIVITY_STATUS_ACTIVE
            found = [tenants_pb2.Tenant(name=name, activity_status=active) for name in names if name in wanted]
            return tenants_pb2.TenantsGetReply(tenants=found)

        return self._answer("TenantsGet", context, tenants)

    def _answer(self, name: str, context: Any, do: Callable[[], Any]) -> Any:
        if dict(context.invocation_metadata()).get("authorization") != f"Bearer {self._key}":
            context.abort(grpc.StatusCode.UNAUTHENTICATED, "unauthorized: invalid api key")
        self._faults.calls.append(name)
        time.sleep(self._faults.slow_seconds)
        try:
            with self._state.lock:
                return do()
        except (Unknown, Unprocessable) as error:
            # The real one has no better status for these.
            context.abort(grpc.StatusCode.UNKNOWN, str(error))

    def _put(self, sent: Any) -> str | None:
        """Put one object; return why it was refused."""
        try:
            if (reason := self._faults.refusal(sent)) is not None:
                return reason
            vectors = {one.name: np.frombuffer(one.vector_bytes, dtype="<f4") for one in sent.vectors}
            if sent.vector_bytes or any(one.type != base_pb2.Vectors.VECTOR_TYPE_SINGLE_FP32 for one in sent.vectors):
                return "collection is configured with named vectors, of one row each"
            properties = MessageToDict(sent.properties.non_ref_properties)
            thing = Thing(uuid.UUID(sent.uuid), properties, vectors)
            self._state.collection(sent.collection).put(sent.tenant, thing)
        except (Unknown, Unprocessable) as error:
            return str(error)
        return None


def _result(request: Any, thing: Thing, score: float) -> Any:
    names = list(request.properties.non_ref_properties)
    if request.properties.return_all_nonref_properties:
        names = list(thing.properties)
    fields = {name: _value(thing.properties[name]) for name in names if name in thing.properties}
    metadata = search_get_pb2.MetadataResult(id=str(thing.id), id_as_bytes=thing.id.bytes)
    if request.metadata.score:
        metadata.score, metadata.score_present = score, True
    properties = search_get_pb2.PropertiesResult(
        non_ref_props=properties_pb2.Properties(fields=fields), target_collection=request.collection
    )
    return search_get_pb2.SearchResult(properties=properties, metadata=metadata)


def _value(held: Any) -> Any:
    if isinstance(held, uuid.UUID):
        return properties_pb2.Value(uuid_value=str(held))
    if isinstance(held, int):
        return properties_pb2.Value(int_value=held)
    return properties_pb2.Value(text_value=held)
