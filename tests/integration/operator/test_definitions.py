"""The definitions on a real API server: how deep and how long a body may be, zeros, nulls, and `kubectl wait`."""

import copy
import json
from typing import Any

import pytest
from fabgitops_core.api.crd import definition
from fabgitops_core.api.kinds import Kind
from fabgitops_core.api.plc.industrialplc import INDUSTRIAL_PLC
from fabgitops_core.api.plc.template import INDUSTRIAL_PLC_TEMPLATE
from fabgitops_core.api.schema import structural
from lightkube import codecs
from lightkube.core.exceptions import ApiError
from lightkube.resources.admissionregistration_v1 import ValidatingAdmissionPolicyBinding
from lightkube.types import PatchType

from ..planes import Plane, Reason, only_kubernetes
from .conftest import FIELD_MANAGER, IndustrialPLC, Site, install, until

pytestmark = pytest.mark.integration

REGISTER = {"name": "a", "address": 1}
PLC = {"deviceAddress": "10.0.0.5"}


def refusal(plane: Plane, kind: Kind, spec: dict[str, Any] | str) -> str:
    """Return what the API server says to a spec, which may be JSON already; nothing where it takes it."""
    text = spec if isinstance(spec, str) else json.dumps(spec)
    head = f'"apiVersion": "fabgitops.io/v1", "kind": "{kind.name}", "metadata": {{"generateName": "any-"}}'
    path = f"/apis/fabgitops.io/v1/namespaces/default/{kind.plural}?dryRun=All"
    with plane.client() as http:
        answer = http.post(path, content=f'{{{head}, "spec": {text}}}', headers={"Content-Type": "application/json"})
    return "" if answer.is_success else str(answer.json()["message"])


def deep(levels: int, field: str) -> str:
    """Return a register as JSON whose field is a list in a list, and so on."""
    return f'{{"name": "a", "address": 1, "{field}": {"[" * levels}1{"]" * levels}}}'


@pytest.mark.parametrize("field", ["value", "tolerance", "scale", "min", "unit", "enum", "address", "type"])
def test_nothing_is_nested_in_a_register(site: Site, field: str) -> None:
    """A list of lists in a field of a register is refused, in a resource and in a template, however deep."""
    for levels in (1, 1200):
        register = deep(levels, field)
        for kind, spec in (
            (INDUSTRIAL_PLC_TEMPLATE, f'{{"registers": [{register}]}}'),
            (INDUSTRIAL_PLC, f'{{"deviceAddress": "10.0.0.5", "registers": [{register}]}}'),
        ):
            told = refusal(site.plane, kind, spec)
            assert f"spec.registers[0].{field}" in told or (levels > 1 and "nested too deeply" in told)


@pytest.mark.parametrize("given", [[], {}, [[1]], {"a": {"b": 1}}])
def test_no_list_and_no_mapping_is_a_value(site: Site, given: object) -> None:
    """A value, a tolerance, a parameter and its default hold no list and no mapping, not even an empty one."""
    entry = {"registers": [{**REGISTER, "value": given}]}
    assert "spec.registers[0].value" in refusal(site.plane, INDUSTRIAL_PLC, {**PLC, **entry})
    assert "spec.registers[0].value" in refusal(site.plane, INDUSTRIAL_PLC_TEMPLATE, entry)
    used = {**PLC, "templateRef": {"name": "em", "parameters": {"unit": given}}}
    assert "spec.templateRef.parameters.unit" in refusal(site.plane, INDUSTRIAL_PLC, used)
    declared = {"registers": [REGISTER], "parameters": [{"name": "unit", "default": given}]}
    assert "spec.parameters[0].default" in refusal(site.plane, INDUSTRIAL_PLC_TEMPLATE, declared)


@pytest.mark.parametrize("kind", [INDUSTRIAL_PLC, INDUSTRIAL_PLC_TEMPLATE], ids=lambda kind: kind.plural)
def test_no_spec_is_endless(kind: Kind) -> None:
    """Each list, mapping and text of a spec has a greatest size, so that no body grows but by what it says."""

    def endless(schema: dict[str, Any], path: str) -> list[str]:
        limits = {"array": "maxItems", "string": "maxLength", None: "maxLength"}
        limit = "maxProperties" if "additionalProperties" in schema else limits.get(schema.get("type"))
        words = schema.get("pattern", "").startswith("^(") or "enum" in schema
        found = [path] if limit and limit not in schema and not words else []
        for name, field in schema.get("properties", {}).items():
            found += endless(field, f"{path}.{name}")
        for inner in ("items", "additionalProperties"):
            found += endless(schema[inner], f"{path}[]") if inner in schema else []
        return found

    assert endless(structural(kind.spec), "spec") == []


@pytest.mark.parametrize("where", ["timeoutSecs", "connection"])
def test_no_time_is_not_a_timeout(site: Site, where: str) -> None:
    """A timeout of 0 is refused as one of 0.05 is, with the way out."""
    spec = {**PLC, "targetRegister": 1, "targetValue": 1}
    for given in (0, 0.05):
        timeout = {"timeoutSecs": given}
        told = refusal(site.plane, INDUSTRIAL_PLC, spec | ({where: timeout} if where == "connection" else timeout))
        assert "timeoutSecs" in told
        assert "0.1" in told


@pytest.mark.parametrize("field", ["table", "type", "padding", "bit", "unit", "enum", "value", "min", "address"])
def test_null_is_as_good_as_not_given(site: Site, field: str) -> None:
    """A field of a register that may be left out may also be null, in a resource and in a template."""
    register = {"name": "a", "reference": 40002} if field == "address" else REGISTER
    entry = {"registers": [{**register, field: None}]}
    assert refusal(site.plane, INDUSTRIAL_PLC, {**PLC, **entry}) == ""
    assert refusal(site.plane, INDUSTRIAL_PLC_TEMPLATE, entry) == ""


async def test_a_condition_gets_no_generation_that_nobody_gave(site: Site) -> None:
    """A condition stays as it was written, so that `kubectl wait` goes by the status's own observedGeneration."""
    await site.apply("mixer", 502)
    condition = {"type": "Ready", "status": "True", "reason": "Told", "lastTransitionTime": "2026-01-01T00:00:00Z"}
    patch = {"status": {"conditions": [condition]}}
    await site.client.patch(IndustrialPLC.Status, "mixer", patch, namespace=site.namespace, patch_type=PatchType.MERGE)
    assert (await site.status("mixer"))["conditions"] == [condition]


@pytest.mark.parametrize("name", [".plc.example", "a" * 64, "plc..example", "pl\0c", "plc:802", "[::1]", "1.2.3"])
def test_a_server_name_is_a_host(site: Site, name: str) -> None:
    """What no certificate can be for is refused as tlsServerName, also in a template, with what may stand there."""
    connection = {"connection": {"transport": "tls", "tlsServerName": name}}
    for kind, spec in ((INDUSTRIAL_PLC, PLC), (INDUSTRIAL_PLC_TEMPLATE, {})):
        told = refusal(site.plane, kind, {**spec, "registers": [REGISTER], **connection})
        assert "tlsServerName must be an IPv4 address, an IPv6 address without brackets, or a host name" in told


@pytest.mark.parametrize("given", ["a\nb", "\x1b[2J", "a\u2028b", "\u202eb"])
def test_what_people_read_holds_no_control_characters(site: Site, given: str) -> None:
    """Line breaks, escape sequences and marks that turn the writing are refused in units, tags and template names."""
    specs: dict[str, dict[str, Any]] = {
        "unit": {"registers": [{**REGISTER, "unit": given}]},
        "tags": {"registers": [REGISTER], "tags": [given]},
        "templateRef.name": {"templateRef": {"name": given}},
    }
    for field, spec in specs.items():
        assert f"spec.{field}" in refusal(site.plane, INDUSTRIAL_PLC, {**PLC, **spec}).replace("registers[0].", "")


def test_a_description_may_have_lines(site: Site) -> None:
    """The description of a parameter may be a block of lines, as YAML makes them, and steers no terminal."""
    spec = {"registers": [REGISTER], "parameters": [{"name": "unit", "description": "Unit id\nof the meter\n"}]}
    assert refusal(site.plane, INDUSTRIAL_PLC_TEMPLATE, spec) == ""
    steering = {**spec, "parameters": [{"name": "unit", "description": "\x1b[2J"}]}
    assert "spec.parameters[0].description" in refusal(site.plane, INDUSTRIAL_PLC_TEMPLATE, steering)


STORED_BEFORE: dict[str, dict[str, Any]] = {
    "nested": {"registers": [{**REGISTER, "value": [[1]]}]},
    "unit": {"registers": [{**REGISTER, "unit": "a\nb", "tolerance": None, "enum": {"a\nb": 1}}]},
    "reference": {"registers": [{"name": "a", "reference": 40000}]},
    "timeout": {"registers": [REGISTER], "timeoutSecs": 0, "tags": ["a\nb"]},
    "server-name": {"registers": [REGISTER], "connection": {"transport": "tls", "tlsServerName": "plc..x"}},
    "template-name": {"templateRef": {"name": "Em 340", "parameters": {"a b": 1}}},
    "misfit": {"registers": [{**REGISTER, "value": 70000}, {"name": "b", "address": 1}]},
}


@only_kubernetes(Reason.DEFINITIONS)
async def test_what_was_stored_before_can_still_be_told_of(site: Site) -> None:
    """An object that today's definitions refuse takes its status, and a request to sync, as it did before."""
    strict = definition(INDUSTRIAL_PLC)
    loose = copy.deepcopy(strict)
    anything = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    loose["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"] = anything
    await site.client.delete(ValidatingAdmissionPolicyBinding, "industrialplcs.fabgitops.io")
    await site.client.apply(codecs.from_dict(loose), field_manager=FIELD_MANAGER, force=True)

    async def stored(name: str) -> bool:
        body = {"metadata": {"name": name, "namespace": site.namespace}, "spec": {**PLC, **STORED_BEFORE[name]}}
        try:
            await site.client.create(IndustrialPLC.from_dict(body))
        except ApiError:
            return False
        return True

    for name in STORED_BEFORE:
        await until(lambda name=name: stored(name), f"{name} is stored")  # type: ignore[misc]
    await install(site.client)
    refused = {**PLC, **STORED_BEFORE["timeout"]}
    await until(lambda: refusal(site.plane, INDUSTRIAL_PLC, refused), "the definition is in force")
    for name in STORED_BEFORE:
        patch = {"status": {"message": "told"}}
        await site.client.patch(IndustrialPLC.Status, name, patch, namespace=site.namespace, patch_type=PatchType.MERGE)
        await site.sync(name, "now")
        assert (await site.status(name))["message"] == "told"
