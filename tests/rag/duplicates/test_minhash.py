"""Signatures: how well they estimate similarity, and what finds them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.duplicates import minhash
from rag.duplicates.minhash import NEAR, buckets, shingles, signature, signature_of, similarities

HASHES = st.sets(st.integers(0, 2**32 - 1), max_size=400)
WORDS = st.lists(st.sampled_from("the lamp was lit with whale oil until electric light came".split()), max_size=60)
BOUND = 0.25
"""An estimate from 128 places is off by more in one of ten million cases (Hoeffding: 2·exp(-2·128·.25²))."""


def signed(hashes: set[int]) -> bytes:
    return signature(np.array(sorted(hashes), dtype=np.uint64))


@given(HASHES, HASHES, HASHES)
def test_the_estimate_is_near_the_true_jaccard_similarity(common: set[int], left: set[int], right: set[int]) -> None:
    one, other = common | left, common | right
    if not one or not other:
        return
    true = len(one & other) / len(one | other)
    (estimated,) = similarities(signed(one), [signed(other)])
    assert abs(estimated - true) <= BOUND


@given(WORDS, WORDS)
def test_similarity_is_symmetric_and_one_for_the_same_text(left: list[str], right: list[str]) -> None:
    one, other = signature_of(" ".join(left)), signature_of(" ".join(right))
    assert similarities(one, [other]) == similarities(other, [one])
    assert similarities(one, [one]) == [1.0 if left else 0.0]


@given(st.text(max_size=300))
def test_letter_case_and_line_breaks_do_not_count(text: str) -> None:
    assert signature_of(text.casefold().replace(" ", "\n")) == signature_of(text.casefold())


@given(st.text(alphabet="ab \n¼é", max_size=200), st.integers(1, 40))
def test_a_long_text_is_hashed_in_pieces_as_it_would_be_at_once(text: str, size: int) -> None:
    whole = shingles(text).tolist()
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(minhash, "_BLOCK_CHARACTERS", size)
        assert shingles(text).tolist() == whole


def test_a_text_without_words_has_no_signature_and_is_like_nothing() -> None:
    assert signature_of(" … !") == b""
    assert buckets(b"") == []
    assert similarities(b"", [signature_of("a word"), b""]) == [0.0, 0.0]
    assert similarities(signature_of("a word"), [b""]) == [0.0]


def test_near_texts_share_a_bucket_and_others_do_not() -> None:
    words = [f"word{number}" for number in range(400)]
    near = [*words[:200], "changed", *words[201:]]
    one, other, strange = (signature_of(" ".join(text)) for text in (words, near, [f"w{n}" for n in range(400)]))
    assert similarities(one, [other])[0] >= NEAR
    assert set(buckets(one)) & set(buckets(other))
    assert not set(buckets(one)) & set(buckets(strange))
    assert len(one) == 512
    assert len(set(buckets(one))) == minhash.BANDS


def test_a_signature_is_the_same_on_every_machine() -> None:
    assert signature_of("The lighthouse of Karsund was built in 1874.")[:16].hex() == "8836c94b8797291652313634d3ba622a"
