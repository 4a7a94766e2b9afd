"""A whole engine with two tenants, and how to make each kind of object that a path can name."""

from __future__ import annotations

import itertools
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import httpx

from mcp_engine.access import Caller
from mcp_engine.artifacts.service import ArtifactService
from mcp_engine.audit.notes import CheckpointSigner
from mcp_engine.audit.service import AuditService
from mcp_engine.audit.witness import Witness
from mcp_engine.components.component import installed_components
from mcp_engine.components.service import CapabilityService
from mcp_engine.config import Settings
from mcp_engine.database.engine import Database
from mcp_engine.evaluation.datasets.rows import Row, stored
from mcp_engine.evaluation.runs.repository import EvaluationRepository
from mcp_engine.evaluation.runs.tables import EvaluationItemRow, EvaluationOutcomeRow
from mcp_engine.executions.schemas import Outcome, StartExecution
from mcp_engine.executions.service import ExecutionService
from mcp_engine.identifiers import new_id
from mcp_engine.identity.service import IdentityService, KeyRequest
from mcp_engine.jobs.service import JobService
from mcp_engine.secrets import Secrets
from mcp_engine.server.app import PREFIX, create_app
from mcp_engine.server.compose import register_components, register_core
from mcp_engine.services import Services
from mcp_engine.telemetry.journal.writer import JournalWriter
from rag.collections import find_collection
from rag.drafting.job import DRAFT
from rag.drafting.repository import DraftRepository
from rag.drafting.tables import DraftedQuestionRow, QuestionDraftRow

HOST = "http://127.0.0.1"
MANY = {"requests_per_second": 10_000.0, "burst": 100_000}


@dataclass
class World:
    """The application, `stranger` who runs the instance, and `owner` of another tenant whose objects are asked for."""

    services: Services
    anonymous: httpx.AsyncClient
    owner: Caller
    stranger: Caller
    owner_key: str = field(repr=False)
    stranger_key: str = field(repr=False)
    keys_without: dict[str, str] = field(default_factory=dict[str, str], repr=False)

    async def as_owner(self, method: str, path: str, **request: Any) -> httpx.Response:
        return await self.send(self.owner_key, method, path, **request)

    async def as_stranger(self, method: str, path: str, **request: Any) -> httpx.Response:
        return await self.send(self.stranger_key, method, path, **request)

    async def send(self, key: str, method: str, path: str, **request: Any) -> httpx.Response:
        return await self.anonymous.request(method, path, headers={"Authorization": f"Bearer {key}"}, **request)

    async def made(self, path: str, body: dict[str, Any], **query: Any) -> dict[str, Any]:
        response = await self.as_owner("POST", f"{PREFIX}{path}", json=body, params=query)
        assert response.status_code < 300, response.text
        return response.json()

    async def key_with(self, scopes: list[str]) -> str:
        """Return a key of the stranger with exactly these scopes."""
        request = KeyRequest(self.stranger.principal_id, "narrow", scopes, **MANY)
        return (await self.services.get(IdentityService).create_key(self.stranger, request))[1]

    async def key_without(self, scope: str) -> str:
        if scope not in self.keys_without:
            self.keys_without[scope] = await self.key_with(sorted(self.stranger.scopes - {scope}))
        return self.keys_without[scope]


async def make_world(database: Database, settings: Settings) -> World:
    """Compose the engine as the server does, but run nothing in the background."""
    services = _composed(database, settings)
    identity = services.get(IdentityService)
    first = await identity.bootstrap()
    assert first is not None
    stranger = await identity.authenticate(first.api_key)
    second = await identity.create_tenant(stranger, "objects")
    app = create_app(services, settings, installed_components())
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    owner = await identity.authenticate(second.api_key)
    return World(
        services,
        httpx.AsyncClient(transport=transport, base_url=HOST),
        owner,
        stranger,
        await _quick_key(identity, owner),
        await _quick_key(identity, stranger),
    )


async def _quick_key(identity: IdentityService, caller: Caller) -> str:
    return (await identity.create_key(caller, KeyRequest(caller.principal_id, "quick", **MANY)))[1]


def _composed(database: Database, settings: Settings) -> Services:
    secrets = Secrets.load(settings.secrets_dir)
    services = Services()
    register_core(services, settings, secrets, database)
    verifier = CheckpointSigner(secrets.signing_key).verifier
    services.add(AuditService(database, verifier, Witness.of(settings.state_home, verifier.name), []))
    register_components(services)
    components = installed_components()
    services.add(CapabilityService([offer for component in components for offer in component.capabilities(services)]))
    return services


DATASET_ROW = Row({"question": "Who?"})
Values = dict[str, str]
Maker = Callable[[World, Values], Awaitable[str]]


async def make_key(world: World, _: Values) -> str:
    return (await world.made("/keys", {"name": "object"}))["id"]


async def make_principal(world: World, _: Values) -> str:
    return (await world.made("/principals", {"kind": "person", "name": new_id().hex, "role": "viewer"}))["id"]


async def make_group(world: World, _: Values) -> str:
    return (await world.made("/groups", {"name": new_id().hex}))["name"]


async def make_member(world: World, values: Values) -> str:
    """Put a new principal into the group that the path names."""
    principal_id = await make_principal(world, values)
    response = await world.as_owner("PUT", f"{PREFIX}/groups/{values['name']}/members/{principal_id}")
    assert response.status_code == 204, response.text
    return principal_id


async def make_execution(world: World, _: Values) -> str:
    executions = world.services.get(ExecutionService)
    await executions.record_interrupted()
    running = await executions.start(world.owner, StartExecution("default", "prompt_run", {"x": 1}))
    await running.finish(Outcome(output="y"))
    await executions.close()
    return str(running.id)


async def make_feedback(world: World, values: Values) -> str:
    about = {"metric_name": "comment", "value": "Good.", "execution_id": await make_execution(world, values)}
    return (await world.made("/feedback", about))["id"]


async def make_prompt(world: World, _: Values) -> str:
    """Make a prompt with one version, labelled `production`."""
    name = new_id().hex
    artifacts = world.services.get(ArtifactService)
    await artifacts.push(world.owner, "prompt", "default", name, {"template": "Hello"}, "first", ["production"])
    return name


async def make_experiment(world: World, values: Values) -> str:
    """Make a draft on a prompt with two versions."""
    prompt, artifacts = await make_prompt(world, values), world.services.get(ArtifactService)
    await artifacts.push(world.owner, "prompt", "default", prompt, {"template": "Hi"}, "second")
    arms = [{"name": f"arm-{number}", "version": number, "weight": 0.5} for number in (1, 2)]
    metric = {"name": "helpful", "kind": "binary", "direction": "higher"}
    plan = {"name": new_id().hex, "artifact": prompt, "arms": arms, "metrics": [metric], "start": False}
    return (await world.made("/experiments", plan))["name"]


async def make_gate(world: World, values: Values) -> str:
    """Make a gate before `production` of a prompt of its own."""
    name = new_id().hex
    protects = {"names": [await make_prompt(world, values)]}
    return (await world.made("/gates", {"name": name, "body": {"protects": protects, "approvals": 1}}))["name"]


async def make_release_request(world: World, values: Values) -> str:
    gate = await make_gate(world, values)
    shown = (await world.as_owner("GET", f"{PREFIX}/gates/{gate}")).json()
    [prompt] = shown["protects"]["names"]
    # By somebody else: nobody approves what they wrote themselves.
    author = replace(world.owner, principal_id=new_id())
    await world.services.get(ArtifactService).push(author, "prompt", "default", prompt, {"template": "Hi"}, "")
    return (await world.made("/release-requests", {"name": prompt, "version": 2}))["id"]


async def make_dataset(world: World, _: Values) -> str:
    """Make a dataset with one version, labelled `production`."""
    body = {"name": new_id().hex, "rows": [{"inputs": DATASET_ROW.inputs}], "labels": ["production"]}
    return (await world.made("/datasets", body))["name"]


async def make_scorer(world: World, _: Values) -> str:
    name = new_id().hex
    await world.services.get(ArtifactService).push(world.owner, "scorer", "default", name, {"type": "exact"}, "")
    return name


async def make_evaluation(world: World, values: Values) -> str:
    """Queue an evaluation; nothing runs it here."""
    wanted = {
        "subject": await make_prompt(world, values), "dataset": await make_dataset(world, values), "scorers": ["exact"],
    }  # fmt: skip
    return (await world.made("/evaluations", wanted))["id"]


async def make_judged_comparison(world: World, values: Values) -> str:
    """Queue a judged comparison of two evaluations that ended on one row without an output; nothing asks here."""
    name, winner = new_id().hex, {"enum": ["first", "second"]}
    schema = {"type": "object", "properties": {"winner": winner}, "required": ["winner"]}
    prompt = {"template": "{{ first }} {{ second }}", "output_schema": schema}
    judge = {"type": "pair_judge", "parameters": {"prompt": name}}
    artifacts = world.services.get(ArtifactService)
    await artifacts.push(world.owner, "prompt", "default", name, prompt, "")
    await artifacts.push(world.owner, "scorer", "default", name, judge, "")
    sides = [await make_evaluation(world, values) for _ in range(2)]
    for side in sides:
        await end_evaluation(world, UUID(side))
    wanted = {"baseline": sides[0], "candidate": sides[1], "judge": name}
    return (await world.made("/judged-comparisons", wanted))["id"]


async def end_evaluation(world: World, evaluation_id: UUID) -> None:
    """Store what an evaluation's job would: its one row, which gave no output."""
    key: dict[str, Any] = {"tenant_id": world.owner.tenant_id, "evaluation_id": evaluation_id}
    item = EvaluationItemRow(
        **key, position=0, row_digest="row", cache_key="key", reused=False, error_code="model.refused"
    )
    outcome = EvaluationOutcomeRow(**key, metrics=[], failed_rows=1, reused_rows=0, ended_at=datetime.now(UTC))
    database = world.services.get(Database)
    async with database.unit_of_work(world.owner.tenant_id, world.owner.principal_id) as work:
        repository = EvaluationRepository(work)
        await repository.add_items([item], [])
        await repository.end(outcome)


async def make_sweep(world: World, values: Values) -> str:
    """Queue a sweep of one combination; nothing runs it here."""
    wanted = {
        "collection": await make_collection(world, values), "options": {"retrieval.passages": [3]},
        "dataset": await make_dataset(world, values), "scorers": ["abstention"],
    }  # fmt: skip
    return (await world.made("/strategy-sweeps", wanted))["id"]


async def make_question_draft(world: World, values: Values) -> str:
    """Store a draft of one sentence, as its start would of a document that is indexed; no prompt is run here."""
    added, prompt = await add_document(world), await make_prompt(world, values)
    found = (await world.as_owner("GET", f"{PREFIX}/prompts/{prompt}")).json()
    version_id, draft_id = UUID(added["document"]["latest"]["id"]), new_id()
    key: dict[str, Any] = {"tenant_id": world.owner.tenant_id, "draft_id": draft_id}
    async with world.services.get(Database).unit_of_work(world.owner.tenant_id, world.owner.principal_id) as work:
        place = await find_collection(work, "default", added["collection"])
        job_id = await world.services.get(JobService).enqueue(work, kind=DRAFT, subject_id=draft_id)
        draft = QuestionDraftRow(
            tenant_id=world.owner.tenant_id, id=draft_id, namespace="default", job_id=job_id, collection_id=place.id,
            collection=place.name, prompt_name=prompt, prompt_number=1, prompt_version_id=UUID(found["version_id"]),
            prompt_lock_digest=found["lock_digest"], seed=0, questions=1, actor_id=world.owner.principal_id,
        )  # fmt: skip
        question = DraftedQuestionRow(**key, position=1, version_id=version_id, start=0, end=5)
        await DraftRepository(work.session).add(draft, [question])
    return str(draft_id)


async def add_document(world: World) -> dict[str, Any]:
    """Add a document to a new collection, whose name the answer carries too; nothing indexes it here."""
    collection = new_id().hex
    response = await world.as_owner(
        "POST", f"{PREFIX}/collections/{collection}/documents", files={"file": ("a.txt", b"Text.", "text/plain")}
    )
    assert response.status_code == 202, response.text
    return {**response.json(), "collection": collection}


async def make_collection(world: World, _: Values) -> str:
    return (await add_document(world))["collection"]


async def make_document(world: World, _: Values) -> str:
    return (await add_document(world))["document"]["id"]


async def make_source(world: World, _: Values) -> str:
    """Make a source of a new collection; nothing reads it here."""
    new = {"name": "pages", "kind": "url", "settings": {"urls": ["https://93.184.215.14/a.html"]}}
    return (await world.made(f"/collections/{new_id().hex}/sources", new))["id"]


async def make_job(world: World, _: Values) -> str:
    return (await add_document(world))["job_id"]


async def make_provider(world: World, _: Values) -> str:
    """Configure a model server at a port where nothing listens."""
    name = new_id().hex
    return (await world.made("/providers", {"name": name, "base_url": "http://127.0.0.1:9/v1"}))["name"]


async def make_log_line(world: World, _: Values) -> str:
    """Write a line that is bound to the owner's tenant."""
    folder = world.services.get(Settings).journal_dir
    folder.parent.mkdir(exist_ok=True)
    writer = JournalWriter(folder, "server")
    moment, tenant = datetime.now(UTC).isoformat(), str(world.owner.tenant_id)
    writer.write({"timestamp": moment, "level": "info", "event": "tested", "tenant_id": tenant})
    writer.close()
    return (await world.as_owner("GET", f"{PREFIX}/logs")).json()["items"][0]["id"]


def always(value: str) -> Maker:
    async def make(_: World, __: Values) -> str:
        return value

    return make


async def find_audit_entry(world: World, _: Values) -> str:
    entries = (await world.as_owner("GET", f"{PREFIX}/audit/entries")).json()
    return entries["items"][0]["id"]


MAKERS: dict[str, Maker] = {
    "keys": make_key,
    "principals": make_principal,
    "groups": make_group,
    "members": make_member,
    "executions": make_execution,
    "feedback": make_feedback,
    "proofs": find_audit_entry,
    "entries": find_audit_entry,
    "artifacts": always("prompt"),
    "{kind}": make_prompt,
    "prompts": make_prompt,
    "datasets": make_dataset,
    "evaluations": make_evaluation,
    "judged-comparisons": make_judged_comparison,
    "strategy-sweeps": make_sweep,
    "combinations": always("1"),
    "question-drafts": make_question_draft,
    "questions": always("1"),
    "scorers": make_scorer,
    "experiments": make_experiment,
    "gates": make_gate,
    "release-requests": make_release_request,
    "rows": always(stored(DATASET_ROW, "row 1").digest),
    "collections": make_collection,
    "documents": make_document,
    "sources": make_source,
    "unsupported-answers": make_execution,
    "doubtful-answers": make_execution,
    "jobs": make_job,
    "providers": make_provider,
    "logs": make_log_line,
    "versions": always("1"),
    "pages": always("1"),
    "labels": always("production"),
}
"""By the part of the path before the parameter; what stands inside another object comes after its maker."""


async def make_objects(world: World, path: str) -> Values:
    """Return a value for each parameter of a path, naming objects of the owner.

    Raises:
        LookupError: a kind of object that nobody has said how to make.
    """
    values: Values = {}
    parts = path.split("/")
    for kind, part in itertools.pairwise(parts):
        if not part.startswith("{"):
            continue
        if kind not in MAKERS:
            raise LookupError(f"{path}: add a maker for {kind!r} to tests/access_objects.py")
        values[part[1:-1]] = await MAKERS[kind](world, values)
    return values
