"""What is generated from the models: structural schemas, and the CustomResourceDefinition."""

from collections.abc import Iterator
from typing import Annotated, Any

import pytest
from fabgitops_core.api.crd import definition
from fabgitops_core.api.meta import ApiModel
from fabgitops_core.api.plc.industrialplc import INDUSTRIAL_PLC, IndustrialPLCSpec, IndustrialPLCStatus
from fabgitops_core.api.plc.template import IndustrialPLCTemplateSpec
from fabgitops_core.api.rollout.rollout import ROLLOUT
from fabgitops_core.api.schema import structural
from pydantic import Field

VALIDATIONS = "x-kubernetes-validations"


def schemas(schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield a schema and every schema in it."""
    yield schema
    for inner in schema.get("properties", {}).values():
        yield from schemas(inner)
    for inner in ("items", "additionalProperties"):
        if inner in schema:
            yield from schemas(schema[inner])


@pytest.mark.parametrize("model", [IndustrialPLCSpec, IndustrialPLCStatus, IndustrialPLCTemplateSpec])
def test_schemas_are_structural(model: type[ApiModel]) -> None:
    """Each part of a schema has a type or says that it may be anything, and nothing that Kubernetes forbids."""
    free = {"x-kubernetes-preserve-unknown-fields", "x-kubernetes-int-or-string"}
    for part in schemas(structural(model)):
        assert part.keys() & free or part["type"] in {"object", "array", "string", "integer", "number", "boolean"}
        assert not part.keys() & {"$ref", "$defs", "anyOf", "const", "title", "x-unstored"}


def test_an_optional_field_is_nullable() -> None:
    """A field that may be absent may also be null, and keeps its bounds and its description."""
    timeout = structural(IndustrialPLCSpec)["properties"]["timeoutSecs"]
    assert (timeout["type"], timeout["nullable"], timeout["minimum"], timeout["maximum"]) == ("number", True, 0.1, 60)
    assert timeout["description"].startswith("Seconds to wait")


def test_an_optional_choice_is_a_pattern() -> None:
    """A choice that may be null is a pattern, as no enum lets null through; one that may not be null stays an enum."""
    register = structural(IndustrialPLCSpec)["properties"]["registers"]["items"]["properties"]
    assert (register["table"]["pattern"], register["table"]["nullable"]) == ("^(holding|input|coil|discrete)$", True)
    assert register["encoding"]["enum"] == ["ascii", "latin-1", "utf-8"]


def test_a_template_has_the_bounds_of_what_it_becomes() -> None:
    """Each field of a template's register is bounded as the register's own, or holds a placeholder."""
    register = structural(IndustrialPLCTemplateSpec)["properties"]["registers"]["items"]["properties"]
    address = register["address"]
    assert (address["minimum"], address["maximum"], address["pattern"]) == (0, 65535, r"\$\{[A-Za-z]")
    assert register["table"]["pattern"] == r"^(holding|input|coil|discrete)$|\$\{[A-Za-z]"
    assert register["reference"]["pattern"] == r"^[0-9]{1,6}$|\$\{[A-Za-z]"
    assert register["scale"]["maxItems"] == register["scale"]["maxProperties"] == 0


def test_a_workload_is_scaled_by_programs_that_do_not_know_it() -> None:
    """A Rollout has a scale subresource, whose paths lead to fields that there are; what nobody scales has none."""
    version = definition(ROLLOUT)["spec"]["versions"][0]
    scale = version["subresources"]["scale"]
    for path in scale.values():
        part, field = path.removeprefix(".").split(".")
        assert field in version["schema"]["openAPIV3Schema"]["properties"][part]["properties"]
    assert definition(INDUSTRIAL_PLC)["spec"]["versions"][0]["subresources"] == {"status": {}}


def test_integers_say_their_size() -> None:
    """A bounded integer is an int32, an unbounded one an int64."""
    assert structural(IndustrialPLCSpec)["properties"]["targetValue"]["format"] == "int32"
    assert structural(IndustrialPLCStatus)["properties"]["driftEvents"]["format"] == "int64"


def test_required_and_defaults() -> None:
    """The API server demands what has no default, and fills in what has one that no template may change."""
    schema = structural(IndustrialPLCSpec)
    assert schema["required"] == ["deviceAddress"]
    defaults = {name: field["default"] for name, field in schema["properties"].items() if "default" in field}
    assert defaults == {
        "port": 502,
        "unitId": 1,
        "suspend": False,
        "tags": [],
    }


def test_every_field_is_described() -> None:
    """`kubectl explain` has a sentence for each field of spec and status."""
    for model in (IndustrialPLCSpec, IndustrialPLCStatus, IndustrialPLCTemplateSpec):
        for part in schemas(structural(model)):
            for name, field in part.get("properties", {}).items():
                assert field.get("description"), name


class _Named(ApiModel):
    labels: dict[Annotated[str, Field(pattern="^[a-z]+$", max_length=9)], Annotated[str, Field(max_length=63)]]


def test_keys_of_a_mapping_are_the_models_to_check() -> None:
    """A mapping whose keys have a pattern is one to what its values are: the API server asks nothing of the keys."""
    assert structural(_Named)["properties"]["labels"] == {
        "type": "object",
        "additionalProperties": {"type": "string", "maxLength": 63},
    }


class _Union(ApiModel):
    either: int | str = 0


class _Mapping(ApiModel):
    labels: dict[str, Any] = Field(default_factory=dict)


class _Exclusive(ApiModel):
    above: Annotated[int, Field(gt=0)] = 1


@pytest.mark.parametrize("model", [_Union, _Mapping, _Exclusive])
def test_an_unknown_shape_is_an_error(model: type[ApiModel]) -> None:
    """A model that has no structural form is refused when the CRD is made, not dropped from it."""
    with pytest.raises(ValueError, match="no structural form"):
        structural(model)


def test_rules_carry_a_message() -> None:
    """The rules of address and timeout say what to do, and the one that spans fields says which it blames."""
    rules = [rule for part in schemas(structural(IndustrialPLCSpec)) for rule in part.get(VALIDATIONS, [])]
    messages = [rule["message"] for rule in rules]
    assert [message for message in messages if message.startswith("deviceAddress must be an IPv4 address")]
    timeouts = [rule for rule in rules if rule["message"].startswith("timeoutSecs must not be longer")]
    assert [rule["fieldPath"] for rule in timeouts] == [".timeoutSecs", ".connection.timeoutSecs"]


def test_names() -> None:
    """The resource is found as industrialplcs, as plc, and in the category fabgitops, in a namespace."""
    crd = definition(INDUSTRIAL_PLC)
    assert crd["metadata"]["name"] == "industrialplcs.fabgitops.io"
    assert crd["spec"]["group"] == "fabgitops.io"
    assert crd["spec"]["scope"] == "Namespaced"
    names = crd["spec"]["names"]
    assert (names["kind"], names["plural"]) == ("IndustrialPLC", "industrialplcs")
    assert (names["shortNames"], names["categories"]) == (["plc"], ["fabgitops"])


def test_one_stored_version_with_a_status_of_its_own() -> None:
    """v1 is served and stored, and its status is a subresource."""
    (version,) = definition(INDUSTRIAL_PLC)["spec"]["versions"]
    assert (version["name"], version["served"], version["storage"]) == ("v1", True, True)
    assert version["subresources"] == {"status": {}}
    assert version["schema"]["openAPIV3Schema"]["required"] == ["spec"]


def test_printer_columns() -> None:
    """`kubectl get` shows eight columns, and three more with -o wide."""
    (version,) = definition(INDUSTRIAL_PLC)["spec"]["versions"]
    columns = [(column["name"], column.get("priority", 0)) for column in version["additionalPrinterColumns"]]
    first = ["Ready", "InSync", "Registers", "Target", "Actual", "Drifts", "Phase", "Age"]
    assert columns == [*((name, 0) for name in first), ("Endpoint", 1), ("Template", 1), ("LastError", 1)]


def test_the_status_has_no_defaults_and_keyed_conditions() -> None:
    """The API server puts no word into a status, and keeps one condition of each type."""
    (version,) = definition(INDUSTRIAL_PLC)["spec"]["versions"]
    status = version["schema"]["openAPIV3Schema"]["properties"]["status"]
    assert not [part for part in schemas(status) if "default" in part]
    conditions = status["properties"]["conditions"]
    assert (conditions["x-kubernetes-list-type"], conditions["x-kubernetes-list-map-keys"]) == ("map", ["type"])
