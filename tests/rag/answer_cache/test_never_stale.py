"""Whatever happens between two questions, an answer from the cache is the one that asking anew would give."""

from __future__ import annotations

import random
from uuid import UUID

import pytest

from rag.readers.schemas import ReadersIn
from rag.stored import DocumentFilter
from rag.strategy import KIND, Filters
from tests.rag.conftest import Workspace
from tests.rag.corpus import BAKERY, LIGHTHOUSE, OBSERVATORY
from tests.rag.readers.place import Place, make_place

QUESTIONS = (
    "Who built the lighthouse of Karsund?", "How long does the dough rest?", "Which comet was discovered in 1931?",
)  # fmt: skip
TEXTS = {"lighthouse.md": LIGHTHOUSE, "bakery.md": BAKERY, "observatory.md": OBSERVATORY}
OPS = Filters.model_validate({"metadata": [{"key": "team", "one_of": ["ops"]}]})
YEARS = ("1874", "1931", "1902")


class Life:
    """A collection in which documents, their metadata, lists, groups and strategies change by chance."""

    def __init__(self, place: Place, seed: int) -> None:
        self._place, self._workspace = place, place.workspace
        self._chance = random.Random(seed)
        self.hits = 0

    async def begin(self) -> None:
        await self._push()
        for name, content in TEXTS.items():
            await self._workspace.add(self._place.owner, name, content, "mixed")

    async def change(self) -> None:
        await self._chance.choice((self._add, self._remove, self._list, self._group, self._push, self._describe))()

    async def check(self) -> None:
        """Ask the same by both strategies, the one that keeps answers first."""
        asker = self._chance.choice((self._place.owner, self._place.member, self._place.outsider))
        question = self._chance.choice(QUESTIONS)
        asking, filters = self._workspace.asking, self._chance.choice((None, OPS))
        given = await asking.answer(asker, "default", "mixed", question, "keeping", filters=filters)
        fresh = await asking.answer(asker, "default", "mixed", question, "asking", filters=filters)
        own = {"execution_id", "strategy", "cached_from"}
        assert given.model_dump(exclude=own) == fresh.model_dump(exclude=own)
        assert fresh.cached_from is None
        self.hits += given.cached_from is not None

    async def _add(self) -> None:
        name, content = self._chance.choice(list(TEXTS.items()))
        changed = content.replace(self._chance.choice(YEARS), self._chance.choice(YEARS))
        await self._workspace.add(self._place.owner, name, changed, "mixed")

    async def _remove(self) -> None:
        await self._workspace.documents.remove(self._place.owner, await self._any())

    async def _list(self) -> None:
        document, owner = await self._any(), self._place.owner
        if self._chance.random() < 0.4:
            await self._place.readers.let_everyone_read(owner, document)
            return
        groups = ["crew"] if self._chance.random() < 0.5 else []
        people = [str(owner.principal_id), *(["outsider"] if self._chance.random() < 0.5 else [])]
        await self._place.readers.restrict(owner, document, ReadersIn(groups=groups, principals=people))

    async def _describe(self) -> None:
        team = self._chance.choice(("ops", "dev"))
        await self._workspace.metadata.replace(self._place.owner, await self._any(), {"team": team})

    async def _group(self) -> None:
        person = self._chance.choice((self._place.member, self._place.outsider)).principal_id
        members = await self._place.groups.members(self._place.owner, "crew", cursor=None, limit=10)
        is_in = person in {one.id for one in members}
        change = self._place.groups.remove_member if is_in else self._place.groups.add_member
        await change(self._place.owner, "crew", person)

    async def _push(self) -> None:
        most = self._chance.randint(1, 3)
        for name, cache in (("keeping", True), ("asking", False)):
            body = {"answering": {"cache": cache, "max_sentences": most}}
            await self._workspace.artifacts.push(self._place.owner, KIND, "default", name, body, "By chance.")

    async def _any(self) -> UUID:
        documents = self._workspace.documents
        found = await documents.list(self._place.owner, "default", "mixed", None, 10, DocumentFilter(removed=True))
        return self._chance.choice(found.items).id


@pytest.mark.parametrize(
    ("seed", "changes"), [(1, 6), *(pytest.param(seed, 40, marks=pytest.mark.slow) for seed in (2, 3))]
)
async def test_an_answer_from_the_cache_is_the_answer_of_now(workspace: Workspace, seed: int, changes: int) -> None:
    life = Life(await make_place(workspace), seed)
    await life.begin()
    for _ in range(changes):
        for _ in range(3):
            await life.check()
        await life.change()
    assert life.hits
