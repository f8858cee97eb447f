"""From an object in the cluster to the manifest that would make it."""

from collections.abc import Callable
from typing import Any

import pytest
import yaml
from fabctl.exporting import clean, maker, template_of
from fabctl.render.objects import show_documents

Make = Callable[..., dict[str, Any]]
HOSTILE = "\x1b[2J\x07\nforged"


def test_what_others_added_is_left_out(plc: Make) -> None:
    """Name, namespace, labels, annotations of the user and the spec stay; all that the cluster made of it goes."""
    body = plc("InSync", "True")
    body["metadata"] |= {
        "creationTimestamp": "2026-01-01T00:00:00Z",
        "resourceVersion": "7",
        "managedFields": [{}],
        "labels": {"line": "3", "kustomize.toolkit.fluxcd.io/name": "line-3"},
        "annotations": {
            "owner": "shift-1",
            "kubectl.kubernetes.io/last-applied-configuration": "{}",
            "reconcile.fabgitops.io/requestedAt": "now",
            "fabgitops.io/suspend": "belt is changed",
            "fabgitops.io/approve": "5f2c",
            "fabgitops.io/approved-by": "alice",
            "argocd.argoproj.io/tracking-id": "x",
        },
    }
    metadata = {"name": "mixer", "namespace": "line-3", "labels": {"line": "3"}, "annotations": {"owner": "shift-1"}}
    assert clean(body) == {
        "apiVersion": "fabgitops.io/v1",
        "kind": "IndustrialPLC",
        "metadata": metadata,
        "spec": body["spec"],
    }
    body["metadata"]["annotations"].pop("owner")
    assert "annotations" not in clean(body)["metadata"]


def test_who_makes_it_is_known(plc: Make) -> None:
    """By the owner that controls it; an owner that does not, makes nothing."""
    body = plc()
    assert maker(body) == ""
    body["metadata"]["ownerReferences"] = [{"kind": "Robot", "name": "r2"}, 7]
    assert maker(body) == ""
    body["metadata"]["ownerReferences"].append({"kind": "Rack", "name": "rack-01", "controller": True})
    assert maker(body) == "Rack rack-01"
    assert template_of({"spec": {"templateRef": {"name": "drive"}}}) == "drive"


@pytest.mark.parametrize("junk", [None, 7, "x", HOSTILE, [], {}, True, [HOSTILE], {"name": HOSTILE}])
def test_whatever_it_holds_is_printed_as_data(capsys: pytest.CaptureFixture[str], junk: Any) -> None:
    """A field of any type comes back as it was, and commands no terminal."""
    bodies = [{"metadata": junk, "spec": junk}, {"metadata": {"name": junk, "labels": junk, "ownerReferences": junk}}]
    for body in bodies:
        maker(body)
        template_of(body)
    show_documents([clean(body) for body in bodies])
    out = capsys.readouterr().out
    assert all(line.isprintable() for line in out.splitlines())
    assert list(yaml.safe_load_all(out)) == [clean(body) for body in bodies]
