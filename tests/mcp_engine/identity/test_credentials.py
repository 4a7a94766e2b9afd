"""Keys and refresh tokens: one spelling each, strict parsing, comparison in constant time."""

from __future__ import annotations

import hmac
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcp_engine.errors import NotSignedIn
from mcp_engine.identity.credentials import API_KEY, REFRESH_TOKEN, Credential

credentials = st.builds(
    Credential,
    st.sampled_from([API_KEY, REFRESH_TOKEN]),
    st.uuids(),
    st.uuids(),
    st.binary(min_size=32, max_size=32),
)


@given(credentials)
def test_what_is_revealed_reads_back(credential: Credential) -> None:
    assert Credential.parse(credential.reveal(), credential.prefix) == credential


@given(st.text(max_size=120) | st.text(alphabet="mcer_-AZaz09+/=", min_size=91, max_size=91))
def test_garbage_raises_nothing_but_not_signed_in(text: str) -> None:
    with pytest.raises(NotSignedIn):
        Credential.parse(text, API_KEY)


@given(credentials, st.integers(min_value=0, max_value=90), st.characters())
def test_no_other_spelling_is_the_same_credential(credential: Credential, position: int, character: str) -> None:
    text = credential.reveal()
    changed = text[:position] + character + text[position + 1 :]
    if changed == text:
        return
    try:
        other = Credential.parse(changed, credential.prefix)
    except NotSignedIn:
        return
    assert other != credential


@given(credentials)
def test_a_credential_of_the_other_kind_is_refused(credential: Credential) -> None:
    other = REFRESH_TOKEN if credential.prefix == API_KEY else API_KEY
    with pytest.raises(NotSignedIn):
        Credential.parse(credential.reveal(), other)


def test_secrets_are_in_no_representation() -> None:
    credential = Credential.new(API_KEY, UUID(int=1), UUID(int=2))
    assert credential.reveal()[-43:] not in repr(credential)
    assert "secret" not in repr(credential)


def test_comparison_is_constant_time_and_knows_nothing_from_something(monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[tuple[bytes, bytes]] = []
    real = hmac.compare_digest

    def recorded(left: bytes, right: bytes) -> bool:
        compared.append((left, right))
        return real(left, right)

    monkeypatch.setattr(hmac, "compare_digest", recorded)
    credential = Credential.new(API_KEY, UUID(int=1), UUID(int=2))
    assert credential.matches(credential.secret_hash)
    assert not credential.matches(bytes(32))
    assert not credential.matches(None)
    assert [len(left) == len(right) == 32 for left, right in compared] == [True, True, True]
