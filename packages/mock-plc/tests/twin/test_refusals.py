"""What no twin can be made of is refused with file, line, object, field, reason and what to do."""

import pytest
from mock_plc.twin.documents import ManifestError

from .reading import plc, read, template

MIXER = template(
    "mixer",
    """
parameters:
- {name: speed}
- {name: factor, default: 0.1}
registers:
- {name: speed, address: 4001, value: "${speed}", max: 3000}
- {name: torque, address: 10, type: int16, scale: "${factor}"}
""",
)


def _told(*texts: str) -> list[str]:
    with pytest.raises(ManifestError) as raised:
        read(*texts)
    return list(raised.value.lines)


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ("port: 502", "5: spec.deviceAddress: is missing"),
        (
            "deviceAddress: http://m\nregisters: [{name: a, address: 1}]",
            '5: spec.deviceAddress: "http://m" is no',
        ),
        ("deviceAddress: m\nport: 0", "6: spec.port: 0 must be greater than or equal to 1"),
        ("deviceAddress: m\nport: '502'", "6: spec.port: '502' must be a valid integer"),
        ("deviceAddress: 7", "5: spec.deviceAddress: 7 must be a valid string"),
        (
            "deviceAddress: m",
            "5: spec: it does not say what the PLC holds: targetRegister and targetValue, or registers, or ",
        ),
        ("deviceAddress: m\ntargetRegister: 7", "5: spec: it does not say what"),
        (
            "deviceAddress: m\nregisters:\n- {name: a, addr: 7}",
            "7: spec.registers[0] (a).address: is missing; give address (0-based) or reference",
        ),
        (
            "deviceAddress: m\nregisters:\n- name: a\n  address: 7\n  type: int61",
            "9: spec.registers[0] (a).type: 'int61' must be",
        ),
        (
            "deviceAddress: m\nregisters:\n- {name: a, address: 7,\n   value: 70000}",
            "8: spec.registers[0] (a).value: 70000 does not fit: uint16 holds 0 to 65535",
        ),
        (
            "deviceAddress: m\nregisters:\n- {name: a, address: 7, value: Fast, enum: {Slow: 1}}",
            "7: spec.registers[0] (a).value: ",
        ),
        (
            "deviceAddress: m\nregisters:\n- {name: a, address: 7, unitId: 256}",
            "7: spec.registers[0] (a).unitId: 256 is no unit id: it is 0 to 255",
        ),
        (
            "deviceAddress: m\nregisters:\n- {name: a, address: 7}\nconnection:\n  transport: tsl",
            "9: spec.connection.transport: 'tsl' must be tcp, rtuOverTcp, tls or udp; did you",
        ),
        (
            "deviceAddress: m\ntemplateRef:\n  name: mixer\n  parameters: {sped: 7}",
            "8: spec.templateRef.parameters.sped: template mixer has no such parameter, did you mean",
        ),
        (
            "deviceAddress: m\ntemplateRef:\n  name: mixer",
            "7: spec.templateRef.parameters: speed is missing: template mixer has no default",
        ),
        (
            "deviceAddress: m\ntemplateRef: {name: mixr}",
            "6: spec.templateRef.name: no IndustrialPLCTemplate line-1/mixr was given: give",
        ),
    ],
)
def test_a_wrong_manifest_is_refused_where_it_is_wrong(spec: str, said: str) -> None:
    """One line names the file, the line in it, the object, the field, what is wrong and what would be right."""
    number, _, rest = said.partition(": ")
    lines = _told(plc("m", spec), MIXER)
    assert any(line.startswith(f"a.yaml:{number}: IndustrialPLC line-1/m: {rest}") for line in lines), lines


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ("deviceAddress: m\ndeviceAddress: n", "6: the key deviceAddress is there already, in line 5: keep one"),
        ("deviceAddress: !vault m", "5: what stands here has the tag !vault, which kubectl does not know"),
        ("deviceAddress: [", "6: no YAML: expected the node content"),
    ],
)
def test_what_is_no_manifest_at_all_is_refused_with_its_line(spec: str, said: str) -> None:
    """A key that is there twice, of which kubectl would take the last, a foreign tag, and what is no YAML."""
    (line,) = _told(plc("m", spec))
    assert line.startswith(f"a.yaml:{said}")


def test_a_chart_is_told_by_its_way_out() -> None:
    """What only Helm can read is no YAML, and what Helm makes of it can be given instead."""
    (line,) = _told("{{- if .Values.plc }}\n" + plc("m", "deviceAddress: m"))
    assert line.endswith("; of a chart give what helm template makes of it: -f -")


def test_what_a_parameter_makes_wrong_is_told_of_the_template() -> None:
    """A value that only comes out wrong with a resource's parameters is shown where it stands in the template."""
    spec = "deviceAddress: m\ntemplateRef: {name: mixer, parameters: {speed: 70000}}"
    (line,) = _told(plc("m", spec), MIXER)
    assert line.startswith("b.yaml:9: IndustrialPLCTemplate line-1/mixer: spec.registers[0] (speed).value: 70000 does")


def test_what_a_resource_overrides_is_told_of_the_resource() -> None:
    """A field that the resource gives beside its template is shown where the resource gives it."""
    spec = """
deviceAddress: m
templateRef: {name: mixer, parameters: {speed: 7}}
registers:
- name: speed
  value: 70000
"""
    (line,) = _told(plc("m", spec), MIXER)
    assert line.startswith("a.yaml:9: IndustrialPLC line-1/m: spec.registers[0] (speed).value: 70000 does not fit")


def test_all_mistakes_are_told_at_once() -> None:
    """Mistakes of several manifests, and several of one, are all told."""
    one = plc("one", "deviceAddress: m\nregisters:\n- {name: a, address: -1}\n- {name: b, address: 7, value: -1}")
    lines = _told(one, plc("two", "deviceAddress: two"))
    assert [line.split(": ")[0] for line in lines] == ["a.yaml:7", "a.yaml:8", "b.yaml:5"]


def test_one_object_in_two_files_is_refused() -> None:
    """Of two manifests with one name only the last would count in a cluster: which that is, nobody meant to decide."""
    text = plc("m", "deviceAddress: m\ntargetRegister: 1\ntargetValue: 2")
    (line,) = _told(text, "---\n" + text)
    first = "a.yaml:1: IndustrialPLC line-1/m"
    assert line == f"b.yaml:2: IndustrialPLC line-1/m: it stands in {first} already: give only one of them (-f)"


def test_a_template_in_another_namespace_is_no_template_of_it() -> None:
    """A templateRef means its own namespace; one elsewhere is named, as it is most likely what was meant."""
    (line,) = _told(plc("m", "deviceAddress: m\ntemplateRef: {name: mixer}", namespace="line-2"), MIXER)
    assert "no IndustrialPLCTemplate line-2/mixer was given; there is line-1/mixer, in another namespace: give" in line


def test_one_device_cannot_be_two() -> None:
    """Two manifests that pin contradicting identities on one unit, or transports on one address, are refused."""
    spec = "deviceAddress: m\ntargetRegister: 1\ntargetValue: 2\n"
    one = plc("one", spec + "identity: {vendor: A, productCode: X1}")
    other = plc("other", "deviceAddress: M.\ntargetRegister: 2\ntargetValue: 2\nidentity: {vendor: A, productCode: Y1}")
    (line,) = _told(one, other)
    assert line == (
        'b.yaml:8: IndustrialPLC line-1/other: spec.identity.productCode: it is "Y1", and another manifest of m:502 '
        'unit 1 has "X1": one device cannot be both'
    )
    udp = plc("udp", spec.replace("Register: 1", "Register: 3") + "connection: {transport: udp}")
    (line,) = _told(one, udp)
    assert line == (
        "b.yaml:8: IndustrialPLC line-1/udp: spec.connection.transport: line-1/udp reaches m port 502 over udp, and "
        "line-1/one over tcp: a twin has one of them at one address; leave one out (-f)"
    )
