"""What a product is: who makes it, how a machine recognises it, what it has."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import ConfigDict, Field

from harness.profile.claim import Claim, Count, Stated, Strict, Words
from harness.profile.quantity import Bandwidth, Frequency, Power, Rate, Size

PciId = Annotated[str, Field(pattern="^[0-9a-f]{4}$")]


class Product(Strict):
    """What the product is called."""

    vendor: Words
    """The vendor, in English."""
    vendor_zh: Words | None = None
    """The vendor, in Chinese."""
    name: Words
    """The product, as the vendor writes it."""
    aliases: tuple[Words, ...] = ()
    """Other names it goes by, also those that its driver reports."""
    family: Words | None = None
    """The line of products it belongs to."""


class Pci(Stated):
    """One pair of PCI identifiers a card of this product reports."""

    vendor: PciId
    """Four hexadecimal digits, in quotes."""
    device: PciId
    """Four hexadecimal digits, in quotes."""


class Architecture(Claim[Words]):
    """The instruction set architecture, as compilers name it."""

    features: dict[str, Literal["+", "-"]] = Field(default_factory=dict)
    """Optional features, each switched on or off."""


class Cpuid(Stated):
    """How a processor names itself (x86 CPUID leaves 0 and 1)."""

    claims: ClassVar[bool] = True

    vendor: Words
    """The vendor string."""
    family: Annotated[int, Field(ge=0, le=0x10E)]
    """The family, extended family included."""
    model: Annotated[int, Field(ge=0, le=255)] | None = None
    """The model, extended model included."""


class InstructionSets(Stated):
    """Extensions by the names the Linux kernel gives them."""

    claims: ClassVar[bool] = True

    has: tuple[Words, ...] = ()
    """Extensions the processor has."""
    lacks: tuple[Words, ...] = ()
    """Extensions known to be absent."""


class Identity(Stated):
    """How a machine recognises the product."""

    pci: tuple[Pci, ...] = ()
    """The PCI identifiers it may report."""
    architecture: Architecture | None = None
    """The instruction set architecture."""
    cpuid: Cpuid | None = None
    """How a processor names itself."""
    instruction_sets: InstructionSets | None = None
    """Which extensions a processor has."""


class ThreadsPerBlock(Stated):
    """How many threads one block may have."""

    limit: Claim[Count] | None = None
    """The most a launch may ask for."""
    default_bound: Claim[Count] | None = None
    """The most a kernel may have unless it was compiled with other bounds."""


class Execution(Stated):
    """What computes, and how many of it there are."""

    lanes: Claim[Count] | None = None
    """Threads that go in step: a wavefront or warp."""
    compute_units: Claim[Count] | None = None
    """Compute units of one card."""
    threads_per_block: ThreadsPerBlock | None = None
    """How many threads one block may have."""
    threads_per_compute_unit: Claim[Count] | None = None
    """Threads resident on one compute unit."""
    registers_per_block: Claim[Count] | None = None
    """32-bit registers one block may use."""
    cores: Claim[Count] | None = None
    """Cores of one processor."""
    threads: Claim[Count] | None = None
    """Hardware threads of one processor."""
    clock: Claim[Frequency] | None = None
    """Clock of the compute units or cores."""


class Space(Stated):
    """One kind of memory."""

    capacity: Claim[Size] | None = None
    """How much there is: of device memory and a last cache on a card, of others for one unit or core."""
    bandwidth: Claim[Bandwidth] | None = None
    """The most it can move."""
    clock: Claim[Frequency] | None = None
    """Its clock."""
    bus_width: Claim[Count] | None = None
    """Width of its bus, in bits."""


class Memory(Stated):
    """Memories, by the place they have."""

    device: Space = Space()
    """The memory of the card."""
    shared: Space = Space()
    """The scratchpad of one compute unit."""
    l1: Space = Space()
    """The first cache."""
    l2: Space = Space()
    """The second cache."""


class Rates(Stated):
    """Peak rates by format: `float16`, or `matrix/float32` and `vector/float32` where the units differ."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, Claim[Rate]] = Field(init=False)


class PowerSection(Stated):
    """What it draws."""

    design: Claim[Power] | None = None
    """Thermal design power."""
    cap: Claim[Power] | None = None
    """The limit its firmware holds it to."""
