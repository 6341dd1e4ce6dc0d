"""Frames: what goes in comes out, whole and in order, and nothing else is taken for one."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.device import frames

json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(st.lists(st.tuples(st.dictionaries(st.text(), json_values), st.binary()), max_size=5), st.integers(1, 40))
def test_frames_arrive_in_order_however_the_pipe_cuts_them(sent: list[tuple[object, bytes]], piece: int) -> None:
    stream = b"".join(frames.encode(message, data) for message, data in sent)
    received, arrived = bytearray(), []
    for begin in range(0, len(stream), piece):
        received += stream[begin : begin + piece]
        while (frame := frames.take(received)) is not None:
            arrived.append(tuple(frame))
    assert arrived == sent
    assert not received


@given(st.binary(min_size=8, max_size=64))
def test_bytes_that_are_no_frame_are_refused(noise: bytes) -> None:
    if noise.startswith(frames.MAGIC):
        return
    with pytest.raises(frames.FrameError):
        frames.take(bytearray(noise))


def test_a_frame_that_claims_more_than_the_largest_is_refused_before_it_is_awaited() -> None:
    with pytest.raises(frames.FrameError, match="claims"):
        frames.take(bytearray(frames.HEADER.pack(frames.MAGIC, frames.LARGEST_MESSAGE + 1, 0)))


@pytest.mark.parametrize("payload", [b"{not json", b"[1]", b"null", b"\xff"])
def test_a_message_that_is_no_json_object_is_refused(payload: bytes) -> None:
    with pytest.raises(frames.FrameError, match="a frame holds"):
        frames.take(bytearray(frames.HEADER.pack(frames.MAGIC, len(payload), 0) + payload))


def test_the_first_bytes_of_foreign_output_are_refused_at_once() -> None:
    with pytest.raises(frames.FrameError):
        frames.take(bytearray(b"warn"))


def test_a_frame_is_two_lengths_json_and_data() -> None:
    encoded = frames.encode({"do": "close"}, b"data")
    assert encoded[:4] == b"ASY2"
    length = int.from_bytes(encoded[4:8], "little")
    assert int.from_bytes(encoded[8:12], "little") == 4
    assert json.loads(encoded[12 : 12 + length]) == {"do": "close"}
    assert encoded[12 + length :] == b"data"
