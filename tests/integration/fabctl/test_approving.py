"""Approving what waits, on both planes; the tests play the operator."""

import subprocess
from itertools import count
from typing import Any

import pytest
import yaml

from ..planes import GROUP, MANIFESTS, MERGE, Reason, only_kubernetes, until

pytestmark = pytest.mark.integration

APPROVE, APPROVED_BY = "fabgitops.io/approve", "fabgitops.io/approved-by"
CHANGE = {"register": "target", "table": "holding", "address": 4001, "unitId": 1, "before": "0x0907", "after": "0x09C4"}
SEEN = {
    "name": "target",
    "place": "holding 4001 uint16 unit 1",
    "desired": "2500",
    "actual": "2311",
    "raw": "0x0907",
    "inSync": False,
}


def plans(plant: Any, name: str, digest: str, **more: Any) -> None:
    """Say as the operator does that a write waits for approval."""
    plan = {"digest": digest, "changes": [CHANGE], "since": "2026-01-01T00:00:00Z", **more}
    said = {"inSync": False, "registers": [SEEN], "plan": plan}
    plant.report(name, "Held", "False", message="not written: it waits for approval", **said)


def approved(plant: Any, name: str) -> dict[str, str]:
    """Return what is approved of a PLC, and by whom."""
    found = plant.get(name)["metadata"].get("annotations") or {}
    return {key: value for key, value in found.items() if key in {APPROVE, APPROVED_BY}}


def whoami(plant: Any) -> str:
    """Return what the API server calls who asks as the tests do."""
    review = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}
    answer = plant.api.post("/apis/authentication.k8s.io/v1/selfsubjectreviews", json=review)
    return str(answer.raise_for_status().json()["status"]["userInfo"]["username"])


def over(process: "subprocess.Popen[str]") -> tuple[int, str, str]:
    """Wait for the end of a program, and return exit code, standard output and standard error."""
    out, err = process.communicate(timeout=60)
    return process.returncode, out, err


def test_what_is_shown_is_approved_in_the_name_of_who_asks(plant: Any) -> None:
    """Digest and name are written together, and the command ends when the operator has taken them."""
    plant.create("mixer")
    plans(plant, "mixer", "5f2c")
    process = plant.start("approve", "mixer", "--yes", "-n", plant.namespace)
    until(lambda: approved(plant, "mixer"), "it is approved")
    me = whoami(plant)
    assert approved(plant, "mixer") == {APPROVE: "5f2c", APPROVED_BY: me}
    assert process.poll() is None
    plans(plant, "mixer", "5f2c", approvedBy=me)
    code, out, err = over(process)
    assert (code, err) == (0, "")
    assert "Device:       10.0.0.7:502, unit id 1\nDigest:       5f2c\n" in out
    assert "target     holding 4001 uint16 unit 1     2311    2500   0x0907 → 0x09C4" in out
    assert out.splitlines()[-1] == f"mixer: approved by {me}, plan 5f2c: 1 register to write"
    assert plant.fabctl("approve", "mixer", "--yes")[1] == f"mixer: approved already by {me}, and not carried out yet\n"


def test_without_a_terminal_it_takes_a_yes(plant: Any) -> None:
    """Nothing is approved without --yes, nor in a dry run; the command that would is told, with the digest shown."""
    plant.create("mixer")
    plans(plant, "mixer", "5f2c")
    code, out, err = plant.fabctl("approve", "mixer")
    assert (code, "0x0907 → 0x09C4" in out) == (2, True)
    assert "fabctl approve mixer --digest 5f2c --yes does what is shown" in err
    code, out, _ = plant.fabctl("approve", "mixer", "--yes", "--dry-run")
    assert (code, out.splitlines()[-1]) == (0, "nothing was approved (--dry-run)")
    assert approved(plant, "mixer") == {}
    code, out, _ = plant.fabctl("approve", "mixer", "--digest", "5f2c", "--yes", "--no-wait")
    assert (code, out.splitlines()[-1]) == (0, f"mixer: approved as {whoami(plant)}")


def test_another_plan_than_the_one_meant_is_not_approved(plant: Any) -> None:
    """A digest that is given has to be that of the plan that waits."""
    plant.create("mixer")
    plans(plant, "mixer", "77aa")
    code, _, err = plant.fabctl("approve", "mixer", "--digest", "5f2c", "--yes")
    assert (code, "the plan that waits is 77aa, not 5f2c" in err) == (1, True)
    assert approved(plant, "mixer") == {}


def test_a_plan_that_changes_under_ones_eyes_is_not_approved(plant: Any, terminal: Any) -> None:
    """Between the question and the answer the plan becomes another one: that is told, and nothing is approved."""
    plant.create("mixer")
    plans(plant, "mixer", "5f2c")
    screen = terminal("approve", "mixer")
    screen.until(rf"Approve as .* what is planned for mixer in namespace {plant.namespace}\? \[y/N\] ")
    plans(plant, "mixer", "77aa")
    screen.press(b"y\n")
    assert screen.end() == 1
    assert "the plan 5f2c changed while you looked at it, now it is 77aa: nothing was approved" in screen.seen
    assert approved(plant, "mixer") == {}


@pytest.mark.parametrize(("answer", "agreed"), [(b"yes\n", True), (b"\n", False)])
def test_on_a_terminal_it_asks(plant: Any, terminal: Any, answer: bytes, agreed: bool) -> None:
    """Only a yes approves."""
    plant.create("mixer")
    plans(plant, "mixer", "5f2c")
    screen = terminal("approve", "mixer", "--no-wait")
    screen.until(r"\[y/N\] ")
    screen.press(answer)
    assert screen.end() == (0 if agreed else 1)
    assert bool(approved(plant, "mixer")) is agreed


def test_a_plan_that_lapses_is_told(plant: Any) -> None:
    """Where the plan has changed before the operator took the approval, nothing is written, and the command fails."""
    plant.create("mixer")
    plans(plant, "mixer", "5f2c")
    process = plant.start("approve", "mixer", "--yes", "-n", plant.namespace)
    until(lambda: approved(plant, "mixer"), "it is approved")
    plans(plant, "mixer", "77aa")
    code, out, _ = over(process)
    assert (code, out.splitlines()[-1]) == (
        1,
        "mixer: the plan changed before the operator took the approval, so nothing was written; look again",
    )


def test_all_that_wait_are_approved(plant: Any) -> None:
    """Each with its own digest; those that wait for nothing are left as they are, and told when they are named."""
    for name, digest in (("mixer", "5f2c"), ("oven", "77aa"), ("press", "")):
        plant.create(name)
        plant.report(name, "InSync", "True", inSync=True)
        if digest:
            plans(plant, name, digest)
    code, out, _ = plant.fabctl("approve", "--all", "--yes", "--no-wait")
    assert code == 0
    me = whoami(plant)
    assert out.splitlines()[-2:] == [f"mixer: approved as {me}", f"oven: approved as {me}"]
    assert [approved(plant, name).get(APPROVE) for name in ("mixer", "oven", "press")] == ["5f2c", "77aa", None]
    assert plant.fabctl("approve", "press", "--yes")[:2] == (0, "press: nothing waits for approval\n")


@only_kubernetes(Reason.RIGHTS)
def test_who_approves_is_whom_the_api_server_knows(plant: Any) -> None:
    """The name is that of the credentials, whatever the kubeconfig calls them; who may not is told."""
    plant.create("mixer")
    plans(plant, "mixer", "5f2c")
    shift = plant.grant("shift-lead", ("fabgitops.io", "industrialplcs", ["get", "list", "watch", "patch"]))
    reader = plant.grant("plan-reader", ("fabgitops.io", "industrialplcs", ["get", "list"]))
    code, _, err = plant.fabctl("approve", "mixer", "--yes", kubeconfig=reader)
    assert (code, "plan-reader may not patch industrialplcs.fabgitops.io" in err) == (4, True)
    assert plant.fabctl("approve", "mixer", "--yes", "--no-wait", kubeconfig=shift)[0] == 0
    assert approved(plant, "mixer") == {APPROVE: "5f2c", APPROVED_BY: "shift-lead"}


@only_kubernetes(Reason.RIGHTS)
def test_what_a_policy_says_is_told(plant: Any) -> None:
    """Where the API server lets this person not approve, its words are told, and not that a role is missing."""
    plant.create("mixer")
    plans(plant, "mixer", "5f2c")
    policies, name = "/apis/admissionregistration.k8s.io/v1", f"nobody-approves-{plant.namespace}"
    rule = {"apiGroups": ["fabgitops.io"], "apiVersions": ["v1"], "operations": ["UPDATE"]}
    judged = {
        "matchConstraints": {"resourceRules": [{**rule, "resources": ["industrialplcs"]}]},
        "matchConditions": [{"name": "here", "expression": f"object.metadata.namespace == '{plant.namespace}'"}],
        "validations": [{"expression": "false", "reason": "Forbidden", "message": "only the shift lead approves"}],
    }
    made = {"validatingadmissionpolicies": judged}
    made["validatingadmissionpolicybindings"] = {"policyName": name, "validationActions": ["Deny"]}
    for plural, spec in made.items():
        plant.api.post(f"{policies}/{plural}", json={"metadata": {"name": name}, "spec": spec}).raise_for_status()
    try:
        body = {"metadata": {"labels": {"tried": "yes"}}}
        place = f"{GROUP}/namespaces/{plant.namespace}/industrialplcs/mixer"
        until(lambda: plant.api.patch(place, json=body, headers=MERGE).status_code == 403, "the policy is heard of")
        code, _, err = plant.fabctl("approve", "mixer", "--yes")
    finally:
        for plural in reversed(made):
            plant.api.delete(f"{policies}/{plural}/{name}")
    assert (code, approved(plant, "mixer")) == (1, {})
    assert "only the shift lead approves" in err
    assert "ask for a role" not in err


@only_kubernetes(Reason.RIGHTS)
def test_under_the_operators_policy_it_takes_the_right_to_approve(plant: Any) -> None:
    """Who may patch and not approve is told which right that takes; with it the name that fabctl gives is taken."""
    for name in ("mixer", "oven"):
        plant.create(name)
        plans(plant, name, "5f2c")
    verbs = ["get", "list", "watch", "patch"]
    editor = plant.grant("policy-editor", ("fabgitops.io", "industrialplcs", verbs))
    lead = plant.grant("policy-lead", ("fabgitops.io", "industrialplcs", [*verbs, "approve"]))
    policy = list(yaml.safe_load_all((MANIFESTS / "approval/policy.yaml").read_text()))
    base = "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolic"
    places = [f"{base}ies", f"{base}ybindings"]
    for place, each in zip(places, policy, strict=True):
        plant.api.post(place, json=each).raise_for_status()
    try:
        place = f"{GROUP}/namespaces/{plant.namespace}/industrialplcs/oven"
        digests = count()  # what is the same as before is not asked

        def refused() -> bool:
            forged = {APPROVE: str(next(digests)), APPROVED_BY: "somebody else"}
            answer = plant.api.patch(place, json={"metadata": {"annotations": forged}}, headers=MERGE)
            return bool(answer.status_code == 403)

        until(refused, "the policy is heard of")
        code, _, err = plant.fabctl("approve", "mixer", "--yes", kubeconfig=editor)
        assert (code, approved(plant, "mixer")) == (1, {})
        assert f"policy-editor may not approve what is written to {plant.namespace}/mixer: that takes the verb" in err
        assert plant.fabctl("approve", "mixer", "--yes", "--no-wait", kubeconfig=lead)[0] == 0
        assert approved(plant, "mixer") == {APPROVE: "5f2c", APPROVED_BY: "policy-lead"}
    finally:
        for place, each in zip(reversed(places), reversed(policy), strict=True):
            plant.api.delete(f"{place}/{each['metadata']['name']}")


def test_describe_tells_what_waits(plant: Any) -> None:
    """With the command that approves it, and with what the guards say."""
    plant.create("mixer", correction={"approval": "Manual"})
    plans(plant, "mixer", "5f2c")
    held = {"guard": "approval", "reason": "AwaitsApproval", "message": "it waits for approval", "registers": 1}
    plant.report("mixer", "Held", "False", held=[{**held, "since": "2026-01-01T00:00:00Z"}])
    out = plant.fabctl("describe", "mixer")[1]
    assert "Waits for approval:\n  Plan:        1 register to write (digest 5f2c)\n" in out
    assert "To approve:  fabctl approve mixer" in out
    assert "approval   Manual" in out
    assert "holds 1 register since 2026-01-01T00:00:00Z" in out
