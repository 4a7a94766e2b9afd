"""What the pool and a model process say to each other: a 4-byte big-endian length, then UTF-8 JSON.

It runs on a socket pair of its own, so what native code prints can't corrupt it.
"""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass
from typing import Any, Protocol, TypedDict

MAX_FRAME_BYTES = 64 * 1024 * 1024
_LENGTH = struct.Struct(">I")
HEADER_BYTES = _LENGTH.size

Frame = dict[str, Any]


class Message(TypedDict):
    """One turn: the role is `system`, `user` or `assistant`."""

    role: str
    content: str


@dataclass(frozen=True, slots=True)
class HostOptions:
    """How a process loads the weights; `prefix_cache_bytes` bounds the prompt states that it saves."""

    model_path: str
    context_tokens: int
    threads: int
    gpu_layers: int = 0
    prefix_cache_bytes: int = 256 * 1024 * 1024


class FrameError(Exception):
    """The bytes are not a frame: the two sides no longer understand each other."""


class ByteSource(Protocol):
    def read(self, size: int, /) -> bytes:
        """Return exactly `size` bytes, or fewer at the end of the stream."""
        ...


def encode_frame(frame: Frame) -> bytes:
    """Return a frame's bytes; raises `FrameError` above `MAX_FRAME_BYTES`."""
    payload = json.dumps(frame, ensure_ascii=False, separators=(",", ":")).encode()
    if len(payload) > MAX_FRAME_BYTES:
        raise FrameError(f"a frame of {len(payload)} bytes is over the limit of {MAX_FRAME_BYTES}")
    return _LENGTH.pack(len(payload)) + payload


def frame_length(header: bytes) -> int:
    """Return the payload's length in bytes; raises `FrameError` when it is over the limit."""
    (length,) = _LENGTH.unpack(header)
    if length > MAX_FRAME_BYTES:
        raise FrameError(f"a frame of {length} bytes is over the limit of {MAX_FRAME_BYTES}")
    return int(length)


def decode_payload(payload: bytes) -> Frame:
    """Return the JSON object in a payload; raises `FrameError` when it is none."""
    try:
        frame = json.loads(payload)
    except ValueError as error:
        raise FrameError("a frame is not JSON") from error
    if not isinstance(frame, dict):
        raise FrameError("a frame is not a JSON object")
    return frame  # pyright: ignore[reportUnknownVariableType]


def read_frame(source: ByteSource) -> Frame | None:
    """Read one frame from a blocking source; None at the end of the stream."""
    header = source.read(HEADER_BYTES)
    if not header:
        return None
    if len(header) < HEADER_BYTES:
        raise FrameError("the stream ended inside a frame")
    length = frame_length(header)
    payload = source.read(length)
    if len(payload) < length:
        raise FrameError("the stream ended inside a frame")
    return decode_payload(payload)
