"""Who a machine is: by the MAC address of its BMC, else by maker and serial number, else by UUID, or by nothing.

Much of what says who something is says nothing: left empty, never filled in, or the same on every board of a maker.
"""

import re
from collections.abc import Iterable

from fabgitops_core.control.rack.bmc.facts import Board, Found, Machine
from fabgitops_core.control.rack.bmc.requests import Way

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_MAC = re.compile(r"[0-9a-f]{2}(:[0-9a-f]{2}){5}")

_NO_UUID = {
    "03000200-0400-0500-0006-000700080009",  # what boards have that nobody gave one, in both byte orders
    "00020003-0004-0005-0006-000700080009",
    "12345678-1234-5678-90ab-cddeefaabbcc",
    "12345678-1234-1234-1234-123456789012",
    "01234567-89ab-cdef-0123-456789abcdef",
    "fefefefe-fefe-fefe-fefe-fefefefefefe",
}
_NO_SERIAL = {
    "0123456789",
    "123456789",
    "1234567890",
    "chassisserialnumber",
    "defaultstring",
    "empty",
    "invalid",
    "na",
    "none",
    "notapplicable",
    "notavailable",
    "notspecified",
    "null",
    "oem",
    "serialnumber",
    "systemserialnumber",
    "tobefilledbyoem",
    "undefined",
    "unknown",
}
_LOCAL = 0x02
_GROUP = 0x01


def mac_of(text: str) -> str:
    """Return a MAC address in lower case with colons, "" for one that tells nobody from others.

    Those that are administered locally (IEEE 802, section 8.2.2) are: each BMC of a maker may have the same for the
    interface to its host.
    """
    mac = text.strip().lower().replace("-", ":")
    if not _MAC.fullmatch(mac) or len(set(mac) - {":"}) == 1 or int(mac[:2], 16) & (_LOCAL | _GROUP):
        return ""
    return mac


def serial_of(machine: Machine) -> str:
    """Return maker and serial number, "" where the number is none."""
    plain = re.sub(r"[^0-9a-z]", "", machine.serial.lower())
    if len(set(plain)) < 2 or plain in _NO_SERIAL:
        return ""
    return f"{machine.manufacturer.strip()}/{machine.serial.strip()}"


def uuid_of(text: str) -> str:
    """Return a UUID in lower case, "" for one that is none or that many have."""
    uuid = text.strip().lower()
    if not _UUID.fullmatch(uuid) or len(set(uuid) - {"-"}) == 1 or uuid in _NO_UUID:
        return ""
    return uuid


def identity_of(machine: Machine, boards: Iterable[Board], *, alone: bool) -> str:
    """Return who a machine is, "" where nothing says so.

    Args:
        machine: Which.
        boards: The BMCs that manage it.
        alone: Whether it is the only machine of its BMC: others are told apart by where the BMC shows them.
    """
    macs = sorted(filter(None, (mac_of(mac) for board in boards for mac in board.macs)))
    if macs:
        return f"mac {macs[0]}" if alone else f"mac {macs[0]} {machine.link}"
    if serial := serial_of(machine):
        return f"serial {serial}"
    return f"uuid {uuid}" if (uuid := uuid_of(machine.uuid)) else ""


def identities(found: Found) -> dict[str, str]:
    """Return who each machine is, by its link."""
    alone = len(found.machines) == 1
    return {each.link: identity_of(each, boards_of(each, found), alone=alone) for each in found.machines}


def boards_of(machine: Machine, found: Found) -> tuple[Board, ...]:
    """Return the BMCs that manage a machine: an enclosure's, which each of its blades shows too, is none of them."""
    links = {link.rstrip("/") for link in machine.managed_by}
    return tuple(each for each in found.boards if each.link.rstrip("/") in links) or (() if links else found.boards)


def macs_of(found: Found) -> tuple[str, ...]:
    """Return the MAC addresses of the BMCs that manage what was found, of all that it shows where it does not say."""
    boards = {board.link: board for machine in found.machines for board in boards_of(machine, found)}
    shown = boards.values() if found.machines else found.boards
    return tuple(sorted({mac for board in shown for each in board.macs if (mac := mac_of(each))}))


def claims_of(way: Way | None, mac: str, found: Found | None) -> frozenset[str]:
    """Return what a BMC and its machines are for one object alone: where it is reached, its MAC address, who they are.

    Args:
        way: How it is reached, None while nothing says so.
        mac: The MAC address that its spec gives it.
        found: What it showed last.
    """
    claims = {f"address {way}".lower()} if way else set()
    if declared := mac_of(mac):
        claims.add(f"mac {declared}")
    if found is not None:
        claims |= set(filter(None, identities(found).values()))
        claims |= {f"mac {each}" for each in macs_of(found)}
    return frozenset(claims)


def mismatch(mac: str, found: Found) -> str:
    """Return why the BMC that answers is not the one that is meant, "" where it is, or says nothing of it."""
    declared, shown = mac_of(mac), macs_of(found)
    if not declared or not shown or declared in shown:
        return ""
    return f"another BMC answers: its MAC address is {', '.join(shown[:4])}, and macAddress says {declared}"
