"""The maps in examples/devices/ are real devices' register maps: what is published of them must come out of them."""

import html
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from fabgitops_core.api.plc.industrialplc import INDUSTRIAL_PLC, IndustrialPLCSpec
from fabgitops_core.api.plc.registers import Register
from fabgitops_core.api.plc.resolving import resolved
from fabgitops_core.api.plc.template import INDUSTRIAL_PLC_TEMPLATE, IndustrialPLCTemplateSpec
from fabgitops_core.codec.codec import Value
from fabgitops_core.codec.tables import Table
from fabgitops_core.codec.types import hex_of

FILES = sorted((Path(__file__).parent.parent / "examples" / "devices").glob("*.yaml"))
PAGE = Path(__file__).parent.parent / "docs" / "devices.md"
GALLERY = PAGE.with_name("gallery.md")
MANIFESTS = [
    each
    for block in re.findall(r"^```yaml\n(.*?)^```", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    for each in yaml.safe_load_all(block)
    if "kind" in each
]
KINDS = {
    "an energy meter": "eastron-sdm630",
    "a VFD": "danfoss-fc101",
    "a temperature controller": "omron-e5ec",
    "a remote I/O block": "moxa-iologik-e1214",
    "a PLC": "click-pump-skid",
    "a SunSpec inverter": "fronius-gen24",
    "a battery": "sungrow-sh",
    "a heat pump with a command": "stiebel-eltron-wpm",
    "a meter with 64-bit counters": "abb-b23",
    "a VFD with numbers in bits": "delta-ms300",
    "what stands behind a gateway": "victron-gx",
    "counters in pieces": "dimplex-wpm",
    "a wallbox": "heidelberg-energy-control",
    "registers that are written together": "goodwe-et",
    "a setting that lapses": "alfen-eve",
    "what is written here and read there": "keba-p30",
    "what has to be unlocked": "solax-gen4",
}

each_file = pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)


def objects(path: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the template and the PLC of a file."""
    template, plc = yaml.safe_load_all(path.read_text())
    return template, plc


def spec(path: Path) -> IndustrialPLCSpec:
    """Return what template and PLC say together."""
    template, plc = objects(path)
    declared = IndustrialPLCSpec.model_validate(plc["spec"])
    return resolved(declared, IndustrialPLCTemplateSpec.model_validate(template["spec"])).spec


def register(device: str, name: str) -> Register:
    """Return one register of a device's resolved map."""
    path = next(path for path in FILES if path.stem == device)
    return next(each for each in spec(path).registers_wanted if each.name == name)


@each_file
def test_a_map_is_a_template_and_a_plc_that_uses_it(path: Path) -> None:
    """Each file holds a template, named as the file, and a PLC whose spec resolves with it."""
    template, plc = objects(path)
    assert INDUSTRIAL_PLC_TEMPLATE.matches(template)
    assert INDUSTRIAL_PLC.matches(plc)
    assert template["metadata"]["name"] == plc["spec"]["templateRef"]["name"] == path.stem
    assert len(spec(path).registers_wanted) >= len(template["spec"]["registers"])


@each_file
def test_a_map_names_its_source(path: Path) -> None:
    """The comment at the top of each file says where its numbers were read, with an address."""
    head = path.read_text().split("apiVersion:", 1)[0]
    assert "# Source" in head
    assert "http" in head


@each_file
def test_the_gallery_shows_each_map(path: Path) -> None:
    """A file that is added gets its place in docs/gallery.md, and its picture has all of its registers."""
    assert GALLERY.read_text().count(f"(images/devices/{path.stem}.svg)") == 1
    picture = html.unescape((GALLERY.parent / f"images/devices/{path.stem}.svg").read_text())
    shown = set(re.findall(r">(?:\u00a0)*([^<\u00a0]+)", picture))
    assert {each.name for each in spec(path).registers_wanted} <= shown


@each_file
def test_a_plc_begins_by_being_looked_at(path: Path) -> None:
    """Whoever copies a file and forgets a line writes nothing: autoCorrect is false, and comes first."""
    _, plc = objects(path)
    assert next(iter(plc["spec"].items())) == ("autoCorrect", False)


def test_each_kind_of_device_is_there() -> None:
    """There is a map of each kind of device that people look for, and of each kind of register that there is."""
    assert set(KINDS.values()) <= {path.stem for path in FILES}


def test_the_maps_can_be_applied_together() -> None:
    """No two of the PLCs are the same device, so that all of them can be tried at once."""
    places = [(each.device_address, each.port, each.unit_id) for each in map(spec, FILES)]
    assert len(set(places)) == len(places)


@pytest.mark.parametrize(
    ("device", "name", "table", "address"),
    [
        ("eastron-sdm630", "power-total", Table.INPUT, 0x0034),  # mbmd, sdm.go: Power
        ("eastron-sdm630", "energy-import", Table.INPUT, 0x0048),  # mbmd, sdm.go: Import
        ("eastron-sdm630", "demand-period", Table.HOLDING, 0x0002),  # the manual's "start address hex" 00 02
        ("eastron-sdm630", "network-node", Table.HOLDING, 0x0014),  # the manual's "start address hex" 00 14
        ("danfoss-fc101", "motor-current", Table.HOLDING, 0x04D7),  # FC 102 Design Guide, section 8.10.6
        ("danfoss-fc101", "ramp-1-up-time", Table.HOLDING, 0x0D51),  # 10 x 341 - 1
        ("omron-e5ec", "set-point", Table.HOLDING, 0x2103),
        ("moxa-iologik-e1214", "count-5", Table.INPUT, 30027 - 30001),  # manual, start register of DI counter 5
        ("moxa-iologik-e1214", "counter-0-runs", Table.COIL, 257 - 1),
        ("moxa-iologik-e1240", "model-name", Table.INPUT, 35001 - 30001),
        ("click-pump-skid", "y301-p-101", Table.COIL, 8192 + 32 * 3 + 1 - 1),  # clickplc, driver.py: the rule for Y
        ("click-pump-skid", "x101-module-error", Table.DISCRETE, 32 * 1 + 1 - 1),
        ("click-pump-skid", "df7-vi-101", Table.HOLDING, 28672 + 2 * (7 - 1)),
        ("nibe-smo-s40", "room-set-point-1", Table.HOLDING, 206),
        ("fronius-gen24", "power", Table.HOLDING, 40084 - 1),  # SolarEdge counts model 103 from 1: AC_Power is 40084
        ("fronius-gen24", "state", Table.HOLDING, 40108 - 1),  # likewise, Status
        ("fronius-gen24", "power-limit", Table.HOLDING, 40069 + 52 + 28 + 32 + 46 + 5),  # lengths of 103, 120 to 122
        ("sungrow-sh", "lowest-level", Table.HOLDING, 13059 - 1),  # Home Assistant, the comment: reg 13059
        ("sungrow-sh", "charged-energy", Table.INPUT, 13041 - 1),  # the same: reg 13041
        ("stiebel-eltron-wpm", "reset", Table.HOLDING, 1520 - 1),
        ("abb-b23", "import", Table.HOLDING, 20480),
        ("delta-ms300", "speed-2", Table.HOLDING, 4 << 8 | 1),  # parameter 04-01
        ("victron-gx", "inverter-mode", Table.HOLDING, 33),
        ("dimplex-wpm", "heat-pool", Table.HOLDING, 5102),
        ("heidelberg-energy-control", "highest-current", Table.HOLDING, 0x0105),
        ("goodwe-et", "charge-days", Table.HOLDING, 47518),  # goodwe, et.py: eco_mode_1_switch
        ("keba-p30", "charging-current", Table.HOLDING, 5004),
    ],
)
def test_a_register_is_where_the_vendor_says(device: str, name: str, table: Table, address: int) -> None:
    """A register's table and address on the wire are those that a second place in its source gives."""
    assert register(device, name).place == (table, address)


@pytest.mark.parametrize(
    ("device", "name", "value", "words"),
    [
        ("danfoss-fc101", "motor-current", 7.38, "0x000002E2"),  # FC 101 Design Guide, section 7.10.6
        ("danfoss-fc101", "ramp-1-up-time", 10, "0x000003E8"),  # Basic Drive Design Guide, section 7.5.2
        ("danfoss-fc101", "motor-speed-high-limit", 100, "0x03E8"),  # Basic Drive Design Guide, section 7.5.1
        ("danfoss-fc101", "output-frequency", 100, "0x4000"),  # FC 101 Design Guide, section 7.11.3
        ("danfoss-fc101", "output-frequency", -100, "0xC000"),
        ("omron-e5ec", "alarm-1-value", -100, "0xFC18"),  # H175, section 4-4-2: -1000 is FC18
        ("omron-e5ec", "heating-mv", 105, "0x041A"),  # H175, section 5-1
        ("click-pump-skid", "df1-ti-101", 0.1, "0xCCCD3DCC"),  # clickplc, driver.py: cccd 3dcc
        ("nibe-smo-s40", "hot-water-normal-start", 46, "0x01CC"),  # smos40.csv: the default is 460
        ("nibe-smo-s40", "heating-offset", -2, "0xFFFE"),  # nibe, encoders.py: s8 with its sign extended
        ("sungrow-sh", "forced-charge", "Charge", "0x00AA"),  # evcc, sungrow-hybrid.yaml
        ("delta-ms300", "speed-1", 50, "0x1388"),  # MS300, appendix A-3, 5
        ("delta-ms300", "speed-2", 40, "0x0FA0"),
        ("delta-ms300", "direction", "Reverse", "0x0018"),  # MS300, appendix A-4, 5: 11B in bits 4 and 3
        ("heidelberg-energy-control", "board-temperature", -14.5, "0xFF6F"),  # basicEVO PRO: -145 is -14.5 °C
        ("stiebel-eltron-wpm", "reset", "HeatPump", "0x0003"),
        ("goodwe-et", "charge-until", "23:59", "0x173B"),  # goodwe, sensor.py: encode_charge(50) is 0000 173B FFCE FF7F
        ("goodwe-et", "charge-power", -50, "0xFFCE"),
        ("goodwe-et", "charge-days", "EveryDay", "0xFF7F"),
        ("keba-p30", "charging-current", 8, "0x1F40"),  # P30, section 4.1: 8000 is 8 A
        ("keba-p30", "current-l3", 0.645, "0x00000285"),  # P30, section 3.6: 645 is 0.645 A
    ],
)
def test_a_value_stands_in_the_words_that_the_vendor_says(device: str, name: str, value: Value, words: str) -> None:
    """A published value becomes the published words, and these become the value again."""
    codec = register(device, name).codec
    encoded = codec.encode(value)
    assert hex_of(encoded) == words
    assert codec.decode(encoded) == (value if isinstance(value, str) else pytest.approx(value))


def test_a_counter_in_pieces_is_what_the_vendor_computes() -> None:
    """Dimplex' formula for a quantity of heat, with the highest part last, and Stiebel Eltron's two registers."""
    assert register("dimplex-wpm", "heat-heating").codec.measure((1234, 56, 2)) == 2 * 100_000_000 + 56 * 10_000 + 1234
    assert register("stiebel-eltron-wpm", "heat-total").codec.measure((431, 27)) == 27_431


def test_a_register_behind_a_gateway_has_its_own_unit() -> None:
    """What the parameters say, whatever the unit of the resource is."""
    wanted = spec(next(path for path in FILES if path.stem == "victron-gx"))
    units = {each.name: each.unit_id for each in wanted.registers_wanted}
    assert (wanted.unit_id, units["inverter-mode"], units["monitor-level"], units["pv-power"]) == (100, 246, 247, None)


@pytest.mark.parametrize("manifest", MANIFESTS, ids=lambda each: each["kind"])
def test_a_manifest_on_the_page_is_valid(manifest: dict[str, Any]) -> None:
    """Whoever copies a manifest from docs/devices.md has copied one that is accepted."""
    kind = INDUSTRIAL_PLC if INDUSTRIAL_PLC.matches(manifest) else INDUSTRIAL_PLC_TEMPLATE
    assert kind.matches(manifest)
    assert len(MANIFESTS) >= 3
    kind.spec.model_validate(manifest["spec"])
