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


@given(st.lists(json_values, min_size=1, max_size=5), st.integers(1, 40))
def test_messages_arrive_in_order_however_the_pipe_cuts_them(messages: list[object], piece: int) -> None:
    stream = b"".join(frames.encode(message) for message in messages)
    received, arrived = bytearray(), []
    for begin in range(0, len(stream), piece):
        received += stream[begin : begin + piece]
        # A null message cannot be told from none yet; frames carry objects, so wrap the comparison in lists.
        while len(received) >= frames.HEADER.size:
            before = len(received)
            message = frames.take(received)
            if len(received) == before:
                break
            arrived.append(message)
    assert arrived == messages
    assert not received


@given(st.binary(min_size=8, max_size=64))
def test_bytes_that_are_no_frame_are_refused(noise: bytes) -> None:
    if noise.startswith(frames.MAGIC):
        return
    with pytest.raises(frames.FrameError):
        frames.take(bytearray(noise))


def test_a_frame_that_claims_more_than_the_largest_is_refused_before_it_is_awaited() -> None:
    with pytest.raises(frames.FrameError, match="claims"):
        frames.take(bytearray(frames.HEADER.pack(frames.MAGIC, frames.LARGEST_FRAME + 1)))


def test_a_payload_that_is_no_json_is_refused() -> None:
    payload = b"{not json"
    with pytest.raises(frames.FrameError, match="no JSON"):
        frames.take(bytearray(frames.HEADER.pack(frames.MAGIC, len(payload)) + payload))


def test_the_first_bytes_of_foreign_output_are_refused_at_once() -> None:
    with pytest.raises(frames.FrameError):
        frames.take(bytearray(b"warn"))


def test_a_frame_is_a_length_and_json() -> None:
    encoded = frames.encode({"do": "close"})
    assert encoded[:4] == b"ASY1"
    assert int.from_bytes(encoded[4:8], "little") == len(encoded) - 8
    assert json.loads(encoded[8:]) == {"do": "close"}
