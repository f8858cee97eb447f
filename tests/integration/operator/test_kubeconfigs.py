"""One kubeconfig for operator and fabctl: whatever it says of who we are holds for listing, watch and commands."""

import asyncio
import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx2
import pytest
import yaml
from fabgitops_operator.cluster.kubeconfig.access import by_kubeconfig
from fabgitops_operator.cluster.kubeconfig.files import chosen
from fabgitops_operator.cluster.transport import Transport
from mock_plc.device import Device
from mock_plc.server import serving

from ..planes import ACCOUNT, Reason, only_kubernetes
from .conftest import Site, until

pytestmark = [pytest.mark.integration, only_kubernetes(Reason.LOGIN)]

PLUGIN = """
import json, os, pathlib, sys
told = json.loads(os.environ["KUBERNETES_EXEC_INFO"])
assert told["spec"]["cluster"].keys() == {"server", "certificate-authority-data"}
status = {"token": pathlib.Path(sys.argv[1]).read_text()}
print(json.dumps({"kind": "ExecCredential", "apiVersion": told["apiVersion"], "status": status}))
"""


async def token_of(site: Site, account: str) -> str:
    """Return a token of a service account."""
    namespace, name = account.split(":")[2:]
    access = by_kubeconfig(chosen([site.plane.kubeconfig]))
    body = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {"expirationSeconds": 3600}}
    async with httpx2.AsyncClient(base_url=access.cluster.server, transport=Transport(access)) as client:
        answer = await client.post(f"/api/v1/namespaces/{namespace}/serviceaccounts/{name}/token", json=body)
    return str(answer.raise_for_status().json()["status"]["token"])


def kubeconfig_as(site: Site, folder: Path, user: Mapping[str, Any]) -> Path:
    """Write a kubeconfig with another user, or with more about the administrator if it says as whom to act."""
    document = yaml.safe_load(site.plane.kubeconfig.read_text())
    entry = document["users"][0]
    entry["user"] = {**(entry["user"] if "as" in user else {}), **user}
    document["contexts"][0]["context"]["namespace"] = site.namespace
    (folder / "kubeconfig").write_text(yaml.safe_dump(document))
    return folder / "kubeconfig"


async def run(command: str, *arguments: str, kubeconfig: Path) -> tuple[int | None, str]:
    """Run a program to its end, and return its exit code and all that it said."""
    program = await asyncio.create_subprocess_exec(
        Path(sys.executable).with_name(command),
        *arguments,
        env={**os.environ, "KUBECONFIG": str(kubeconfig)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await program.communicate()
    return program.returncode, said.decode()


def plugin(version: str) -> dict[str, Any]:
    """Return a user whose token a program prints."""
    command = {"command": sys.executable, "args": ["plugin.py", "token"], "interactiveMode": "Never"}
    return {"exec": {"apiVersion": f"client.authentication.k8s.io/{version}", "provideClusterInfo": True, **command}}


@pytest.mark.parametrize(
    "user",
    [plugin("v1"), plugin("v1beta1"), {"tokenFile": "token"}, {"as": ACCOUNT}],
    ids=["exec v1", "exec v1beta1", "token file", "impersonation"],
)
async def test_the_watch_is_who_the_listing_is(site: Site, tmp_path: Path, user: dict[str, Any]) -> None:
    """A PLC that is declared after the start is heard of and corrected, and fabctl shows it by the same kubeconfig."""
    (tmp_path / "token").write_text(await token_of(site, ACCOUNT))
    (tmp_path / "plugin.py").write_text(PLUGIN)
    if "exec" in user:
        user["exec"]["args"] = [str(tmp_path / "plugin.py"), str(tmp_path / "token")]
    kubeconfig = kubeconfig_as(site, tmp_path, user)
    plc = Device({4001: 2311})
    async with serving(plc) as port, site.operator("--settle-secs", "0", kubeconfig=kubeconfig) as operator:
        await site.apply("mixer", port)
        await site.until_status("mixer", inSync=True)

        async def ready() -> bool:
            return (await operator.get("/readyz")).status_code == 200

        await until(ready, "it is ready")
        code, said = await run("fabctl", "get-status", "-o", "json", kubeconfig=kubeconfig)
    assert code == 0, said
    assert [each["metadata"]["name"] for each in json.loads(said)["items"]] == ["mixer"]


async def test_who_acts_as_somebody_has_no_more_rights(site: Site, tmp_path: Path) -> None:
    """An administrator who acts as one who may nothing is refused by both programs, under that name."""
    kubeconfig = kubeconfig_as(site, tmp_path, {"as": "jane", "as-groups": ["night"], "as-user-extra": {"why": ["x"]}})
    code, said = await run("fabctl", "get-status", kubeconfig=kubeconfig)
    assert (code, "jane may not list" in said) == (4, True), said
    flags = ("--namespace", site.namespace, "--metrics-bind", "127.0.0.1", "--metrics-port", "0", "--no-lease")
    code, said = await run("fabgitops-operator", "run", *flags, kubeconfig=kubeconfig)
    assert (code, 'User "jane" cannot list' in said.splitlines()[-1]) == (1, True), said
