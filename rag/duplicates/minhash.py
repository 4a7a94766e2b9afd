"""How alike two texts are, from short signatures of them (MinHash), and what finds the like ones by an index.

A text is the set of its word 5-shingles over `rag.lexical.words`: letter case, punctuation and line breaks don't
count. Of each of 128 hash functions a signature keeps the smallest value over the set; two signatures agree in a place
with a probability that is the Jaccard similarity of the sets, so the share of equal places estimates it, off by more
than .12 in fewer than 6 of 100 cases whatever the texts (Hoeffding's bound; near .8 the standard deviation is .035).
After A. Broder, "On the Resemblance and Containment of Documents", 1997.

A shingle is hashed to 32 bits: each word by BLAKE2b to 64, five of them summed with odd factors, the sum mixed by the
finaliser of SplitMix64 (G. Steele et al., 2014). The hash functions are (a·x + b) mod 2^64 div 2^32 with a and b from
SHAKE-256 of a fixed text ("multiply-shift", M. Dietzfelbinger, 1996): a signature is the same on every machine.

To be found, a signature is cut into 25 bands of 5 places, and each band is hashed to a bucket: two texts of similarity
s share one with probability 1 - (1 - s^5)^25, which is .9999 at .8, .55 at .5 and .06 at .3 (J. Leskovec et al.,
"Mining of Massive Datasets", 3.4). Pure: no database, no event loop.
"""

from __future__ import annotations

import hashlib
from array import array
from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from rag.lexical import words

NEAR = 0.8
"""From this estimated similarity on, two texts are near duplicates."""
PERMUTATIONS = 128
SHINGLE_WORDS = 5
BANDS = 25
ROWS = 5

Numbers = npt.NDArray[np.uint64]
_SEED = b"mcp-engine minhash 1"
_RANDOM = np.frombuffer(hashlib.shake_256(_SEED).digest(8 * (2 * PERMUTATIONS + SHINGLE_WORDS)), dtype="<u8")
_FACTORS: Numbers = _RANDOM[:PERMUTATIONS, None] | np.uint64(1)
_ADDENDS: Numbers = _RANDOM[PERMUTATIONS : 2 * PERMUTATIONS, None]
_PLACES: Numbers = _RANDOM[2 * PERMUTATIONS :] | np.uint64(1)
_VALUE = np.dtype("<u4")
_BLOCK_CHARACTERS = 1_000_000
_SHINGLES_AT_ONCE = 8_192


def signature_of(text: str) -> bytes:
    """Return the signature of a text, 512 bytes; empty for a text without words. Takes processor time: use a thread."""
    return signature(shingles(text))


def shingles(text: str) -> Numbers:
    """Return the distinct hashes (32 bits) of the shingles of a text; one with fewer words is a single shingle."""
    hashed = _hashed_words(text)
    if len(hashed) == 0:
        return hashed
    width = min(SHINGLE_WORDS, len(hashed))
    count = len(hashed) - width + 1
    summed = np.zeros(count, dtype=np.uint64)
    for place in range(width):
        summed += hashed[place : place + count] * _PLACES[place]
    return np.unique(_mixed(summed) >> np.uint64(32))


def signature(found: Numbers) -> bytes:
    """Return the signature of a set of shingles."""
    if len(found) == 0:
        return b""
    smallest = np.full(PERMUTATIONS, np.iinfo(np.uint64).max, dtype=np.uint64)
    for start in range(0, len(found), _SHINGLES_AT_ONCE):
        some = found[None, start : start + _SHINGLES_AT_ONCE]
        np.minimum(smallest, (_FACTORS * some + _ADDENDS).min(axis=1), out=smallest)
    # The smallest sum has the smallest upper half.
    return (smallest >> np.uint64(32)).astype(_VALUE).tobytes()


def similarities(one: bytes, others: Sequence[bytes]) -> list[float]:
    """Return the estimated similarity (0..1) of one signature to each of the others; 0 where a text has no words."""
    if not one:
        return [0.0] * len(others)
    values = np.frombuffer(one, dtype=_VALUE)
    blank = bytes(len(one))
    matrix = np.frombuffer(b"".join(other or blank for other in others), dtype=_VALUE)
    shares: list[float] = (matrix.reshape(len(others), PERMUTATIONS) == values).mean(axis=1).tolist()
    return [share if other else 0.0 for share, other in zip(shares, others, strict=True)]


def buckets(signature: bytes) -> list[int]:
    """Return where a signature is filed, one number (64 bits, signed) for each band; none for an empty one."""
    if not signature:
        return []
    size = ROWS * _VALUE.itemsize
    bands = (signature[band * size : (band + 1) * size] for band in range(BANDS))
    return [_hash(bytes([band]) + values, signed=True) for band, values in enumerate(bands)]


def _hashed_words(text: str) -> Numbers:
    known: dict[str, int] = {}
    found = array("Q")
    for block in _blocks(text):
        for word in words(block):
            value = known.get(word)
            if value is None:
                value = known[word] = _hash(word.encode())
            found.append(value)
    return np.frombuffer(found, dtype=np.uint64)


def _blocks(text: str) -> Iterator[str]:
    """Yield a text in pieces that end between two words: all words of a long one at once would take gigabytes."""
    start = 0
    while start < len(text):
        end = min(start + _BLOCK_CHARACTERS, len(text))
        while end < len(text) and not text[end].isspace():
            end += 1
        yield text[start:end]
        start = end


def _hash(content: bytes, *, signed: bool = False) -> int:
    return int.from_bytes(hashlib.blake2b(content, digest_size=8).digest(), "little", signed=signed)


def _mixed(values: Numbers) -> Numbers:
    """Return values with every bit depending on all bits (the finaliser of SplitMix64)."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))
