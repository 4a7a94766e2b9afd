"""Both interfaces as one server that can be stopped and started again."""

from __future__ import annotations

from dataclasses import dataclass, field

import grpc

from tests.rag.stores.weaviate_stand_in import rpc
from tests.rag.stores.weaviate_stand_in.faults import Faults
from tests.rag.stores.weaviate_stand_in.rest import RestServer
from tests.rag.stores.weaviate_stand_in.state import State, Thing

KEY = "key-of-the-stand-in-1f0c"


@dataclass
class StandIn:
    """A server on two free ports, which stay its own over a stop; what it holds stays too."""

    state: State = field(default_factory=State)
    faults: Faults = field(default_factory=Faults)
    rest_port: int = 0
    grpc_port: int = 0
    _rest: RestServer | None = None
    _grpc: grpc.Server | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.rest_port}"

    def start(self) -> None:
        self._grpc, self.grpc_port = rpc.serve(self.state, self.faults, KEY, self.grpc_port)
        self._rest = RestServer(self.state, self.faults, KEY, self.rest_port)
        self.rest_port = self._rest.server_address[1]

    def stop(self) -> None:
        """End at once, as when the machine is switched off."""
        if self._rest is not None and self._grpc is not None:
            self._rest.stop()
            self._grpc.stop(None).wait()
            self._rest = self._grpc = None

    def heal(self) -> None:
        """Take back all faults."""
        self.faults.__init__(calls=self.faults.calls)

    def things(self, tenant: str) -> list[Thing]:
        """Return what is held of a tenant."""
        with self.state.lock:
            return [
                one
                for collection in self.state.collections.values()
                for one in collection.shards.get(tenant, {}).values()
            ]
