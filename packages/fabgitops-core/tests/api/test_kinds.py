"""What a kind is called: by us, and by its objects."""

from dataclasses import replace
from typing import Any

import pytest
from fabgitops_core.api.crd import definition
from fabgitops_core.api.kinds import Kind
from fabgitops_core.api.meta import ApiModel, Key
from fabgitops_core.engine.object_errors import Taken
from fabgitops_core.testing.apiserver import FakeApiServer
from fabgitops_core.testing.objects import FakeObjects

OURS = Kind("Rollout", "rollouts", "rollout", ("ro",), "A rollout.", ApiModel, ApiModel, ())
THEIRS = replace(OURS, name="Rollout.argoproj.io", group="argoproj.io", version="v1alpha1", kind="Rollout")
SERVICE = Kind("Service", "services", "service", (), "", ApiModel, None, (), group="")


def body(kind: Kind, name: str) -> dict[str, Any]:
    """Return an object of a kind."""
    about = {"namespace": "plant", "name": name}
    return {"apiVersion": kind.api_version, "kind": kind.kind, "metadata": about, "spec": {"of": kind.name}}


def test_two_groups_may_have_a_kind_of_the_same_name() -> None:
    """A kind has a name of its own here, and its definition and its objects say what they say elsewhere."""
    assert (OURS.kind, THEIRS.kind) == ("Rollout", "Rollout")
    pairs = [(kind, other) for kind in (OURS, THEIRS) for other in (OURS, THEIRS)]
    assert [kind.matches(body(other, "a")) for kind, other in pairs] == [True, False, False, True]
    names = definition(THEIRS)["spec"]["names"]
    assert (names["kind"], names["listKind"]) == ("Rollout", "RolloutList")
    assert definition(THEIRS)["metadata"]["name"] == "rollouts.argoproj.io"


def test_the_core_group_has_no_name() -> None:
    """A Service says v1 for its apiVersion, and is known by that."""
    assert SERVICE.api_version == "v1"
    assert SERVICE.matches({"apiVersion": "v1", "kind": "Service"})


async def test_a_fake_api_server_keeps_both() -> None:
    """Objects of two kinds that say the same name stand beside each other, and each is shown as it was made."""
    api = FakeApiServer([OURS, THEIRS])
    objects = FakeObjects(api)
    for kind in (OURS, THEIRS):
        await objects.apply(body(kind, "a"), force=False)
    assert api.keys() == [Key("Rollout", "plant", "a"), Key("Rollout.argoproj.io", "plant", "a")]
    for kind in (OURS, THEIRS):
        shown = api[Key(kind.name, "plant", "a")]
        assert (shown["apiVersion"], shown["kind"], shown["spec"]) == (kind.api_version, "Rollout", {"of": kind.name})
    with pytest.raises(Taken):
        await objects.apply(body(THEIRS, "a"), force=False)
