"""Register maps as the API server sees them: what it takes, what it refuses with which words, how large they get."""

import json
from typing import Any

import pytest
from fabgitops_core.api.plc.industrialplc import IndustrialPLCSpec, IndustrialPLCStatus, RegisterStatus
from fabgitops_core.api.refusals import sentences
from lightkube.core.exceptions import ApiError
from lightkube.generic_resource import create_namespaced_resource
from lightkube.types import PatchType
from pydantic import ValidationError

from .conftest import IndustrialPLC, Site, until

pytestmark = pytest.mark.integration

IndustrialPLCTemplate = create_namespaced_resource(
    "fabgitops.io", "v1", "IndustrialPLCTemplate", "industrialplctemplates"
)
SPEED = {"name": "speed", "address": 4001, "type": "float32", "value": 21.5}


async def apply(site: Site, **spec: Any) -> Any:
    """Create or change a PLC with exactly this spec beside its address, and return it as it is stored."""
    body = {
        "apiVersion": "fabgitops.io/v1",
        "kind": "IndustrialPLC",
        "metadata": {"name": "mixer", "namespace": site.namespace},
        "spec": {"deviceAddress": "10.0.0.5", **spec},
    }
    return await site.put(IndustrialPLC, body)


async def refusal(site: Site, **spec: Any) -> str:
    """Return what the API server says to a spec that it refuses."""
    with pytest.raises(ApiError) as refused:
        await apply(site, **spec)
    return str(refused.value.status.message)


async def said_of(site: Site, **spec: Any) -> str:
    """Return what the API server says to a spec, or what we say to what it stores; nothing where it is taken."""
    try:
        IndustrialPLCSpec.model_validate((await apply(site, **spec))["spec"])
    except ApiError as error:
        return str(error.status.message)
    except ValidationError as error:
        return sentences(error)
    return ""


async def policy_in_force(site: Site) -> None:
    """Wait until the admission policy is in force, which takes the API server a moment."""

    async def denied() -> bool:
        try:
            await apply(site, registers=[{**SPEED, "max": 1}])
        except ApiError as error:
            return "its limits" in str(error.status.message)
        return False

    await until(denied, "the admission policy is in force")


TAKEN: list[dict[str, Any]] = [
    {"name": "least", "address": 0},
    {"name": "Pump.1_Speed-SP", "reference": 44002, "value": 7},
    {"name": "six", "reference": "444002", "unitId": 7},
    {"name": "text", "address": 9, "type": "string", "length": 8, "padding": "space", "value": "ON"},
    {"name": "bit", "address": 3, "type": "bit", "bit": 15, "value": True, "write": {"function": "mask"}},
    {"name": "coil", "table": "coil", "address": 3, "value": False},
    {"name": "seen", "table": "input", "address": 3, "type": "int64", "byteOrder": "CDAB"},
    {
        "name": "mode",
        "address": 3,
        "enum": {"Stopped": 0, "Running": 1},
        "value": "Running",
        "write": {"function": "multiple", "verify": False, "verifyDelayMs": 50},
    },
    {"name": "warm", "address": 3, "scale": 0.1, "offset": -40, "min": -10, "max": 60.5, "value": 21.5, "unit": "°C"},
    {"name": "around", "address": 3, "type": "float64", "tolerance": "2%", "value": 1},
    {"name": "close", "address": 3, "type": "float32", "tolerance": 0.5, "value": 1.5},
]


@pytest.mark.parametrize("register", TAKEN, ids=lambda register: register["name"])
async def test_a_register_is_taken_as_it_is_written(site: Site, register: dict[str, Any]) -> None:
    """What makes sense is stored word for word, nothing added, and the operator's own reading of it agrees."""
    stored = await apply(site, registers=[register])
    assert stored["spec"]["registers"] == [register]
    assert IndustrialPLCSpec.model_validate(stored["spec"]).registers_wanted[0].name == register["name"]


@pytest.mark.parametrize(
    "value", [9223372036854775811, 18446744073709551615, 9007199254740993.0, -9223372036854775809, 1e19], ids=str
)
async def test_a_number_that_lost_its_digits_is_told(site: Site, value: float) -> None:
    """What a double cannot tell from its neighbour is refused with the way out, by the server or by our reading."""
    register = {"name": "serial", "address": 1, "type": "uint64", "value": value}
    assert "in quotes" in await said_of(site, registers=[register])


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"name": "a"}, "a has no place: give address (0-based as on the wire) or reference (40001, as on the"),
    ({"name": "a", "address": 1, "reference": 40002}, "address and reference 40002 both say where a is: keep one"),
    ({"name": "a", "reference": 54001}, "the first of them that of its table"),
    ({"name": "a", "reference": "4x"}, "reference has five digits (40001) or six (400001)"),
    (
        {"name": "a", "reference": 4001, "table": "holding"},
        "reference 4001 names table coil, and table is holding; if you mean address 4001, write address: 4001",
    ),
    ({"name": "a", "reference": 30001, "table": "holding"}, "reference 30001 names table input, and table is holding"),
    ({"name": "a b", "address": 1}, "spec.registers[0].name"),
    ({"name": "a", "address": 65536}, "spec.registers[0].address in body should be less than or equal to 65535"),
    (
        {"name": "a", "address": 1, "type": "float16"},
        "spec.registers[0].type in body should match '^(bool|bit|bits|int16|",
    ),
    ({"name": "a", "address": 1, "table": "coil", "type": "uint16"}, "coil and discrete hold true or false: drop type"),
    ({"name": "a", "address": 1, "type": "bit"}, "type bit and bit go together"),
    ({"name": "a", "address": 1, "bit": 3}, "type bit and bit go together"),
    ({"name": "a", "address": 1, "type": "uint16", "bit": 3}, "bit goes with type bit"),
    ({"name": "a", "address": 1, "type": "string"}, "type string and length go together"),
    ({"name": "a", "address": 1, "type": "string", "length": 7}, "length must be even: a word holds two bytes"),
    ({"name": "a", "address": 1, "type": "int16", "length": 8}, "length, encoding and padding go with type string"),
    ({"name": "a", "address": 1, "scale": 0}, "scale must not be 0, which makes every value the same"),
    ({"name": "a", "address": 1, "min": 5, "max": 4}, "min must not be above max"),
    ({"name": "a", "address": 1, "type": "bool", "scale": 2}, "are for numbers, not for type bool, bit or string"),
    (
        {"name": "a", "address": 1, "type": "string", "length": 4, "byteOrder": "DCBA"},
        "byteOrder of a string is ABCD or BADC",
    ),
    (
        {"name": "a", "address": 1, "type": "uint16", "write": {"function": "mask"}},
        "write.function mask (FC22) changes bits of a holding register: it goes with type bit",
    ),
    (
        {"name": "a", "address": 1, "type": "float32", "write": {"function": "single"}},
        "write.function single (FC06) writes one word, and a value of several goes out in one request",
    ),
]


@pytest.mark.parametrize(("register", "told"), REFUSED)
async def test_a_register_that_contradicts_itself_is_refused(site: Site, register: dict[str, Any], told: str) -> None:
    """What cannot be right is refused when it is applied, with the way out."""
    await policy_in_force(site)
    assert told in await refusal(site, registers=[register])


@pytest.mark.parametrize(
    ("spec", "told"),
    [
        ({}, "say what the PLC must hold: targetRegister and targetValue, or registers, or templateRef"),
        ({"targetRegister": 1}, "targetRegister and targetValue go together: give both"),
        ({"targetRegister": 1, "targetValue": 1, "registers": [SPEED]}, "are the short form of a map of one register"),
        (
            {"targetRegister": 1, "targetValue": 1, "templateRef": {"name": "em"}},
            "are the short form of a map of one register",
        ),
        ({"registers": []}, "spec.registers in body should have at least 1 items"),
        ({"registers": [SPEED, SPEED]}, 'spec.registers[1]: Duplicate value: {"name":"speed"}'),
        ({"registers": [SPEED], "connection": {"transport": "serial"}}, "spec.connection.transport"),
        ({"registers": [SPEED], "connection": {"maxWordsPerRead": 126}}, "should be less than or equal to 125"),
        (
            {"registers": [SPEED], "connection": {"tlsServerName": "plc"}},
            "tlsServerName goes with transport tls: add transport: tls, or drop it",
        ),
        (
            {"registers": [SPEED], "timeoutSecs": 1, "connection": {"timeoutSecs": 1}},
            "timeoutSecs is the short form of connection.timeoutSecs: keep one of them",
        ),
        ({"registers": [SPEED], "connection": {"timeoutSecs": 6}}, "lower timeoutSecs or raise pollIntervalSecs"),
        ({"registers": [SPEED], "identity": {}}, "identity names nothing: give vendor, productCode or revision"),
    ],
)
async def test_a_spec_that_contradicts_itself_is_refused(site: Site, spec: dict[str, Any], told: str) -> None:
    """Short form, map and template, timeouts, TLS and identity are checked against each other when applied."""
    assert told in await refusal(site, **spec)


@pytest.mark.parametrize(
    ("register", "told"),
    [
        (
            {"name": "speed", "address": 1, "type": "float32", "max": 100, "value": 120.5},
            "the value 120.5 of speed is outside its limits, no min and max 100: it would never be written",
        ),
        (
            {"name": "speed", "address": 1, "min": 5, "max": 10, "value": 4},
            "the value 4 of speed is outside its limits",
        ),
        ({"name": "seen", "table": "input", "address": 1, "value": 4}, "seen is in a table that is read-only"),
        ({"name": "seen", "reference": 10017, "value": True}, "seen is in a table that is read-only"),
    ],
)
async def test_a_value_that_would_never_be_written_is_refused(site: Site, register: dict[str, Any], told: str) -> None:
    """A value outside its limits, or where nothing can be written, is refused when it is applied."""
    await policy_in_force(site)
    assert told in await refusal(site, registers=[{**SPEED, "name": "other"}, register])


async def test_values_at_their_limits_are_taken(site: Site) -> None:
    """A value at its limit, a name, and a register that is only observed pass the admission policy."""
    await policy_in_force(site)
    await apply(
        site,
        registers=[
            {"name": "low", "address": 1, "min": 5, "max": 10, "value": 5},
            {"name": "high", "address": 2, "type": "float32", "max": 10.5, "value": 10.5},
            {"name": "name", "address": 4, "min": 0, "max": 1, "enum": {"Off": 0}, "value": "Off"},
            {"name": "seen", "reference": 30001, "min": 5},
        ],
    )


def large_map() -> list[dict[str, Any]]:
    """Return 500 registers that say more than most do."""
    return [
        {
            "name": f"feeder-{number:03d}.current",
            "address": 2 * number,
            "type": "float32",
            "byteOrder": "CDAB",
            "unit": "A",
            "value": number + 0.5,
            "min": 0,
            "max": 1000,
        }
        for number in range(500)
    ]


async def test_a_map_of_500_registers_stays_small(site: Site) -> None:
    """500 registers with all that the operator says of them are taken, and make an object below 200 KB."""
    await policy_in_force(site)
    await apply(site, registers=large_map())
    registers = tuple(
        RegisterStatus(name=each["name"], desired=str(each["value"]), actual="417.25", raw="0x43D0A000", in_sync=False)
        for each in large_map()
    )
    status = IndustrialPLCStatus(registers_in_sync="0/500", registers=registers)
    patch = {"status": status.model_dump(mode="json", exclude_none=True)}
    await site.client.patch(IndustrialPLC.Status, "mixer", patch, namespace=site.namespace, patch_type=PatchType.MERGE)
    stored = await site.get("mixer")
    assert len(stored["status"]["registers"]) == len(stored["spec"]["registers"]) == 500
    size = len(json.dumps(stored, separators=(",", ":")).encode())
    assert size < 200_000, f"{size} bytes"
    with pytest.raises(ApiError, match="must have at most 500 items"):
        await apply(site, registers=[*large_map(), {"name": "one-more", "address": 60000}])


TEMPLATE = {
    "parameters": [
        {"name": "unit", "description": "Modbus unit id"},
        {"name": "ratio", "default": 1},
        {"name": "words"},
    ],
    "pollIntervalSecs": 10,
    "connection": {"transport": "rtuOverTcp", "maxWordsPerRead": "${words}"},
    "registers": [{"name": "volts", "address": 0, "unitId": "${unit}", "type": "int32", "scale": "${ratio}"}],
}


async def test_a_template_is_taken_with_placeholders(site: Site) -> None:
    """A template may hold a placeholder where a number belongs, and a resource may say only in what it differs."""
    body = {
        "apiVersion": "fabgitops.io/v1",
        "kind": "IndustrialPLCTemplate",
        "metadata": {"name": "em340", "namespace": site.namespace},
        "spec": TEMPLATE,
    }
    stored = await site.client.create(IndustrialPLCTemplate.from_dict(body))
    assert stored["spec"] == TEMPLATE
    plc = await apply(
        site,
        templateRef={"name": "em340", "parameters": {"unit": 7, "ratio": 0.1, "name": "x", "on": True}},
        registers=[{"name": "volts", "value": 230.5}, {"name": "limit", "value": None, "padding": None}],
    )
    assert plc["spec"]["registers"][1] == {"name": "limit", "value": None, "padding": None}
    assert plc["spec"]["templateRef"]["parameters"] == {"unit": 7, "ratio": 0.1, "name": "x", "on": True}
    assert "pollIntervalSecs" not in plc["spec"]


@pytest.mark.parametrize(
    ("register", "told"),
    [
        ({"name": "${x}"}, "spec.registers[0].name"),
        ({"address": 1}, "spec.registers[0].name: Required value"),
        ({"name": "a", "type": 5}, "spec.registers[0].type"),
    ],
)
async def test_a_bad_template_is_refused(site: Site, register: dict[str, Any], told: str) -> None:
    """A register of a template needs a plain name, and text where text belongs."""
    body = {
        "apiVersion": "fabgitops.io/v1",
        "kind": "IndustrialPLCTemplate",
        "metadata": {"name": "bad", "namespace": site.namespace},
        "spec": {"registers": [register]},
    }
    with pytest.raises(ApiError) as refused:
        await site.client.create(IndustrialPLCTemplate.from_dict(body))
    assert told in str(refused.value.status.message)
