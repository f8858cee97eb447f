"""What administrators do not let the PLCs of a namespace loosen, asked of a real API server."""

import re
from collections.abc import AsyncIterator
from typing import Any

import pytest
import yaml

from ..planes import APPLY, FORCE, MANIFESTS, Reason, only_kubernetes
from .conftest import Site, until

pytestmark = [pytest.mark.integration, only_kubernetes(Reason.DEFINITIONS)]

POLICIES = "/apis/admissionregistration.k8s.io/v1"
CONFIG_MAPS = "/api/v1/namespaces/fabgitops-system/configmaps"
PLC = {"deviceAddress": "10.20.1.12", "targetRegister": 1, "targetValue": 5}
ALWAYS = {"type": "allow", "schedule": "0 0 * * *", "duration": "24h", "timeZone": "UTC"}
NEVER = {**ALWAYS, "type": "deny"}


class Limits:
    """The limits of a namespace, and what the API server says to a PLC there."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.name = f"limits-{site.namespace}"

    def put(self, **data: str) -> None:
        """Put limits for this namespace into force, beside others of the plant's."""
        metadata = {"name": self.name, "namespace": "fabgitops-system", "labels": {"fabgitops.io/limits": "plant"}}
        namespaces = data.pop("namespaces", f"line-9, {self.site.namespace}")
        body = {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": metadata,
            "data": {"namespaces": namespaces, **data},
        }
        with self.site.plane.client() as http:
            http.delete(f"{CONFIG_MAPS}/{self.name}")
            http.post(CONFIG_MAPS, json=body).raise_for_status()

    def told(self, **spec: Any) -> str:
        """Return what the API server says to a PLC, "" for a yes."""
        with self.site.plane.client() as http:
            return self.of_site(http, {**PLC, **spec})

    def of_site(self, http: Any, spec: dict[str, Any]) -> str:
        """Ask in this namespace, without storing anything."""
        body = {"apiVersion": "fabgitops.io/v1", "kind": "IndustrialPLC", "metadata": {"name": "mixer"}, "spec": spec}
        url = f"/apis/fabgitops.io/v1/namespaces/{self.site.namespace}/industrialplcs"
        answer = http.post(url, params={"dryRun": "All"}, json=body)
        return "" if answer.status_code < 300 else str(answer.json()["message"]).partition("denied request: ")[2]

    async def until(self, wanted: str, **spec: Any) -> None:
        """Wait until the API server says this, of what it has heard a moment later."""
        await until(lambda: wanted in self.told(**spec) and bool(self.told(**spec)) == bool(wanted), f"says {wanted}")


@pytest.fixture
async def limits(site: Site) -> AsyncIterator[Limits]:
    """Return limits, with the policy in force as it is shipped."""
    text = (MANIFESTS / "limits/policy.yaml").read_text().replace("@NAMESPACE@", "fabgitops-system")
    with site.plane.client() as http:
        for body in yaml.safe_load_all(text):
            plural = (
                f"{body['kind'].lower()[:-1]}ies" if body["kind"].endswith("Policy") else f"{body['kind'].lower()}s"
            )
            url = f"{POLICIES}/{plural}/{body['metadata']['name']}"
            http.patch(url, params=FORCE, content=yaml.safe_dump(body), headers=APPLY).raise_for_status()
    found = Limits(site)
    yield found
    with site.plane.client() as http:
        http.delete(f"{CONFIG_MAPS}/{found.name}")


async def test_where_there_is_no_limit_nothing_is_limited(limits: Limits) -> None:
    """Namespaces that no limit names are as free as before."""
    limits.put(namespaces="line-9", cidrs="192.0.2.0/24")
    assert limits.told() == ""


@pytest.mark.parametrize(
    ("address", "fine"),
    [
        ("10.20.1.12", True),
        ("::ffff:10.20.1.12", True),
        ("::FFFF:10.20.1.12", True),
        ("2001:db8:20::7", True),
        ("PLC-7.line-1.", True),
        ("10.20.2.12", False),
        ("::ffff:10.20.2.12", False),
        ("::ffff:0a14:010c", False),
        ("2001:db8:21::7", False),
        ("plc-8.line-1", False),
        ("localhost", False),
    ],
)
async def test_plcs_are_where_their_namespace_has_its_devices(limits: Limits, address: str, fine: bool) -> None:
    """Only addresses of its ranges, in each spelling, and host names that are listed; what else is may be anywhere."""
    limits.put(cidrs="10.20.1.0/24,2001:db8:20::/48", hostNames="plc-7.line-1")
    await limits.until("PLCs of namespace", deviceAddress="198.51.100.1")
    said = limits.told(deviceAddress=address)
    assert (said == "") is fine, said
    if not fine:
        assert said == (
            f"spec.deviceAddress is {address}: PLCs of namespace {limits.site.namespace} are in 10.20.1.0/24, "
            "2001:db8:20::/48, or are called plc-7.line-1; so says the ConfigMap "
            f"{limits.name} in namespace fabgitops-system"
        )


CASES: list[tuple[dict[str, str], dict[str, Any], dict[str, Any], str]] = [
    ({"modes": "Warn\nObserve"}, {}, {"autoCorrect": False}, "the mode of correction is Enforce: PLCs of namespace"),
    ({"modes": "Observe"}, {"autoCorrect": False}, {"correction": {"mode": "Observe"}}, "is Warn: PLCs of"),
    ({"approval": "Manual"}, {}, {"correction": {"approval": "Manual"}}, "have spec.correction.approval Manual"),
    ({"approval": "Manual"}, {"correction": {"mode": "Enforce"}}, {"autoCorrect": False}, "approval Manual"),
    (
        {"windows": "required"},
        {"correction": {"windows": [NEVER]}},
        {"correction": {"windows": [NEVER, ALWAYS]}},
        "have at least one window of type allow in spec.correction.windows",
    ),
    (
        {"maxWritesPerHour": "4"},
        {"correction": {"writeBudget": {"perDay": 4}}},
        {"correction": {"writeBudget": {"perHour": 4}}},
        "have spec.correction.writeBudget.perHour of at most 4",
    ),
    (
        {"maxWritesPerDay": "20"},
        {"correction": {"writeBudget": {"perHour": 1, "perDay": 21}}},
        {"correction": {"writeBudget": {"perDay": 20}}},
        "have spec.correction.writeBudget.perDay of at most 20",
    ),
]


@pytest.mark.parametrize(("data", "refused", "taken", "told"), CASES, ids=range(len(CASES)))
async def test_what_is_demanded_is_demanded(
    limits: Limits, data: dict[str, str], refused: dict[str, Any], taken: dict[str, Any], told: str
) -> None:
    """A PLC that says less is refused with what it has to say, and one that says it is taken."""
    limits.put(**data)
    await limits.until(told, **refused)
    assert limits.told(**taken) == ""


async def test_a_slip_of_the_pen_limits_everything(limits: Limits) -> None:
    """A key that nobody knows, or a range that is none, lets nothing through instead of everything."""
    limits.put(cidr="10.20.1.0/24")
    await limits.until("limits.fabgitops.io does not know cidr: it knows namespaces, cidrs, hostNames, modes")
    limits.put(cidrs="10.20.1.0-10.20.1.255")
    with limits.site.plane.client() as http:
        url = f"/apis/fabgitops.io/v1/namespaces/{limits.site.namespace}/industrialplcs"
        body = {"apiVersion": "fabgitops.io/v1", "kind": "IndustrialPLC", "metadata": {"name": "mixer"}, "spec": PLC}

        def said() -> str:
            return str(http.post(url, params={"dryRun": "All"}, json=body).json().get("message"))

        await until(lambda: "10.20.1.0-10.20.1.255" in said(), "it is refused")


async def test_what_stood_before_can_be_kept_and_not_be_loosened(limits: Limits) -> None:
    """A PLC from before a limit is synced and annotated as ever; the next edit of its spec has to keep the limit."""
    site = limits.site
    await site.apply("mixer", 502)
    limits.put(cidrs="10.20.1.0/24")
    await limits.until("PLCs of namespace", deviceAddress="198.51.100.1")
    await site.sync("mixer", "t1")
    with pytest.raises(Exception, match=re.escape("are in 10.20.1.0/24, and none by a host name")):
        await site.apply("mixer", 503)
