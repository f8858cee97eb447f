"""Whether an object may be stored: by the definitions and the policy that a cluster is given, with the same words."""

import hashlib
import json
from dataclasses import replace
from functools import cached_property
from importlib.metadata import version
from importlib.resources import files
from typing import Any, Protocol

import yaml
from fabgitops_core.admission.judging import Admission, Judged
from fabgitops_core.admission.wording import Cause
from fabgitops_core.api.crd import definition
from fabgitops_core.api.kinds import Kind
from fabgitops_core.api.meta import APPROVE, APPROVED_BY
from fabgitops_core.api.plc.industrialplc import INDUSTRIAL_PLC
from fabgitops_core.api.setpoint.setpointrollout import SETPOINT_ROLLOUT

from fabgitops_operator.standalone.resources import KINDS

_APPROVED = (INDUSTRIAL_PLC, SETPOINT_ROLLOUT)
"""Of which kinds somebody agrees to what is going to be done, by name."""


class Resource(Protocol):
    """What is served, as far as that matters here; what has no definition of ours is not judged."""

    @property
    def definition(self) -> Kind | None:
        """Return the kind of ours that it is."""
        ...


class ShippedRules:
    """Judges by the rules that are shipped; they are read when something is judged for the first time.

    It may be asked from several threads at once.
    """

    def judge(
        self,
        resource: Resource,
        body: dict[str, Any],
        old: dict[str, Any] | None,
        operation: str,
        subresource: str = "",
        validation: str = "Strict",
        who: str = "",
    ) -> Judged:
        """Judge a request by somebody, `who`; see `Admission.judge`."""
        if resource.definition is None:
            return Judged(body)
        judged = self.admission.judge(resource.definition.name, body, old, operation, subresource, validation)
        cause = another_name(body, old, who) if resource.definition in _APPROVED else None
        return judged if cause is None else replace(judged, causes=(*judged.causes, cause))

    @cached_property
    def admission(self) -> Admission:
        """Return what judges the kinds that there are."""
        return Admission({kind.name: definition(kind) for kind in KINDS}, policies())

    @cached_property
    def name(self) -> str:
        """Return what names the rules: what was judged under the same name need not be judged again."""
        said = [version("fabgitops-core"), version("fabgitops-operator"), _shipped("admission.yaml")]
        said += [json.dumps(definition(kind), sort_keys=True) for kind in KINDS]
        return hashlib.blake2b("\0".join(said).encode(), digest_size=16).hexdigest()


def another_name(body: dict[str, Any], old: dict[str, Any] | None, who: str) -> Cause | None:
    """Return why an approval is refused: it carries the name of whoever gives it, as in a cluster by a policy."""
    now, before = _approval(body), _approval(old or {})
    if old is None or now == before or not now[0] or now[1] == who:
        return None
    return Cause("", "", f"an approval carries the name of whoever gives it: {APPROVED_BY} must be {who}")


def _approval(body: dict[str, Any]) -> tuple[str, str]:
    annotations = body.get("metadata", {}).get("annotations") or {}
    return annotations.get(APPROVE, ""), annotations.get(APPROVED_BY, "")


def policies() -> list[dict[str, Any]]:
    """Return the admission policy that is shipped, and its binding."""
    return list(yaml.safe_load_all(_shipped("admission.yaml")))


def _shipped(name: str) -> str:
    return (files("fabgitops_operator") / "manifests" / name).read_text(encoding="utf-8")
