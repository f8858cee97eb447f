"""What a device answers, asked with care: one request after the other, each told of, none that was not asked for."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from fabgitops_core.codec.types import Words
from fabgitops_core.control.plc.requests import Endpoint, IdentityPlan, ReadPlan
from fabgitops_core.engine.device_errors import DeviceError, Refused, UnitUnreachable, Unreachable
from fabgitops_core.engine.ports import Device

from fabgitops_operator.probe.targets import MAX_ADDRESS, Spot

BEFORE, AFTER = 1, 3
"""Neighbours that are read with a register: what stands before it, and the rest of four words that it may begin."""


_ILLEGAL_FUNCTION = 0x01
_NAMELESS = "it has no identification"


@dataclass(frozen=True, slots=True)
class Unit:
    """One unit of a device: whether it answers, what it says of itself by object id, and what stood against either."""

    unit_id: int
    answers: bool
    objects: Mapping[int, str] = field(default_factory=dict)
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """A register and its neighbours: the words by address, and why the register itself was not read."""

    unit_id: int
    spot: Spot
    words: Mapping[int, int] = field(default_factory=dict)
    trouble: str = ""

    @property
    def begun(self) -> Words:
        """Return the words from the register on, as far as they were read without a gap: none to four."""
        count = next((at for at in range(AFTER + 1) if self.spot.address + at not in self.words), AFTER + 1)
        return tuple(self.words[self.spot.address + at] for at in range(count))


class Prober:
    """Asks one endpoint.

    Args:
        device: A share of the connection to it.
        endpoint: The same endpoint.
        timeout: Seconds to wait for the connection, and again for each reply.
        told: Told what is asked next, for whoever waits.
    """

    def __init__(self, device: Device, endpoint: Endpoint, timeout: float, told: Callable[[str], None]) -> None:
        self._device = device
        self._endpoint = endpoint
        self._timeout = timeout
        self._told = told

    async def unit(self, unit_id: int, first: Spot) -> Unit:
        """Return what a unit says of itself; one that has no word for that is asked for a register, to hear of it.

        Raises:
            Unreachable: There is no connection, so that no other unit need be asked.
        """
        self._told(f"unit {unit_id}: who is it?")
        try:
            said = await self._device.identify(IdentityPlan(self._endpoint, unit_id), timeout=self._timeout)
        except UnitUnreachable as error:
            return Unit(unit_id, answers=False, trouble=str(error))
        except Refused as error:
            return Unit(unit_id, answers=True, trouble=_NAMELESS if error.code == _ILLEGAL_FUNCTION else str(error))
        except Unreachable:
            raise
        except DeviceError as error:  # some say nothing at all to a function that they do not know
            trouble = await self._read(unit_id, first, first.address, 1)
            if isinstance(trouble, tuple) or (
                isinstance(trouble, Refused) and not isinstance(trouble, UnitUnreachable)
            ):
                return Unit(unit_id, answers=True, trouble=str(error))
            return Unit(unit_id, answers=False, trouble=str(trouble))
        return Unit(unit_id, answers=True, objects=said.objects)

    async def register(self, unit_id: int, spot: Spot) -> Found:
        """Return a register with its neighbours; where they cannot be read together each is asked for by itself.

        Raises:
            Unreachable: There is no connection.
        """
        self._told(f"unit {unit_id}: {spot.reference}")
        first, last = max(0, spot.address - BEFORE), min(MAX_ADDRESS, spot.address + AFTER)
        together = await self._read(unit_id, spot, first, last - first + 1)
        if isinstance(together, tuple):
            return Found(unit_id, spot, dict(enumerate(together, first)))
        alone = await self._read(unit_id, spot, spot.address, 1)
        if not isinstance(alone, tuple):
            return Found(unit_id, spot, trouble=str(alone))
        words = {spot.address: alone[0]}
        for address in (each for each in range(first, last + 1) if each != spot.address):
            word = await self._read(unit_id, spot, address, 1)
            words |= {address: word[0]} if isinstance(word, tuple) else {}
        return Found(unit_id, spot, words)

    async def _read(self, unit_id: int, spot: Spot, address: int, count: int) -> Words | DeviceError:
        """Return words, or why there are none.

        Raises:
            Unreachable: There is no connection.
        """
        plan = ReadPlan(self._endpoint, unit_id, address, count, spot.table)
        try:
            return await self._device.read(plan, timeout=self._timeout)
        except Unreachable:
            raise
        except DeviceError as error:
            return error
