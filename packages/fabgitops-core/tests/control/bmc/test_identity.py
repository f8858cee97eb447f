"""Who a machine is: what says something is told from what says nothing, and the best of it counts."""

import pytest
from fabgitops_core.control.rack.bmc.facts import Board, Found
from fabgitops_core.control.rack.bmc.identity import claims_of, identities, mac_of, serial_of, uuid_of
from fabgitops_core.control.rack.bmc.requests import Way

from .played import BOARD, LINK, machine

UUID = "4c4c4544-0035-5910-8048-b4c04f4e3132"


@pytest.mark.parametrize(
    "given",
    ["", "nonsense", "00:00:00:00:00:00", "ff:ff:ff:ff:ff:ff", "02:00:00:00:00:01", "01:00:5e:00:00:01", "00-25-90"],
)
def test_a_mac_address_that_many_have_is_none(given: str) -> None:
    """Zeros, all ones, what is administered locally and what is for groups tell nobody from others."""
    assert mac_of(given) == ""


def test_a_mac_address_is_one_however_it_is_written() -> None:
    """Case and separator make no other address."""
    assert mac_of(" 00-25-90-AB-CD-EF ") == mac_of("00:25:90:ab:cd:ef") == "00:25:90:ab:cd:ef"


@pytest.mark.parametrize(
    "given",
    [
        "",
        "nonsense",
        "00000000-0000-0000-0000-000000000000",
        "FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF",
        "03000200-0400-0500-0006-000700080009",
        "00020003-0004-0005-0006-000700080009",
    ],
)
def test_a_uuid_that_many_have_is_none(given: str) -> None:
    """Zeros, all ones and what boards have by default count as none."""
    assert uuid_of(given) == ""


@pytest.mark.parametrize(
    "given", ["", " ", "0", "000000", "To Be Filled By O.E.M.", "Default string", "System Serial Number", "N/A", "xxxx"]
)
def test_a_serial_number_that_nobody_filled_in_is_none(given: str) -> None:
    """What makers leave in the field counts as none."""
    assert serial_of(machine(manufacturer="Contoso", serial=given)) == ""


def test_the_bmcs_mac_address_goes_before_serial_number_before_uuid() -> None:
    """The best that says who a machine is counts alone."""
    known = machine(manufacturer="Contoso", serial="437XR1138R2", uuid=UUID)
    assert identities(Found(machines=(known,), boards=(BOARD,))) == {LINK: f"mac {BOARD.macs[0]}"}
    assert identities(Found(machines=(known,))) == {LINK: "serial Contoso/437XR1138R2"}
    assert identities(Found(machines=(machine(uuid=UUID.upper()),))) == {LINK: f"uuid {UUID}"}
    assert identities(Found(machines=(machine(),))) == {LINK: ""}


def test_machines_of_one_bmc_are_told_apart() -> None:
    """Two machines behind one BMC are two, by where it shows them."""
    second = machine(link="/redfish/v1/Systems/2")
    found = identities(Found(machines=(machine(), second), boards=(BOARD,)))
    assert len(set(found.values())) == 2


def test_an_enclosures_manager_makes_no_conflict_of_its_blades() -> None:
    """A manager that each blade shows and that manages none of them is nobody's identity."""
    shared = Board("/redfish/v1/Managers/Enclosure", macs=("00:25:90:ee:ee:ee",))
    own = machine(managed_by=(BOARD.link,))
    claims = claims_of(Way("10.0.0.5"), "", Found(machines=(own,), boards=(shared, BOARD)))
    assert claims == {"address 10.0.0.5:443", f"mac {BOARD.macs[0]}"}


def test_a_mac_address_that_is_declared_is_claimed_like_one_that_is_found() -> None:
    """Who declares the MAC address of a BMC that another shows is in its way before it is ever asked."""
    declared = claims_of(None, BOARD.macs[0].upper().replace(":", "-"), None)
    found = claims_of(Way("10.0.0.5"), "", Found(machines=(machine(),), boards=(BOARD,)))
    assert declared <= found
