"""What the API server takes the operator takes, and the other way round: a few hundred manifests of each kind.

Each difference is listed here with its reason; those that a user may meet stand on the troubleshooting page too.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from fabgitops_core.api.kinds import Kind
from fabgitops_core.api.plc.industrialplc import INDUSTRIAL_PLC, IndustrialPLCSpec
from fabgitops_core.api.plc.resolving import Unresolved, resolved
from fabgitops_core.api.plc.template import INDUSTRIAL_PLC_TEMPLATE, IndustrialPLCTemplateSpec
from fabgitops_core.api.refusals import sentences
from pydantic import ValidationError

from .conftest import Site, until
from .corpus import Spec, resources, templates

pytestmark = pytest.mark.integration

HEADERS = {"Content-Type": "application/json"}
USER = {"deviceAddress": "10.0.0.5", "templateRef": {"name": "tried"}}

DOUBLES = {
    r"'18446744073709551616': it does not fit uint64": "CEL counts in doubles, which are no nearer together there",
    r"9007199254740\.5: JSON keeps 53 bits": "CEL does not know how far doubles lie apart there",
    "it is too large for float64": "CEL has no number for 1e400",
    "it is too small for float32, which would make it 0": "CEL does not know how a float is rounded",
}
WINDOWS = {
    r"schedule is .*: its .* is none that cron has, or that ever comes": "CEL cannot evaluate cron",
    "it is no time zone of the IANA database": "CEL may not have the zones of the operator",
}
SCALES = {
    "name the one that holds the power of ten": "CEL would have to take references apart for a slip that does no harm",
    "both are read in one request, so they are of one table": "the same",
}
READINGS = {
    "that is where and how it is written": "CEL would have to take references apart for a slip that does no harm",
}
LEFT_TO_THE_PLC = {
    "a group goes out as one, with a value for each": "a PLC may give the value",
    r"no other register is in it|which one request would write|one request is about one|of one request": (
        "a PLC may add registers to a group, and take some out"
    ),
    "there is no value to be repeated": "where a template says no value, a PLC may",
    "it must not be shorter than pollIntervalSecs": "a PLC may say how often it is polled",
    "the values that are written have no names": "a PLC may say the names",
    "it goes with type bits, which need it": "where a template says no type, a PLC may say bits",
    "NaN is for float32 and float64": "where a template says no type, a PLC may say a float",
    "say where it is: address": "a PLC may say where it is",
    "it goes with type string": "where a template says no type, a PLC may say string",
    "type bit or bits, which need it": "a PLC may say which bit, or the type",
    "it goes with table holding, type bit": "where a template says no type, a PLC may say bit",
    "timeoutSecs .* must not be longer than": "a PLC may have another interval",
    "it goes with transport (tls|rtuOverTcp)|with transport [a-zA-Z]+ it is not ignored": "a PLC may say the transport",
    "identity: it names nothing": "a PLC may say what",
}
ONLY_THE_OPERATOR = {
    INDUSTRIAL_PLC.name: DOUBLES | WINDOWS | SCALES | READINGS,
    INDUSTRIAL_PLC_TEMPLATE.name: DOUBLES | LEFT_TO_THE_PLC | SCALES | READINGS,
}
"""What passes the API server and is told as InvalidSpec: a pattern of what is told, and why it passes."""

SAFE = "the operator shows such a character escaped, and nothing is wrong with what it writes"
CONTROL = {
    r"should match '\^\(?\[\^\\p\{Cc\}": SAFE,
    "has a name with a control character": SAFE,
    r"registers\[0\].reference in body should match": "blanks around a reference do no harm, and are a slip",
}
OF_PLCS = {
    "holds a placeholder": "a text may look like one; the operator cannot tell, and a template writes it as $${x}",
    "is outside its limits": "beside a template the operator waits for the map, and nothing that it says would help",
    "is no name of a parameter": "no template has such a parameter, which is told as soon as there is the template",
    "timeoutSecs in body must be of type number": "a parameter of a template may fill in a text",
}
ONLY_THE_SERVER = {INDUSTRIAL_PLC.name: CONTROL | OF_PLCS, INDUSTRIAL_PLC_TEMPLATE.name: CONTROL}
"""What the API server refuses though the operator would look after it: a pattern of what is told, and why."""


def of_the_server(http: httpx.Client, kind: Kind, spec: Spec) -> tuple[str, Any]:
    """Return why the API server refuses a spec, or nothing and the spec as it would be stored."""
    body = {"apiVersion": "fabgitops.io/v1", "kind": kind.name, "metadata": {"name": "tried"}, "spec": spec}
    path = f"/apis/fabgitops.io/v1/namespaces/default/{kind.plural}?dryRun=All"
    answer = http.post(path, content=json.dumps(body), headers=HEADERS)
    assert answer.status_code < httpx.codes.INTERNAL_SERVER_ERROR, answer.text
    return ("", answer.json()["spec"]) if answer.is_success else (str(answer.json()["message"]), None)


def of_the_models(kind: Kind, spec: Any) -> str:
    """Return why the models refuse a spec; that of a template as soon as a PLC uses it without any word of its own."""
    try:
        if kind is INDUSTRIAL_PLC:
            IndustrialPLCSpec.model_validate(spec)
        else:
            resolved(IndustrialPLCSpec.model_validate(USER), IndustrialPLCTemplateSpec.model_validate(spec))
    except ValidationError as error:
        return sentences(error)
    except Unresolved as error:
        return str(error)
    return ""


async def in_force(site: Site) -> None:
    """Wait until the admission policy is in force, which takes the API server a moment."""
    outside = {"registers": [{"name": "a", "address": 1, "max": 1, "value": 2}]}
    with site.plane.client() as http:
        await until(
            lambda: of_the_server(http, INDUSTRIAL_PLC_TEMPLATE, outside)[0], "the admission policy is in force"
        )


def differences(
    http: httpx.Client, kind: Kind, specs: Iterator[tuple[str, Spec]]
) -> tuple[dict[str, str], dict[str, str]]:
    """Return what only the models refuse and what only the API server does, by the manifest's name, with the words."""
    models, server = {}, {}
    for name, spec in specs:
        refused, stored = of_the_server(http, kind, spec)
        assert "expression" not in refused or "failed" not in refused, f"{name}: {refused}"
        wrong = of_the_models(kind, json.loads(json.dumps(spec)) if refused else stored)
        if refused and not wrong:
            server[name] = refused
        if wrong and not refused:
            models[name] = wrong
    return models, server


@pytest.mark.parametrize(
    ("kind", "specs"),
    [(INDUSTRIAL_PLC, resources), (INDUSTRIAL_PLC_TEMPLATE, templates)],
    ids=["industrialplcs", "industrialplctemplates"],
)
async def test_both_say_the_same(site: Site, kind: Kind, specs: Any) -> None:
    """Schema, rules and policy refuse what the models refuse and nothing else, but for what is listed with a reason."""
    await in_force(site)
    with site.plane.client() as http:
        models, server = differences(http, kind, specs())
    assert_listed(models, ONLY_THE_OPERATOR[kind.name])
    assert_listed(server, ONLY_THE_SERVER[kind.name])


def assert_listed(found: dict[str, str], listed: dict[str, str]) -> None:
    """Fail for a difference that is not listed, and for one that is listed and was not found."""
    told = {name: [pattern for pattern in listed if re.search(pattern, text)] for name, text in found.items()}
    assert {name: found[name] for name, patterns in told.items() if not patterns} == {}
    assert listed.keys() - {pattern for patterns in told.values() for pattern in patterns} == set()
