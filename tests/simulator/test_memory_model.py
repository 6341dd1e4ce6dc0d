"""Any sequence of memory calls answers as a dictionary of byte strings would."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule

from harness.device.protocol import INVALID_HANDLE, INVALID_VALUE, OUT_OF_MEMORY, DeviceError
from harness.simulator.memory import POISON
from tests.simulator.claims import claims, simulate

CAPACITY = 200
small = st.integers(-3, 90)


class MemoryModel(RuleBasedStateMachine):
    """The device beside the model; released handles stay in ``buffers`` so that they are used again."""

    buffers = Bundle("buffers")

    def __init__(self) -> None:
        super().__init__()
        self.device = simulate(claims(memory_capacity=CAPACITY))
        self.model: dict[int, bytearray] = {}

    @rule(target=buffers, size=st.integers(-2, 120))
    def allocate(self, size: int) -> Any:
        used = sum(map(len, self.model.values()))
        kind = INVALID_VALUE if size < 0 else OUT_OF_MEMORY if size > CAPACITY - used else None
        handle = self.expect(kind, lambda: self.device.allocate(size))
        if kind is not None:
            return -1
        assert handle not in self.model
        self.model[handle] = bytearray([POISON]) * size
        return handle

    @rule(buffer=buffers)
    def release(self, buffer: int) -> None:
        self.expect(None if buffer in self.model else INVALID_HANDLE, lambda: self.device.release(buffer))
        self.model.pop(buffer, None)

    @rule(buffer=buffers, data=st.binary(max_size=60), offset=small)
    def write(self, buffer: int, data: bytes, offset: int) -> None:
        self.expect(self.fault(buffer, offset, len(data)), lambda: self.device.write(buffer, data, offset))
        if self.fault(buffer, offset, len(data)) is None:
            self.model[buffer][offset : offset + len(data)] = data

    @rule(buffer=buffers, nbytes=small, offset=small)
    def read(self, buffer: int, nbytes: int, offset: int) -> None:
        kind = self.fault(buffer, offset, nbytes)
        data = self.expect(kind, lambda: self.device.read(buffer, nbytes, offset))
        if kind is None:
            assert data == self.model[buffer][offset : offset + nbytes]

    @rule(target_buffer=buffers, source=buffers, nbytes=small, to=small, start=small)
    def copy(self, target_buffer: int, source: int, nbytes: int, to: int, start: int) -> None:
        if not {target_buffer, source} <= set(self.model):
            kind: str | None = INVALID_HANDLE
        else:
            kind = self.fault(target_buffer, to, nbytes) or self.fault(source, start, nbytes)
        self.expect(kind, lambda: self.device.copy(target_buffer, source, nbytes, to, start))
        if kind is None:
            self.model[target_buffer][to : to + nbytes] = bytes(self.model[source][start : start + nbytes])

    @invariant()
    def every_byte_is_the_models(self) -> None:
        for handle, data in self.model.items():
            assert self.device.read(handle, len(data)) == data

    def fault(self, buffer: int, offset: int, nbytes: int) -> str | None:
        """What is wrong with a range of a buffer."""
        if buffer not in self.model:
            return INVALID_HANDLE
        inside = offset >= 0 and nbytes >= 0 and offset + nbytes <= len(self.model[buffer])
        return None if inside else INVALID_VALUE

    @staticmethod
    def expect(kind: str | None, call: Any) -> Any:
        """The call's answer, or the refusal that is due."""
        if kind is None:
            return call()
        with pytest.raises(DeviceError) as refusal:
            call()
        assert refusal.value.kind == kind
        return None


TestMemoryModel = MemoryModel.TestCase
TestMemoryModel.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
