"""Who owns what is made for a Rollout: the Rollout itself, of whichever group it is."""

from collections.abc import Mapping
from typing import Any

from fabgitops_core.api.argo.kinds import ARGO_ROLLOUT
from fabgitops_core.api.meta import Key
from fabgitops_core.api.rollout.rollout import ROLLOUT

_KINDS = {kind.name: kind for kind in (ROLLOUT, ARGO_ROLLOUT)}


def owner(rollout: Key, uid: str, *, blocks: bool) -> Mapping[str, Any]:
    """Return the controller owner reference of an object; one that `blocks` is gone before its owner is."""
    kind = _KINDS[rollout.kind]
    named = {"apiVersion": kind.api_version, "kind": kind.kind, "name": rollout.name, "uid": uid}
    return {**named, "controller": True, "blockOwnerDeletion": blocks}
