"""The admission policy on a real API server: the sentence of each refusal, full maps, and what was there before it."""

from typing import Any

import pytest
from fabgitops_core.api.plc.industrialplc import INDUSTRIAL_PLC
from fabgitops_core.api.plc.template import INDUSTRIAL_PLC_TEMPLATE
from lightkube.core.exceptions import ApiError
from lightkube.resources.admissionregistration_v1 import ValidatingAdmissionPolicyBinding
from lightkube.types import PatchType

from ..planes import Reason, only_kubernetes
from .conftest import IndustrialPLC, Site, install, until
from .test_verdicts import in_force, of_the_server

pytestmark = pytest.mark.integration

Register = dict[str, Any]
BASE = {"name": "speed", "address": 10}


def told(site: Site, kind: Any, registers: list[Register], **spec: Any) -> str:
    """Return what the API server says to a spec with these registers."""
    given = {"deviceAddress": "10.0.0.5"} if kind is INDUSTRIAL_PLC else {}
    with site.plane.client() as http:
        return of_the_server(http, kind, {**given, **spec, "registers": registers})[0].partition("denied request: ")[2]


REFUSED: list[tuple[Register, str]] = [
    ({"value": 70000}, "the value 70000 of speed does not fit uint16: choose a type, scale or offset that reaches it"),
    ({"value": "70000"}, "the value 70000 of speed does not fit uint16"),
    ({"type": "int16", "value": -32769}, "the value -32769 of speed does not fit int16"),
    ({"enum": {"Off": 0}, "value": "On"}, 'the value "On" of speed is no name in its enum: give one of them, or the'),
    (
        {"scale": 0.1, "value": 50.05},
        "the value 50.05 of speed lies between two steps of uint16 with scale 0.1: give a",
    ),
    (
        {"value": True},
        "the value true of speed must be a number, as the type is uint16 (YAML reads On, Off, Yes and No",
    ),
    ({"type": "bool", "value": 2}, "the value 2 of speed must be true or false, as the type is bool"),
    ({"type": "string", "length": 4, "value": 5}, "the value 5 of speed must be a text, as the type is string: put it"),
    ({"type": "string", "length": 4, "value": "Bread"}, "the value of speed does not fit: its length is 4 bytes"),
    ({"type": "string", "length": 4, "value": "Öl"}, "its encoding ascii, and a null character would end it"),
    (
        {"type": "uint64", "value": 2**63 + 3},
        "of speed may have lost its last digits, as JSON keeps 53 bits of a number",
    ),
    (
        {"type": "uint64", "max": 2**53},
        "the max 9007199254740992 of speed may have lost its last digits, as JSON keeps",
    ),
    ({"type": "uint64", "enum": {"a": 2**53}}, "a number in the enum of speed may have lost its last digits, as JSON"),
    ({"type": "int64", "value": -(2**53)}, "of speed may have lost its last digits, as JSON keeps 53 bits of a number"),
    (
        {"tolerance": "5"},
        "the tolerance 5 of speed must be a number from 0 in engineering units, or a percentage of the",
    ),
    ({"type": "bool", "tolerance": 1}, "speed: scale, offset, min, max and tolerance are for numbers, and the type is"),
    ({"type": "bit", "bit": 1, "enum": {"On": 2}}, "the enum of speed names a number that bit does not hold"),
    ({"enum": {"a": 1, "b": 1}}, "the enum of speed names a number twice: keep one of the names"),
    ({"enum": {"a\nb": 1}}, "the enum of speed has a name with a control character, or of more than 250 characters"),
    ({"address": 65535, "type": "int32"}, "speed takes 2 words from address 65535, and the last address is 65535"),
    (
        {"table": "coil", "byteOrder": "CDAB"},
        "speed: byteOrder of a string is ABCD or BADC, and bool, bit and bits have none",
    ),
    (
        {"value": 1, "write": {"before": [{"reference": 24, "value": 1000}]}},
        "speed: each of write.before and write.after names one holding register or coil and gives value, a raw word",
    ),
    (
        {"table": "input", "write": {}},
        "speed is in a table that is read-only (input or discrete): drop its value to obs",
    ),
]


@pytest.mark.parametrize("kind", [INDUSTRIAL_PLC, INDUSTRIAL_PLC_TEMPLATE], ids=lambda kind: kind.plural)
@pytest.mark.parametrize(("fields", "sentence"), REFUSED)
async def test_a_register_is_refused_with_a_way_out(site: Site, kind: Any, fields: Register, sentence: str) -> None:
    """What does not go with its value is refused by the register's name, with the value, in a template as in a PLC."""
    await in_force(site)
    assert sentence in told(site, kind, [{**BASE, **fields}])


@pytest.mark.parametrize("kind", [INDUSTRIAL_PLC, INDUSTRIAL_PLC_TEMPLATE], ids=lambda kind: kind.plural)
@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"type": "float32"}, {"address": 11}),
        ({"address": 11}, {"address": 10, "type": "float32"}),
        ({"type": "float64"}, {"address": 13, "type": "bit", "bit": 3}),
        ({"type": "string", "length": 100}, {"address": 40}),
        ({"type": "bit", "bit": 3}, {"type": "bit", "bit": 3}),
        ({"type": "bit", "bit": 3}, {}),
        ({"table": "input"}, {"table": "input"}),
        ({"unitId": 7}, {"unitId": 7}),
    ],
)
async def test_registers_that_overlap_are_refused(site: Site, kind: Any, first: Register, second: Register) -> None:
    """Two registers in one place are refused by their names, in a template as in a PLC."""
    await in_force(site)
    said = told(site, kind, [{**BASE, **first}, {**BASE, "name": "torque", **second}])
    assert "overlaps" in said
    assert {"speed", "torque"} <= set(said.split())


async def test_a_template_is_refused_with_a_way_out(site: Site) -> None:
    """Placeholders that are not declared, fields of another kind and doubtful defaults are refused in a template."""
    await in_force(site)
    said = told(site, INDUSTRIAL_PLC_TEMPLATE, [{**BASE, "value": "${x}"}])
    assert "${x} is no parameter of this template: declare it in spec.parameters, or write $${x} for the text" in said
    said = told(site, INDUSTRIAL_PLC_TEMPLATE, [{**BASE, "scale": True}])
    assert "scale of speed is true: scale, offset, min, max and timeoutSecs are numbers" in said
    said = told(site, INDUSTRIAL_PLC_TEMPLATE, [BASE], connection={"timeoutSecs": 0})
    assert "timeoutSecs is 0: " in said
    said = told(site, INDUSTRIAL_PLC_TEMPLATE, [BASE], parameters=[{"name": "x", "default": 2**53}])
    assert (
        "the default of x may have lost its last digits, as JSON keeps 53 bits of a number: write it in quotes" in said
    )


async def test_placeholders_are_for_templates(site: Site) -> None:
    """A placeholder in a PLC, which nothing would fill in, is refused in a value, a unit and a parameter."""
    await in_force(site)
    words = "holds a placeholder, and those are filled in in an IndustrialPLCTemplate only"
    for fields in ({"value": "${x}"}, {"unit": "${x}"}, {"type": "string", "length": 8, "value": "a ${x}"}):
        assert f"speed {words}" in told(site, INDUSTRIAL_PLC, [{**BASE, **fields}])
    given = {"templateRef": {"name": "em", "parameters": {"a": "${b}"}}}
    assert f"spec.templateRef.parameters.a {words}" in told(site, INDUSTRIAL_PLC, [BASE], **given)


def grouped(most: int) -> list[Register]:
    """Return 500 registers side by side, so many of them in groups that are as large as they may be."""
    return [
        {"name": f"feeder-{number:03d}.current", "address": number, "value": 7}
        | ({"group": f"{number // 123}".ljust(63, "g")} if number < most else {})
        for number in range(500)
    ]


def full(**fields: Any) -> list[Register]:
    """Return 500 registers with these fields, four words apart."""
    return [{"name": f"feeder-{number:03d}.current", "address": 4 * number, **fields} for number in range(500)]


FULL: dict[str, list[Register]] = {
    "words": full(value=7),
    "floats": full(type="float64", unitId=200, value=7.5, min=0, max=100, scale=0.1, offset=1, tolerance="2%"),
    "names": full(enum={f"name-{number}": number for number in range(12)}, value="name-3"),
    "many names": full(enum={f"n{number:02x}": number for number in range(200)}),
    "texts": [
        {**each, "address": 130 * at, "type": "string", "length": 246, "value": "x" * 246}
        for at, each in enumerate(full())
    ],
    "bits": [
        {**each, "address": at // 16, "type": "bit", "bit": at % 16, "value": True} for at, each in enumerate(full())
    ],
    "a group as large as the policy looks at": grouped(100),
    "groups": grouped(492),
    "scales": full(scaleRegister={"address": 2500}, noValue=[0xFFFF], value=7, min=0, max=100),
    "repeats": full(value=7, write={"repeatSecs": 60, "function": "multiple"}),
    "elsewhere": full(value=7, readFrom={"reference": 30005, "type": "float32", "byteOrder": "CDAB", "scale": 0.1}),
    "no values": full(type="float32", noValue=["NaN", *(f"0x7FC0000{each}" for each in range(7))]),
    "steps": full(value=7, write={side: [{"reference": 40001, "value": 1}] * 8 for side in ("before", "after")}),
    "fields": [
        {**each, "address": at // 8, "type": "bits", "bit": at % 8 * 2, "lastBit": at % 8 * 2 + 1, "value": 2}
        for at, each in enumerate(full())
    ],
    "placeholders": full(type="float32", value="${a}", unitId="${b}", scale="${a}", min="${a}", unit="${b} $${c}"),
}


@pytest.mark.parametrize("what", FULL)
async def test_a_full_map_is_within_what_a_policy_may_cost(site: Site, what: str) -> None:
    """500 registers are taken, in a PLC and in a template, whatever they say: no rule costs more than it may."""
    await in_force(site)
    parameters = {"parameters": [{"name": "a", "default": 1}, {"name": "b", "default": 1}]}
    with site.plane.client() as http:
        assert of_the_server(http, INDUSTRIAL_PLC_TEMPLATE, {**parameters, "registers": FULL[what]})[0] == ""
        if what != "placeholders":
            spec = {"deviceAddress": "10.0.0.5", "registers": FULL[what]}
            assert of_the_server(http, INDUSTRIAL_PLC, spec)[0] == ""


@only_kubernetes(Reason.DEFINITIONS)
async def test_what_was_there_before_is_left_in_peace(site: Site) -> None:
    """An object that the policy would refuse today can be synced, and is refused only where its spec changes."""
    await site.client.delete(ValidatingAdmissionPolicyBinding, "industrialplcs.fabgitops.io")

    async def taken() -> bool:
        try:
            await site.apply("old", 502, targetRegister=None, targetValue=None, registers=[{**BASE, "value": 70000}])
        except ApiError:
            return False
        return True

    await until(taken, "the policy is gone")
    await install(site.client)
    await in_force(site)
    await site.sync("old", "now")
    assert (await site.get("old"))["spec"]["registers"] == [{**BASE, "value": 70000}]
    patch = {"spec": {"pollIntervalSecs": 2}}
    with pytest.raises(ApiError, match="does not fit uint16"):
        await site.client.patch(IndustrialPLC, "old", patch, namespace=site.namespace, patch_type=PatchType.MERGE)
