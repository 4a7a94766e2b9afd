"""Saved prompt states: the longest of one's own, within a bound."""

from __future__ import annotations

from mcp_engine.models.prefixes import PrefixCache, SavedPrefix


def saved(owner: str, *tokens: int, size: int = 10) -> SavedPrefix:
    return SavedPrefix(owner, tokens, bytes(size))


def test_the_longest_common_beginning_wins() -> None:
    cache = PrefixCache(100)
    cache.put(saved("a", 1, 2))
    cache.put(saved("a", 1, 2, 3, 9))
    found = cache.best("a", (1, 2, 3, 4))
    assert found is not None
    assert (found[0].tokens, found[1]) == ((1, 2, 3, 9), 3)
    assert cache.best("a", (7,)) is None


def test_another_owner_finds_nothing() -> None:
    cache = PrefixCache(100)
    cache.put(saved("a", 1, 2))
    assert cache.best("b", (1, 2)) is None


def test_the_least_recently_used_goes_first_and_the_bound_holds() -> None:
    cache = PrefixCache(30)
    for token in (1, 2, 3):
        cache.put(saved("a", token))
    assert cache.best("a", (1,)) is not None
    cache.put(saved("a", 4))
    assert cache.size_bytes == 30
    assert [cache.holds("a", (token,)) for token in (1, 2, 3, 4)] == [True, False, True, True]
    cache.put(saved("a", 5, size=31))
    assert not cache.holds("a", (5,))
    cache.put(saved("a", 1, size=5))
    assert cache.size_bytes == 25
