"""Every failure is an RFC 9457 problem document, and none tells more than it should."""

from __future__ import annotations

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy.exc import TimeoutError as PoolTimeout

from tests.mcp_engine.http.conftest import SECRET


def problem(response: httpx.Response) -> dict[str, object]:
    assert response.headers["content-type"] == "application/problem+json"
    body = response.json()
    assert body["status"] == response.status_code
    assert body["type"] == f"urn:mcp-engine:error:{body['code']}"
    assert body["title"]
    assert body["detail"]
    return body


async def test_details_are_members_and_never_replace_the_standard_ones(client: httpx.AsyncClient) -> None:
    body = problem(await client.get("/conflict"))
    assert (body["status"], body["title"], body["code"], body["name"]) == (409, "Conflict", "thing.exists", "x")


async def test_retry_after_is_in_whole_seconds_and_never_early(client: httpx.AsyncClient) -> None:
    slow, later = await client.get("/slow"), await client.get("/later")
    assert (slow.status_code, slow.headers["Retry-After"]) == (429, "2")
    assert (later.status_code, later.headers["Retry-After"]) == (503, "1")


async def test_an_unexpected_failure_shows_no_trace(client: httpx.AsyncClient) -> None:
    response = await client.get("/fault")
    assert problem(response)["code"] == "engine.fault"
    for hidden in (SECRET, "Traceback", "RuntimeError", ".py"):
        assert hidden not in response.text


async def test_invalid_input_names_the_field_and_does_not_repeat_the_value(client: httpx.AsyncClient) -> None:
    body = problem(await client.post("/things", json={"count": SECRET}))
    assert (body["status"], body["code"]) == (422, "request.invalid")
    assert body["faults"] == [
        {"field": "body.count", "message": "Input should be a valid integer, unable to parse string as an integer"}
    ]
    assert SECRET not in str(body)


async def test_a_member_that_does_not_exist_is_called_that(client: httpx.AsyncClient) -> None:
    body = problem(await client.post("/things", json={"count": 1, "cuont": 2}))
    assert body["detail"] == "Correct the request: cuont: there is no such member; is it misspelt?"
    assert body["faults"][0]["field"] == "body.cuont"


@pytest.mark.parametrize("content", [b"{", b"\xff\xfe", b"", b'{"count": 1e400}', b"[" * 100_000])
async def test_a_body_that_is_no_json_is_the_callers_fault(client: httpx.AsyncClient, content: bytes) -> None:
    response = await client.post("/things", content=content, headers={"Content-Type": "application/json"})
    assert problem(response)["status"] in (400, 422)


async def test_a_body_that_is_no_json_object_is_told_where_it_breaks_and_how_to_send_it(
    client: httpx.AsyncClient,
) -> None:
    json_type = {"Content-Type": "application/json"}
    broken = await client.post("/things", content=b'{"count": ', headers=json_type)
    assert problem(broken)["detail"].startswith("Correct the request: the body at character 10: this is no JSON (")
    untyped = await client.post("/things", content=b'{"count": 1}')
    assert problem(untyped)["detail"].endswith("send a JSON object, with the header `Content-Type: application/json`")


async def test_unknown_paths_and_methods_are_problems_too(client: httpx.AsyncClient) -> None:
    nothing = problem(await client.get("/nothing"))
    assert (nothing["code"], nothing["detail"]) == (
        "http.not_found", "Nothing stands at GET /nothing; /docs lists what does.",
    )  # fmt: skip
    wrong = await client.delete("/conflict")
    assert problem(wrong)["code"] == "http.method_not_allowed"
    assert wrong.headers["Allow"] == "GET"


async def test_a_status_without_a_name_keeps_its_headers(client: httpx.AsyncClient) -> None:
    response = await client.get("/teapot")
    assert problem(response)["code"] == "http.status_499"
    assert response.headers["X-Reason"] == "tea"


async def test_text_that_postgresql_can_not_hold_is_the_callers_fault(client: httpx.AsyncClient) -> None:
    response = await client.get("/find", params={"name": "a\x00b"})
    assert (response.status_code, problem(response)["code"]) == (422, "request.unstorable")


async def test_who_sends_no_credential_is_told_how(client: httpx.AsyncClient) -> None:
    response = await client.get("/any")
    assert (response.status_code, problem(response)["code"]) == (401, "access.no_credential")
    assert response.headers["WWW-Authenticate"] == "Bearer"


async def test_a_credential_that_does_not_work_is_said_to_be_invalid(client: httpx.AsyncClient) -> None:
    response = await client.get("/any", headers={"Authorization": "Bearer bad"})
    assert (response.status_code, problem(response)["code"]) == (401, "access.invalid_credential")
    assert response.headers["WWW-Authenticate"] == 'Bearer error="invalid_token"'


async def test_the_scope_of_the_route_is_required(client: httpx.AsyncClient) -> None:
    headers = {"Authorization": "bearer good"}
    assert (await client.get("/any", headers=headers)).status_code == 200
    assert (await client.get("/read", headers=headers)).status_code == 200
    response = await client.get("/write", headers=headers)
    assert (response.status_code, problem(response)["required_scope"]) == (403, "things:write")


async def test_access_is_decided_before_the_input_is_looked_at(client: httpx.AsyncClient) -> None:
    assert (await client.get("/read", params={"limit": "x"})).status_code == 401


async def test_a_pool_without_a_free_connection_asks_to_repeat(client: httpx.AsyncClient, app: FastAPI) -> None:
    @app.get("/crowded")
    async def crowded() -> None:
        raise PoolTimeout("QueuePool limit of size 16 overflow 16 reached")

    response = await client.get("/crowded")
    assert (response.status_code, problem(response)["code"]) == (503, "database.busy")
    assert response.headers["Retry-After"] == "2"
    assert "QueuePool" not in response.text
