"""Changing who may read a document, in the transaction of whoever locked it."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from pydantic import ValidationError

from mcp_engine.audit.events import append
from mcp_engine.database.engine import UnitOfWork
from mcp_engine.errors import Conflict, InvalidInput, NotFound
from mcp_engine.faults import faults_of
from mcp_engine.identity.groups.repository import GroupRepository
from mcp_engine.identity.groups.service import no_group
from rag.answer_cache.repository import AnswerCacheRepository
from rag.readers import facts
from rag.readers.repository import AccessList, Listed, ReaderRepository
from rag.readers.schemas import ReadersIn
from rag.tables import DocumentRow


def parsed_readers(text: str) -> ReadersIn:
    """Return an access list from its JSON.

    Raises:
        InvalidInput: `readers.invalid`.
    """
    try:
        return ReadersIn.model_validate_json(text)
    except ValidationError as error:
        raise InvalidInput("readers.invalid", f"Correct the access list: {faults_of(error)}") from error


async def restrict(work: UnitOfWork, document: DocumentRow, wanted: ReadersIn) -> None:
    """Let the principals and groups that are named read a locked document, and nobody else.

    Raises:
        NotFound: `principal.not_found`, `group.not_found` for a name that nobody has.
        Conflict: `readers.shuts_you_out` when the actor would not be on the list: whoever sets a list can
            always be asked to change it.
    """
    await restrict_to(work, document, await access_list(work, wanted))


async def access_list(work: UnitOfWork, wanted: ReadersIn) -> AccessList:
    """Return whom names and ids mean; raises what `restrict` raises."""
    after = AccessList(await _principals(work, wanted.principals), await _groups(work, wanted.groups))
    await _check_stays_in(work, after)
    return after


async def restrict_to(work: UnitOfWork, document: DocumentRow, after: AccessList) -> None:
    """Let those of a list, which is not empty, read a locked document, and nobody else."""
    repository = ReaderRepository(work.session, work.tenant_id)
    before = await repository.of_document(document.id) if document.restricted else None
    if before is not None and before.ids == after.ids:
        return
    await repository.replace(document.id, after)
    await AnswerCacheRepository(work.session, work.tenant_id).drop_collection(document.collection_id)
    await append(work, facts.changed(document.id, before, after))


async def let_everyone_read(work: UnitOfWork, document: DocumentRow) -> None:
    """Take a locked document's list away; nothing happens when it has none."""
    if not document.restricted:
        return
    repository = ReaderRepository(work.session, work.tenant_id)
    before = await repository.of_document(document.id)
    await repository.open(document.id)
    await append(work, facts.changed(document.id, before, None))


async def _principals(work: UnitOfWork, words: Sequence[str]) -> list[Listed]:
    """Return whom names or ids mean; an id is one, and never another's name."""
    ids = {word: found for word in words if (found := _id(word)) is not None}
    names = [word for word in words if word not in ids]
    found = await ReaderRepository(work.session, work.tenant_id).principals(names, list(ids.values()))
    known = {one.name for one in found} | {one.id for one in found}
    missing = next((word for word in words if ids.get(word, word) not in known), None)
    if missing is not None:
        raise NotFound("principal.not_found", f"There is no person or machine {missing[:140]!r}; nothing was changed.")
    return found


async def _groups(work: UnitOfWork, names: Sequence[str]) -> list[Listed]:
    found = {row.name: Listed(row.id, row.name) for row in await GroupRepository(work).several(names)}
    missing = next((name for name in names if name not in found), None)
    if missing is not None:
        raise no_group(missing)
    return [found[name] for name in sorted(found)]


async def _check_stays_in(work: UnitOfWork, wanted: AccessList) -> None:
    if any(one.id == work.actor_id for one in wanted.principals):
        return
    if not await GroupRepository(work).is_in_one(work.actor_id, [one.id for one in wanted.groups]):
        raise Conflict(
            "readers.shuts_you_out",
            "With this list you could not read it yourself: add yourself, or a group that you belong to. "
            "Somebody else on the list can take you off it.",
        )


def _id(word: str) -> UUID | None:
    try:
        return UUID(word)
    except ValueError:
        return None
