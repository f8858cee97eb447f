"""The resource as the API server sees it: what it refuses, what it shows, and one bad apple among good ones."""

import copy
from functools import partial
from typing import Any

import httpx2
import lightkube
import pytest
import yaml
from fabgitops_core.api.crd import definition
from fabgitops_core.api.meta import Key
from fabgitops_core.api.plc.industrialplc import INDUSTRIAL_PLC
from fabgitops_core.control.kinds import KINDS
from fabgitops_operator.cluster.install import manifests
from fabgitops_operator.cluster.kube import Kube
from fabgitops_operator.cluster.kubeconfig.access import by_kubeconfig
from fabgitops_operator.cluster.kubeconfig.files import chosen
from fabgitops_operator.hosting.echoes import version_of
from fabgitops_operator.hosting.errors import Conflict, Gone, Rejected
from lightkube import codecs
from lightkube.core.exceptions import ApiError
from mock_plc.device import Device
from mock_plc.server import serving

from ..planes import ACCOUNT, Plane, Reason, only_kubernetes
from .conftest import EVERY_KIND, FIELD_MANAGER, NUMBERS, IndustrialPLC, Site, install, until
from .test_maps import IndustrialPLCTemplate

pytestmark = pytest.mark.integration


async def refusal(site: Site, **spec: Any) -> str:
    """Return what the API server says to a manifest that it refuses."""
    with pytest.raises(ApiError) as refused:
        await site.apply("mixer", 502, **spec)
    return str(refused.value.status.message)


@pytest.mark.parametrize(
    ("spec", "told"),
    [
        (
            {"targetValue": 70000},
            "spec.targetValue: Invalid value: 70000: spec.targetValue in body should be less than",
        ),
        ({"targetValue": -1}, "spec.targetValue in body should be greater than or equal to 0"),
        ({"targetRegister": 65536}, "spec.targetRegister in body should be less than or equal to 65535"),
        ({"pollIntervalSecs": 0}, "spec.pollIntervalSecs in body should be greater than or equal to 1"),
        ({"port": 0}, "spec.port in body should be greater than or equal to 1"),
        ({"unitId": 256}, "spec.unitId in body should be less than or equal to 255"),
        ({"deviceAddress": "http://10.0.0.5"}, "it holds no scheme and no port"),
        ({"deviceAddress": "10.0.0.5:502"}, "it holds no scheme and no port"),
        ({"deviceAddress": "[::1]"}, "an IPv6 address without brackets"),
        ({"deviceAddress": "300.1.1.1"}, "deviceAddress must be an IPv4 address"),
        ({"timeoutSecs": 3, "pollIntervalSecs": 2}, "lower timeoutSecs or raise pollIntervalSecs"),
        ({"autoCorrect": "yes"}, "spec.autoCorrect"),
    ],
)
async def test_a_bad_manifest_is_refused_with_a_way_out(site: Site, spec: dict[str, Any], told: str) -> None:
    """A manifest that cannot be right is refused by the API server with a sentence that says what may stand there."""
    assert told in await refusal(site, **spec)


@pytest.mark.parametrize("address", ["10.0.0.5", "fe80::1", "plc-7.hall_1.example.com", "mixer"])
async def test_every_kind_of_address_is_taken(site: Site, address: str) -> None:
    """IPv4 and IPv6 addresses and host names are taken as they are."""
    await site.apply("mixer", 502, deviceAddress=address)
    assert (await site.get("mixer"))["spec"]["deviceAddress"] == address


async def test_defaults_stand_in_the_stored_object(site: Site) -> None:
    """A manifest as the field writes it today is taken unchanged, and filled in but for what a template may say."""
    body = {
        "apiVersion": "fabgitops.io/v1",
        "kind": "IndustrialPLC",
        "metadata": {"name": "short", "namespace": site.namespace},
        "spec": {"deviceAddress": "10.0.0.5", "targetRegister": 4001, "targetValue": 2500},
    }
    await site.client.create(IndustrialPLC.from_dict(body))
    assert (await site.get("short"))["spec"] == {
        **body["spec"],  # type: ignore[dict-item]  # a mapping, as it stands above
        "port": 502,
        "unitId": 1,
        "suspend": False,
        "tags": [],
    }


async def test_the_table_that_kubectl_shows(site: Site) -> None:
    """`kubectl get plc` shows the columns that were promised, and those of priority 1 in its wide form only."""
    async with serving(Device({4001: 2500, 4003: 2500, 4004: 7})) as port, site.operator():
        await site.apply("mixer", port, autoCorrect=False)
        await site.until_status("mixer", inSync=True)
        registers = [{"name": name, "address": address, "value": 2500} for name, address in (("a", 4003), ("b", 4004))]
        await site.apply("line", port, targetRegister=None, targetValue=None, registers=registers, autoCorrect=False)
        await site.until_status("line", registersInSync="1/2")
        with site.plane.client() as http:
            shown = http.get(
                f"/apis/fabgitops.io/v1/namespaces/{site.namespace}/industrialplcs",
                headers={"Accept": "application/json;as=Table;g=meta.k8s.io;v=v1"},
            ).json()
        columns = {each["name"]: each["priority"] for each in shown["columnDefinitions"]}
        assert columns == {
            **dict.fromkeys(("Name", "Ready", "InSync", "Registers", "Target", "Actual", "Drifts", "Phase", "Age"), 0),
            **dict.fromkeys(("Endpoint", "Template", "LastError"), 1),
        }
        of_a_map, cells = (dict(zip(columns, row["cells"], strict=True)) for row in shown["rows"])
        assert (cells["Ready"], cells["InSync"], cells["Target"], cells["Actual"]) == ("True", "True", 2500, "2500")
        assert cells["Registers"] == "1/1"
        assert (of_a_map["Registers"], of_a_map["Target"], of_a_map["Actual"]) == ("1/2", None, None)
        assert (cells["Drifts"], cells["Phase"], cells["Endpoint"]) == (0, "Connected", f"127.0.0.1:{port}")


async def test_a_template_shows_who_uses_it(site: Site) -> None:
    """`kubectl get plct` says of a template that it is valid, and how many use it at the moment."""
    ref = {"targetRegister": None, "targetValue": None, "templateRef": {"name": "drive"}, "suspend": True}
    spec = {"registers": [{"name": "speed", "address": 7}]}
    body = {"apiVersion": "fabgitops.io/v1", "kind": "IndustrialPLCTemplate", "spec": spec}
    body["metadata"] = {"name": "drive", "namespace": site.namespace}
    await site.client.create(IndustrialPLCTemplate.from_dict(body))

    async def users(count: int) -> bool:
        found = await site.client.get(IndustrialPLCTemplate, "drive", namespace=site.namespace)
        return bool((found.get("status") or {}).get("users") == count)

    async with site.operator():
        for name in ("mixer", "press"):
            await site.apply(name, 502, **ref)
        await until(partial(users, 2), "both are counted")
        with site.plane.client() as http:
            shown = http.get(
                f"/apis/fabgitops.io/v1/namespaces/{site.namespace}/industrialplctemplates",
                headers={"Accept": "application/json;as=Table;g=meta.k8s.io;v=v1"},
            ).json()
        assert [each["name"] for each in shown["columnDefinitions"]] == ["Name", "Ready", "Users", "Age", "Message"]
        ((name, ready, count, _age, message),) = (row["cells"] for row in shown["rows"])
        assert (name, ready, count, message) == ("drive", "True", 2, "the template is valid")
        await site.client.delete(IndustrialPLC, "press", namespace=site.namespace)
        await until(partial(users, 1), "one is gone")


@only_kubernetes(Reason.FIELDS)
async def test_who_set_the_status_is_called_by_its_name(site: Site) -> None:
    """The owner of the status's fields is the operator, by the name that an auditor looks for."""
    async with serving(Device({4001: 2500})) as port, site.operator():
        await site.apply("mixer", port)
        await site.until_status("mixer", inSync=True)
        fields = (await site.get("mixer")).metadata.managedFields
        owners = {each.manager: each.subresource or "" for each in fields}
    assert owners == {FIELD_MANAGER: "", "fabgitops-operator": "status"}


@only_kubernetes(Reason.NAMESPACES)
async def test_a_namespace_without_resources_is_warned_of(site: Site) -> None:
    """A namespace that holds nothing, for its name may be wrong, is named in a warning at the start."""
    async with serving(Device({4001: 2500})) as port:
        await site.apply("mixer", port)
        async with site.operator("--namespace", "line-99") as operator:
            await site.until_status("mixer", inSync=True)
            warnings = [line["message"] for line in operator.lines if line["level"] == "WARNING"]
    assert warnings == ["namespace line-99: no resource to look after there, is the name right?"]


@only_kubernetes(Reason.DEFINITIONS)
async def test_an_invalid_resource_disturbs_no_other(site: Site) -> None:
    """An object from before the schema was strict says what is wrong with it, while its neighbours are looked after."""
    strict = definition(INDUSTRIAL_PLC)
    loose = copy.deepcopy(strict)
    anything = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    loose["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"] = anything
    await site.client.apply(codecs.from_dict(loose), field_manager=FIELD_MANAGER, force=True)

    async def taken() -> bool:
        try:
            await site.apply("broken", 502, targetValue=70000, deviceAddress="http://10.0.0.5")
        except ApiError:
            return False
        return True

    await until(taken, "the loose schema is served")
    await site.client.apply(codecs.from_dict(strict), field_manager=FIELD_MANAGER, force=True)

    async def refused() -> bool:
        try:
            # A name of its own each time: what is there already and does not change is not validated again.
            await site.apply(f"other-{next(NUMBERS)}", 502, targetValue=70000)
        except ApiError:
            return True
        return False

    await until(refused, "the strict schema is served")
    plc = Device({4001: 2311})
    async with serving(plc) as port, site.operator() as operator:
        await site.apply("mixer", port)
        await site.until_status("mixer", inSync=True, correctionsApplied=1)
        await site.until_ready("broken", "False", "InvalidSpec")
        status = await site.status("broken")
        assert "spec.targetValue is 70000" in status["message"]
        assert await site.condition("broken", "Stalled") == ("True", "InvalidSpec")
        assert operator.process.returncode is None


@only_kubernetes(Reason.DEFINITIONS)
async def test_without_the_resource_definition_it_says_how_to_install_it(plane: Plane) -> None:
    """An operator that finds none of its kinds ends with one line that says how to install them."""
    config = lightkube.KubeConfig.from_file(plane.kubeconfig)
    client = lightkube.AsyncClient(config=config, field_manager=FIELD_MANAGER)
    await install(client)
    resource = type(codecs.from_dict(definition(INDUSTRIAL_PLC)))
    for kind in KINDS:
        await client.delete(resource, kind.crd_name)
    site = Site(plane, "default", client)

    async def gone() -> bool:
        for kind in EVERY_KIND:
            try:
                _ = [each async for each in client.list(kind, namespace="default")]
            except httpx2.HTTPStatusError:
                continue
            return False
        return True

    await until(gone, "the kinds are gone")
    async with site.operator(wait=False) as operator:
        assert await operator.process.wait() == 1
        assert "fabgitops-operator manifests | kubectl apply -f -" in operator.log
        assert "Traceback" not in operator.log
    await client.close()


async def account_without(site: Site, name: str, resource: str) -> dict[str, Any]:
    """Make a service account that lacks the right to one resource; return the role that has it."""
    full: dict[str, Any] = {}
    for body in yaml.safe_load_all(manifests()):
        if body["kind"] == "ClusterRole":
            body["metadata"]["name"] = name
            full = copy.deepcopy(body)
            body["rules"] = [rule for rule in body["rules"] if resource not in rule["resources"]]
        elif body["kind"] == "ClusterRoleBinding":
            body["metadata"]["name"] = body["roleRef"]["name"] = name
            body["subjects"][0]["name"] = name
        elif body["kind"] == "RoleBinding":  # to the Lease and the brake, as everybody
            body["metadata"]["name"] = f"{name}-{body['roleRef']['name']}"
            body["subjects"][0]["name"] = name
        else:
            continue
        await site.client.apply(codecs.from_dict(body), field_manager=FIELD_MANAGER, force=True)
    return full


@only_kubernetes(Reason.RIGHTS)
async def test_a_refused_event_is_an_error_and_a_metric(site: Site) -> None:
    """Without the right to write Events the main job goes on, and the refusal is told in log and metrics."""
    user = "system:serviceaccount:fabgitops-system:no-events"
    await account_without(site, "no-events", "events")
    plc = Device({4001: 2311})
    kubeconfig = site.control.kubeconfig_for(user)
    async with serving(plc) as port, site.operator(kubeconfig=kubeconfig) as operator:
        await site.apply("mixer", port)
        await site.until_status("mixer", inSync=True, correctionsApplied=1)

        async def counted() -> bool:
            return await operator.metric("fabgitops_api_writes_total", resource="event", result="forbidden") >= 1

        await until(counted, "the refusal is counted")
        assert any(line["level"] == "ERROR" and "forbidden" in line["message"] for line in operator.lines)


@only_kubernetes(Reason.RIGHTS)
async def test_the_operator_may_do_nothing_else(site: Site) -> None:
    """The shipped role reads no Secrets, and neither creates nor deletes nor edits the resources themselves."""
    config = lightkube.KubeConfig.from_file(site.control.kubeconfig_for(ACCOUNT))
    operator = lightkube.AsyncClient(config=config)
    await site.apply("mixer", 502)
    with pytest.raises(ApiError, match="cannot delete"):
        await operator.delete(IndustrialPLC, "mixer", namespace=site.namespace)
    with pytest.raises(ApiError, match="cannot patch"):
        await operator.patch(IndustrialPLC, "mixer", {"spec": {"targetValue": 1}}, namespace=site.namespace)
    with pytest.raises(ApiError, match='cannot list resource "secrets"'):
        _ = [each async for each in operator.list(lightkube.resources.core_v1.Secret, namespace=site.namespace)]
    await operator.close()


async def test_a_status_never_reaches_another_object_of_the_same_name(site: Site) -> None:
    """A status for an object that was deleted and made anew under its name is refused, and counts as for one gone."""
    await site.apply("mixer", 502)
    key, former = Key(INDUSTRIAL_PLC.name, site.namespace, "mixer"), (await site.get("mixer")).metadata.uid
    await site.delete("mixer")
    await site.apply("mixer", 502)
    present = (await site.get("mixer")).metadata.uid
    kube = Kube(by_kubeconfig(chosen([site.plane.operators_kubeconfig])), [INDUSTRIAL_PLC])
    try:
        with pytest.raises(Gone):
            await kube.patch_status(key, former, {"message": "of the former"})
        assert await site.status("mixer") == {}
        await kube.patch_status(key, present, {"message": "of the present"})
        assert await site.status("mixer") == {"message": "of the present"}
        with pytest.raises(Rejected):
            await kube.patch_status(key, present, {"phase": "Nonsense"})
    finally:
        await kube.close()


async def test_a_shared_status_is_written_onto_what_is_known_alone(site: Site) -> None:
    """Onto a version that somebody has changed since nothing is written; onto the one that is there it is."""
    await site.apply("mixer", 502)
    key, uid = Key(INDUSTRIAL_PLC.name, site.namespace, "mixer"), (await site.get("mixer")).metadata.uid
    kube = Kube(by_kubeconfig(chosen([site.plane.operators_kubeconfig])), [INDUSTRIAL_PLC])
    try:
        known = version_of(await kube.read(key))
        next_one = version_of(await kube.replace_status(key, uid, {"message": "first"}, known))
        with pytest.raises(Conflict):
            await kube.replace_status(key, uid, {"message": "late"}, known)
        with pytest.raises(Rejected):
            await kube.replace_status(key, uid, {"phase": "Nonsense"}, next_one)
        with pytest.raises(Gone):
            await kube.replace_status(key, "of-another", {"message": "of another"}, next_one)
        stored = await kube.replace_status(key, uid, {"message": "second"}, next_one)
        assert (await kube.read(key))["metadata"]["resourceVersion"] == str(version_of(stored))
        assert await site.status("mixer") == {"message": "second"}
    finally:
        await kube.close()


@only_kubernetes(Reason.RIGHTS)
async def test_nothing_is_written_while_its_record_is_refused(site: Site) -> None:
    """Without the right to write statuses no PLC is corrected, and log, Events and metrics say so; with it one is."""
    user = "system:serviceaccount:fabgitops-system:no-status"
    role = await account_without(site, "no-status", "industrialplcs/status")
    plc = Device({4001: 2311})
    kubeconfig = site.control.kubeconfig_for(user)
    async with serving(plc) as port, site.operator(kubeconfig=kubeconfig) as operator:
        await site.apply("mixer", port)

        async def told() -> bool:
            return (await site.events("mixer")).get("CorrectionFailed") == 1

        await until(told, "the Event")
        reads = plc.reads
        await until(lambda: plc.reads >= reads + 2, "more tries")
        assert plc.writes == []
        assert "refused the record" in operator.log
        assert await operator.metric("fabgitops_api_writes_total", resource="status", result="forbidden") >= 1
        await site.client.apply(codecs.from_dict(role), field_manager=FIELD_MANAGER, force=True)
        await site.until_status("mixer", inSync=True, correctionsApplied=1, driftEvents=1)
        assert len(plc.writes) == 1
