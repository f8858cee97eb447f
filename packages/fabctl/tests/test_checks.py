"""What fabctl doctor makes of what it finds."""

from datetime import UTC, datetime, timedelta
from itertools import chain
from typing import Any

import pytest
from fabctl.app import app
from fabctl.checks import (
    OF_RACKS,
    OF_ROLLOUTS,
    OF_WORKLOADS,
    RIGHTS,
    Right,
    State,
    of_chaos,
    of_clocks,
    of_definition,
    of_leases,
    of_operators,
    of_rights,
    worst,
)
from fabctl.leading import GROUPS

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
ALL = {right for needed in RIGHTS.values() for right in needed}
HOSTILE = "\x1b[2J\x07\nforged"


def lease(ago: float, version: str = "1.2.0", **spec: Any) -> dict[str, Any]:
    """Return the Lease of an operator that renewed it so many seconds ago."""
    renewed = (NOW - timedelta(seconds=ago)).isoformat()
    labels = {"app.kubernetes.io/version": version}
    given = {"holderIdentity": "pod-1_ab", "leaseDurationSeconds": 15, "renewTime": renewed}
    return {"metadata": {"namespace": "system", "name": "operator", "labels": labels}, "spec": given | spec}


def definition(*fields: str, version: str = "v1", served: bool = True) -> dict[str, Any]:
    """Return a definition whose status has these fields."""
    schema = {"properties": {"status": {"properties": dict.fromkeys(fields)}}}
    versions = [{"name": version, "served": served, "schema": {"openAPIV3Schema": schema}}]
    return {"metadata": {"labels": {"app.kubernetes.io/version": "1.2.0"}}, "spec": {"versions": versions}}


def test_rights_name_the_commands_that_lack_them() -> None:
    """Without reading nothing can be done; without patching just what changes something."""
    assert {check.state for check in of_rights(dict.fromkeys(ALL, True))} == {State.OK}
    found = of_rights({right: right.verb != "patch" for right in ALL})
    warned = {check.name: check.found for check in found if check.state is State.WARNING}
    assert warned == dict.fromkeys(
        ("rights: sync, suspend, resume", "rights: approve", "rights: diff"),
        "you may not: patch industrialplcs.fabgitops.io",
    )
    assert worst(found) == 0
    assert worst(of_rights({right: right.verb != "list" for right in ALL})) == 1


UNASKING = {"completion", "validate", "init", "version", "doctor", "chaos scenarios"}
"""Commands that ask no cluster, or go on with what they are told."""


def about(words: str) -> str:
    """Return the commands of a line, without what it says of what they are about."""
    return words.partition(" (")[0]


def test_without_a_cluster_no_rights_on_pods_are_asked_for() -> None:
    """A box has no pods, no namespaces and no agents of chaos experiments; in a cluster a dry run looks at them."""
    sets = [of_chaos(alone=each).values() for each in (True, False)]
    alone, there = ({right.resource for needed in each for right in needed} for each in sets)
    assert there - alone == {"pods", "namespaces", "leases"}


def test_rights_of_every_command_are_looked_at() -> None:
    """Each command that asks a cluster stands in a line, behind its group where it is in one."""
    named = set()
    sets = (RIGHTS, OF_ROLLOUTS, map(about, OF_WORKLOADS), OF_RACKS, of_chaos(alone=False), of_operators(()))
    for words in chain.from_iterable(sets):
        group = words.partition(" ")[0]
        named |= (
            {f"{group} {each}" for each in words[len(group) :].replace(" ", "").split(",")}
            if group in GROUPS
            else {each.split()[0] for each in words.split(", ")}
        )
    known = {name for name in app if name[0] not in "-_" and name == app[name].name[0]} - GROUPS
    known |= {f"{group} {name}" for group in GROUPS for name in app[group] if name[0] != "-"}
    assert named == known - UNASKING


def test_rights_that_are_about_operators_say_where() -> None:
    """What top takes is asked for in all namespaces, and where operators run."""
    needing = of_operators(["system", "system", "other"])
    assert ", ".join(map(str, needing["top"])) == (
        "list leases.coordination.k8s.io in all namespaces, get pods/proxy in other, get pods/proxy in system"
    )
    allowed = {right: right.namespace != "other" for needed in needing.values() for right in needed}
    lacking = {check.name: check.found for check in of_rights(allowed, needing) if check.state is State.WARNING}
    assert lacking["rights: top"] == "you may not: get pods/proxy in other"
    assert str(Right("get", "", "pods")) == "get pods"


def test_definitions_that_are_too_old_are_told() -> None:
    """Those that lack what a command shows are a warning, those that do not serve v1 a failure, with what to apply."""
    assert of_definition(definition("held", "plan", "history")).state is State.OK
    old = of_definition(definition())
    assert (old.state, "too old for: describe (guards), approve, history" in old.found) == (State.WARNING, True)
    for other in (definition("held", version="v2"), definition("held", served=False)):
        assert of_definition(other).state is State.FAILED
    assert "kubectl apply" in old.mend


@pytest.mark.parametrize(
    ("found", "state", "words"),
    [
        ([lease(3)], State.OK, "1.2.0, pod-1_ab, Lease system/operator renewed 3 s ago"),
        ([lease(3, "1.1.0")], State.WARNING, "the definitions are of 1.2.0"),
        ([lease(-60)], State.WARNING, "its clock is 60 s ahead of the API server's"),
        ([lease(16)], State.FAILED, "none holds a Lease"),
        ([lease(3, holderIdentity="")], State.FAILED, "none holds a Lease"),
        ([], State.FAILED, "none holds a Lease"),
    ],
)
def test_operators_are_known_by_their_leases(found: list[dict[str, Any]], state: State, words: str) -> None:
    """One that renews is fine; one of another version, or from the future, is told; none is a failure."""
    (check,) = of_leases(found, "1.2.0", NOW)
    assert (check.state, words in check.found) == (state, True), check


@pytest.mark.parametrize(
    ("seconds", "state", "words"),
    [(3, State.OK, "agree"), (61, State.WARNING, "61 s ahead of"), (-61, State.WARNING, "61 s behind")],
)
def test_clocks_that_differ_are_told(seconds: int, state: State, words: str) -> None:
    """Some seconds are none: the API server says its time in whole ones."""
    check = of_clocks(NOW + timedelta(seconds=seconds), NOW)
    assert (check.state, words in check.found) == (state, True)
    assert of_clocks(NOW, None).state is State.SKIPPED


@pytest.mark.parametrize("junk", [None, 7, "x", HOSTILE, [], {}, True, [HOSTILE], {"name": HOSTILE}])
def test_whatever_objects_hold_is_looked_at(junk: Any) -> None:
    """A field of any type, and a text that would command a terminal, are no traceback."""
    checks = [
        of_definition({"metadata": junk, "spec": junk}),
        of_definition({"spec": {"versions": [junk, {"name": "v1", "served": True, "schema": junk}]}}),
        *of_leases([{"metadata": junk, "spec": junk}, lease(3, holderIdentity=HOSTILE)], "1.2.0", NOW),
    ]
    assert all(check.found.isprintable() for check in checks)
