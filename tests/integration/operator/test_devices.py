"""Whole register maps on a real API server, with the real operator and PLCs on real sockets that mock-plc plays."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import trustme
from mock_plc.faults.model import Fault
from mock_plc.machine.machine import Machine
from mock_plc.net.listen import listening
from mock_plc.net.station import Station
from mock_plc.net.transport import Transport
from mock_plc.spec.reading import parse

from .conftest import IndustrialPLC, Site, until
from .test_maps import IndustrialPLCTemplate

pytestmark = pytest.mark.integration

MIXER = """
identity: {vendor: Example, productCode: MX1, revision: "1.0"}
registers:
- {name: speed, address: 100, type: float32, byteOrder: CDAB, value: 3.25}
- {name: level, address: 102, type: int16, scale: 0.1, value: -12.5}
- {name: heater, address: 103, type: bit, bit: 3, value: false}
- {name: fan, address: 103, type: bit, bit: 9, value: true}
- {name: recipe, address: 110, type: string, length: 8, value: OLD}
- {name: valve, table: coil, address: 7, value: false}
- {name: power, table: input, address: 0, type: uint32, value: 70000}
"""
MAP: list[dict[str, Any]] = [
    {"name": "speed", "address": 100, "type": "float32", "byteOrder": "CDAB", "value": 21.7, "unit": "rpm"},
    {"name": "level", "address": 102, "type": "int16", "scale": 0.1, "value": 4.5, "tolerance": 0.2},
    {"name": "heater", "reference": 40104, "type": "bit", "bit": 3, "value": True},
    {"name": "recipe", "address": 110, "type": "string", "length": 8, "value": "NEW"},
    {"name": "valve", "reference": 8, "value": True},
    {"name": "power", "reference": 30001, "type": "uint32", "unit": "W"},
]


@asynccontextmanager
async def playing(text: str = MIXER, **how: Any) -> AsyncIterator[tuple[Machine, int]]:
    """Play a device on a loopback port."""
    machine = Machine(parse(text, "device"))
    tls = how.pop("tls", None)
    async with listening(Station(machine, **how), tls=tls) as port:
        yield machine, port


async def apply(site: Site, name: str, port: int, **spec: Any) -> None:
    """Create or change a PLC with this spec beside its address."""
    body = {
        "apiVersion": "fabgitops.io/v1",
        "kind": "IndustrialPLC",
        "metadata": {"name": name, "namespace": site.namespace},
        "spec": {"deviceAddress": "127.0.0.1", "port": port, "pollIntervalSecs": 1, **spec},
    }
    await site.put(IndustrialPLC, body)


def holds(machine: Machine) -> dict[str, Any]:
    """Return what a device holds, by name."""
    return {name: point.get() for name, point in machine.points.items()}


async def test_a_whole_map_is_kept(site: Site) -> None:
    """Every register with a value is corrected and proven, its neighbours are left as they are, and all is told."""
    async with playing() as (machine, port), site.operator() as operator:
        await apply(site, "mixer", port, registers=MAP)
        status = await site.until_status("mixer", inSync=True, registersInSync="5/5")
        told = {each["name"]: (each.get("desired"), each.get("actual")) for each in status["registers"]}
        assert told == {
            "speed": ("21.7", "21.7"),
            "level": ("4.5", "4.5"),
            "heater": ("true", "true"),
            "recipe": ("NEW", "NEW"),
            "valve": ("true", "true"),
            "power": (None, "70000"),
        }
        assert (status["driftEvents"], status["correctionsApplied"]) == (5, 5)
        assert holds(machine) == pytest.approx(
            {"speed": 21.7, "level": 4.5, "heater": 1, "fan": 1, "recipe": "NEW", "valve": 1, "power": 70000}
        )
        labels = {"plc_name": "mixer", "namespace": site.namespace}
        await operator.until_metric(70000, "register_value", register="power", **labels)
        await operator.until_metric(4.5, "register_value", register="level", **labels)
        machine.points["level"].set(4.6)
        machine.points["fan"].set(False)
        machine.points["valve"].set(False)
        await site.until_status("mixer", inSync=True, driftEvents=6, correctionsApplied=6)
        assert holds(machine)["level"] == pytest.approx(4.6)
        assert not holds(machine)["fan"]

        async def announced() -> bool:
            return await site.events("mixer") == {"DriftDetected": 6, "DriftCorrected": 6}

        await until(announced, "the Events")


async def test_one_bad_address_does_not_take_the_map_with_it(site: Site) -> None:
    """A register that the device does not have is in error by itself; all others are read and corrected."""
    absent = {"name": "absent", "address": 104, "value": 1}
    async with playing() as (machine, port), site.operator():
        await apply(site, "mixer", port, registers=[*MAP, absent])
        await site.until_ready("mixer", "False", "DeviceException")
        status = await site.until_status("mixer", registersInSync="5/6", correctionsApplied=5)
        wrong = {each["name"]: each["error"] for each in status["registers"] if "error" in each}
        assert wrong.keys() == {"absent"}
        assert "exception 02 (illegal data address)" in wrong["absent"]
        assert holds(machine)["recipe"] == "NEW"


async def test_a_template_reaches_its_plcs(site: Site) -> None:
    """A PLC waits for its template, takes its map and parameters, follows when it changes, and tells where from."""
    async with playing() as (machine, port), site.operator():
        parameters = {"name": "mixer", "parameters": {"speed": 7.5}}
        await apply(site, "mixer", port, templateRef=parameters)
        await site.until_ready("mixer", "False", "TemplateNotFound")
        await template(site, recipe="ONE")
        status = await site.until_status("mixer", inSync=True, registersInSync="2/2")
        sources = {each["name"]: each["source"] for each in status["registers"]}
        assert sources == {"speed": "template; value from parameter speed", "recipe": "template"}
        assert (holds(machine)["speed"], holds(machine)["recipe"]) == (7.5, "ONE")
        await template(site, recipe="TWO")
        await until(lambda: holds(machine)["recipe"] == "TWO", "the changed template reaches the device")


async def template(site: Site, recipe: str) -> None:
    """Create or change the template."""
    registers = [
        {"name": "speed", "address": 100, "type": "float32", "byteOrder": "CDAB", "value": "${speed}"},
        {"name": "recipe", "address": 110, "type": "string", "length": 8, "value": recipe},
    ]
    body = {
        "apiVersion": "fabgitops.io/v1",
        "kind": "IndustrialPLCTemplate",
        "metadata": {"name": "mixer", "namespace": site.namespace},
        "spec": {"parameters": [{"name": "speed"}], "registers": registers},
    }
    await site.put(IndustrialPLCTemplate, body)


async def test_two_that_want_the_same_register(site: Site) -> None:
    """Two resources that want one register both say Conflict and name the other, and neither writes until one goes."""
    recipe = {"name": "recipe", "address": 110, "type": "string", "length": 8}
    async with playing() as (machine, port), site.operator():
        await apply(site, "first", port, registers=[{**recipe, "value": "ONE"}], suspend=True)
        await apply(site, "second", port, registers=[{**recipe, "value": "TWO"}], suspend=True)
        await site.until_ready("second", "Unknown", "Suspended")
        await apply(site, "first", port, registers=[{**recipe, "value": "ONE"}], autoCorrect=False)
        await site.until_ready("first", "False", "DriftDetected")
        await apply(site, "second", port, registers=[{**recipe, "value": "TWO"}])
        for name, other in (("first", "second"), ("second", "first")):
            await site.until_ready(name, "False", "Conflict")
            assert f"{site.namespace}/{other}" in (await site.status(name))["message"]
        assert holds(machine)["recipe"] == "OLD"
        await site.delete("first")
        await site.until_status("second", inSync=True)
        assert holds(machine)["recipe"] == "TWO"


async def test_a_stranger_is_not_written(site: Site) -> None:
    """A device that is not the one that the spec pins is read, and never written; the condition says what differs."""
    async with playing() as (machine, port), site.operator():
        await apply(site, "mixer", port, registers=MAP, identity={"vendor": "Example", "productCode": "MX2"})
        await site.until_ready("mixer", "False", "IdentityMismatch")
        assert "its product code is 'MX1', not 'MX2'" in (await site.status("mixer"))["message"]
        assert holds(machine)["recipe"] == "OLD"
        await apply(site, "mixer", port, registers=MAP, identity={"vendor": "Example", "productCode": "MX1"})
        await site.until_status("mixer", inSync=True)


GATEWAY = """
units:
  1: {registers: [{name: here, address: 5, value: 1}]}
  9: {registers: [{name: away, address: 5, value: 2}]}
"""


async def test_one_unit_away_does_not_take_its_neighbours_with_it(site: Site) -> None:
    """Behind a gateway a unit that is out of reach is told, while the registers of another are corrected.

    Not so at first contact: as long as it never answered, the map may be wrong, and nothing is written.
    """
    registers = [
        {"name": "here", "address": 5, "unitId": 1, "value": 2},
        {"name": "away", "address": 5, "unitId": 9, "value": 2},
    ]
    machine = Machine(parse(GATEWAY, "device"))
    station, gone = Station(machine), Fault.model_validate("exception:11,unit=9")
    async with listening(station) as port, site.operator():
        station.faults.add(gone)
        await apply(site, "line", port, registers=registers)
        await site.until_ready("line", "False", "ConnectionFailed")
        assert holds(machine)["1.here"] == 1
        station.faults.clear()
        await site.until_status("line", correctionsApplied=1, registersInSync="2/2")
        station.faults.add(gone)
        await site.until_ready("line", "False", "ConnectionFailed")
        machine.points["1.here"].set(1)
        await site.until_status("line", correctionsApplied=2, registersInSync="1/2")
        assert holds(machine)["1.here"] == 2


async def test_tls_with_certificates_out_of_a_secret(site: Site) -> None:
    """Over TLS the device's certificate is checked against the CA of the Secret, which is read anew at each connect."""
    await asyncio.to_thread(site.plane.let_secrets_be_read)
    ca, other = trustme.CA(), trustme.CA()
    context = server_context(ca)
    connection = {"transport": "tls", "tlsSecretRef": {"name": "plc-tls"}, "idleCloseSecs": 1}
    async with playing(transport=Transport.TLS, tls=context) as (machine, port), site.operator():
        await apply(site, "mixer", port, registers=MAP, connection=connection)
        await site.until_ready("mixer", "False", "ConnectionFailed")
        assert f"the Secret {site.namespace}/plc-tls " in (await site.status("mixer"))["message"]
        await secret(site, other)
        await until_message(site, "certificate that is not accepted")
        await secret(site, ca)
        await site.until_status("mixer", inSync=True)
        assert holds(machine)["recipe"] == "NEW"


def server_context(ca: trustme.CA) -> ssl.SSLContext:
    """Return a server's TLS context for the loopback address."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.issue_cert("127.0.0.1").configure_cert(context)
    return context


async def secret(site: Site, ca: trustme.CA) -> None:
    """Store a CA in the Secret."""
    data = {"ca.crt": ca.cert_pem.bytes()}
    await asyncio.to_thread(site.plane.keep_secret, site.namespace, "plc-tls", data)


async def until_message(site: Site, text: str) -> None:
    """Wait until the status of the mixer says something."""

    async def said() -> bool:
        return text in (await site.status("mixer")).get("message", "")

    await until(said, text)
