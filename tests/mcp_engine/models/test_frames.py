"""Length-prefixed JSON survives any content, and nonsense is noticed."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcp_engine.models.frames import FrameError, encode_frame, read_frame

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(), lambda inner: st.lists(inner, max_size=3), max_leaves=8
)


@given(st.lists(st.dictionaries(st.text(), values, max_size=4), max_size=4))
def test_frames_come_back_as_they_were_sent(frames: list[dict[str, object]]) -> None:
    source = io.BytesIO(b"".join(map(encode_frame, frames)))
    assert [read_frame(source) for _ in frames] == frames
    assert read_frame(source) is None


@pytest.mark.parametrize(
    "data",
    [b"\x00\x00", encode_frame({"a": 1})[:-1], b"\x00\x00\x00\x02{]", b"\x00\x00\x00\x02[]", b"\xff\xff\xff\xff"],
)
def test_what_is_no_frame_is_refused(data: bytes) -> None:
    with pytest.raises(FrameError):
        read_frame(io.BytesIO(data))
