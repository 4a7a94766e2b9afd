"""Which documents pass conditions on their metadata: as a plain reading of the conditions says, whatever they hold."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest_asyncio
from hypothesis import given, settings
from hypothesis import strategies as st

from mcp_engine.access import Caller
from mcp_engine.database.engine import UnitOfWork
from rag.filters.repository import FilterRepository
from rag.metadata.repository import MetadataRepository
from rag.repository import DocumentRepository
from rag.strategy import Filters, MetadataCondition
from tests.conftest import make_tenant
from tests.rag.conftest import Workspace

KEYS = st.sampled_from(["a", "b", "a.b", "A-1", "_"])
TEXTS = st.sampled_from(["", "2020", "2020-01-31", "Z", "a", "á", "ä", "z", "\U0001f9ed", "true", 'quoted "a"', "%"])
WHOLE = st.integers(-3, 3) | st.sampled_from([2020, 2**53 - 1, -(2**53 - 1)])
NUMBERS = WHOLE | st.floats(-3, 3) | st.sampled_from([0.1, 2020.5, 1e15 + 0.5, 5e-324])
VALUES = st.booleans() | NUMBERS | TEXTS
ONE_OF = st.builds(lambda key, values: {"key": key, "one_of": values}, KEYS, st.lists(VALUES, min_size=1, max_size=3))


def ranged(bounds: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    ends = st.lists(bounds, min_size=2, max_size=2).map(sorted)
    both = st.builds(lambda key, two: {"key": key, "at_least": two[0], "at_most": two[1]}, KEYS, ends)
    one = st.builds(
        lambda key, name, end: {"key": key, name: end}, KEYS, st.sampled_from(["at_least", "at_most"]), bounds
    )
    return both | one


CONDITIONS = ONE_OF | ranged(NUMBERS) | ranged(TEXTS)


def kind_of(value: Any) -> type:
    return bool if isinstance(value, bool) else str if isinstance(value, str) else float


def holds(said: dict[str, Any], condition: dict[str, Any]) -> bool:
    """Read a condition as its description does."""
    if condition["key"] not in said:
        return False
    value = said[condition["key"]]
    if "one_of" in condition:
        return any(kind_of(value) is kind_of(one) and value == one for one in condition["one_of"])
    low, high = condition.get("at_least"), condition.get("at_most")
    if any(one is not None and kind_of(one) is not kind_of(value) for one in (low, high)):
        return False
    return (low is None or value >= low) and (high is None or value <= high)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def six(workspace: Workspace) -> tuple[Caller, list[UUID]]:
    """A tenant with six short documents that are searched."""
    caller = await make_tenant(workspace.database)
    added = [await workspace.add(caller, f"{number}.txt", f"Document {number}.") for number in range(6)]
    return caller, [one.document.id for one in added]


async def describe(work: UnitOfWork, document_id: UUID, said: dict[str, Any]) -> UUID:
    """Give a document metadata; return its searched version."""
    repository = DocumentRepository(work.session, work.tenant_id)
    document = await repository.lock_by_id(document_id)
    assert document is not None
    await MetadataRepository(work.session).replace(document, said)
    stored = await repository.document(document_id)
    assert stored is not None
    return stored.latest.version.id


@given(
    metadata=st.lists(st.dictionaries(KEYS, VALUES, max_size=4), min_size=6, max_size=6),
    conditions=st.lists(CONDITIONS, min_size=1, max_size=3),
)
@settings(max_examples=50, deadline=None, database=None, derandomize=True)
async def test_documents_pass_as_a_plain_reading_of_the_conditions_says(
    workspace: Workspace,
    six: tuple[Caller, list[UUID]],
    metadata: list[dict[str, Any]],
    conditions: list[dict[str, Any]],
) -> None:
    caller, documents = six
    async with workspace.database.unit_of_work(caller.tenant_id, caller.principal_id) as work:
        versions = [await describe(work, one, said) for one, said in zip(documents, metadata, strict=True)]
        place = await DocumentRepository(work.session, work.tenant_id).collection("default", "docs")
        assert place is not None
        filters = Filters.model_validate({"metadata": conditions})
        found = await FilterRepository(work.session).passing(place.id, [filters])
        # Two filters, such as a strategy's and a question's, must both be passed.
        apart = [Filters.model_validate({"metadata": [one]}) for one in conditions]
        assert await FilterRepository(work.session).passing(place.id, apart) == found
    wanted = {
        version for version, said in zip(versions, metadata, strict=True) if all(holds(said, one) for one in conditions)
    }
    assert found == wanted


async def test_metadata_is_filtered_of_the_own_tenant_alone(
    workspace: Workspace, six: tuple[Caller, list[UUID]], caller: Caller
) -> None:
    owner, documents = six
    async with workspace.database.unit_of_work(owner.tenant_id, owner.principal_id) as work:
        await describe(work, documents[0], {"team": "ops"})
        place = await DocumentRepository(work.session, work.tenant_id).collection("default", "docs")
        assert place is not None
        filters = [Filters(metadata=(MetadataCondition(key="team", one_of=("ops",)),))]
        assert len(await FilterRepository(work.session).passing(place.id, filters)) == 1
    async with workspace.database.unit_of_work(caller.tenant_id, caller.principal_id) as work:
        assert await FilterRepository(work.session).passing(place.id, filters) == frozenset()
