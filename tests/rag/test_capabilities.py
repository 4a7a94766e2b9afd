"""Capabilities: what they offer fits their schemas."""

from __future__ import annotations

import pytest
from jsonschema import Draft202012Validator

from mcp_engine.access import Caller
from mcp_engine.components.service import CapabilityService
from mcp_engine.errors import InvalidInput, NotAllowed
from rag.capabilities import Ask, Search
from tests.conftest import caller_of
from tests.rag.conftest import Workspace
from tests.rag.corpus import LIGHTHOUSE


@pytest.fixture
def capabilities(workspace: Workspace) -> CapabilityService:
    return CapabilityService([Ask(workspace.asking), Search(workspace.documents)])


async def test_answers_and_passages_fit_the_schemas(
    capabilities: CapabilityService, workspace: Workspace, caller: Caller
) -> None:
    await workspace.add(caller, "lighthouse.md", LIGHTHOUSE)
    question = {"question": "Who built the lighthouse of Karsund?", "collection": "docs"}
    answer = await capabilities.call(caller, "rag.ask", question)
    Draft202012Validator(capabilities.get("rag.ask").output_schema).validate(answer)
    assert "Ingrid Solberg" in answer["text"]
    found = await capabilities.call(caller, "rag.search", {"query": "lamp oil", "collection": "docs", "limit": 1})
    Draft202012Validator(capabilities.get("rag.search").output_schema).validate(found)
    assert len(found["passages"]) == 1


async def test_filters_say_which_documents_are_looked_at(
    capabilities: CapabilityService, workspace: Workspace, caller: Caller
) -> None:
    added = await workspace.add(caller, "lighthouse.md", LIGHTHOUSE)
    await workspace.metadata.replace(caller, added.document.id, {"year": 1874})
    here = {"query": "lamp oil", "collection": "docs"}
    assert (await capabilities.call(caller, "rag.search", {**here, "filters": {"documents": ["light*"]}}))["passages"]
    assert not (await capabilities.call(caller, "rag.search", {**here, "filters": {"documents": ["*.pdf"]}}))[
        "passages"
    ]
    for year, passages in ((1874, True), (1931, False)):
        filters = {"metadata": [{"key": "year", "at_least": year, "at_most": year}]}
        found = await capabilities.call(caller, "rag.search", {**here, "filters": filters})
        assert bool(found["passages"]) is passages
    question = {"question": "Who built the lighthouse of Karsund?", "collection": "docs"}
    answer = await capabilities.call(caller, "rag.ask", {**question, "filters": {"media_types": ["image/*"]}})
    assert answer["reason_code"] == "filtered"
    for wrong, code in (
        ({"names": ["*"]}, "capability.arguments_invalid"),
        ({"metadata": [{"key": "a b", "one_of": ["x"]}]}, "capability.arguments_invalid"),
        ({"metadata": [{"key": "a"}]}, "filters.invalid"),
        ({"since": "2026-02-02", "until": "2026-01-01"}, "filters.invalid"),
    ):
        with pytest.raises(InvalidInput) as refused:
            await capabilities.call(caller, "rag.ask", {**question, "filters": wrong})
        assert refused.value.code == code


async def test_scopes_and_arguments_are_checked(capabilities: CapabilityService, caller: Caller) -> None:
    with pytest.raises(InvalidInput):
        await capabilities.call(caller, "rag.ask", {"question": "Who?"})
    nobody = caller_of(caller.tenant_id, caller.principal_id, frozenset())
    with pytest.raises(NotAllowed):
        await capabilities.call(nobody, "rag.search", {"query": "x", "collection": "docs"})
