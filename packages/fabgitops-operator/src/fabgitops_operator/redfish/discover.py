"""Reads what a BMC tells of itself and of what it manages; nothing that it is asked here changes anything.

Ids and paths are the maker's: only links are followed. What cannot be read is a gap that is told, unless nothing can.
"""

import re
from collections.abc import AsyncIterator, Iterable

from fabgitops_core.control.rack.bmc.facts import Board, Case, Found, Lamp, Light, Machine

from fabgitops_operator.redfish import models
from fabgitops_operator.redfish.client import ROOT, RedfishClient
from fabgitops_operator.redfish.errors import Denied, Garbled, Refused

MAX_MEMBERS = 64
"""Members of one collection that are looked at."""
MAX_PAGES = 16
"""Pages of one collection that are turned."""
MAX_GAPS = 8
"""What could not be read is told of so many times."""

_MAC = re.compile(r"[0-9a-f]{2}(:[0-9a-f]{2}){5}")


async def discover(client: RedfishClient, links: Iterable[str] = ()) -> Found:
    """Return what a BMC shows, or what the machines of these links are now.

    Raises:
        RedfishError: It shows nothing, or went silent on the way.
    """
    look = _Look(client)
    if links:
        return Found(machines=tuple([await look.machine(link, whole=False) for link in links]))
    return await look.all()


class _Look:
    """One look; `gaps` grows by what could not be read."""

    def __init__(self, client: RedfishClient) -> None:
        self._client = client
        self._gaps: list[str] = []

    async def all(self) -> Found:
        body = (await self._client.get(ROOT)).body
        root = models.Root.model_validate(body)
        if not (root.version or root.type.startswith("#ServiceRoot")):
            raise Garbled("it answers, but not as a Redfish service: what it has under /redfish/v1/ is no ServiceRoot")
        machines = [await self._machine_or_gap(link) async for link in self._members(root.systems.id, needed=True)]
        cases = [await self._case(link) async for link in self._members(root.chassis.id)]
        boards = [await self._board(link) async for link in self._members(root.managers.id)]
        return Found(
            redfish=root.version,
            machines=tuple(each for each in machines if each),
            cases=tuple(each for each in cases if each),
            boards=tuple(each for each in boards if each),
            gaps=tuple(self._gaps[:MAX_GAPS]),
        )

    async def machine(self, link: str, *, whole: bool) -> Machine:
        """Return a machine as it is now; what does not change, or takes further requests, only where `whole`.

        Raises:
            RedfishError: It cannot be read.
        """
        read = models.System.model_validate((await self._client.get(link)).body)
        reset = read.actions.reset
        return Machine(
            link=link,
            name=read.name,
            manufacturer=read.manufacturer,
            model=read.model,
            serial=read.serial,
            uuid=read.uuid.lower(),
            power=read.power,
            health=read.status.worst,
            cpu_model=read.processors.model,
            cpu_count=read.processors.count,
            memory=read.memory.gib,
            macs=await self._macs(read.interfaces.id) if whole else (),
            managed_by=tuple(each.id for each in read.links.managers),
            resets=await self._allowed(reset) if whole else reset.allowed,
            reset_target=reset.target,
            lamp=_lamp(link, read),
        )

    async def _machine_or_gap(self, link: str) -> Machine | None:
        try:
            return await self.machine(link, whole=True)
        except Denied:
            raise
        except (Garbled, Refused) as error:
            self._miss(error)
            return None

    async def _case(self, link: str) -> Case | None:
        body = await self._body(link)
        if body is None:
            return None
        read = models.Chassis.model_validate(body)
        place = read.location.placement
        return Case(
            link=link,
            kind=read.kind,
            manufacturer=read.manufacturer,
            model=read.model,
            serial=read.serial,
            power=read.power,
            health=read.status.worst,
            row=place.row,
            rack=place.rack,
            offset=place.offset,
            lamp=_lamp(link, read),
        )

    async def _board(self, link: str) -> Board | None:
        body = await self._body(link)
        if body is None:
            return None
        read = models.Manager.model_validate(body)
        macs = await self._macs(read.interfaces.id)
        return Board(link, read.firmware, read.uuid.lower(), read.status.worst, macs)

    async def _macs(self, link: str) -> tuple[str, ...]:
        """Return the MAC addresses of the interfaces of a collection, those that are burnt in where it says them."""
        found = []
        async for member in self._members(link):
            body = await self._body(member)
            if body is not None:
                read = models.Interface.model_validate(body)
                found.append(_mac(read.permanent) or _mac(read.mac))
        return tuple(dict.fromkeys(filter(None, found)))

    async def _allowed(self, reset: models.ResetAction) -> tuple[str, ...] | None:
        """Return the ResetTypes that an action takes, from itself or from its ActionInfo."""
        if reset.allowed is not None or not reset.info:
            return reset.allowed
        body = await self._body(reset.info)
        parameters = models.ActionInfo.model_validate(body or {}).parameters
        return next((each.allowed for each in parameters if each.name == "ResetType"), None)

    async def _members(self, link: str, *, needed: bool = False) -> AsyncIterator[str]:
        """Yield the links of a collection, each once; what is `needed` and cannot be read ends the look.

        Raises:
            RedfishError: It is needed.
        """
        seen: set[str] = set()
        for _ in range(MAX_PAGES):
            if not link:
                return
            body = (await self._client.get(link)).body if needed else await self._body(link)
            page = models.Page.model_validate(body or {})
            for member in page.members:
                name = member.id.rstrip("/")
                if name and name not in seen:
                    if len(seen) == MAX_MEMBERS:
                        self._gaps.append(f"{link} has more than {MAX_MEMBERS} members: the others are not looked at")
                        return
                    seen.add(name)
                    yield member.id
            link = page.next
        self._gaps.append(f"a collection has more than {MAX_PAGES} pages: the others are not looked at")

    async def _body(self, link: str) -> object:
        """Return a resource, or None where it alone cannot be read."""
        if not link:
            return None
        try:
            return (await self._client.get(link)).body
        except Denied:
            raise
        except (Garbled, Refused) as error:
            self._miss(error)
            return None

    def _miss(self, error: Exception) -> None:
        if str(error) not in self._gaps:
            self._gaps.append(str(error))


def _lamp(link: str, read: models.Lit) -> Lamp | None:
    """Return the light of a resource, by the property that is not deprecated where it has both."""
    if read.active is not None:
        return Lamp(link, Light.ACTIVE, read.active)
    return Lamp(link, Light.LED, _is_on(read)) if read.led else None


def _is_on(read: models.Lit) -> bool | None:
    """Return whether a light shows the way: a steady one is what many have at rest, unless it cannot blink."""
    if read.led == "Lit":
        return True if read.led_allowed is not None and "Blinking" not in read.led_allowed else None
    return {"Blinking": True, "Off": False}.get(read.led)


def _mac(text: str) -> str:
    """Return a MAC address in lower case with colons, "" for what is none or says nothing."""
    mac = text.lower().replace("-", ":")
    return mac if _MAC.fullmatch(mac) and mac not in {"00:00:00:00:00:00", "ff:ff:ff:ff:ff:ff"} else ""
