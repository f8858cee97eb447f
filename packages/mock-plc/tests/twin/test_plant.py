"""What manifests come to: which devices there are, what each holds, and what of it is called how."""

import random
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mock_plc.codec.codec import exact
from mock_plc.exceptions import ModbusException
from mock_plc.faults.model import Kind
from mock_plc.flags import Trouble
from mock_plc.memory import Table
from mock_plc.net.transport import Transport
from mock_plc.spec.register import Register
from mock_plc.twin.beginning import Start, another, starts
from mock_plc.twin.documents import Document, Text
from mock_plc.twin.registers import Declared, declared
from mock_plc.twin.resolving import Fields
from mock_plc.twin.run import _stations
from ruamel.yaml.nodes import MappingNode

from .reading import machine, plc, read, template

SHORT = "deviceAddress: {host}\ntargetRegister: {register}\ntargetValue: {value}\n"


def test_the_short_form_is_a_device_with_one_register() -> None:
    """TargetRegister and targetValue are a holding register named target, under unit 1, at port 502."""
    (site,) = read(plc("m", "deviceAddress: 10.0.0.7\ntargetRegister: 4001\ntargetValue: 2500"))
    twin = machine(site)
    assert (site.address, site.transport, site.plcs) == ("10.0.0.7:502", Transport.TCP, ["line-1/m"])
    assert {name: point.get() for name, point in twin.points.items()} == {"target": 2500}
    assert twin.units[1].read(Table.HOLDING, 4001, 1) == [2500]
    with pytest.raises(ModbusException, match="illegal address"):
        twin.units[1].read(Table.HOLDING, 4002, 1)
    assert set(twin.units) == {1}


def test_devices_are_in_the_order_of_their_addresses() -> None:
    """Addresses are sorted as numbers, IPv4 before IPv6 before names, so that ports do not depend on file names."""
    hosts = ["plc-b", "10.0.0.10", "::1", "10.0.0.9", "PLC-a"]
    texts = [plc(f"m{at}", SHORT.format(host=f'"{host}"', register=1, value=1)) for at, host in enumerate(hosts)]
    assert [site.address for site in read(*texts)] == ["10.0.0.9:502", "10.0.0.10:502", "[::1]:502", *_named()]


def _named() -> list[str]:
    return ["plc-a:502", "plc-b:502"]


def test_manifests_of_one_address_are_one_device() -> None:
    """However the host is spelled; each unit id is a unit, and registers of one name are told apart by manifest."""
    one = "deviceAddress: PLC.\nregisters:\n- {name: a, address: 1, value: 11}\n- {name: b, address: 2, value: 12}\n"
    other = "deviceAddress: plc\nregisters:\n- {name: a, address: 3, value: 13}\n"
    behind = "deviceAddress: plc\nunitId: 7\nregisters:\n- {name: c, address: 1, value: 14}\n"
    (site,) = read(plc("one", one), plc("other", other), plc("behind", behind))
    assert site.plcs == ["line-1/one", "line-1/other", "line-1/behind"]
    assert {name: point.get() for name, point in machine(site).points.items()} == {
        "1.one.a": 11,
        "1.b": 12,
        "1.other.a": 13,
        "7.c": 14,
    }
    elsewhere = plc("one", other, namespace="line-2")
    (site,) = read(plc("one", one), elsewhere)
    assert set(machine(site).points) == {"line-1.one.a", "b", "line-2.one.a"}


def test_a_word_that_two_manifests_look_at_is_one() -> None:
    """What one only observes and the other sets holds what is set, also where each sees it in another way."""
    sees = "deviceAddress: plc\nregisters:\n- {name: seen, address: 1}\n- {name: both, address: 4, type: uint32}\n"
    sets = "deviceAddress: plc\nregisters:\n- {name: set, address: 1, value: 11}\n- {name: low, address: 5, value: 7}\n"
    for texts in ((sees, sets), (sets, sees)):
        (site,) = read(*(plc(f"m{at}", text) for at, text in enumerate(texts)))
        twin = machine(site)
        assert twin.units[1].read(Table.HOLDING, 1, 1) == [11]
        assert twin.units[1].read(Table.HOLDING, 4, 2) == [0, 7]
        assert twin.points["both"].get() == 7
        assert "seen" not in twin.points, "one register is one, whoever names it"


def test_a_gap_that_a_manifest_reads_over_is_there() -> None:
    """Where maxGapWords lets reads span gaps the gaps read as zero; elsewhere they are refused."""
    registers = "registers:\n- {name: a, address: 1, value: 7}\n- {name: b, address: 3, value: 9}\n"
    (site,) = read(plc("m", "deviceAddress: plc\nconnection: {maxGapWords: 2}\n" + registers))
    assert machine(site).units[1].read(Table.HOLDING, 1, 3) == [7, 0, 9]
    (site,) = read(plc("m", "deviceAddress: plc\n" + registers))
    with pytest.raises(ModbusException):
        machine(site).units[1].read(Table.HOLDING, 1, 3)


@pytest.mark.parametrize(
    "register",
    ["address: 1, value: 7, scaleRegister: {address: 4}", "parts: [{address: 1, weight: 1}, {address: 4, weight: 10}]"],
)
def test_what_lies_within_one_reading_of_a_register_is_there(register: str) -> None:
    """A value is read together with its power of ten, and a sum with all of its parts: nothing between them refuses."""
    (site,) = read(plc("m", f"deviceAddress: plc\nregisters:\n- {{name: a, {register}}}\n"))
    assert machine(site).units[1].read(Table.HOLDING, 1, 4)[1:3] == [0, 0]


def test_a_connection_is_of_the_resource_before_the_template() -> None:
    """Transport, names and Secrets of TLS come from both, field by field."""
    base = template(
        "t",
        "connection: {transport: tls, tlsServerName: of-template, tlsSecretRef: {name: certs}}\n"
        "registers:\n- {name: a, address: 1}",
    )
    own = "deviceAddress: plc\nport: 802\ntemplateRef: {name: t}\n"
    careless = own.replace("plc", "other") + "connection: {tlsInsecureSkipVerify: true, tlsServerName: own}\n"
    other, site = read(base, plc("m", own), plc("other", careless))
    assert (site.address, site.transport) == ("plc:802", Transport.TLS)
    assert site.server_names == {"plc", "of-template"}
    assert {str(each) for each in site.secrets} == {"line-1/certs"}
    assert (site.verified, other.verified) == (True, False)
    assert other.server_names == {"other", "own"}


def test_what_goes_before_and_after_a_write_is_there_however_it_is_named() -> None:
    """A register by its address and a coil by a reference of the same number are two places, spelled twice one."""
    steps = "[{address: 24, value: 1}, {reference: 24, value: true}, {reference: 40025, value: 2}]"
    (site,) = read(plc("m", f"deviceAddress: plc\nregisters:\n- {{name: a, address: 1, write: {{before: {steps}}}}}\n"))
    twin = machine(site)
    assert set(twin.points) == {"a", "line-1.m.step-24", "line-1.m.step-24.2"}
    assert (twin.units[1].read(Table.HOLDING, 24, 1), twin.units[1].read(Table.COIL, 23, 1)) == ([0], [0])


def test_a_twin_echoes_where_a_manifest_says_so() -> None:
    """Behind a converter that sends requests back the operator waits for them, so the twin sends them back."""
    serial = "deviceAddress: plc\nconnection: {transport: rtuOverTcp, echo: true}\ntargetRegister: 1\ntargetValue: 2"
    (site,) = read(plc("m", serial))
    (station,) = _stations([site], Start.IN_SYNC, Trouble(), 0, verbose=False)
    assert site.echoes
    assert [fault.kind for fault in station._wanted] == [Kind.ECHO]
    (plain,) = read(plc("m", serial.replace("true", "false")))
    assert not plain.echoes


def test_what_kubectl_prints_is_read() -> None:
    """A List of manifests, with statuses, managed fields and others than ours, is what its items are."""
    item = plc("m", "deviceAddress: plc\ntargetRegister: 1\ntargetValue: 2").replace("\n", "\n  ")
    service = "apiVersion: v1\n  kind: Service\n  metadata: {name: s}\n"
    (site,) = read(f"apiVersion: v1\nkind: List\nitems:\n- {item}\n- {service}")
    assert site.plcs == ["line-1/m"]
    assert read("apiVersion: fabgitops.io/v1\nkind: SomethingElse\nmetadata: {name: x}\n") == []
    assert read("{{ a chart }}: [") == [], "what does not name our group may be anything"


@pytest.mark.parametrize("start", list(Start))
def test_a_seed_makes_the_same_start(start: Start) -> None:
    """Two starts by one seed hold the same; of a drifted one another seed makes another."""
    registers = "\n".join(f"- {{name: r{n}, address: {n}, value: {1000 + n}, tolerance: {n}}}" for n in range(1, 9))
    (site,) = read(plc("m", f"deviceAddress: plc\nregisters:\n{registers}"))

    def held(seed: str) -> list[int]:
        return machine(site, start, seed).units[1].read(Table.HOLDING, 1, 8)

    assert held("1") == held("1")
    assert (held("1") == held("2")) is (start is Start.IN_SYNC)
    assert len(starts(site, start, "1")) == 8


_NOWHERE = (Document(Text("a.yaml", ""), MappingNode("", []), {}), ())

numbers = st.fixed_dictionaries(
    {
        "type": st.sampled_from(["int16", "uint16", "int32", "uint32", "bcd16", "float32", "float64"]),
        "scale": st.sampled_from([1, 0.1, 10, -0.5]),
        "offset": st.sampled_from([0, -40]),
        "raw": st.integers(0, 9999),
        "tolerance": st.integers(0, 50),
        "room": st.none() | st.tuples(st.integers(0, 100), st.integers(0, 100)),
    }
)


@given(numbers, st.integers())
def test_a_drifted_number_is_off_and_within_limits_that_have_room(numbers: dict[str, object], seed: int) -> None:
    """Whatever the type, it is farther off than the tolerance; beyond min and max only where these leave no other."""
    register = Register.model_validate(
        {"name": "r", "address": 1, **{key: numbers[key] for key in ("type", "scale", "offset")}}
    )
    raw = numbers["raw"]
    wanted = register.codec.value_of(float(raw) if register.kind.floating else raw)  # type: ignore[arg-type]
    assert isinstance(wanted, int | float)
    fields = {"name": "r", "address": 1, "value": wanted, **{k: numbers[k] for k in ("type", "scale", "offset")}}
    room = numbers["room"]
    if isinstance(room, tuple):
        fields |= {"min": wanted - room[0], "max": wanted + room[1]}
    one: Declared = declared(Fields({**fields, "tolerance": numbers["tolerance"]}, _NOWHERE))
    value = another(one, random.Random(seed))  # noqa: S311 - to be repeated
    assert isinstance(value, int | float)
    off = abs(exact(value) - exact(wanted))
    assert off > one.tolerance
    step = exact(register.grid.step) or Fraction(1)
    if one.low is not None and one.high is not None:
        has_room = max(one.high - exact(wanted), exact(wanted) - one.low) >= one.tolerance + 2 * step
        low, high = register.grid.low, register.grid.high
        if has_room and exact(low) <= one.low and one.high <= exact(high):
            assert one.low - step <= exact(value) <= one.high + step
