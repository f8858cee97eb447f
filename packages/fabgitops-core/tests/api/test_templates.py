"""A template and a resource made into one spec: what goes first, where it came from, and what is refused."""

from typing import Any

import pytest
from fabgitops_core.api.plc.industrialplc import IndustrialPLCSpec
from fabgitops_core.api.plc.resolving import Resolution, Unresolved, resolved
from fabgitops_core.api.plc.template import IndustrialPLCTemplateSpec
from fabgitops_core.api.refusals import sentences
from fabgitops_core.codec.tables import Table
from pydantic import ValidationError

METER: dict[str, Any] = {
    "parameters": [
        {"name": "unit", "description": "Modbus unit id of the meter"},
        {"name": "ratio", "default": 1},
        {"name": "limit", "default": 100.5},
        {"name": "site", "default": "hall"},
    ],
    "pollIntervalSecs": 10,
    "connection": {"transport": "rtuOverTcp", "requestDelayMs": 20, "timeoutSecs": 8},
    "identity": {"vendor": "ACME", "productCode": "M-${site}"},
    "registers": [
        {"name": "volts", "reference": 30001, "unitId": "${unit}", "type": "int32", "scale": 0.1, "unit": "V"},
        {"name": "amps", "address": 12, "unitId": "${unit}", "scale": "${ratio}", "unit": "A ${site} $${x}"},
        {
            "name": "limit",
            "address": 90,
            "type": "float32",
            "value": "${limit}",
            "max": 200,
            "write": {"verify": False},
        },
    ],
}


def meter(**changes: Any) -> IndustrialPLCTemplateSpec:
    """Return the template of a meter, but for these changes."""
    return IndustrialPLCTemplateSpec.model_validate({**METER, **changes})


def plc(*registers: dict[str, Any], parameters: dict[str, Any] | None = None, **fields: Any) -> IndustrialPLCSpec:
    """Return a resource that takes its map from the template em340."""
    given = {"unit": 7} if parameters is None else parameters
    own = {"registers": list(registers)} if registers else {}
    body = {"deviceAddress": "10.0.0.5", "templateRef": {"name": "em340", "parameters": given}, **own, **fields}
    return IndustrialPLCSpec.model_validate(body)


def made(spec: IndustrialPLCSpec, **changes: Any) -> Resolution:
    """Return what the resource and the template make."""
    return resolved(spec, meter(**changes))


def test_a_template_is_filled_in() -> None:
    """Parameters take the place of placeholders, as the numbers they are, and defaults where none is given."""
    volts, amps, limit = made(plc(parameters={"unit": 7, "ratio": 0.01})).spec.registers_wanted
    assert (volts.place, volts.unit_id) == ((Table.INPUT, 0), 7)
    assert (amps.scale, amps.unit) == (0.01, "A hall ${x}")
    assert (limit.value, limit.max) == (100.5, 200)


def test_defaults_of_the_template_hold_where_the_resource_is_silent() -> None:
    """Interval, connection and identity come from the template, field by field after what the resource says."""
    spec = made(plc(connection={"requestDelayMs": 50}, identity={"revision": "2"})).spec
    assert (spec.poll_interval_secs, spec.timeout) == (10, 8)
    assert (spec.connection.transport, spec.connection.request_delay_ms) == ("rtuOverTcp", 50)
    assert spec.identity is not None
    assert spec.identity.objects == {0: "ACME", 1: "M-hall", 2: "2"}
    assert spec.template_ref is None
    own = made(plc(pollIntervalSecs=2, timeoutSecs=1.5)).spec
    assert (own.poll_interval_secs, own.timeout) == (2, 1.5)


def test_the_resource_goes_first() -> None:
    """A register of the same name is changed where the resource says so, one of another name is added at the end."""
    made_of = made(
        plc(
            {"name": "limit", "value": 50, "write": {"verifyDelayMs": 30}},
            {"name": "volts", "address": 4},
            {"name": "own", "address": 7, "value": 1},
        )
    )
    volts, _, limit, own = made_of.spec.registers_wanted
    assert (limit.value, limit.max, limit.write.verify, limit.write.verify_delay_ms) == (50, 200, False, 30)
    assert volts.place == (Table.INPUT, 4)
    assert own.encoded == (1,)


def test_an_address_stays_in_the_table_of_the_reference_that_it_replaces() -> None:
    """A coil that a resource moves by its address stays a coil, unless the resource names another table."""
    pump = {"name": "pump", "reference": "00011", "value": 1}
    registers = [*METER["registers"], pump]
    places = [
        made(plc({"name": "pump", "address": 11, **own}), registers=registers).spec.registers_wanted[3].place
        for own in ({}, {"table": "holding"})
    ]
    assert places == [(Table.COIL, 11), (Table.HOLDING, 11)]


def test_a_value_can_be_taken_away() -> None:
    """A resource that says null for a value only observes the register."""
    assert made(plc({"name": "limit", "value": None})).spec.registers_wanted[2].encoded is None


def test_where_each_value_came_from() -> None:
    """Each register tells whether template, parameter or resource said what it is."""
    origins = made(plc({"name": "limit", "value": 50}, {"name": "own", "address": 7})).origins
    assert {name: str(origin) for name, origin in origins.items()} == {
        "volts": "template; unitId from parameter unit",
        "amps": "template; unitId from parameter unit; scale from parameter ratio; unit from parameter site",
        "limit": "template; value from the resource",
        "own": "resource",
    }


def test_without_a_template_all_is_the_resources() -> None:
    """A resource that names no template is its own map."""
    spec = IndustrialPLCSpec.model_validate({"deviceAddress": "plc", "targetRegister": 1, "targetValue": 2})
    found = resolved(spec, meter())
    assert found.spec is spec
    assert {name: str(origin) for name, origin in found.origins.items()} == {"target": "resource"}


@pytest.mark.parametrize(
    ("spec", "told"),
    [
        (
            plc(parameters={}),
            "parameters.unit is missing: template em340 has no default for it (Modbus unit id of the meter)",
        ),
        (plc(parameters={"unit": None}), "spec.templateRef.parameters.unit is missing"),
        (
            plc(parameters={"unit": 7, "untit": 8}),
            "parameters.untit is 8: template em340 has no such parameter; it has limit, ratio, site, unit",
        ),
        (plc(parameters={"unit": "x"}), "with template em340: spec.registers[0].unitId is 'x': "),
        (plc(parameters={"unit": 7, "limit": 201}), "spec.registers[2].value is 201: it is above max (200)"),
        (plc({"name": "more", "value": 1}), "with template em340: spec.registers[3]: say where it is"),
        (
            plc({"name": "limit", "unitId": 1}, {"name": "more", "address": 91}),
            "more (holding 91) overlaps registers[2], limit (holding 90 to 91)",
        ),
        (plc(pollIntervalSecs=5), "spec.connection.timeoutSecs is 8.0: timeoutSecs (8) must not be longer"),
    ],
)
def test_what_does_not_come_together(spec: IndustrialPLCSpec, told: str) -> None:
    """A parameter that is unknown or missing, and a map that makes no sense once filled in, are told with a way out."""
    with pytest.raises(Unresolved) as refused:
        made(spec)
    assert told in str(refused.value)


def test_a_parameter_that_may_have_lost_digits_is_refused() -> None:
    """A parameter from 2^53 on needs quotes, whatever the template makes of it: it might be put into a longer text."""
    with pytest.raises(ValidationError) as refused:
        plc(parameters={"unit": 7, "limit": 18446744073709552000})
    assert "spec.templateRef.parameters.limit is 18446744073709552000: JSON keeps 53 bits" in sentences(refused.value)
    assert plc(parameters={"unit": 7, "limit": "18446744073709551615"}).template_ref


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        (
            {"registers": [{"name": "a", "address": "${base}"}]},
            "address is '${base}': the template has no parameter base; it declares limit, ratio, site, unit",
        ),
        ({"parameters": [], "identity": None}, "the template has no parameter unit; it declares none"),
        ({"registers": [{"address": 1}]}, "spec.registers[0].name: a register needs a name, without a placeholder"),
        ({"registers": [{"name": "${unit}"}]}, "a register needs a name, without a placeholder"),
        ({"parameters": [{"name": "1st"}]}, "spec.parameters[0].name is '1st'"),
        (
            {"parameters": [{"name": "unit", "default": 9223372036854776000}]},
            "spec.parameters[0].default is 9223372036854776000: JSON keeps 53 bits of a number, so its last digits",
        ),
        ({"registers": []}, "spec.registers"),
    ],
)
def test_a_template_that_makes_no_sense(changes: dict[str, Any], told: str) -> None:
    """A placeholder that no parameter stands for, and a register without a plain name, are refused in the template."""
    with pytest.raises(ValidationError) as refused:
        meter(**changes)
    assert told in sentences(refused.value)


@pytest.mark.parametrize("where", ["identity", "unit", "connection"])
def test_a_fraction_is_no_text(where: str) -> None:
    """A number with a fraction that goes into a longer text is refused with the way out, wherever the text stands."""
    register = {"name": "volts", "address": 1, **({"unit": "V${rev}"} if where == "unit" else {})}
    fields: dict[str, Any] = {"registers": [register], "identity": None, "connection": None}
    if where != "unit":
        fields[where] = (
            {"productCode": "V${rev}"}
            if where == "identity"
            else {"tlsServerName": "V${rev}.plant", "transport": "tls"}
        )
    rev: dict[str, Any] = {"name": "rev"}
    template = meter(parameters=[rev], **fields)
    with pytest.raises(
        Unresolved, match=r"spec\.templateRef\.parameters\.rev is 1\.1 without .*'V\$\{rev\}.*in quotes"
    ):
        resolved(plc(parameters={"rev": 1.10}), template)
    assert "V1.10" in str(resolved(plc(parameters={"rev": "1.10"}), template).spec)
    assert "V7" in str(resolved(plc(parameters={"rev": 7}), template).spec)
    with pytest.raises(Unresolved, match=r"the default of rev in template em340 is 1\.1 without quotes"):
        resolved(plc(parameters={}), meter(parameters=[{**rev, "default": 1.10}], **fields))


def test_a_fraction_alone_is_a_number() -> None:
    """The same parameter may fill in a field by itself, with quotes and without."""
    for limit in (99.5, "99.5"):
        registers = made(plc(parameters={"unit": 7, "limit": limit})).spec.registers_wanted
        assert [str(each.value) for each in registers if each.name == "limit"] == ["99.5"]
