"""Files of other programs become manifests that the API server takes, and what is lost on the way is told by name."""

import json
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from fabctl.errors import UsageError
from fabctl.imports.choosing import Imported, Source, imported
from fabctl.offline.rules import Rules

Fabctl = Callable[..., subprocess.CompletedProcess[str]]

RULES = Rules()

REGISTER_STYLE = """
[agent]
  interval = "10s"
[[inputs.modbus]]
  name = "Boiler House"
  slave_id = 3
  timeout = "500ms"
  controller = "tcp://[fd00::7]:1502"
  transmission_mode = "RTUoverTCP"
  configuration_type = "register"
  discrete_inputs = [{ name = "door", address = [4] }]
  coils = [{ name = "pump", address = [7] }]
  holding_registers = [
    { name = "flow", byte_order = "CDAB", data_type = "FLOAT32-IEEE", scale = 1.0, address = [10, 11] },
    { name = "heat", byte_order = "ABCD", data_type = "FIXED", scale = 0.01, address = [20, 21], measurement = "h" },
    { name = "twisted", byte_order = "ABCD", data_type = "INT32", scale = 1.0, address = [31, 30] },
    { name = "half", byte_order = "AB", data_type = "UINT8H", scale = 1.0, address = [40] },
    { name = "tiny", byte_order = "AB", data_type = "FLOAT16-IEEE", scale = 1.0, address = [41] },
    { name = "again", byte_order = "AB", data_type = "UINT16", scale = 1.0, address = [21] },
  ]
  input_registers = [{ name = "level", byte_order = "BA", data_type = "INT16", scale = 0.1, address = [0] }]
  [inputs.modbus.workarounds]
    pause_after_connect = "250ms"
    read_coils_starting_at_zero = true
"""

REQUEST_STYLE = """
[[inputs.modbus]]
  name = "line"
  controller = "tcp://10.0.0.9"
  configuration_type = "request"
  [[inputs.modbus.request]]
    slave_id = 5
    byte_order = "DCBA"
    register = "input"
    fields = [
      { address = 1, name = "energy", type = "UINT64", scale = 0.001 },
      { address = 9, name = "spare", type = "UINT16", omit = true },
    ]
  [[inputs.modbus.request]]
    slave_id = 6
    register = "coil"
    fields = [{ address = 1, name = "energy" }]
[[inputs.modbus]]
  name = "old line"
  controller = "file:///dev/ttyUSB0"
[[inputs.modbus]]
  name = "metrics"
  controller = "tcp://10.0.0.10:502"
  configuration_type = "metric"
  [[inputs.modbus.metric]]
    slave_id = 1
    fields = [
      { register = "input", address = 3, name = "alarm", type = "BIT", bit = 4 },
      { address = 9, name = "firmware", type = "STRING", length = 8 },
    ]
"""

HOME_ASSISTANT = """
homeassistant:
  packages: !include_dir_named packages
modbus:
- name: Plant Room
  type: tcp
  host: !secret plant_room
  port: 502
  delay: 1
  timeout: 5
  retries: 3
  sensors:
  - {name: Outside, slave: 2, address: 1, input_type: input, scale: 0.1, offset: -40, unit_of_measurement: °C,
     nan_value: 0x8000, scan_interval: 30, device_class: temperature, zero_suppress: 1}
  - {name: Power, address: 10, data_type: float32, swap: word, virtual_count: 1}
  - {name: Serial, slave: 2, address: 30, data_type: string, count: 8}
  - {name: Packed, slave: 2, address: 50, data_type: custom, structure: ">2h", count: 2}
  - {name: Old, slave: 2, address: 60, data_type: custom, structure: ">q", count: 4}
  binary_sensors:
  - {name: Frost, slave: 2, address: 70, input_type: holding, slave_count: 1}
  - {name: Door, slave: 2, address: 5, input_type: discrete_input}
  switches:
  - {name: Pump, slave: 2, address: 80, command_on: 3, command_off: 1,
     verify: {input_type: input, address: 81, state_on: 7, state_off: 0}}
  - {name: Lamp, slave: 2, address: 9, write_type: coil}
  climates:
  - {name: Office, slave: 2, address: 90, input_type: input, target_temp_register: 91, scale: 0.5, max_temp: 30,
     hvac_mode_register: {address: 92, values: {state_off: 0, state_heat: 1}}, hvac_onoff_register: 93}
  covers:
  - {name: Gate, slave: 2, address: 100, status_register: 101, status_register_type: input}
- {name: Serial line, type: serial, port: /dev/ttyUSB0}
"""

KEPWARE = """\
Tag Name,Address,Data Type,Respect Data Type,Client Access,Scan Rate,Scaling,Raw Low,Raw High,Scaled Low,Scaled High,\
Scaled Data Type,Clamp Low,Clamp High,Eng Units,Description,Negate Value
"Oven.Temp",40101,Short,1,RO,500,Linear,0,27648,-50,250,Float,0,0,"°C","zone 1",0
"Oven.Flow",300005,Float,1,RO,1000,,,,,,,,,"l/h","",
"Oven.Alarm",400010.3,Boolean,1,R/W,1000,,,,,,,,,,"",
"Oven.Recipe",400200.16H,String,1,R/W,1000,,,,,,,,,,"",
"Oven.Heat",000007,Boolean,1,R/W,1000,,,,,,,,,,"",
"Oven.Mass",420,LLong,1,R/W,1000,,,,,,,,,,"",1
"Oven.List",400300[4],Word,1,R/W,1000,,,,,,,,,,"",
"Oven.Root",400310,Word,1,R/W,1000,Square Root,0,100,0,10,Float,0,0,"","",0
"Oven.Start",400311,Word,1,WO,1000,,,,,,,,,,"",
"""


def _tag(name: str, path: object, **fields: Any) -> dict[str, Any]:
    return {"name": name, "tagType": "AtomicTag", "valueSource": "opc", "opcItemPath": path, **fields}


IGNITION: Mapping[str, Any] = {
    "name": "Plant",
    "tagType": "Folder",
    "tags": [
        _tag("Temp", "ns=1;s=[Boiler]HR1", dataType="Int2", engUnit="°C", tooltip="top")
        | {"scaleMode": "Linear", "rawLow": 0, "rawHigh": 1000, "scaledLow": 0, "scaledHigh": 100},
        _tag("Flow", "[Boiler]2.IRF100"),
        _tag("Count", "[Boiler]HRUI_64200"),
        _tag("Bit", "[Boiler]HR50.7", dataType="Boolean"),
        _tag("Run", "[Boiler]HRUS51", dataType="Boolean"),
        _tag("Name", "[Boiler]HRS60:11"),
        _tag("Coil", "[Boiler]C1"),
        _tag("Mapped", "[Boiler]V2000"),
        _tag("Off", "[Boiler]HR70", enabled=False),
        {"name": "Sub", "tagType": "Folder", "tags": [_tag("In", "[Press]DI9")]},
        _tag("Made", {"bindType": "parameter", "binding": "[{d}]HR1"}),
        {"name": "Memory", "tagType": "AtomicTag", "valueSource": "memory"},
    ],
}


def made(source: Source, content: str, *names: str, address: str = "", order: str = "") -> Imported:
    """Return what a file becomes; what it becomes is what an API server takes and an operator understands."""
    found = imported(content, source, names, address, order, None)
    for manifest in found.manifests:
        assert not RULES.refused(manifest)
        assert not RULES.doubted(manifest, lambda _: None)
        assert next(iter(manifest["spec"].items())) == ("autoCorrect", False)
        assert not any("value" in each for each in manifest["spec"]["registers"])
    return found


def by_name(manifest: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the registers of a manifest by name, without it."""
    return {each["name"]: {key: each[key] for key in each if key != "name"} for each in manifest["spec"]["registers"]}


def test_telegraf_in_the_style_of_registers() -> None:
    """Tables, types, orders, scales and the way there are taken over; what cannot be is told with its reason."""
    found = made(Source.TELEGRAF, REGISTER_STYLE)
    (manifest,) = found.manifests
    assert manifest["metadata"]["name"] == "boiler-house"
    spec = dict(manifest["spec"])
    assert by_name({"spec": {"registers": spec.pop("registers")}}) == {
        "door": {"table": "discrete", "address": 4},
        "pump": {"table": "coil", "address": 7},
        "flow": {"address": 10, "type": "float32", "byteOrder": "CDAB"},
        "heat": {"address": 20, "type": "int32", "scale": 0.01},
        "half": {"address": 40, "type": "bits", "bit": 8, "lastBit": 15},
        "level": {"table": "input", "address": 0, "type": "int16", "byteOrder": "DCBA", "scale": 0.1},
    }
    assert spec == {
        "autoCorrect": False,
        "deviceAddress": "fd00::7",
        "connection": {"transport": "rtuOverTcp", "connectDelayMs": 250},
        "port": 1502,
        "unitId": 3,
        "pollIntervalSecs": 10,
        "timeoutSecs": 0.5,
    }
    assert found.told == (
        "boiler-house: workarounds.read_coils_starting_at_zero: not taken over: nothing in a manifest is like it",
        "boiler-house: twisted: not taken over: its addresses do not follow each other: [31, 30]",
        "boiler-house: tiny: not taken over: type FLOAT16-IEEE: there is none like it",
        "boiler-house: again: not taken over: it would share holding 21 with heat: two registers must not overlap",
        "boiler-house: not used, for nothing in a manifest is like it: measurement",
    )


def test_telegraf_in_the_styles_of_requests_and_metrics() -> None:
    """Each input is a device; slaves are unit ids, and a serial line is told of and left out."""
    found = made(Source.TELEGRAF, REQUEST_STYLE)
    line, metrics = found.manifests
    assert by_name(line) == {
        "energy": {"table": "input", "address": 1, "type": "uint64", "byteOrder": "DCBA", "scale": 0.001},
        "energy-2": {"table": "coil", "address": 1, "unitId": 6},
    }
    assert line["spec"]["unitId"] == 5
    assert by_name(metrics) == {
        "alarm": {"table": "input", "address": 3, "type": "bit", "bit": 4},
        "firmware": {"address": 9, "type": "string", "length": 16},
    }
    assert found.refused == 1
    assert "old-line: not taken over: controller file:///dev/ttyUSB0 is no network address" in found.told[0]


def test_home_assistant() -> None:
    """Each kind of entity becomes its registers; a secret is asked for, and a serial hub told of."""
    found = made(Source.HOME_ASSISTANT, HOME_ASSISTANT, "plant-room", address="10.0.0.8")
    (manifest,) = found.manifests
    assert by_name(manifest) == {
        "Outside": {"table": "input", "address": 1, "type": "int16", "scale": 0.1, "offset": -40}
        | {"unit": "°C", "noValue": [0x8000]},
        "Power": {"address": 10, "type": "float32", "byteOrder": "CDAB"},
        "Power-1": {"address": 12, "type": "float32", "byteOrder": "CDAB"},
        "Serial": {"address": 30, "type": "string", "length": 16},
        "Old": {"address": 60, "type": "int64"},
        "Frost": {"address": 70, "type": "bit", "bit": 0},
        "Frost-1": {"address": 71, "type": "bit", "bit": 0},
        "Door": {"table": "discrete", "address": 5},
        "Pump": {"address": 80, "enum": {"On": 3, "Off": 1}},
        "Pump-state": {"table": "input", "address": 81, "enum": {"On": 7, "Off": 0}},
        "Lamp": {"table": "coil", "address": 9},
        "Office-target": {"address": 91, "type": "int16", "scale": 0.5, "unit": "°C", "max": 30},
        "Office": {"table": "input", "address": 90, "type": "int16", "scale": 0.5, "unit": "°C"},
        "Office-mode": {"address": 92, "enum": {"off": 0, "heat": 1}},
        "Office-on": {"address": 93, "enum": {"On": 1, "Off": 0}},
        "Gate": {"address": 100, "enum": {"Closed": 0, "Open": 1, "Opening": 2, "Closing": 3}},
        "Gate-state": {"table": "input", "address": 101, "enum": {"Closed": 0, "Open": 1, "Opening": 2, "Closing": 3}},
    }
    assert manifest["spec"]["connection"] == {"connectDelayMs": 1000}
    assert (manifest["spec"]["pollIntervalSecs"], manifest["spec"]["timeoutSecs"]) == (30, 5)
    assert found.told == (
        "plant-room: Plant Room: host is !secret plant_room, which stands elsewhere: --device says it",
        "plant-room: Packed: not taken over: structure >2h: only that of a single number is understood",
        "plant-room: not used, for nothing in a manifest is like it: device_class, retries, zero_suppress",
    )
    both = imported(HOME_ASSISTANT.replace("!secret plant_room", "10.0.0.8"), Source.HOME_ASSISTANT, (), "", "", "ns")
    assert (len(both.manifests), both.refused) == (1, 1)
    assert "serial-line: not taken over: type serial is no network" in both.told[-1]
    assert both.manifests[0]["metadata"]["namespace"] == "ns"


def test_kepware() -> None:
    """Addresses of any number of digits, bits, texts, straight lines; what is none of these is told."""
    found = made(Source.KEPWARE, KEPWARE, "oven", address="oven.plant.example", order="CDAB")
    (manifest,) = found.manifests
    assert by_name(manifest) == {
        "Oven.Temp": {"address": 100, "type": "int16", "scale": 0.0108506944444444, "offset": -50, "unit": "°C"},
        "Oven.Flow": {"table": "input", "address": 4, "type": "float32", "unit": "l/h", "byteOrder": "CDAB"},
        "Oven.Alarm": {"address": 9, "type": "bit", "bit": 3},
        "Oven.Recipe": {"address": 199, "type": "string", "length": 16},
        "Oven.Heat": {"table": "coil", "address": 6},
        "Oven.Mass": {"address": 19, "type": "int64", "scale": -1, "byteOrder": "CDAB"},
    }
    assert manifest["spec"]["pollIntervalSecs"] == 1
    assert [each.split(":")[1].strip() for each in found.told] == [
        "Oven.List",
        "Oven.Root",
        "Oven.Start",
        "not used, for nothing in a manifest is like it",
    ]


def test_ignition() -> None:
    """Item paths say table, type, unit and bit; each device of the export is one, and tags of none are told."""
    found = made(Source.IGNITION, json.dumps(IGNITION), "boiler", address="10.0.0.5", order="CDAB")
    (manifest,) = found.manifests
    assert by_name(manifest) == {
        "Plant.Temp": {"address": 0, "type": "int16", "scale": 0.1, "unit": "°C"},
        "Plant.Flow": {"table": "input", "address": 99, "type": "float32", "byteOrder": "CDAB", "unitId": 2},
        "Plant.Count": {"address": 199, "type": "uint64", "byteOrder": "CDAB"},
        "Plant.Bit": {"address": 49, "type": "bit", "bit": 7},
        "Plant.Run": {"address": 50, "type": "bool"},
        "Plant.Name": {"address": 59, "type": "string", "length": 12},
        "Plant.Coil": {"table": "coil", "address": 0},
    }
    assert [each.removeprefix("boiler: ").split(":")[0] for each in found.told] == [
        "Plant.Mapped",
        "Plant.Off",
        "Plant.Made",
        "Plant.Memory",
        "not used, for nothing in a manifest is like it",
    ]
    (press,) = made(Source.IGNITION, json.dumps(IGNITION), "press", address="10.0.0.6").manifests
    assert by_name(press) == {"Plant.Sub.In": {"table": "discrete", "address": 8}}


@pytest.mark.parametrize(
    ("source", "content", "names", "said"),
    [
        (Source.TELEGRAF, "a = [", (), "this is no TOML"),
        (Source.TELEGRAF, "[[inputs.snmp]]", (), "there is no [[inputs.modbus]]"),
        (Source.TELEGRAF, REQUEST_STYLE, ("boiler",), "there are line, old-line, metrics"),
        (Source.TELEGRAF, REGISTER_STYLE.replace("[fd00::7]", "${HOST}"), (), "give --device ADDRESS"),
        (Source.HOME_ASSISTANT, "modbus: [", (), "this is no YAML"),
        (Source.HOME_ASSISTANT, "modbus: !include modbus.yaml", (), "to be given"),
        (Source.HOME_ASSISTANT, HOME_ASSISTANT, ("plant-room",), "give --device ADDRESS"),
        (Source.KEPWARE, "a,b\n1,2\n", ("oven",), "begins with Tag Name,Address"),
        (Source.KEPWARE, KEPWARE, (), "does not say what the device is called"),
        (Source.IGNITION, "<Tags/>", ("x",), "this is no JSON"),
        (Source.IGNITION, "[" * 100_000, ("x",), "this is no JSON"),
        (Source.IGNITION, "{}", ("x",), "no tag in it has an OPC item path"),
        (Source.IGNITION, "[" * 900 + "]" * 900, ("x",), "no tag in it has an OPC item path"),
        (Source.HOME_ASSISTANT, "&a {homeassistant: {packages: {b: *a}}}", (), "there is no modbus:"),
    ],
)
def test_what_is_no_such_file_is_told(source: Source, content: str, names: tuple[str, ...], said: str) -> None:
    """As wrong usage, with what is missing."""
    with pytest.raises(UsageError, match=said.replace("[", r"\[")):
        imported(content, source, names, "", "", None)


def test_the_order_of_words_is_never_guessed() -> None:
    """An export that does not say it is refused where it matters, with the setting that tells."""
    for source, content in ((Source.KEPWARE, KEPWARE), (Source.IGNITION, json.dumps(IGNITION))):
        with pytest.raises(UsageError, match=r"(?s)Flow has several words.*--byte-order"):
            imported(content, source, ("boiler",), "10.0.0.5", "", None)
    with pytest.raises(UsageError, match="it is for kepware and ignition"):
        imported(REGISTER_STYLE, Source.TELEGRAF, (), "", "ABCD", None)


def test_a_file_that_says_nonsense_is_told_and_becomes_nothing() -> None:
    """Every field of another type, at every place: no register is made of it, and nothing breaks."""
    oddities: tuple[Any, ...] = ("x", [], {}, None, True, -1, 1e400, 10**30)
    for odd in oddities:
        entity = {"name": odd, "address": odd, "slave": odd, "scale": odd, "data_type": odd, "verify": odd}
        sound = {"name": "s", "address": 1, "scale": odd, "offset": odd, "swap": odd, "unit_of_measurement": odd}
        sound |= {"hvac_mode_register": {"address": 2, "values": odd}, "verify": {"address": odd}, "nan_value": odd}
        kinds = ("sensors", "binary_sensors", "switches", "climates", "covers")
        hub = {"name": "h", "type": "tcp", "host": "h", "timeout": odd, "delay": odd, "message_wait_milliseconds": odd}
        hub |= {kind: [entity, sound, odd] for kind in kinds}
        tag = {"name": "t", "opcItemPath": "[d]HR1", "engUnit": odd, "scaleMode": odd, "dataType": odd, "enabled": odd}
        made_of = (
            imported(yaml.safe_dump({"modbus": [hub]}), Source.HOME_ASSISTANT, (), "", "", None),
            imported(json.dumps([tag, odd]), Source.IGNITION, (), "h", "", None),
        )
        for manifest in (each for found in made_of for each in found.manifests):
            assert not RULES.refused(manifest), manifest
            assert not RULES.doubted(manifest, lambda _: None), manifest


def test_it_is_run_from_the_command_line(fabctl: Fabctl, tmp_path: Path) -> None:
    """Manifests on stdout and all else on stderr; it ends with 1 when a device became none, with 2 when misused."""
    file = tmp_path / "telegraf.conf"
    file.write_text(REQUEST_STYLE)
    ran = fabctl("import", "--from", "telegraf", "-f", file)
    assert ran.returncode == 1
    assert [each["metadata"]["name"] for each in yaml.safe_load_all(ran.stdout)] == ["line", "metrics"]
    assert ran.stderr.startswith("fabctl: old-line: not taken over: controller")
    assert fabctl("import", "line", "--from", "telegraf", "-f", file).stderr == ""
    assert fabctl("import", "--from", "telegraf").returncode == 2
    assert fabctl("import").returncode == 2


MANY = "9" * 5000
HOSTILE = [
    ("kepware", f"Tag Name,Address,Data Type,Scan Rate\nspeed,400001,Word,{MANY}\nlevel,400002,Word,\u0663\n"),
    *(
        (
            "ignition",
            json.dumps({"tags": [{"name": "a", "opcItemPath": path}, {"name": "b", "opcItemPath": "[dev]HR1"}]}),
        )
        for path in (f"[dev]HR{MANY}", f"[dev]{MANY}.HR1", f"[dev]HRS1:{MANY}", f"[dev]HR1.{MANY}", "[dev]HR\u0663")
    ),
    *(
        (
            "home-assistant",
            f"modbus: {{type: tcp, host: 10.0.0.7, delay: {said}, sensors: {{address: 1, scan_interval: {said}}}}}",
        )
        for said in (".inf", ".nan", "-.inf", "9" * 400, "1.0e+300")
    ),
    *(
        (
            "telegraf",
            f"[[inputs.modbus]]\ncontroller='tcp://10.0.0.7:502'\n{said}\ncoils=[{{name='a',address=[1]}}]\n",
        )
        for said in (f"interval='{'9' * 400}h'", f"timeout='{'9' * 400}h'", "interval=inf", "timeout=nan")
    ),
]


@pytest.mark.parametrize(("source", "content"), HOSTILE, ids=[f"{each[0]}-{at}" for at, each in enumerate(HOSTILE)])
def test_numbers_beyond_all_measure_end_nothing(source: str, content: str) -> None:
    """What a register says so is left out by name, and it is then read as often as usual; the rest is taken over."""
    found = imported(content, Source(source), ("dev",), "10.0.0.7", "", None)
    (manifest,) = found.manifests
    assert len(json.dumps(manifest)) < 1000
    assert not RULES.refused(manifest)


@pytest.mark.parametrize(
    ("source", "content"),
    [
        ("telegraf", f"interval = {MANY}"),
        ("telegraf", f"[[inputs.modbus]]\ncontroller='tcp://h'\ncoils=[{{name='a',address=[0x{MANY}]}}]\n"),
        ("home-assistant", f"modbus: {{type: tcp, host: h, sensors: {{name: a, address: 0x{MANY}}}}}"),
        ("home-assistant", f"modbus: {{type: tcp, host: h, name: 0x{MANY}}}"),
    ],
)
def test_numbers_of_thousands_of_digits_are_told_in_a_line(source: str, content: str) -> None:
    """Where they stand bare, and in hexadecimal as well, which is read and could not be shown: never a traceback."""
    with pytest.raises(UsageError, match=r"a number in it cannot be taken over: .* digits"):
        imported(content, Source(source), (), "", "", None)


@pytest.mark.parametrize(
    "address", ["\x1b[2J", "10.0.0.7:502", "[::1]", "fe80::1%eth0", "tcp://x", "10.0.0", "a b", "x" * 254]
)
def test_what_is_no_address_makes_no_manifest(fabctl: Fabctl, tmp_path: Path, address: str) -> None:
    """Of a file, of --device, and of a tag list: the API server would refuse it, so it is said at once."""
    host = json.dumps(address)
    content = f"modbus:\n  - {{name: hub, type: tcp, host: {host}, sensors: [{{name: a, address: 1}}]}}\n"
    for given in ("", address):
        with pytest.raises(UsageError, match="--device"):
            imported(content, Source("home-assistant"), (), given, "", None)
    (tmp_path / "tags.csv").write_text("name,address\na,3\n")
    run = fabctl("import", "x", "--csv", tmp_path / "tags.csv", f"--device={address}")
    assert (run.returncode, run.stdout, "\x1b" in run.stderr) == (2, "", False)


@pytest.mark.parametrize(
    ("words", "content"),
    [
        (["x", "--csv", "-", "--device", "10.0.0.7"], "name,address\na,3\n"),
        (["x", "--from", "kepware", "--device", "10.0.0.7", "-f", "-"], "Tag Name,Address\na,400003\n"),
    ],
)
def test_a_file_may_come_through_a_pipe(words: list[str], content: str) -> None:
    """- is standard input."""
    command = [str(Path(sys.executable).with_name("fabctl")), "import", *words]
    run = subprocess.run(command, input=content, capture_output=True, text=True, check=False)
    assert (run.returncode, yaml.safe_load(run.stdout)["metadata"]["name"]) == (0, "x"), run.stderr
