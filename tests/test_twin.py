"""A twin (mock-plc's own reading of manifests) against the operator's models: both must see the same device."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from fabgitops_core.api.plc.industrialplc import IndustrialPLCSpec
from fabgitops_core.api.plc.registers import Register, RegisterEntry
from fabgitops_core.api.plc.resolving import resolved
from fabgitops_core.api.plc.template import IndustrialPLCTemplateSpec
from fabgitops_core.codec.types import Words
from mock_plc.machine.machine import Machine
from mock_plc.memory import Table
from mock_plc.twin import registers
from mock_plc.twin.beginning import Start, starts
from mock_plc.twin.documents import Text, documents
from mock_plc.twin.manifests import sorted_out
from mock_plc.twin.plant import sites

ROOT = Path(__file__).parent.parent
FILES = sorted([*(ROOT / "examples").glob("*.yaml"), *(ROOT / "examples/devices").glob("*.yaml")])
ODD = """
apiVersion: fabgitops.io/v1
kind: IndustrialPLCTemplate
metadata: {name: odd}
spec:
  connection: {transport: rtuOverTcp, maxGapWords: 4}
  identity: {vendor: "${maker}", revision: "V${series}.${minor}"}
  parameters:
  - {name: maker, default: Someone}
  - {name: series}
  - {name: minor, default: 7}
  - {name: top, default: 0x7D0}
  - {name: factor, default: 0.1}
  registers:
  - {name: at-reference, reference: 40011, value: 7}
  - {name: coil, reference: "00017", value: on}
  - {name: named, reference: 1, value: "Off", enum: {"Off": 0, "On": 1}}
  - {name: overridden, reference: "00003", value: true}
  - {name: scaled, address: 100, type: int16, scale: "${factor}", offset: -40, max: "${top}", value: 21.5, tolerance: 1}
  - {name: negative-scale, address: 101, type: int16, scale: -0.5, value: -3.5}
  - {name: float, address: 102, type: float32, byteOrder: CDAB, value: 0.1, tolerance: "2%"}
  - {name: double, address: 104, type: float64, byteOrder: DCBA, value: "-1.25e3"}
  - {name: wide, address: 108, type: uint64, byteOrder: BADC, value: "18446744073709551615"}
  - {name: signed, address: 112, type: int64, value: "-9223372036854775808"}
  - {name: long, address: 116, type: uint32, byteOrder: DCBA, value: 70000, min: 60000, max: 80000}
  - {name: bcd, address: 118, type: bcd16, scale: 0.1, value: 24.8}
  - {name: bcd-32, address: 119, type: bcd32, byteOrder: CDAB, value: 12345678}
  - {name: text, address: 121, type: string, length: 8, padding: space, value: "made ${minor}"}
  - {name: umlaut, address: 125, type: string, length: 6, encoding: latin-1, byteOrder: BADC, value: Öfen}
  - {name: low-bit, address: 128, type: bit, bit: 0, value: true}
  - {name: field, address: 128, type: bits, bit: 4, lastBit: 9, scale: 0.5, value: 21.5}
  - {name: high-bit, address: 128, type: bit, bit: 15, value: false}
  - {name: enumerated, address: 129, type: int16, enum: {Idle: -1, Run: 3, Stop: 4}, value: Run}
  - {name: elsewhere, unitId: 9, address: 100, value: 3, write: {function: multiple}}
  - {name: seen, table: input, address: 0, type: int16, unit: °C}
  - {name: pushed, table: discrete, address: 5}
  - {name: absent, address: 140, type: int32, byteOrder: CDAB, noValue: [0x7FFFFFFF, "0x80000000"], value: 5}
  - {name: by-ten, address: 170, type: int16, scaleRegister: {address: 175}, value: -70}
  - {name: seen-there, address: 180, scale: 0.1, value: 21.3, readFrom: {reference: 30200, type: float32}}
  - {name: coarse, address: 181, scale: 0.1, value: 21.3, tolerance: 0.5, readFrom: {address: 182, type: int16}}
  - {name: door, table: coil, address: 90, value: true, readFrom: {table: discrete, address: 91}}
  - name: command
    address: 183
    enum: {Stop: 0, Run: 1}
    value: Run
    readFrom: {address: 184, type: bits, bit: 4, lastBit: 6, enum: {Stop: 2, Run: 3}}
  - {name: pieces, parts: [{reference: 40151, weight: 1}, {reference: 40155, weight: 10000}], scale: 0.5}
  - {name: tight, address: 130, value: 5, min: 5, max: 5}
---
apiVersion: fabgitops.io/v1
kind: IndustrialPLC
metadata: {name: odd}
spec:
  deviceAddress: 2001:DB8::7
  port: 1_502
  unitId: 0x11
  templateRef: {name: odd, parameters: {series: "2.10", minor: 3, maker: null}}
  registers:
  - {name: overridden, address: 4}
  - {name: scaled, value: 30, unit: null}
  - {name: added, address: 0300, value: 1e3}
"""


@dataclass(frozen=True, slots=True)
class Case:
    """A PLC as the operator sees it, and its device as the twin has it."""

    spec: IndustrialPLCSpec
    machine: Machine

    def words(self, register: Register) -> Words:
        """Return what the device holds where a register is read."""
        unit_id = self.spec.unit_id if register.unit_id is None else register.unit_id
        span = register.spans[-1]
        table, address, codec = span.table, span.start, span.codec
        words = self.machine.units[unit_id].read(Table(table), address - codec.ahead, codec.span)
        return codec.of_span(tuple(words))


def _specs(text: str) -> Iterator[IndustrialPLCSpec]:
    """Yield the resolved specs of a text, as the API server would hand them on."""
    found: list[dict[str, Any]] = [each for each in yaml.safe_load_all(text) if each]
    templates = {
        each["metadata"]["name"]: IndustrialPLCTemplateSpec.model_validate(each["spec"])
        for each in found
        if each["kind"] == "IndustrialPLCTemplate"
    }
    for each in found:
        if each["kind"] == "IndustrialPLC":
            spec = IndustrialPLCSpec.model_validate(each["spec"])
            yield resolved(spec, templates[spec.template_ref.name]).spec if spec.template_ref else spec


def _case(text: str, start: Start, seed: str = "7") -> Case:
    (site,) = sites(sorted_out(documents(Text("a manifest", text)), "default"))
    (spec,) = _specs(text)
    return Case(spec, Machine(site.device(starts(site, start, seed))))


# What kubectl reads as numbers and PyYAML does not, or the other way round, put as both read it.
PLAIN = ODD.replace("1_502", "1502").replace("0300", "192").replace("1e3", "1000")
TEXTS = {**{path.stem: path.read_text() for path in FILES}, "odd": PLAIN}

each_text = pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS.keys())


@each_text
def test_a_twin_in_sync_holds_what_the_operator_wants(text: str) -> None:
    """Each register is there, under its unit id and in its table, and holds the very words that the operator wants."""
    case = _case(text, Start.IN_SYNC)
    for register in case.spec.registers_wanted:
        words = case.words(register)
        if register.encoded is not None and register.read_from is None:
            assert tuple(word & register.codec.mask for word in words) == register.encoded, register.name
        assert register.holds(words) is not False, register.name


@each_text
@pytest.mark.parametrize("seed", ["1", "2", "3"])
def test_a_drifted_twin_holds_what_the_operator_would_correct(text: str, seed: str) -> None:
    """Every register for which Git wants a value is out of sync for the operator, tolerance and all."""
    case = _case(text, Start.DRIFTED, seed)
    wanted = [register for register in case.spec.registers_wanted if register.value is not None]
    assert {register.name for register in wanted if register.holds(case.words(register)) is not False} == set()


def test_what_kubectl_reads_another_way_is_read_its_way() -> None:
    """The odd manifest names the same device with the numbers that only kubectl takes for numbers."""
    (site,) = sites(sorted_out(documents(Text("a manifest", ODD)), "default"))
    assert site.address == "[2001:db8::7]:1502"
    machine = Machine(site.device(starts(site, Start.IN_SYNC, "7")))
    assert machine.units[0x11].read(Table.HOLDING, 0o300, 1) == [1000]


def test_a_twin_takes_what_is_written_before_and_after_a_register() -> None:
    """Places that only an unlock or a save names are there to be written, and one that a register has stays its own."""
    before = [{"address": 24, "value": 5}, {"table": "coil", "reference": 4, "value": True}]
    write = {"before": before, "after": [{"reference": 40003, "value": 1}]}
    registers = [{"name": "a", "address": 0, "value": 7, "write": write}, {"name": "b", "address": 2}]
    spec = {"deviceAddress": "plc", "registers": registers}
    body = {"apiVersion": "fabgitops.io/v1", "kind": "IndustrialPLC", "metadata": {"name": "odd"}, "spec": spec}
    case = _case(yaml.safe_dump(body), Start.IN_SYNC)
    unit = case.machine.units[1]
    for table, address in ((Table.HOLDING, 24), (Table.COIL, 3), (Table.HOLDING, 2)):
        unit.write(table, address, [1])
        assert unit.read(table, address, 1) == [1]
    assert set(case.machine.points) == {"a", "b", "step-24", "step-coil-4"}


def test_a_twin_says_who_it_is() -> None:
    """Its identity is that of the spec, parameters filled in, and a unit that others name has it as well."""
    case = _case(PLAIN, Start.IN_SYNC)
    assert case.spec.identity is not None
    assert {unit_id: dict(unit.identity) for unit_id, unit in case.machine.units.items()} == {
        9: case.spec.identity.objects,
        0x11: case.spec.identity.objects,
    }


def test_each_field_of_a_register_is_known_to_the_twin() -> None:
    """Whoever adds a field to a register's model decides here what a twin makes of it."""
    of_no_use_to_a_device = {"write"}
    known = {*registers.SHARED, "unitId", "min", "max", "tolerance", *of_no_use_to_a_device}
    assert {field.alias for field in RegisterEntry.model_fields.values()} == known
