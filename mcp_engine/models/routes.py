"""Routes: which models there are, and the providers of a tenant."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, status

from mcp_engine.access import Caller
from mcp_engine.http.dependencies import authorised, service
from mcp_engine.http.paging import Cursor, Limit, Page
from mcp_engine.http.problems import documented
from mcp_engine.models.schemas import ModelView, NewProvider, ProviderTest, ProviderView
from mcp_engine.models.service import ModelService

router = APIRouter(tags=["models"])

Reader = Annotated[Caller, authorised("providers:read")]
Writer = Annotated[Caller, authorised("providers:write")]
Models = Annotated[ModelService, service(ModelService)]
ProviderName = Annotated[str, Path(max_length=128, description="The provider's name.")]


@router.get("/models", summary="List models")
async def list_models(caller: Reader, models: Models, limit: Limit = 50, cursor: Cursor = None) -> Page[ModelView]:
    """The local model, and the models that configured providers name."""
    return await models.list_models(caller, limit=limit, cursor=cursor)


@router.get("/providers", summary="List providers")
async def list_providers(
    caller: Reader, models: Models, limit: Limit = 50, cursor: Cursor = None
) -> Page[ProviderView]:
    """Configured model servers by name. Credentials are never shown."""
    return await models.list_providers(caller, limit=limit, cursor=cursor)


@router.post("/providers", summary="Create a provider", status_code=status.HTTP_201_CREATED)
async def create_provider(caller: Writer, models: Models, new: NewProvider) -> ProviderView:
    """Configure an OpenAI-compatible server. Its credential is encrypted at rest and can't be read back."""
    return await models.create_provider(caller, new)


@router.get("/providers/{name}", summary="Show a provider")
async def get_provider(caller: Reader, models: Models, name: ProviderName) -> ProviderView:
    """One configured model server."""
    return await models.get_provider(caller, name)


@router.delete("/providers/{name}", summary="Delete a provider", status_code=status.HTTP_204_NO_CONTENT)
async def delete_provider(caller: Writer, models: Models, name: ProviderName) -> None:
    """Forget a model server and its credential; past executions keep their record of it."""
    await models.delete_provider(caller, name)


@router.post("/providers/{name}/test", summary="Test a provider", responses=documented(502, 504))
async def test_provider(caller: Writer, models: Models, name: ProviderName) -> ProviderTest:
    """Ask the server for its models, with the stored credential."""
    return await models.test_provider(caller, name)
